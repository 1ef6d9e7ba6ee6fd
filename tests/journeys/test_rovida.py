"""From sign-in to ROVIDA's records on the platform, with a real browser, worker and provider over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import Integration, RecordLink, SyncJob
from integrations.records.models import Event, Job, Property, RecordHistory, Tenant, Unit
from tests.conftest import PASSWORD
from tests.worker.running import Worker, wait_for_beats

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]

WRONG, REVOKED, RIGHT = "rov_test_pas_la_bonne", "rov_test_revoked", "rov_test_demo_lacoste"


def state() -> list[Any]:
    models = (Property, Unit, Tenant, Job, RecordLink, RecordHistory, Event)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def add_rovida(page: Page, key: str) -> None:
    """Fill the connection form and send it."""
    page.get_by_label("Clé d’API").fill(key)
    page.get_by_role("button", name="Vérifier et connecter").click()


# A short run may be over between two looks at the page: the page itself remembers that it showed progress.
WATCH_PROGRESS = """() => {
  window.progressSeen = false;
  const look = () => { window.progressSeen ||= /En attente|En cours|Lecture/.test(document.body.innerText); };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def synchronise(page: Page, site: str) -> SyncJob:
    """Press the button on the dashboard, and watch until the job is over."""
    page.goto(f"{site}/integrations")
    before = SyncJob.objects.count()
    page.evaluate(WATCH_PROGRESS)
    page.get_by_role("button", name="Synchroniser").click()
    # Progress shows by itself, without a reload, and gives way to the result.
    page.wait_for_function("() => window.progressSeen", timeout=15_000)
    expect(page.get_by_role("button", name="Synchroniser")).to_be_enabled(timeout=30_000)
    assert SyncJob.objects.count() == before + 1
    return SyncJob.objects.order_by("-created_at")[0]


def test_from_sign_in_to_records(
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    settings: Any,
    sign_in: Callable[[str], None],
    release: Callable[[str], None],
    start_worker: Callable[..., Worker],
    shown: list[str],
    worker_log: Path,
    rows_as_text: Callable[[], Iterator[tuple[str, str]]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings.SIMULATOR_URL = simulator.url
    simulator.fault("slow", path="/v1/tenants", times=None, seconds=1)
    start_worker(SIMULATOR_URL=simulator.url)
    wait_for_beats()
    site = live_server.url
    sign_in(site)

    # Add ROVIDA through the dialog; wrong keys are refused with what to do.
    page.get_by_role("link", name="Ajouter une intégration").first.click()
    page.get_by_role("tab", name="Immobilier").click()
    page.get_by_role("dialog").get_by_role("link", name="ROVIDA").click()
    for key in (WRONG, REVOKED):
        add_rovida(page, key)
        refusal = page.get_by_text("refuse").first
        expect(refusal).to_be_visible()
        expect(refusal).to_contain_text(re.compile("Copiez|Vérifiez|Inscrivez|Demandez"))
    assert not Integration.objects.exists()
    add_rovida(page, RIGHT)
    expect(page.get_by_role("heading", level=1)).to_contain_text("ROVIDA")

    # Test it, synchronise it, see progress.
    page.get_by_role("button", name="Tester").click()
    expect(page.get_by_text("Groupe Lacoste (démonstration)").first).to_be_visible()
    # Its first records come alone; the rest comes once they were looked at.
    first = synchronise(page, site)
    assert (first.status, first.failed, Unit.objects.count()) == ("completed", 0, 25)
    release(site)
    job = SyncJob.objects.order_by("-created_at")[0]
    assert (job.status, first.created + job.created, job.failed) == ("completed", 362, 0)

    # The records are the platform's own.
    page.get_by_role("navigation").get_by_role("link", name="Enregistrements").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Locataires", re.IGNORECASE)).first.click()
    someone = next(t for t in simulator.objects("tenants") if t["lease"])
    page.get_by_role("searchbox").fill(someone["email"])
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name=re.compile(re.escape(someone["family_name"]))).first.click()
    expect(page.get_by_role("main")).to_contain_text(someone["id"])

    # A change there arrives at the next synchronisation; a third one changes nothing.
    simulator.edit("tenants", someone["id"], family_name="Nouveau-Nom")
    assert synchronise(page, site).updated == 1
    page.go_back()
    link = RecordLink.objects.get(remote_id=someone["id"])
    page.goto(f"{site}/records/tenant/{link.record_id}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nouveau-Nom")
    before = state()
    assert synchronise(page, site).succeeded == 0
    assert state() == before

    integration = Integration.objects.get()
    for path in ("", "/jobs", "/settings", "/log"):
        page.goto(f"{site}/integrations/{integration.pk}{path}")
    page.goto(f"{site}/integrations/jobs/{job.pk}")
    page.goto(f"{site}/audit")
    expect(page.get_by_role("main")).to_contain_text("Intégration ajoutée")

    # Not one secret anywhere.
    secrets = [WRONG, REVOKED, RIGHT, PASSWORD, django_settings.SECRET_KEY, django_settings.CREDENTIALS_KEYS]
    output = capfd.readouterr()
    places = {"log of the web process": output.out + output.err, "log of the worker": worker_log.read_text()}
    # The guide of the simulator prints the key that it accepts: it is no secret of anybody's there.
    guide = f"<code>{RIGHT}</code>"
    places |= {f"page {number}": text.replace(guide, "") for number, text in enumerate(shown)}
    places |= {f"table {table}": text for table, text in rows_as_text()}
    found = [(place, secret[:12]) for place, text in places.items() for secret in secrets if secret in text]
    assert found == []
    assert len(shown) > 15 and "worker.started" in places["log of the worker"]
