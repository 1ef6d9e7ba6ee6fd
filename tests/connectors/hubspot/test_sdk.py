"""The hubspot-api-client SDK as a judge: it reads what the connector wrote, and writes what the connector reads."""

import pytest
from hubspot import HubSpot as Sdk
from hubspot.crm.associations.v4 import (
    BatchInputPublicDefaultAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicDefaultAssociationMultiPost,
)
from hubspot.crm.companies import PublicObjectSearchRequest, SimplePublicObjectInput
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInputUpsert,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException

from connectors.hubspot.connector import HubSpot
from tests.connectors.hubspot.conftest import KEY
from tests.connectors.hubspot.test_push import COMPANY, DEAL
from tests.connectors.support import read


@pytest.fixture
def sdk(simulator):
    """The SDK on the simulator."""
    return Sdk(access_token=KEY, host=f"{simulator.url}/hubspot")


def test_it_reads_back_what_the_connector_wrote(hubspot, sdk):
    company = hubspot.push("companies", COMPANY, idempotency_key="k1", reference="r-1")
    deal = hubspot.push("deals", {**DEAL, "_company": company["id"]}, idempotency_key="k2", reference="r-2")
    found = sdk.crm.companies.basic_api.get_by_id("r-1", id_property="lacoste_id", properties=["name", "phone"])
    assert (found.id, found.properties["phone"]) == (company["id"], "+14505550142")
    found = sdk.crm.deals.basic_api.get_by_id(deal["id"], properties=["amount"], associations=["companies"])
    assert found.properties["amount"] == "12500.55"
    assert found.associations["companies"].results[0].id == company["id"]


def test_the_connector_reads_what_it_writes(hubspot, sdk):
    _, cursor, _ = read(hubspot, "contacts")
    to = {"to": {"id": "300003"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}
    values = {"firstname": "Noé", "lastname": "Écrit", "email": "noe@courriel.example"}
    made = sdk.crm.contacts.basic_api.create(SimplePublicObjectInputForCreate(properties=values, associations=[to]))
    raw = read(hubspot, "contacts", cursor)[0][made.id]
    assert (raw["_name"], raw["email"], raw["_company"]) == ("Noé Écrit", "noe@courriel.example", "300003")
    sdk.crm.contacts.basic_api.update(made.id, SimplePublicObjectInput(properties={"jobtitle": "Comptable"}))
    assert hubspot.fetch("contacts", made.id)["jobtitle"] == "Comptable"
    sdk.crm.contacts.basic_api.archive(made.id)
    assert HubSpot.resource("contacts").is_deleted(read(hubspot, "contacts", cursor)[0][made.id])


def test_its_batches_and_searches_are_those_of_the_connector(hubspot, sdk):
    rows = [
        SimplePublicObjectBatchInputUpsert(
            id_property="lacoste_id", id=f"u-{number}", object_write_trace_id=f"t-{number}", properties=properties
        )
        for number, properties in enumerate(({"firstname": "Un"}, {"email": "pas une adresse"}))
    ]
    batch = BatchInputSimplePublicObjectBatchInputUpsert(inputs=rows)
    answer = sdk.crm.contacts.batch_api.upsert(batch)
    assert [one.properties["firstname"] for one in answer.results] == ["Un"]
    assert answer.results[0].new is True and answer.num_errors == 1
    assert answer.errors[0].context["objectWriteTraceId"] == ["t-1"]
    question = PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "city", "operator": "EQ", "value": "Québec"}]}],
        properties=["name"], limit=10, after="0", sorts=[],
    )  # fmt: skip
    found = sdk.crm.companies.search_api.do_search(question)
    assert (found.total, found.results[0].properties["name"]) == (1, "Studio d’architecture Çà et là")


def test_it_walks_the_list_and_reads_associations(hubspot, sdk, simulator):
    simulator.seed("companies", 130, "hubspot")
    assert [one.id for one in sdk.crm.companies.get_all()] == list(read(hubspot, "companies")[0])
    inputs = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": "100001"}, {"id": "100005"}])
    answer = sdk.crm.associations.v4.batch_api.get_page("contacts", "companies", inputs)
    assert [(one._from.id, str(one.to[0].to_object_id)) for one in answer.results] == [("100001", "300001")]
    assert [one.sub_category for one in answer.errors] == ["crm.associations.NO_ASSOCIATIONS_FOUND"]


def test_it_reads_lists_and_errors(sdk):
    stages = sdk.crm.pipelines.pipelines_api.get_all("deals").results[0].stages
    assert stages[2].metadata["isClosed"] == "true"
    assert sdk.crm.owners.owners_api.get_page().results[0].email == "nlacoste@lacoste.example"
    with pytest.raises(ApiException) as caught:
        sdk.crm.contacts.basic_api.create(
            SimplePublicObjectInputForCreate(properties={"email": "eloise.dube@courriel.example"}, associations=[])
        )
    assert caught.value.status == 409 and "Existing ID: 100001" in caught.value.body


def test_it_ties_many_as_the_connector_does(sdk):
    inputs = BatchInputPublicDefaultAssociationMultiPost(
        inputs=[
            PublicDefaultAssociationMultiPost(_from={"id": one}, to={"id": "300004"}) for one in ("100001", "100002")
        ]
    )
    answer = sdk.crm.associations.v4.batch_api.create_default("contacts", "companies", inputs)
    assert {(one._from.id, one.to.id) for one in answer.results} == {("100001", "300004"), ("100002", "300004")}
