"""HubSpot and the platform in step, through the engine."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base.tokens import TokenSet
from integrations import services
from integrations.models import (
    Credential,
    FieldMapping,
    Integration,
    JobStatus,
    ProviderApp,
    PushOperation,
    RecordLink,
    SyncError,
)
from integrations.records.models import Contact, Customer, Opportunity
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import synchronise

__all__ = ["synchronise"]

pytestmark = pytest.mark.django_db(transaction=True)
USER = Origin("user", "1", label="Alice")


@pytest.fixture
def integration(simulator, synchronise, administrator, settings):
    """Both ways, after the first synchronisation."""
    settings.SIMULATOR_URL = simulator.url
    app = {"client_id": "hs-demo-client", "client_secret": "hs-demo-secret"}
    ProviderApp.objects.update_or_create(provider="hubspot", environment="simulator", defaults=app)
    granted = simulator.act("hubspot", "grant")
    tokens = TokenSet(granted["access_token"], granted["refresh_token"])
    made = Integration.objects.create(
        provider="hubspot", name="HubSpot", environment="simulator", account_id="00D", account_name="Lacoste",
        direction="both", conflict_policy="hold", retry_delay_ms=100,
    )  # fmt: skip
    Credential.objects.create(integration=made, auth_method="oauth2", secrets=tokens.to_secrets())
    FieldMapping.objects.bulk_create(services.default_mappings(made))
    run(synchronise, made)
    return made


def run(synchronise, integration):
    job = synchronise(integration)
    problems = (
        list(SyncError.objects.values("message")),
        list(PushOperation.objects.exclude(message="").values("message")),
    )
    assert job.status == JobStatus.COMPLETED, (job.error_message, problems)
    return job


def create(kind, **values):
    return apply([Change(kind, action="create", values=values)], USER)[0].id


def writes(simulator):
    reads = ("/search", "/batch/read")
    made = simulator.requests("hubspot")
    return [
        one for one in made if one["method"] != "GET" and not one["path"].endswith(reads) and "oauth" not in one["path"]
    ]


def find(simulator, kind, **wanted):
    [name], [value] = wanted.keys(), wanted.values()
    [one] = [one for one in simulator.objects(kind, "hubspot") if one[name] == value]
    return one


def test_the_first_synchronisation_brings_everything_and_writes_nothing(integration, simulator):
    assert (Customer.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (10, 15, 10)
    deal = Opportunity.objects.get(name="Rénovation de l’auberge")
    assert (deal.amount, deal.status, deal.probability) == (Decimal("142750.25"), "won", Decimal(100))
    assert (deal.stage, deal.pipeline) == ("Conclu (Pipeline des ventes)", "Pipeline des ventes")
    assert deal.customer.kind == "company" and deal.owner_email == "nlacoste@lacoste.example"
    assert Contact.objects.get(name="Éloïse Dubé").customer.billing_address["city"] == "Montréal"
    assert writes(simulator) == []


def test_what_is_made_here_goes_there_with_its_links_once(integration, simulator, synchronise):
    customer = create("customer", name="Érablière du Cœur inc.", phone="+14505550142")
    create("contact", name="Noë L’Écuyer", customer=customer, email="noe@erabliere.example")
    create(
        "opportunity", name="Toiture 2026", customer=customer, stage="Soumission envoyée", amount=Decimal("12500.55"),
        expected_close=date(2026, 9, 30),
    )  # fmt: skip
    run(synchronise, integration)
    run(synchronise, integration)
    company = find(simulator, "companies", name="Érablière du Cœur inc.")
    person = find(simulator, "contacts", lastname="L’Écuyer")
    deal = find(simulator, "deals", dealname="Toiture 2026")
    assert company["lacoste_id"] == str(customer)
    assert list(person["links"]["companies"]) == list(deal["links"]["companies"]) == [company["id"]]
    assert (deal["amount"], deal["closedate"][:10], deal["dealstage"]) == ("12500.55", "2026-09-30", "contractsent")
    assert Opportunity.objects.get(name="Toiture 2026").probability == 60
    simulator.forget_requests("hubspot")
    assert run(synchronise, integration).succeeded == 0
    assert writes(simulator) == []


def test_a_change_on_either_side_reaches_the_other(integration, simulator, synchronise):
    contact = Contact.objects.get(name="Éloïse Dubé")
    other = Customer.objects.get(name="Boulangerie L’Épi d’or")
    apply([Change("contact", id=contact.pk, values={"role": "Présidente", "customer": other.pk})], USER)
    simulator.edit("contacts", "100001", mobilephone="+1 514 555-0177", slug="hubspot")
    run(synchronise, integration)
    contact.refresh_from_db()
    assert (contact.role, contact.mobile, contact.customer_id) == ("Présidente", "+15145550177", other.pk)
    there = find(simulator, "contacts", firstname="Éloïse")
    assert (there["jobtitle"], list(there["links"]["companies"])) == ("Présidente", ["300004"])
    run(synchronise, integration)
    simulator.forget_requests("hubspot")
    run(synchronise, integration)
    assert writes(simulator) == []


def test_a_contact_that_is_there_already_is_tied_and_not_doubled(integration, simulator, synchronise):
    simulator.create("contacts", "hubspot", firstname="Aude", email="aude@courriel.example")
    simulator.configure("hubspot", search_delay_seconds=3600)
    create("contact", name="Aude Roy", email="aude@courriel.example")
    run(synchronise, integration)
    there = find(simulator, "contacts", email="aude@courriel.example")
    assert [one.remote_id for one in RecordLink.objects.filter(remote_id=there["id"])] == [there["id"]]
    assert Contact.objects.filter(email="aude@courriel.example").count() == 1
