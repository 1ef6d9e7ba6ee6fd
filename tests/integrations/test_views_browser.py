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
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import Conflict, FieldMapping, Integration, SlotRule, SyncJob
from integrations.records.services import Change, Origin, apply
from integrations.services import default_mappings
from tests.integrations import rows
from tests.integrations.test_views_preview import REPORT

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
    both = rows.integration(name="Immeubles du Sud", direction="both")
    rows.conflict(both)
    rows.conflict(both, 1, code="total", field="balance", local="114.98", remote="114.97")
    rows.conflict(both, 2, state="resolved", resolution="platform", resolved_at=timezone.now())
    rows.push(both)
    FieldMapping.objects.bulk_create(default_mappings(both))
    books = rows.integration(provider="quickbooks", name="Comptabilité", direction="both")
    fill_accounts(books)
    changed = rows.job(made)
    twins = [
        rows.record("customer", name=name, email="luc@exemple.ca", phone="+15145550142") for name in ("Luc", "Lucien")
    ]
    origin = Origin("integration", str(made.pk), label=made.name, job_id=changed.pk)
    apply([Change("customer", twins[0].pk, values={"name": "Luc Roy", "status": "inactive"})], origin)
    apply([Change("customer", twins[0].pk, values={"status": "active"})], Origin("user", "1"))
    rows.link(made, "customer", twins[1].pk, resource="tenants")
    two_way = {name: reverse(f"integrations:{name}", args=[both.pk]) for name in ("preview", "conflicts", "pushes")}
    of_one = {name: reverse(f"integrations:{name}", args=[made.pk]) for name in ("detail", "jobs", "settings", "log")}
    return (
        of_one
        | two_way
        | {
            "first": reverse("integrations:detail", args=[both.pk]),
            "both ways": reverse("integrations:settings", args=[both.pk]),
            "resolved": reverse("integrations:conflicts", args=[both.pk]) + "?state=resolved",
            "fields": reverse("integrations:mappings", args=[both.pk, "tenants"]),
            "accounts": reverse("integrations:slots", args=[books.pk]),
            "report": reverse("integrations:job", args=[rows.job(both, dry_run=True, report=REPORT).pk]),
            "dashboard": reverse("integrations:dashboard"),
            "add": reverse("integrations:add"),
            "connect": reverse("integrations:connect", args=["rovida"]),
            "delete": reverse("integrations:delete", args=[made.pk]),
            "job": reverse("integrations:job", args=[job.pk]),
            "running": reverse("integrations:job", args=[running.pk]),
            "changes": reverse("integrations:job_changes", args=[changed.pk]),
            "undo": reverse("integrations:undo", args=[changed.pk]),
            "search": reverse("integrations:search") + "?q=Luc",
            "stop": reverse("integrations:stop"),
            "duplicates": reverse("integrations:duplicates"),
            "merge": reverse("integrations:merge")
            + "".join(f"{sign}id={one.pk}" for sign, one in zip("?&", twins, strict=True)),
            "field": reverse("integrations:record", args=["customer", twins[0].pk]) + "?field=name",
            "records": reverse("integrations:records"),
            "list": reverse("integrations:records_kind", args=["property"]),
            "record": reverse("integrations:record", args=["property", building.pk]),
            "audit": reverse("integrations:audit"),
            "missing": "/nowhere",
        }
    )


def fill_accounts(books: Integration) -> None:
    """Lists that were read, and a rule that names an element which is gone since."""
    for number in range(12):
        rows.option(books, "item", f"Service {number}", remote_id=f"i{number}")
    rows.option(books, "item", "Déneigement de l’entrée", remote_id="snow")
    rows.option(books, "tax_code", "TPS/TVQ QC", remote_id="3", data={"code": "gst_qst"})
    SlotRule.objects.create(integration=books, resource="invoices", slot="item", job_type="urgence", remote_id="gone")


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


def test_a_dialog_that_refuses_keeps_the_keyboard(signed_in: Page, live_server: LiveServer) -> None:
    made = rows.integration(name="Immeubles du Nord")
    signed_in.goto(live_server.url + reverse("integrations:settings", args=[made.pk]))
    signed_in.get_by_role("link", name="Supprimer").click()
    dialog = signed_in.get_by_role("dialog", name="Supprimer « Immeubles du Nord »")
    signed_in.locator("#dialog:focus").wait_for()
    dialog.get_by_role("button", name="Supprimer l’intégration").press("Enter")
    expect(dialog.get_by_label("Nom de l’intégration")).to_be_focused()
    signed_in.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_a_card_follows_its_synchronisation_by_itself(signed_in: Page, live_server: LiveServer) -> None:
    made = rows.integration(name="Immeubles du Nord")
    signed_in.goto(f"{live_server.url}/integrations")
    card = signed_in.locator(f"#integration-{made.pk}")
    card.get_by_role("button", name="Synchroniser").click()
    card.get_by_text("En attente…").wait_for()
    signed_in.get_by_text("Synchronisation de « Immeubles du Nord » demandée.").wait_for()
    # The button was disabled while its request ran and is gone now: the card keeps the keyboard.
    expect(card).to_be_focused()
    SyncJob.objects.update(status="completed", processed=12)
    card.get_by_role("button", name="Synchroniser").wait_for()
    assert signed_in.locator("#figures").get_by_text("Syncs aujourd’hui").locator("xpath=../dd").inner_text() == "1"


def test_conflicts_are_settled_by_keyboard(signed_in: Page, live_server: LiveServer) -> None:
    both = rows.integration(direction="both")
    for number in range(4):
        rows.conflict(both, number)
    signed_in.goto(live_server.url + reverse("integrations:conflicts", args=[both.pk]))
    signed_in.get_by_role("button", name=re.compile("^Garder le fournisseur pour Prénom, Alice3")).focus()
    signed_in.keyboard.press("Enter")
    signed_in.get_by_text("1 conflit résolu").wait_for()
    # The next one has taken its place under the keyboard.
    following = signed_in.get_by_role("button", name=re.compile("^Garder le fournisseur pour Prénom, Alice2"))
    expect(following).to_be_focused()
    everything = signed_in.get_by_label("Tout cocher sur cette page")
    everything.press("Space")
    signed_in.get_by_label("Choisir : Prénom, Alice1 Roy").press("Space")
    assert everything.evaluate("box => box.indeterminate")
    signed_in.get_by_role("button", name="Garder la plateforme pour les conflits cochés").press("Enter")
    signed_in.get_by_text("2 conflits résolus").wait_for()
    expect(signed_in.get_by_label("Sections de l’intégration").get_by_text("1", exact=True)).to_be_visible()
    assert Conflict.objects.filter(state="open").count() == 1


def test_an_element_is_found_by_typing_and_a_rule_is_added(signed_in: Page, live_server: LiveServer) -> None:
    books = rows.integration(provider="quickbooks", direction="both")
    fill_accounts(books)
    signed_in.goto(live_server.url + reverse("integrations:slots", args=[books.pk]))
    slot = signed_in.get_by_role("group", name="Article ou service", exact=False).first
    field = slot.get_by_role("combobox", name="Choix par défaut")
    field.focus()
    signed_in.keyboard.type("entree dene")
    expect(slot.get_by_role("listbox", name="Éléments offerts").get_by_role("option")).to_have_count(1)
    assert violations(signed_in) == []
    signed_in.keyboard.press("Enter")
    expect(field).to_have_value("Déneigement de l’entrée")
    slot.get_by_role("button", name="Retirer la règle 1").click()
    expect(slot.get_by_role("button", name=re.compile("^Retirer"))).to_have_count(0)
    slot.get_by_role("button", name="Ajouter une règle").click()
    expect(slot.get_by_label("Division")).to_be_focused()
    slot.get_by_label("Genre de travail").fill("déneigement")
    rule = slot.get_by_role("combobox", name="Article ou service")
    rule.press("ArrowDown")
    rule.press("ArrowDown")
    rule.press("Enter")
    signed_in.get_by_role("button", name="Enregistrer la correspondance").click()
    signed_in.get_by_text("est enregistrée").wait_for()
    saved = SlotRule.objects.order_by("id").values_list("slot", "job_type", "remote_id")
    assert list(saved)[:2] == [("item", "", "snow"), ("item", "déneigement", "snow")]


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


def test_two_way_synchronisation_needs_no_scripts(
    scriptless: Page, live_server: LiveServer, administrator: Any
) -> None:
    client = Client()
    client.force_login(administrator)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = scriptless
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    both = rows.integration(name="Immeubles du Nord")
    for number in range(2):
        rows.conflict(both, number)
    page.goto(live_server.url + reverse("integrations:detail", args=[both.pk]))
    page.get_by_label("Dans les deux sens").check()
    page.get_by_role("button", name="Aperçu").click()
    page.get_by_role("heading", name=re.compile("^Aperçu du")).wait_for()
    SyncJob.objects.update(status="completed", report=REPORT)
    page.reload()
    page.get_by_role("button", name="Appliquer").click()
    page.get_by_role("heading", name=re.compile("^Synchronisation du")).wait_for()
    page.get_by_role("link", name="Immeubles du Nord").click()
    page.get_by_label("Sections de l’intégration").get_by_role("link", name="Conflits").click()
    page.get_by_role("link", name="Tout cocher sur cette page").click()
    page.get_by_role("button", name="Garder la plateforme pour les conflits cochés").click()
    page.get_by_text("2 conflits résolus").wait_for()
    books = rows.integration(provider="quickbooks", name="Comptabilité")
    fill_accounts(books)
    page.goto(live_server.url + reverse("integrations:slots", args=[books.pk]))
    slot = page.get_by_role("group", name="Article ou service", exact=False).first
    slot.get_by_label("Choix par défaut").select_option("Service 3")
    slot.get_by_role("button", name="Retirer la règle 1").click()
    page.get_by_role("button", name="Enregistrer la correspondance").click()
    page.get_by_text("est enregistrée").wait_for()
    assert SlotRule.objects.filter(slot="item").get().remote_id == "i3"


def test_choices_are_made_by_keyboard_and_applied_together(signed_in: Page, live_server: LiveServer) -> None:
    made = rows.integration(direction="both")
    first, second, third = sorted((rows.conflict(made, number) for number in range(3)), key=lambda c: -c.pk)
    signed_in.goto(live_server.url + reverse("integrations:conflicts", args=[made.pk]))
    for key in ("j", "f", "p", "k"):
        signed_in.keyboard.press(key)
    expect(signed_in.locator("#apply-each")).to_contain_text("Appliquer les choix (2)")
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("#messages")).to_contain_text("1\xa0conflit résolu : la valeur de ROVIDA")
    expect(signed_in.locator("[data-conflict]")).to_have_count(1)
    kept = {c.pk: Conflict.objects.get(pk=c.pk).resolution for c in (first, second, third)}
    assert kept == {first.pk: "provider", second.pk: "platform", third.pk: ""}
