"""The simple-salesforce SDK as a judge: it reads what the connector wrote, and writes what the connector reads."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as Sdk
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from connectors.salesforce.connector import Salesforce
from tests.connectors.salesforce.conftest import read
from tests.connectors.salesforce.test_push import ACCOUNT, DEAL

INSTANCE = "https://lacoste.my.salesforce.com"


class Detour(HTTPAdapter):
    """Sends what is meant for the organization's own address, always https, to the simulator."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def send(self, request, *args, **options):
        """Another address, the same request."""
        request.url = request.url.replace(INSTANCE, f"{self.url}/salesforce")
        return super().send(request, *args, **options)


@pytest.fixture
def sdk(simulator):
    """The SDK on the simulator, with a token of its own."""
    session = requests.Session()
    session.mount(INSTANCE, Detour(simulator.url))
    token = simulator.act("salesforce", "grant")["access_token"]
    return Sdk(instance_url=INSTANCE, session_id=token, session=session, version="66.0")


def test_it_reads_back_what_the_connector_wrote(salesforce, sdk):
    account = salesforce.push("accounts", ACCOUNT, idempotency_key="k1", reference="r-1")
    deal = salesforce.push("opportunities", {**DEAL, "AccountId": account["Id"]}, idempotency_key="k2", reference="r-2")
    assert sdk.Account.get(account["Id"])["Name"] == "Toitures Laval inc."
    assert sdk.Account.get_by_custom_id("Lacoste_Id__c", "r-1")["Id"] == account["Id"]
    found = sdk.query(f"SELECT Id, Amount, Account.Name, CloseDate FROM Opportunity WHERE Id = '{deal['Id']}'")
    assert found["totalSize"] == 1
    [row] = found["records"]
    assert (Decimal(str(row["Amount"])), row["Account"]["Name"], row["CloseDate"]) == (
        Decimal("12500.55"), "Toitures Laval inc.", "2026-09-30",
    )  # fmt: skip


def test_the_connector_reads_what_it_writes(salesforce, sdk, simulator):
    _, cursor, _ = read(salesforce, "contacts")
    made = sdk.Contact.create({"LastName": "Écrit", "FirstName": "Noé", "Email": "noe@courriel.example"})
    assert made["success"]
    raw = read(salesforce, "contacts", cursor)[0][made["id"]]
    assert (raw["Name"], raw["Email"]) == ("Noé Écrit", "noe@courriel.example")
    assert sdk.Contact.update(made["id"], {"Title": "Comptable"}) == 204
    assert read(salesforce, "contacts", cursor)[0][made["id"]]["Title"] == "Comptable"
    assert sdk.Contact.upsert("Lacoste_Id__c/sdk-1", {"LastName": "Deux"}) == 201
    assert sdk.Contact.upsert("Lacoste_Id__c/sdk-1", {"LastName": "Deux bis"}) == 200
    assert sdk.Contact.delete(made["id"]) == 204
    resource = Salesforce.resource("contacts")
    assert resource.is_deleted(read(salesforce, "contacts", cursor)[0][made["id"]])


def test_its_pages_counts_and_changes_are_those_of_the_connector(salesforce, sdk, simulator):
    simulator.seed("Account", 2100, "salesforce")
    everything = sdk.query_all("SELECT Id FROM Account ORDER BY SystemModstamp, Id", include_deleted=True)
    ours = list(read(salesforce, "accounts", size=500)[0])
    assert [row["Id"] for row in everything["records"]] == ours
    assert sdk.query("SELECT COUNT() FROM Account WHERE Name LIKE 'Lot%'")["totalSize"] == 2100
    gone = ours[0]
    salesforce.delete("accounts", gone, idempotency_key="k")
    now = datetime.now(UTC)
    told = sdk.Account.deleted(now - timedelta(days=1), now + timedelta(minutes=1))
    assert [row["id"] for row in told["deletedRecords"]] == [gone]
    assert sdk.query(f"SELECT Id FROM Account WHERE Id = '{gone}'", include_deleted=True)["totalSize"] == 1


def test_it_describes_the_objects_and_reads_the_limits(sdk):
    fields = {one["name"]: one for one in sdk.Opportunity.describe()["fields"]}
    assert fields["Lacoste_Id__c"]["externalId"] and not fields["IsWon"]["updateable"]
    assert sdk.limits()["DailyApiRequests"]["Max"] == 100000
    assert sdk.api_usage["api-usage"].total == 100000


def test_it_reads_the_errors(sdk, simulator):
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sdk.Account.create({"Phone": "1"})
    assert caught.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    with pytest.raises(SalesforceResourceNotFound):
        sdk.Account.get("0015g00000ZZZZZAAZ")
    simulator.act("salesforce", "expire_tokens")
    with pytest.raises(SalesforceExpiredSession):
        sdk.query("SELECT Id FROM Account")
