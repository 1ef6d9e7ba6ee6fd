"""Taking back what a synchronisation did, and making one customer of two, with a real browser, worker and provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import Integration, LinkState, RecordLink, SyncJob
from integrations.records.models import Customer, Invoice, Tenant
from tests.integrations.conftest import connect_rovida
from tests.integrations.quickbooks import connected, there
from tests.journeys.steps import synchronise
from tests.worker.running import Worker, until, wait_for_beats

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]
Starter = Callable[..., Worker]


def test_what_a_synchronisation_did_is_looked_at_and_taken_back_on_both_sides(
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    settings: Any,
    administrator: Any,
    sign_in: Callable[[str], None],
    start_worker: Starter,
) -> None:
    settings.SIMULATOR_URL = simulator.url
    rovida = connect_rovida(administrator)
    Integration.objects.update(direction="both")
    start_worker(SIMULATOR_URL=simulator.url)
    wait_for_beats()
    site = live_server.url
    sign_in(site)
    rovida.refresh_from_db()
    services.request_sync(rovida, actor=administrator)
    until(lambda: SyncJob.objects.filter(status="completed").exists(), "the first synchronisation")

    # A wrong correction at the provider comes in.
    wrong = simulator.objects("tenants")[0]
    person = Tenant.objects.get(pk=RecordLink.objects.get(resource="tenants", remote_id=wrong["id"]).record_id)
    simulator.edit("tenants", wrong["id"], given_name="Erreur", family_name="Côté-Roy")
    job = synchronise(page, site, rovida)
    assert job.updated == 1
    page.get_by_role("link", name="Modifications").click()
    expect(page.get_by_role("main")).to_contain_text("Erreur")
    page.go_back()

    # Looked at first; the later edit of one field is left alone, and nothing is written anywhere.
    page.get_by_role("link", name="Annuler ses effets").click()
    expect(page.get_by_role("region", name="Valeurs rétablies sur la plateforme")).to_contain_text(person.given_name)
    expect(page.get_by_role("region", name="Écritures chez les fournisseurs")).to_contain_text(person.family_name)
    simulator.forget_requests()
    page.reload()
    assert simulator.requests() == []
    assert Tenant.objects.get(pk=person.pk).given_name == "Erreur"

    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text(re.compile("^Annulée"))).to_be_visible(timeout=30_000)
    expect(page.get_by_role("main")).to_contain_text("Il n’y a rien à rétablir de plus")
    assert Tenant.objects.get(pk=person.pk).given_name == person.given_name

    def as_before() -> bool:
        now = next(t for t in simulator.objects("tenants") if t["id"] == wrong["id"])
        return bool((now["given_name"], now["family_name"]) == (person.given_name, person.family_name))

    until(as_before, "the provider to have the old values again")
    assert AuditEvent.objects.filter(action="sync.undone").exists()

    # Everything stops at once, says so everywhere, and goes on.
    page.goto(f"{site}/integrations")
    page.get_by_role("link", name="Arrêt d’urgence").click()
    page.get_by_role("button", name="Tout arrêter maintenant").click()
    expect(page.get_by_role("alert", name="Arrêt d’urgence")).to_be_visible()
    page.goto(f"{site}/records")
    expect(page.get_by_role("alert", name="Arrêt d’urgence")).to_be_visible()
    simulator.edit("tenants", wrong["id"], given_name="Pendant l’arrêt")
    simulator.forget_requests()
    page.goto(f"{site}/integrations/{rovida.pk}")
    page.get_by_role("button", name="Synchroniser").first.click()
    expect(page.get_by_text("L’arrêt d’urgence est actif")).to_be_visible()
    assert simulator.requests() == []
    page.get_by_role("button", name="Reprendre").click()
    expect(page.get_by_role("alert", name="Arrêt d’urgence")).to_have_count(0)
    synchronise(page, site, rovida)
    assert Tenant.objects.get(pk=person.pk).given_name == "Pendant l’arrêt"


def test_two_customers_become_one_and_stay_one(
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    settings: Any,
    sign_in: Callable[[str], None],
    start_worker: Starter,
) -> None:
    settings.SIMULATOR_URL = simulator.url
    active = [key for key, one in there(simulator, "Customer").items() if one["Active"]]
    billed = next(iter(there(simulator, "Invoice").values()))["CustomerRef"]["value"]
    twin = next(key for key in active if key != billed)
    for key in (billed, twin):
        simulator.edit("Customer", key, slug="quickbooks", PrimaryEmailAddr={"Address": "double@exemple.ca"})
    books = connected(simulator)
    start_worker(SIMULATOR_URL=simulator.url)
    wait_for_beats()
    site = live_server.url
    sign_in(site)
    services.request_sync(books)
    until(lambda: SyncJob.objects.filter(status="completed").exists(), "the first synchronisation")
    ours = {key: RecordLink.objects.get(resource="customers", remote_id=key).record_id for key in (billed, twin)}
    bills = Invoice.objects.filter(customer=ours[billed]).count()
    assert bills

    page.goto(f"{site}/records/customer")
    page.get_by_role("link", name="Doublons").click()
    page.get_by_role("button", name=re.compile("Comparer : double@exemple.ca")).click()
    names = {key: Customer.objects.get(pk=pk).name for key, pk in ours.items()}
    page.get_by_role("row", name=re.compile("Client à conserver")).get_by_label(names[twin]).check()
    page.get_by_role("row", name=re.compile("^Nom ")).get_by_label(re.compile(re.escape(names[twin]))).last.check()
    page.get_by_role("button", name="Fusionner").click()
    expect(page.get_by_text(re.compile("Les clients sont fusionnés"))).to_be_visible()
    assert Invoice.objects.filter(customer=ours[twin]).count() >= bills
    assert RecordLink.objects.get(resource="customers", remote_id=billed).state == LinkState.MERGED

    # What changes at the provider under the merged one reaches the survivor, and nobody comes back twice.
    customers = Customer.objects.count()
    simulator.edit("Customer", billed, slug="quickbooks", PrimaryPhone={"FreeFormNumber": "+15145550199"})
    # The first may be a run that the merge asked for, and that had read before this edit.
    for _ in range(2):
        synchronise(page, site, books)
    assert Customer.objects.get(pk=ours[twin]).phone == "+15145550199"
    assert Customer.objects.count() == customers
    page.goto(f"{site}/records/search?q=double@exemple.ca")
    expect(page.get_by_role("region", name="Clients").get_by_role("listitem").filter(has_text="Archivé")).to_have_count(
        1
    )
