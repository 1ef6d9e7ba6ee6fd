"""Where a value comes from: by run, by record, by field, on both sides; and one search through everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Integration, SentChange, SyncJob
from integrations.records.models import Property, Tenant
from integrations.records.services import Change, Origin, apply
from tests.integrations import rows
from tests.integrations.conftest import Synchronise

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db


def origin(job: SyncJob) -> Origin:
    return Origin("integration", str(job.integration_id), label=job.integration.name, job_id=job.pk)


def sent(job: SyncJob, record: Any, **fields: Any) -> SentChange:
    values = {
        "integration": job.integration,
        "resource": "tenants",
        "record_kind": "tenant",
        "record_id": record.pk,
        "remote_id": "ten_1",
        "action": "update",
        "changes": {"phone": ["+15145550100", "+15145550199"]},
        "at": timezone.now(),
    }
    return SentChange.objects.create(job=job, **values | fields)


@pytest.mark.django_db(transaction=True)
def test_what_a_run_sends_is_kept_with_the_values_of_before_and_after(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    rovida.direction = "both"
    rovida.save()
    synchronise(rovida)
    person = Tenant.objects.exclude(phone="").order_by("pk")[0]
    before = person.phone
    apply([Change("tenant", person.pk, values={"phone": "+15145559876"})], Origin("user", "1"))
    some = Property.objects.order_by("pk")[0]
    unit = {"property": some.pk, "number": "999", "kind": "parking"}
    fresh = apply([Change("unit", action="create", values=unit)], Origin("user"))
    job = synchronise(rovida)
    written = {row.record_id: row for row in SentChange.objects.filter(job=job)}
    assert written.keys() == {person.pk, fresh[0].id}
    assert written[person.pk].changes == {"phone": [before, "+15145559876"]}
    assert written[fresh[0].id].changes["number"] == [None, "999"]
    assert written[fresh[0].id].remote_id in {t["id"] for t in simulator.objects("units")}
    assert synchronise(rovida).sent.count() == 0


def test_a_run_lists_what_it_changed_on_each_side(administrator_client: Client) -> None:
    job = rows.job(rows.integration(name="Parc du Nord", direction="both"))
    person = rows.record("tenant", given_name="Zoé", family_name="Roy")
    apply([Change("tenant", person.pk, values={"given_name": "Zoë"})], origin(job))
    apply([Change("tenant", person.pk, values={"given_name": "Zo"})], Origin("user", "1"))
    sent(job, person)
    address = reverse("integrations:job_changes", args=[job.pk])
    html = administrator_client.get(address).content.decode()
    assert '<span class="before">Zoé</span>' in html and '<span class="after">Zoë</span>' in html
    assert ">Zo<" not in html and "555-0199" not in html
    html = administrator_client.get(f"{address}?side=out").content.decode()
    assert "514\xa0555-0100" in html and "514\xa0555-0199" in html
    assert "Rien n’a changé" in administrator_client.get(f"{address}?kind=property").content.decode()
    assert address in administrator_client.get(reverse("integrations:job", args=[job.pk])).content.decode()


def test_a_runs_changes_cost_the_same_for_three_records_and_for_twenty(administrator_client: Client) -> None:
    job = rows.job(rows.integration())
    address = reverse("integrations:job_changes", args=[job.pk])

    def change(number: int) -> None:
        unit = rows.record("unit", property=rows.record("property", name=f"P{number}").pk, number=str(number))
        other = rows.record("property", name=f"Q{number}")
        apply([Change("unit", unit.pk, values={"property": other.pk})], origin(job))

    for number in range(3):
        change(number)
    few = rows.statements(administrator_client, address)
    for number in range(20):
        change(number)
    assert rows.statements(administrator_client, address) == few <= 10


def test_a_field_has_its_own_history_with_its_runs_and_sides(administrator_client: Client) -> None:
    job = rows.job(rows.integration(name="Parc du Nord", direction="both"))
    person = rows.record("tenant", given_name="Zoé", family_name="Roy", phone="+15145550100")
    apply([Change("tenant", person.pk, values={"given_name": "Zoë", "family_name": "Côté"})], origin(job))
    sent(job, person)
    address = reverse("integrations:record", args=["tenant", person.pk])
    whole = administrator_client.get(address).content.decode()
    assert "Modification envoyée" in whole and '<span class="after">Côté</span>' in whole
    assert f"{reverse('integrations:job', args=[job.pk])}" in whole
    html = administrator_client.get(f"{address}?field=given_name").content.decode()
    assert '<span class="after">Zoë</span>' in html
    assert '<span class="after">Côté</span>' not in html and "Modification envoyée" not in html
    phone = administrator_client.get(f"{address}?field=phone").content.decode()
    assert "Modification envoyée" in phone and '<span class="after">Zoë</span>' not in phone


@pytest.mark.parametrize("text", ["Brossard", "renee@exemple.ca", "(514) 555-0142", "5145550142", "cus_778"])
def test_a_search_finds_a_customer_by_whatever_is_known(administrator_client: Client, text: str) -> None:
    who = rows.record("customer", name="Renée Brossard", email="renee@exemple.ca", phone="+15145550142")
    rows.record("customer", name="Quelqu’un d’autre", phone="+15145550143")
    rows.link(rows.integration(name="Caisse"), "customer", who.pk, resource="customers", remote_id="cus_778")
    html = administrator_client.get(reverse("integrations:search"), {"q": text}).content.decode()
    assert "Renée Brossard" in html and "Quelqu’un d’autre" not in html
    assert "Caisse" in html and "cus_778" in html


def test_a_search_goes_through_all_kinds_and_finds_archived_records_last(administrator_client: Client) -> None:
    rows.record("invoice", number="F-2041", customer=rows.record("customer", name="Roy").pk)
    gone = rows.record("job", title="Appel F-2041")
    apply([Change("job", gone.pk, "archive")], Origin("system"))
    response = administrator_client.get(reverse("integrations:search"), {"q": "F-2041"})
    assert [group.kind.slug for group, _ in response.context["groups"]] == ["job", "invoice"]
    assert "Archivé" in response.content.decode()
    assert administrator_client.get(reverse("integrations:search"), {"q": "introuvable"}).status_code == 200
    assert administrator_client.get(reverse("integrations:search")).context["groups"] == []


def test_a_search_costs_the_same_for_one_result_and_for_many(administrator_client: Client) -> None:
    address = f"{reverse('integrations:search')}?q=Place"
    made = rows.integration()

    def building() -> None:
        place = rows.record("property", name="Place Verdun")
        rows.link(made, "property", place.pk, resource="properties", remote_id=str(uuid4()))

    building()
    few = rows.statements(administrator_client, address)
    for _ in range(7):
        building()
    assert rows.statements(administrator_client, address) == few


def test_a_link_opens_at_its_provider_where_the_connector_says_how(administrator_client: Client) -> None:
    who = rows.record("customer", name="Renée")
    caisse = rows.integration(provider="stripe", environment="test")
    rows.link(caisse, "customer", who.pk, resource="customers", remote_id="cus_1")
    rows.link(rows.integration(), "customer", who.pk, resource="tenants")
    html = administrator_client.get(reverse("integrations:record", args=["customer", who.pk])).content.decode()
    assert 'href="https://dashboard.stripe.com/test/customers/cus_1"' in html and html.count("Ouvrir chez") == 1


def test_a_link_opens_at_the_address_that_its_account_told(administrator_client: Client) -> None:
    who = rows.record("customer", name="Renée")
    for site in ("acme.my.salesforce.com", ""):
        caisse = rows.integration(provider="salesforce", environment="production", site=site)
        rows.link(caisse, "customer", who.pk, resource="accounts", remote_id=f"001{len(site)}")
    html = administrator_client.get(reverse("integrations:record", args=["customer", who.pk])).content.decode()
    assert 'href="https://acme.my.salesforce.com/00122"' in html and html.count("Ouvrir chez") == 1
