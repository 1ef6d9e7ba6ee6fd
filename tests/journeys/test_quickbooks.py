"""QuickBooks by consent, both ways: preview, first synchronisation, edits on both sides, then quiet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import Integration, ProviderApp, RecordLink
from integrations.records.models import Customer, Event, Invoice, RecordHistory
from tests.integrations.quickbooks import there, writes
from tests.journeys.steps import finished, synchronise
from tests.worker.running import Worker, wait_for_beats

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]


def state() -> list[Any]:
    models = (Customer, Invoice, RecordLink, RecordHistory, Event)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_quickbooks_both_ways(
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    settings: Any,
    sign_in: Callable[[str], None],
    release: Callable[[str], None],
    start_worker: Callable[..., Worker],
) -> None:
    settings.SIMULATOR_URL, settings.SITE_URL = simulator.url, live_server.url
    ProviderApp.objects.create(
        provider="quickbooks", environment="simulator", client_id="qb-demo-client", client_secret="qb-demo-secret"
    )
    start_worker(SIMULATOR_URL=simulator.url)
    wait_for_beats()
    site = live_server.url
    sign_in(site)

    # Consent.
    page.get_by_role("link", name="Ajouter une intégration").first.click()
    page.get_by_role("tab", name="Comptabilité").click()
    page.get_by_role("dialog").get_by_role("link", name="QuickBooks").click()
    page.get_by_role("button", name="Continuer vers QuickBooks").click()
    page.get_by_role("button", name="Autoriser").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("QuickBooks")
    integration = Integration.objects.get()

    # Both ways, previewed: nothing is written until « Appliquer ».
    page.get_by_label(re.compile("Dans les deux sens")).check()
    page.get_by_role("button", name="Aperçu").click()
    finished(page)
    expect(page.get_by_role("main")).to_contain_text("rien n’a été écrit")
    assert not Customer.objects.exists() and writes(simulator) == []
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("rien n’a été écrit")).to_have_count(0)
    assert finished(page).status == "completed"
    release(site)
    first = finished(page)
    active = [c for c in there(simulator, "Customer").values() if c["Active"]]
    assert (first.status, first.dry_run, Customer.objects.count()) == ("completed", False, len(active))
    assert writes(simulator) == []
    integration.refresh_from_db()
    assert integration.direction == "both"

    # Two people edit two fields of one customer, each on their own side.
    ours = Customer.objects.exclude(email="").first()
    assert ours is not None
    remote_id = RecordLink.objects.get(record_id=ours.pk).remote_id
    page.goto(f"{site}/admin/records/customer/{ours.pk}/change/")
    page.locator("input[name=phone]").fill("+15145550188")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    simulator.edit("Customer", remote_id, slug="quickbooks", PrimaryEmailAddr={"Address": "nouvelle@exemple.ca"})
    job = synchronise(page, site, integration)
    assert job.status == "completed"
    theirs = there(simulator, "Customer")[remote_id]
    ours.refresh_from_db()
    assert theirs["PrimaryPhone"]["FreeFormNumber"] == ours.phone == "+15145550188"
    assert theirs["PrimaryEmailAddr"]["Address"] == ours.email == "nouvelle@exemple.ca"

    # A further synchronisation makes no write there and changes nothing here.
    before = state()
    simulator.forget_requests(slug="quickbooks")
    assert synchronise(page, site, integration).succeeded == 0
    assert writes(simulator) == [] and state() == before
