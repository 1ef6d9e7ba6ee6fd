"""The platform's records: kinds, lists, one record."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.records.changes import Change, Origin
from integrations.records.kinds import KINDS
from integrations.records.services import apply
from integrations.views.records import GROUPS
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def listing(client: Client, kind: str, query: str = "", **options: Any) -> str:
    return client.get(reverse("integrations:records_kind", args=[kind]) + query, **options).content.decode()


def test_the_overview_holds_every_kind_once() -> None:
    gathered = [slug for slugs in GROUPS.values() for slug in slugs]
    assert sorted(gathered) == sorted(KINDS)


def test_the_overview_counts_live_records(administrator_client: Client) -> None:
    rows.record("contact", name="Zoé")
    gone = rows.record("contact", name="Partie")
    apply([Change("contact", gone.pk, "archive")], Origin("system"))
    html = administrator_client.get(reverse("integrations:records")).content.decode()
    assert re.search(r'<b>Personnes-ressources</b> <span class="num">1</span>', html)
    assert rows.statements(administrator_client, reverse("integrations:records")) <= 4


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_list(kind: str, administrator_client: Client) -> None:
    assert "Aucun enregistrement de ce type" in listing(administrator_client, kind)


def test_a_list_shows_titles_references_and_amounts(administrator_client: Client) -> None:
    building = rows.record("property", name="Place Verdun")
    unit = rows.record("unit", property=building.pk, number="304", market_rent=Decimal("1450"))
    rows.record("tenant", given_name="Zoé", family_name="Tremblay", property=building.pk, unit=unit.pk)
    assert "1\xa0450,00\xa0$" in listing(administrator_client, "unit")
    tenants = listing(administrator_client, "tenant")
    assert ">Zoé Tremblay</a>" in tenants
    assert f'<a href="/records/unit/{unit.pk}">304</a>' in tenants
    assert "Actuel" in tenants


def test_a_search_finds_every_word_and_answers_htmx_with_the_rows_alone(administrator_client: Client) -> None:
    rows.record("tenant", given_name="Zoé", family_name="Tremblay")
    rows.record("tenant", given_name="Zoé", family_name="Gagnon")
    found = listing(administrator_client, "tenant", "?q=tremblay+zo", headers=rows.FRAGMENT)
    assert "Tremblay" in found
    assert "Gagnon" not in found
    assert "<html" not in found
    assert '<span class="count" id="total" hx-swap-oob="true">1</span>' in found
    assert "Rien ne correspond à « &lt;b&gt; »" in listing(administrator_client, "tenant", "?q=%3Cb%3E")


def test_archived_records_are_shown_on_demand(administrator_client: Client) -> None:
    gone = rows.record("contact", name="Partie")
    apply([Change("contact", gone.pk, "archive")], Origin("system"))
    assert "Partie" not in listing(administrator_client, "contact")
    assert "Archivé</span>" in listing(administrator_client, "contact", "?archived=1")


def test_a_list_is_paged_and_keeps_its_search(administrator_client: Client) -> None:
    for number in range(26):
        rows.record("contact", name=f"Personne {number}")
    html = listing(administrator_client, "contact", "?q=personne")
    assert 'href="?q=personne&amp;page=2"' in html
    assert listing(administrator_client, "contact", "?q=personne&page=2").count('class="row-link"') == 1


@pytest.mark.parametrize("kind", ["tenant", "unit", "property"])
def test_a_list_costs_the_same_for_three_rows_and_for_twenty_five(kind: str, administrator_client: Client) -> None:
    def add(number: int) -> None:
        for _ in range(number):
            manager = rows.record("contact", name="Gestion")
            building = rows.record("property", name="Place Verdun", manager=manager.pk)
            unit = rows.record("unit", property=building.pk, number="304")
            rows.record("tenant", given_name="Zoé", property=building.pk, unit=unit.pk)

    add(3)
    address = reverse("integrations:records_kind", args=[kind])
    few = rows.statements(administrator_client, address)
    add(22)
    assert rows.statements(administrator_client, address) == few <= 5


def test_a_record_shows_its_fields_twins_relations_and_history(administrator_client: Client) -> None:
    made = rows.integration(name="Immeubles du Nord")
    origin = Origin("integration", str(made.pk), label=made.name)
    building = rows.record(
        "property",
        origin,
        name="Place Verdun",
        address={"line1": "1, rue Principale", "city": "Verdun", "province": "QC", "postal_code": "H4G 1A1"},
    )
    unit = rows.record("unit", property=building.pk, number="304")
    rows.record("tenant", given_name="Zoé", family_name="Tremblay", phone="+15145550123", unit=unit.pk)
    apply([Change("property", building.pk, values={"name": "Place <Verdun>"})], Origin("user", "7", label="Luc Roy"))
    link = rows.link(made, "property", building.pk, resource="properties")

    html = administrator_client.get(reverse("integrations:record", args=["property", building.pk])).content.decode()
    assert "<h1>Place &lt;Verdun&gt;</h1>" in html
    assert "1, rue Principale<br>Verdun (QC)\xa0\xa0H4G 1A1" in html
    assert link.remote_id in html
    assert f'href="/records/unit/{unit.pk}">304</a>' in html
    assert '<span class="before">Place Verdun</span>' in html
    assert "Luc Roy" in html
    assert '#history">Immeubles du Nord, ' in html


def test_the_history_names_the_records_that_it_mentions(administrator_client: Client) -> None:
    before = rows.record("property", name="Place Verdun")
    after = rows.record("property", name="Carré Masson")
    tenant = rows.record("tenant", given_name="Zoé", property=before.pk)
    apply([Change("tenant", tenant.pk, values={"property": after.pk})], Origin("system"))
    html = administrator_client.get(reverse("integrations:record", args=["tenant", tenant.pk])).content.decode()
    assert '<span class="before">Place Verdun</span>' in html
    assert '<span class="after">Carré Masson</span>' in html


def test_a_document_shows_its_lines(administrator_client: Client) -> None:
    customer = rows.record("customer", name="Groupe Untel")
    job = rows.record(
        "job",
        title="Déboucher",
        customer=customer.pk,
        lines=[{"description": "Deux\nlignes & plus", "quantity": "2", "unit_price": "80", "total": "160"}],
    )
    html = administrator_client.get(reverse("integrations:record", args=["job", job.pk])).content.decode()
    assert "<p>Deux<br>lignes &amp; plus</p>" in html
    assert "160,00\xa0$" in html


def test_a_record_costs_the_same_with_three_changes_and_with_thirty(administrator_client: Client) -> None:
    building = rows.record("property", name="Place Verdun")
    address = reverse("integrations:record", args=["property", building.pk])

    def change(number: int) -> None:
        for index in range(number):
            rows.record("unit", property=building.pk, number=f"{number}{index}")
            values = {"name": f"Place Verdun {number} {index}"}
            apply([Change("property", building.pk, values=values)], Origin("system"))

    change(3)
    few = rows.statements(administrator_client, address)
    change(27)
    assert rows.statements(administrator_client, address) == few


@pytest.mark.parametrize("address", ["/records/nothing", "/records/tenant/00000000-0000-7000-8000-000000000000"])
def test_an_unknown_kind_or_record_is_not_found(address: str, administrator_client: Client) -> None:
    assert administrator_client.get(address).status_code == 404


def test_a_unit_is_called_with_its_property_outside_of_lists(administrator_client: Client) -> None:
    building = rows.record("property", name="Résidence du Parc")
    unit = rows.record("unit", property=building.pk, number="304")
    person = rows.record("tenant", unit=unit.pk, given_name="Zoé", family_name="Roy")
    page = administrator_client.get(reverse("integrations:record", args=["unit", unit.pk])).content.decode()
    assert "<h1>304 · Résidence du Parc</h1>" in page
    of_tenant = administrator_client.get(reverse("integrations:record", args=["tenant", person.pk])).content.decode()
    assert ">304 · Résidence du Parc</a>" in of_tenant
    listing = administrator_client.get(reverse("integrations:records_kind", args=["unit"])).content.decode()
    assert ">304</a>" in listing
