"""The screens in a real browser: accessibility, the dialog, live progress, narrow windows, life without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import SyncJob
from tests.integrations import rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, administrator: Any) -> Page:
    """A page of someone who is signed in as an administrator."""
    client = Client()
    client.force_login(administrator)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """A page of each kind, with something on it."""
    made = rows.integration(name="Immeubles du Nord", status="reconnect", status_message="La clé est refusée.")
    rows.integration(status="error", status_message="ROVIDA ne répond pas.")
    rows.integration(status="inactive", environment="production")
    job = rows.job(made, status="partial", failed=1)
    running = rows.running_job(rows.integration())
    rows.error(made, job)
    rows.exchange(made, status=429)
    building = rows.record("property", name="Place Verdun", year_built=1960)
    rows.record("unit", property=building.pk, number="304")
    rows.link(made, "property", building.pk)
    of_one = {name: reverse(f"integrations:{name}", args=[made.pk]) for name in ("detail", "jobs", "settings", "log")}
    return of_one | {
        "dashboard": reverse("integrations:dashboard"),
        "add": reverse("integrations:add"),
        "connect": reverse("integrations:connect", args=["rovida"]),
        "delete": reverse("integrations:delete", args=[made.pk]),
        "job": reverse("integrations:job", args=[job.pk]),
        "running": reverse("integrations:job", args=[running.pk]),
        "records": reverse("integrations:records"),
        "list": reverse("integrations:records_kind", args=["property"]),
        "record": reverse("integrations:record", args=["property", building.pk]),
        "audit": reverse("integrations:audit"),
        "missing": "/nowhere",
    }


def violations(page: Page) -> list[str]:
    """What axe finds on the page, one line per fault."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']]}" for fault in found]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_page_is_accessible(
    mode: Any, signed_in: Page, live_server: LiveServer, addresses: dict[str, str]
) -> None:
    signed_in.emulate_media(color_scheme=mode, reduced_motion="reduce")
    faults = {}
    for name, address in addresses.items():
        signed_in.goto(live_server.url + address)
        assert signed_in.locator("html").get_attribute("data-bs-theme") == mode
        if found := violations(signed_in):
            faults[name] = found
    assert not faults


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_sign_in_page_is_accessible(mode: Any, page: Page, live_server: LiveServer) -> None:
    page.emulate_media(color_scheme=mode)
    page.goto(f"{live_server.url}/accounts/login/")
    assert violations(page) == []


@pytest.mark.parametrize("width", [390, 1024])
def test_no_page_is_wider_than_its_window(
    width: int, signed_in: Page, live_server: LiveServer, addresses: dict[str, str]
) -> None:
    signed_in.set_viewport_size({"width": width, "height": 844})
    too_wide = {}
    for name, address in addresses.items():
        signed_in.goto(live_server.url + address)
        over = signed_in.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            too_wide[name] = over
    assert not too_wide


def test_the_dialog_works_by_keyboard(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.goto(f"{live_server.url}/integrations")
    opener = signed_in.get_by_role("link", name="Ajouter une intégration")
    opener.focus()
    signed_in.keyboard.press("Enter")
    dialog = signed_in.get_by_role("dialog", name="Ajouter une intégration")
    dialog.wait_for()
    signed_in.locator("#dialog:focus").wait_for()
    assert violations(signed_in) == []
    dialog.get_by_role("tab", name="CRM").focus()
    signed_in.keyboard.press("ArrowRight")
    signed_in.keyboard.press("ArrowRight")
    dialog.get_by_role("link", name=re.compile("ROVIDA")).wait_for()
    signed_in.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    expect(opener).to_be_focused()
    assert signed_in.url == f"{live_server.url}/integrations"


def test_a_card_follows_its_synchronisation_by_itself(signed_in: Page, live_server: LiveServer) -> None:
    made = rows.integration(name="Immeubles du Nord")
    signed_in.goto(f"{live_server.url}/integrations")
    card = signed_in.locator(f"#integration-{made.pk}")
    card.get_by_role("button", name="Synchroniser").click()
    card.get_by_text("En attente…").wait_for()
    signed_in.get_by_text("Synchronisation de « Immeubles du Nord » demandée.").wait_for()
    SyncJob.objects.update(status="completed", processed=12)
    card.get_by_role("button", name="Synchroniser").wait_for()
    assert signed_in.locator("#figures").get_by_text("Syncs aujourd’hui").locator("xpath=../dd").inner_text() == "1"


def test_the_menu_opens_on_a_phone(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.set_viewport_size({"width": 390, "height": 844})
    signed_in.goto(f"{live_server.url}/integrations")
    signed_in.get_by_role("button", name="Ouvrir le menu").click()
    signed_in.get_by_role("link", name="Enregistrements").click()
    signed_in.wait_for_url("**/records")


def test_the_chosen_colours_last(signed_in: Page, live_server: LiveServer) -> None:
    signed_in.emulate_media(color_scheme="light")
    signed_in.goto(f"{live_server.url}/integrations")
    signed_in.get_by_role("button", name="administratrice@example.com").click()
    signed_in.get_by_role("button", name="Sombre").click()
    signed_in.goto(f"{live_server.url}/records")
    assert signed_in.locator("html").get_attribute("data-bs-theme") == "dark"


@pytest.fixture
def scriptless(chromium_browser: Browser) -> Iterator[Page]:
    """A page in a browser that runs no script."""
    context = chromium_browser.new_context(locale="fr-CA", java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_everything_can_be_done_without_scripts(
    scriptless: Page, live_server: LiveServer, administrator: Any, monkeypatch: Any
) -> None:
    from connectors.base.connector import Account
    from connectors.rovida.connector import Rovida
    from tests.conftest import PASSWORD

    monkeypatch.setattr(Rovida, "check", lambda connector: Account("acc_1", "Groupe Lacoste", "test"))
    page = scriptless
    page.goto(f"{live_server.url}/integrations")
    page.get_by_label("Adresse courriel").fill(administrator.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("link", name="Ajouter une intégration").click()
    page.get_by_role("tab", name="Immobilier").click()
    page.get_by_role("link", name=re.compile("ROVIDA")).click()
    page.get_by_label("Nom de l’intégration").fill("Immeubles du Nord")
    page.get_by_label("Environnement").select_option("simulator")
    page.get_by_label(re.compile("Clé d.API")).fill("rov_test_x")
    page.get_by_role("button", name="Vérifier et connecter").click()
    page.get_by_text("ROVIDA est connecté").wait_for()
    page.get_by_role("button", name="Synchroniser").click()
    page.get_by_role("heading", name=re.compile("^Synchronisation du")).wait_for()
    page.get_by_role("button", name="Annuler").click()
    page.get_by_text("Annulation demandée").wait_for()
    page.get_by_role("link", name="Immeubles du Nord").click()
    page.get_by_label("Sections de l’intégration").get_by_role("link", name="Paramètres").click()
    page.get_by_role("button", name="Désactiver").click()
    page.get_by_text("est désactivée").wait_for()
    page.get_by_label("Sections de l’intégration").get_by_role("link", name="Paramètres").click()
    page.get_by_role("link", name="Supprimer").click()
    page.get_by_label("Nom de l’intégration").fill("Immeubles du Nord")
    page.get_by_role("button", name="Supprimer l’intégration").click()
    page.get_by_text("est supprimée").wait_for()
