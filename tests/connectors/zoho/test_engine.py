"""Zoho CRM through the engine: there and back again, to the cent, and then all is quiet."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.base.oauth import SERVER, TokenSet
from integrations import services
from integrations.models import (
    Credential,
    FieldMapping,
    Integration,
    JobStatus,
    PushOperation,
    RecordLink,
    SyncError,
    SyncJob,
)
from integrations.records.models import Contact, Customer, Opportunity
from integrations.records.services import Change, Origin, apply
from integrations.sync.runner import run_slice
from tests.connectors.zoho.conftest import APP, GROUP

pytestmark = pytest.mark.django_db(transaction=True)
USER = Origin("user", "1", label="Alice")


@pytest.fixture
def integration(simulator, administrator, settings):
    """Zoho CRM with tokens of the simulator's accounts server, both ways, after its first synchronisation."""
    settings.SIMULATOR_URL = simulator.url
    settings.PROVIDER_APPS = {"zoho.simulator": {"client_id": APP.client_id, "client_secret": APP.client_secret}}
    given = simulator.act("zoho", "grant")
    tokens = TokenSet(
        given["access_token"], given["refresh_token"], datetime.now(UTC) + timedelta(hours=1), account_id=GROUP,
        extra={"api_domain": given["api_domain"], SERVER: given["api_domain"]},
    )  # fmt: skip
    made = Integration.objects.create(
        provider="zoho", name="Zoho CRM", environment="simulator", account_id=GROUP, account_name="Groupe Lacoste",
        direction="both", retry_delay_ms=100,
    )  # fmt: skip
    Credential.objects.create(integration=made, auth_method="oauth2", secrets=tokens.to_secrets())
    FieldMapping.objects.bulk_create(services.default_mappings(made))
    synchronise(made)
    return made


def synchronise(integration):
    """Synchronise to the end; the job, complete and without a single error."""
    integration.refresh_from_db()
    job = services.request_sync(integration)
    for _ in range(50):
        SyncJob.objects.filter(pk=job.pk).update(not_before=None)
        run_slice(job.pk)
        job.refresh_from_db()
        if not job.is_open:
            break
    problems = [*SyncError.objects.values_list("message"), *PushOperation.objects.exclude(message="").values("message")]
    assert (job.status, problems) == (JobStatus.COMPLETED, []), job.error_message
    return job


def create(record, /, **values):
    return apply([Change(record, action="create", values=values)], USER)[0].id


def remote(simulator, module, record_id):
    wanted = f"{GROUP}:{RecordLink.objects.get(record_id=record_id).remote_id}"
    return next(row["data"] for row in simulator.objects(module, "zoho") if row["id"] == wanted)


def writes(simulator):
    made = simulator.requests("zoho")
    return [one for one in made if one["method"] not in ("GET", "HEAD") and "/oauth/" not in one["path"]]


def test_the_first_synchronisation_brings_everything_and_writes_nothing(integration, simulator):
    assert (Customer.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (10, 34, 21)
    assert writes(simulator) == []
    deal = Opportunity.objects.filter(status="won").first()
    theirs = remote(simulator, "Deals", deal.pk)
    assert (deal.amount, deal.stage) == (Decimal(str(theirs["Amount"])), "Closed Won")
    assert deal.owner_email == "genevieve@lacoste.example"
    assert deal.customer.kind == "company" and deal.customer.billing_address["province"] == "QC"


def test_records_of_the_platform_go_there_with_what_they_refer_to(integration, simulator):
    address = {"line1": "12, rue Principale", "city": "Laval", "province": "QC", "postal_code": "H7A 1A1",
               "country": "CA"}  # fmt: skip
    customer = create("customer", name="Éveil & Co", kind="company", billing_address=address)
    contact = create("contact", name="Zoé D'Amours", email="zoe@courriel.example", customer=customer)
    deal = create(
        "opportunity", name="Toiture", customer=customer, amount=Decimal("12500.57"),
        expected_close=date(2027, 3, 31),
    )  # fmt: skip
    synchronise(integration)
    account = remote(simulator, "Accounts", customer)
    person, theirs = remote(simulator, "Contacts", contact), remote(simulator, "Deals", deal)
    assert (account["Billing_Street"], account["Billing_Country"]) == ("12, rue Principale", "Canada")
    assert person["Account_Name"] == theirs["Account_Name"] == {"id": account["id"]}
    assert (person["First_Name"], person["Last_Name"]) == ("Zoé", "D'Amours")
    assert (theirs["Amount"], theirs["Closing_Date"], theirs["Stage"]) == (12500.57, "2027-03-31", "Qualification")
    assert Opportunity.objects.get(pk=deal).stage == "Qualification"
    quiet(integration, simulator)


def test_two_edits_of_one_record_meet(integration, simulator):
    contact = Contact.objects.exclude(email="").first()
    number = RecordLink.objects.get(record_id=contact.pk).remote_id
    apply([Change("contact", contact.pk, values={"email": "nouveau@courriel.example"})], USER)
    simulator.edit("Contacts", number, Title="Présidente", slug="zoho")
    synchronise(integration)
    contact.refresh_from_db()
    theirs = remote(simulator, "Contacts", contact.pk)
    assert contact.role == theirs["Title"] == "Présidente"
    assert contact.email == theirs["Email"] == "nouveau@courriel.example"
    quiet(integration, simulator)


def test_what_is_deleted_there_is_archived_here(integration, simulator):
    deal = Opportunity.objects.filter(status="open").first()
    simulator.delete("Deals", RecordLink.objects.get(record_id=deal.pk).remote_id, "zoho")
    synchronise(integration)
    deal.refresh_from_db()
    assert deal.archived_at is not None


def quiet(integration, simulator):
    """One more synchronisation takes its own echo in; after that nothing moves on either side."""
    synchronise(integration)
    simulator.forget_requests("zoho")
    assert synchronise(integration).succeeded == 0
    assert writes(simulator) == []
