"""A consent in a real browser under the real content policy, with and without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from integrations.models import Integration
from tests.integrations.consents import SLUG, START
from tests.integrations.test_views_browser import signed_in, violations  # noqa: F401 - a fixture
from tests.simulator import Control

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sign_in_page_of_provider(intuit: Control, settings: Any) -> Iterator[str]:
    """Providers send people over sign-in pages on other hosts of theirs: here one that goes on to the consent page."""

    class Bounce(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{intuit.url}/{SLUG}{self.path}")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bounce)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    settings.CONNECTOR_HOSTS = {f"{SLUG}.authorize": url}
    yield url
    server.shutdown()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def visitor(
    request: Any, chromium_browser: Browser, live_server: LiveServer, administrator: Any, settings: Any
) -> Iterator[Page]:
    """A page of an administrator, with or without scripts."""
    settings.SITE_URL = live_server.url
    client = Client()
    client.force_login(administrator)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    context = chromium_browser.new_context(locale="fr-CA", java_script_enabled=request.param)
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {
                "name": django_settings.SESSION_COOKIE_NAME,
                "value": cookie,
                "domain": "localhost",
                "path": "/",
                "sameSite": "Lax",
                "httpOnly": True,
            }
        ]
    )
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert not refused, refused


def test_a_consent_in_a_browser(visitor: Page, live_server: LiveServer, sign_in_page_of_provider: str) -> None:
    visitor.goto(f"{live_server.url}{START}")
    visitor.get_by_role("button", name="Continuer vers QuickBooks").click()
    expect(visitor).to_have_title("Autoriser l’accès à QuickBooks (simulateur)")
    visitor.get_by_role("button", name="Refuser").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("QuickBooks n’est pas connecté")
    expect(visitor.get_by_role("alert")).to_contain_text("refusé sur la page de consentement")

    visitor.get_by_role("link", name="Recommencer").click()
    visitor.get_by_label("Nom de l’intégration").fill("Comptabilité")
    visitor.get_by_role("button", name="Continuer vers QuickBooks").click()
    visitor.get_by_role("button", name="Autoriser").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Comptabilité")
    expect(visitor.get_by_text("QuickBooks est connecté au compte")).to_be_visible()
    made = Integration.objects.get()

    Integration.objects.update(status="reconnect", status_message="L’autorisation est révoquée.")
    visitor.goto(f"{live_server.url}{reverse('integrations:dashboard')}")
    visitor.get_by_role("link", name="Reconnecter").click()
    visitor.get_by_role("button", name="Continuer vers QuickBooks").click()
    visitor.get_by_role("button", name="Autoriser").click()
    expect(visitor.get_by_text("est reconnectée et active")).to_be_visible()
    made.refresh_from_db()
    assert made.status == "active"


def test_the_pages_of_a_consent_are_accessible(
    signed_in: Page,
    live_server: LiveServer,
    intuit: Control,
) -> None:
    faults = {}
    for path in (START, "/settings/apps", f"/settings/apps/{SLUG}/simulator", f"/integrations/oauth/callback/{SLUG}"):
        signed_in.goto(f"{live_server.url}{path}")
        faults[path] = violations(signed_in)
    assert not any(faults.values()), faults
