"""Salesforce and the platform in step, through the engine."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base.tokens import TokenSet
from integrations import services
from integrations.models import Credential, FieldMapping, Integration, JobStatus, ProviderApp, PushOperation, SyncError
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
    app = {"client_id": "sf-demo-client", "client_secret": "sf-demo-secret"}
    ProviderApp.objects.update_or_create(provider="salesforce", environment="simulator", defaults=app)
    granted = simulator.act("salesforce", "grant")
    tokens = TokenSet(granted["access_token"], granted["refresh_token"])
    made = Integration.objects.create(
        provider="salesforce", name="Salesforce", environment="simulator", account_id="00D", account_name="Lacoste",
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
    return [one for one in simulator.requests("salesforce") if one["method"] in ("PATCH", "POST", "DELETE")]


def test_the_first_synchronisation_brings_everything_and_writes_nothing(integration, simulator):
    assert (Customer.objects.count(), Contact.objects.count(), Opportunity.objects.count()) == (12, 20, 14)
    deal = Opportunity.objects.get(name="Remplacement du chauffe-eau")
    assert (deal.amount, deal.status, deal.currency) == (Decimal("3899.95"), "open", "CAD")
    assert deal.customer.kind == "company" and deal.owner_email.endswith("@lacoste.example")
    assert Contact.objects.get(name="Zoé Tremblay").customer.billing_address["city"] == "Montréal"
    assert writes(simulator) == []


def test_what_is_made_here_goes_there_with_its_links_once(integration, simulator, synchronise):
    customer = create("customer", name="Érablière du Cœur inc.", phone="+14505550142")
    create("contact", name="Noë L’Écuyer", customer=customer, email="noe@erabliere.example")
    create(
        "opportunity", name="Toiture 2026", customer=customer, stage="Qualification", amount=Decimal("12500.55"),
        expected_close=date(2026, 9, 30),
    )  # fmt: skip
    run(synchronise, integration)
    run(synchronise, integration)
    [account] = [one for one in simulator.objects("Account", "salesforce") if one["Name"] == "Érablière du Cœur inc."]
    [person] = [one for one in simulator.objects("Contact", "salesforce") if one["LastName"] == "L’Écuyer"]
    [deal] = [one for one in simulator.objects("Opportunity", "salesforce") if one["Name"] == "Toiture 2026"]
    assert account["Lacoste_Id__c"] == str(customer)
    assert person["AccountId"] == deal["AccountId"] == account["Id"]
    assert (deal["Amount"], deal["CloseDate"]) == (12500.55, "2026-09-30")
    assert Opportunity.objects.get(name="Toiture 2026").probability == 10
    simulator.forget_requests("salesforce")
    assert run(synchronise, integration).succeeded == 0
    assert writes(simulator) == []


def test_a_change_on_either_side_reaches_the_other(integration, simulator, synchronise):
    contact = Contact.objects.get(name="Zoé Tremblay")
    apply([Change("contact", id=contact.pk, values={"role": "Présidente"})], USER)
    [there] = [one for one in simulator.objects("Contact", "salesforce") if one["Name"] == "Zoé Tremblay"]
    simulator.edit("Contact", there["Id"], MobilePhone="+1 514 555-0177", slug="salesforce")
    run(synchronise, integration)
    contact.refresh_from_db()
    assert (contact.role, contact.mobile) == ("Présidente", "+15145550177")
    [there] = [one for one in simulator.objects("Contact", "salesforce") if one["Name"] == "Zoé Tremblay"]
    assert (there["Title"], there["MobilePhone"]) == ("Présidente", "+1 514 555-0177")
    run(synchronise, integration)
    simulator.forget_requests("salesforce")
    run(synchronise, integration)
    assert writes(simulator) == []
