"""Zoho's official SDK as a judge: it reads what the connector wrote, and writes what the connector reads."""

import logging
from datetime import date
from decimal import Decimal

import pytest
from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
from zohocrmsdk.src.com.zoho.crm.api.record import (
    APIException,
    BodyWrapper,
    Field,
    GetDeletedRecordsParam,
    GetRecordsParam,
    Record,
    RecordOperations,
    SearchRecordsParam,
)
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.util import Choice

from tests.connectors.zoho.conftest import APP, read


def initialize(simulator, folder, **known):
    """Make the SDK speak to the simulator's Canadian data centre. known: tokens that it has."""
    centre = f"{simulator.url}/zoho/dc/ca"
    Initializer.initialize(
        environment=DataCenter.Environment(centre, f"{centre}/oauth/v2/token", centre),
        token=OAuthToken(APP.client_id, APP.client_secret, api_domain=centre, find_user=False, **known),
        store=FileStore(str(folder / "tokens.csv")),
        sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
        resource_path=str(folder),
        logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=str(folder / "sdk.log")),
    )


@pytest.fixture
def sdk(simulator, tmp_path):
    """The SDK with an access token; what it makes is operations on a module."""
    given = simulator.act("zoho", "grant")
    initialize(simulator, tmp_path, refresh_token=given["refresh_token"], access_token=given["access_token"])
    yield RecordOperations
    for handler in list(logging.getLogger("SDKLogger").handlers):
        handler.close()
        logging.getLogger("SDKLogger").removeHandler(handler)


def parameters(**values):
    found = ParameterMap()
    for param, value in values.values():
        found.add(param, value)
    return found


def listed(operations, fields, **more):
    found = operations.get_records(parameters(fields=(GetRecordsParam.fields, fields), **more), HeaderMap())
    return found.get_object()


def body(**values):
    record, wrapper = Record(), BodyWrapper()
    for name, value in values.items():
        record.add_key_value(name, value)
    wrapper.set_data([record])
    return wrapper


def test_it_reads_back_the_contact_that_the_connector_wrote(zoho, sdk):
    account = next(iter(read(zoho, "accounts")[0]))
    made = zoho.push(
        "contacts", {"Full_Name": "Zoé D'Amours", "Email": "zoe@courriel.example", "Account_Name": {"id": account}},
        idempotency_key="k",
    )  # fmt: skip
    [record] = sdk("Contacts").get_record(int(made["id"]), ParameterMap(), HeaderMap()).get_object().get_data()
    values = record.get_key_values()
    assert (values["First_Name"], values["Last_Name"], values["Email"]) == ("Zoé", "D'Amours", "zoe@courriel.example")
    assert values["Account_Name"].get_id() == int(account)
    assert record.get_modified_time().tzinfo is not None


def test_it_reads_back_a_deal_to_the_cent(zoho, sdk):
    values = {
        "Deal_Name": "Toiture",
        "Amount": Decimal("12500.57"),
        "Closing_Date": "2027-03-31",
        "Stage": "Closed Won",
    }
    made = zoho.push("deals", values, idempotency_key="k")
    [record] = sdk("Deals").get_record(int(made["id"]), ParameterMap(), HeaderMap()).get_object().get_data()
    found = record.get_key_values()
    assert Decimal(str(found["Amount"])) == Decimal("12500.57")
    assert (found["Closing_Date"], found["Stage"].get_value()) == (date(2027, 3, 31), "Closed Won")


def test_the_connector_reads_what_it_writes(zoho, sdk):
    _, cursor, _ = read(zoho, "deals")
    wrapper = body(Deal_Name="Écrit par la trousse", Amount=275.94, Stage=Choice("Qualification"))
    [done] = sdk("Deals").create_records(wrapper, HeaderMap()).get_object().get_data()
    assert done.get_code().get_value() == "SUCCESS"
    remote_id = str(done.get_details()["id"])
    raw = read(zoho, "deals", cursor)[0][remote_id]
    assert (raw["Deal_Name"], raw["Amount"], raw["Stage"]) == ("Écrit par la trousse", "275.94", "Qualification")
    changed = sdk("Deals").update_record(int(remote_id), body(Stage=Choice("Closed Lost")), HeaderMap()).get_object()
    assert changed.get_data()[0].get_status().get_value() == "success"
    assert zoho.fetch("deals", remote_id)["_status"] == "lost"


def test_its_pages_and_searches_work(zoho, sdk):
    size = (GetRecordsParam.per_page, 30)
    first = listed(sdk("Contacts"), "Last_Name", size=size)
    assert (len(first.get_data()), first.get_info().get_more_records()) == (30, True)
    token = (GetRecordsParam.page_token, first.get_info().get_next_page_token())
    second = listed(sdk("Contacts"), "Last_Name", size=size, token=token)
    assert (len(second.get_data()), second.get_info().get_more_records()) == (4, False)
    email = (SearchRecordsParam.email, "contact003@courriel.example")
    found = sdk("Contacts").search_records(parameters(email=email), HeaderMap()).get_object().get_data()
    assert [str(one.get_id()) for one in found] == [
        raw["id"] for raw in zoho.lookup("contacts", {"Email": "contact003@courriel.example"})
    ]


def test_it_sees_the_connectors_deletion(zoho, sdk):
    one = next(iter(read(zoho, "contacts")[0]))
    zoho.delete("contacts", one, idempotency_key="k")
    kind = (GetDeletedRecordsParam.type, "all")
    [gone] = sdk("Contacts").get_deleted_records(parameters(type=kind), HeaderMap()).get_object().get_data()
    assert (gone.get_id(), gone.get_type()) == (int(one), "recycle")
    assert sdk("Contacts").get_record(int(one), ParameterMap(), HeaderMap()).get_status_code() == 204


def test_it_reads_the_errors(sdk):
    [refused] = sdk("Contacts").create_records(body(Last_Name="X", Email="faux"), HeaderMap()).get_object().get_data()
    assert isinstance(refused, APIException)
    assert refused.get_code().get_value() == "INVALID_DATA" and refused.get_details()["api_name"] == "Email"
    whole = sdk("Contacts").get_records(ParameterMap(), HeaderMap())
    assert (whole.get_status_code(), whole.get_object().get_code().get_value()) == (400, "REQUIRED_PARAM_MISSING")


def test_it_takes_its_token_from_the_accounts_server(sdk, simulator, tmp_path_factory):
    given = simulator.act("zoho", "grant")
    initialize(simulator, tmp_path_factory.mktemp("sdk"), refresh_token=given["refresh_token"])
    assert listed(sdk("Contacts"), "Last_Name").get_data()
    assert [one["status"] for one in simulator.requests("zoho") if one["path"] == "/dc/ca/oauth/v2/token"] == [200]


def test_fields_that_it_knows_are_those_that_the_connector_asks_for():
    assert Field.Deals.closing_date().get_api_name() == "Closing_Date"
    assert Field.Contacts.account_name().get_api_name() == "Account_Name"
