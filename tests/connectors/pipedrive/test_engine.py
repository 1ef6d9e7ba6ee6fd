"""Pipedrive through the engine: there and back again, to the cent, and then all is quiet."""

from datetime import date
from decimal import Decimal

import pytest

from integrations import services
from integrations.models import JobStatus, PushOperation, RecordLink, SyncError, SyncJob
from integrations.records.models import Contact, Customer, Opportunity
from integrations.records.services import Change, Origin, apply
from integrations.sync.runner import run_slice
from tests.connectors.pipedrive.conftest import API_TOKEN

pytestmark = pytest.mark.django_db(transaction=True)
USER = Origin("user", "1", label="Alice")


@pytest.fixture
def integration(simulator, administrator, settings):
    """Pipedrive by API token, both ways, after its first synchronisation."""
    settings.SIMULATOR_URL = simulator.url
    made = services.connect(
        "pipedrive", name="Pipedrive", environment="simulator", auth_method="api_key",
        secrets={"api_token": API_TOKEN}, config={}, actor=administrator, trial=False,
    )  # fmt: skip
    made.direction, made.retry_delay_ms = "both", 100
    made.save(update_fields=["direction", "retry_delay_ms"])
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


def remote(simulator, kind, record_id):
    wanted = f"123001:{RecordLink.objects.get(record_id=record_id).remote_id}"
    return next(row["data"] for row in simulator.objects(kind, "pipedrive") if row["id"] == wanted)


def writes(simulator):
    return [one for one in simulator.requests("pipedrive") if one["method"] not in ("GET", "HEAD")]


def test_the_first_synchronisation_brings_everything_and_writes_nothing(integration, simulator):
    assert (Customer.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (14, 42, 24)
    assert writes(simulator) == []
    deal = Opportunity.objects.get(pk=RecordLink.objects.get(resource="deals", remote_id="1").record_id)
    theirs = remote(simulator, "deals", deal.pk)
    assert deal.amount == Decimal(str(theirs["value"])) and deal.owner_email.endswith("@lacoste.example")
    assert (deal.stage, deal.pipeline) == ("Qualification (Résidentiel)", "Résidentiel")
    assert deal.customer is not None and deal.customer.kind == "company"
    assert deal.customer.billing_address["province"] == "QC"


def test_records_of_the_platform_go_there_with_what_they_refer_to(integration, simulator):
    customer = create("customer", name="Éveil & Co", kind="company")
    contact = create("contact", name="Zoé D’Amours", email="zoe@courriel.example", mobile="+14385550199",
                     customer=customer)  # fmt: skip
    deal = create(
        "opportunity", name="Toiture", customer=customer, amount=Decimal("12500.57"), stage="Négociation",
        expected_close=date(2027, 3, 31), status="open",
    )  # fmt: skip
    synchronise(integration)
    organization = remote(simulator, "organizations", customer)
    person = remote(simulator, "persons", contact)
    theirs = remote(simulator, "deals", deal)
    assert (person["org_id"], theirs["org_id"]) == (organization["id"], organization["id"])
    assert (person["emails"][0]["value"], person["phones"][0]["label"]) == ("zoe@courriel.example", "mobile")
    assert (theirs["value"], theirs["stage_id"], theirs["expected_close_date"]) == (12500.57, 3, "2027-03-31")
    assert Opportunity.objects.get(pk=deal).pipeline == "Résidentiel"
    quiet(integration, simulator)


def test_two_edits_of_one_record_meet(integration, simulator):
    contact = Contact.objects.exclude(email="").first()
    number = RecordLink.objects.get(record_id=contact.pk).remote_id
    apply([Change("contact", contact.pk, values={"email": "nouveau@courriel.example"})], USER)
    simulator.edit("persons", number, name="Nom Changé", slug="pipedrive")
    synchronise(integration)
    contact.refresh_from_db()
    theirs = remote(simulator, "persons", contact.pk)
    assert contact.name == theirs["name"] == "Nom Changé"
    assert contact.email == theirs["emails"][0]["value"] == "nouveau@courriel.example"
    quiet(integration, simulator)


def test_a_deal_that_is_deleted_there_is_archived_here(integration, simulator):
    deal = Opportunity.objects.filter(status="open").first()
    simulator.delete("deals", RecordLink.objects.get(record_id=deal.pk).remote_id, "pipedrive")
    synchronise(integration)
    deal.refresh_from_db()
    assert deal.archived_at is not None


def quiet(integration, simulator):
    """One more synchronisation takes its own echo in; after that nothing moves on either side."""
    synchronise(integration)
    simulator.forget_requests("pipedrive")
    assert synchronise(integration).succeeded == 0
    assert writes(simulator) == []


def test_the_companys_domain_is_kept_for_links_and_follows_a_change(integration, simulator, administrator):
    assert integration.site and "." not in integration.site
    simulator.configure("pipedrive", domains={"123001": "groupe-nouveau"})
    services.test_connection(integration, actor=administrator)
    integration.refresh_from_db()
    assert integration.site == "groupe-nouveau"
