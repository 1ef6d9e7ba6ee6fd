"""The pages about webhooks in a real browser: an endpoint from its form to its log, accessibility, narrow windows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests.webhooks import receiver as wire
from tests.webhooks.conftest import make_customers, make_endpoint, send_until
from webhooks.models import Attempt, Delivery, Endpoint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def signed_in(page: Any, live_server: Any, administrator: Any) -> Any:
    """A page of someone who is signed in as an administrator."""
    client = Client()
    client.force_login(administrator)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return page


def check(page: Any, name: str) -> None:
    """No accessibility fault, and nothing that sticks out of a phone's window."""
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", RULES)["violations"]
    assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than a phone"
    page.set_viewport_size({"width": 1280, "height": 900})


def test_every_page_is_accessible_and_fits_a_phone(signed_in, live_server, sender, receive):
    receiver = receive(wire.in_turn(wire.answer(200), wire.answer(500, b"boom")))
    endpoint = make_endpoint(receiver.url, description="Répartition", max_retries=1, headers={"X-Team": "Lacoste"})
    make_endpoint("https://comptabilite.example.com/evenements", active=False, disabled_reason="gone")
    make_customers(4)
    send_until(sender, lambda: Attempt.objects.count() >= 6)
    failed = Delivery.objects.filter(last_code=500).first()
    assert failed
    pages: list[tuple[str, list[Any]]] = [
        ("endpoints", []),
        ("add", []),
        ("events", []),
        ("deliveries", []),
        ("endpoint", [endpoint.pk]),
        ("delete", [endpoint.pk]),
        ("replay", [endpoint.pk]),
        ("delivery", [failed.pk]),
    ]
    for name, arguments in pages:
        signed_in.goto(live_server.url + reverse(f"webhooks:{name}", args=arguments))
        check(signed_in, name)


def test_an_endpoint_is_added_tested_and_found_in_the_list(signed_in, live_server, receive):
    receiver = receive(wire.answer(200, b"bien recu"))
    page = signed_in
    page.goto(live_server.url + "/integrations")
    page.get_by_role("link", name="Webhooks").first.click()
    page.get_by_role("link", name="Ajouter un point de terminaison").first.click()
    page.get_by_label("Adresse").fill(receiver.url)
    page.get_by_label("Facture payée").check()
    page.get_by_role("button", name="Enregistrer").click()
    secret = page.get_by_role("textbox", name="Secret").input_value()
    assert secret == Endpoint.objects.get().secret
    check(page, "secret")
    page.get_by_role("link", name="J’ai copié le secret").click()
    page.get_by_role("button", name="Tester").click()
    expect(page.locator("#tried")).to_contain_text("bien recu")
    assert len(receiver.calls) == 1
    check(page, "tried")
    page.get_by_role("link", name="Webhooks").first.click()
    expect(page.get_by_role("link", name=receiver.url)).to_be_visible()
