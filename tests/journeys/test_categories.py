"""One provider of each category that has no journey of its own: connected, both ways, edited on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import Integration, RecordLink
from integrations.records.kinds import KINDS
from tests.journeys.steps import synchronise
from tests.worker.running import Worker, wait_for_beats

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]


@dataclass(frozen=True)
class Case:
    """What is typed where, and which two fields of one object are edited: `there` at the simulator, (name, value there,
    field here); `here` in the console, (field here, value, name there)."""

    slug: str
    tab: str
    address: str
    key: tuple[str, str]
    kind: str
    new: dict[str, Any]
    record: str
    there: tuple[str, Any, str]
    here: tuple[str, str, str]


ADDRESS = {
    "line1": "4250, rue Saint-Denis",
    "city": "Montréal",
    "province": "QC",
    "postal_code": "H2J 2L1",
    "country": "CA",
}
PROPERTY = {"name": "Les Terrasses", "code": "TER-1", "type": "rental", "address": ADDRESS}
CASES = [
    Case(
        slug="hubspot", tab="CRM", address="/integrations/connect/hubspot?method=api_key",
        key=("Jeton", "pat-na1-demo-lacoste"), kind="companies", new={"name": "Toitures de l’Érable"},
        record="customer", there=("name", "Toitures de l’Érable enr.", "name"), here=("phone", "+14505550142", "phone"),
    ),
    Case(
        slug="stripe", tab="Paiements", address="", key=("Clé secrète", "sk_test_demo_lacoste"), kind="customer",
        new={"name": "Aude Forêt", "email": "aude@foret.example"}, record="customer",
        there=("name", "Aude Forêt-Noire", "name"), here=("phone", "+15145550188", "phone"),
    ),
    Case(
        slug="rovida", tab="Immobilier", address="", key=("Clé d’API", "rov_test_demo_lacoste"), kind="properties",
        new=PROPERTY, record="property",
        there=("name", "Les Terrasses du Cœur", "name"), here=("code", "TDC-9", "code"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_two_people_edit_one_object_on_two_sides(
    case: Case,
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    settings: Any,
    sign_in: Callable[[str], None],
    release: Callable[[str], None],
    start_worker: Callable[..., Worker],
) -> None:
    settings.SIMULATOR_URL, settings.SITE_URL = simulator.url, live_server.url
    simulator.empty(case.slug)
    made = simulator.create(case.kind, case.slug, **case.new)
    start_worker(SIMULATOR_URL=simulator.url)
    wait_for_beats()
    site = live_server.url
    sign_in(site)

    page.get_by_role("link", name="Ajouter une intégration").first.click()
    page.get_by_role("tab", name=case.tab).click()
    page.get_by_role("dialog").locator(f'a[href$="/connect/{case.slug}"]').click()
    if case.address:
        page.goto(site + case.address)
    page.get_by_label(case.key[0]).first.fill(case.key[1])
    page.get_by_role("button", name="Vérifier et connecter").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name="Tester").first.click()
    integration = Integration.objects.get()
    page.goto(f"{site}/integrations/{integration.pk}/settings")
    page.get_by_label(re.compile("Dans les deux sens")).check()
    page.get_by_role("button", name="Enregistrer").first.click()
    assert synchronise(page, site, integration).status == "completed"
    release(site)

    link = RecordLink.objects.get(record_kind=case.record)
    page.goto(f"{site}/admin/records/{case.record}/{link.record_id}/change/")
    page.locator(f"[name={case.here[0]}]").fill(case.here[1])
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    simulator.edit(case.kind, made["id"], slug=case.slug, **{case.there[0]: case.there[1]})
    assert synchronise(page, site, integration).status == "completed"

    page.goto(f"{site}/records/{case.record}/{link.record_id}")
    expect(page.get_by_role("main")).to_contain_text(str(case.there[1]))
    record = KINDS[case.record].model.objects.get(pk=link.record_id)
    assert (getattr(record, case.there[2]), getattr(record, case.here[0])) == (case.there[1], case.here[1])
    [theirs] = [one for one in simulator.objects(case.kind, case.slug) if one["id"] == made["id"]]
    assert (theirs[case.there[0]], theirs[case.here[2]]) == (case.there[1], case.here[1])
