"""The way to QuickBooks' consent page and back, over the simulator's real HTTP and without a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone

from integrations.models import Integration, ProviderApp
from tests.simulator import Control

SLUG = "quickbooks"
START = f"/integrations/connect/{SLUG}"
BACK = f"/integrations/oauth/callback/{SLUG}"
APP = {"client_id": "qb-demo-client", "client_secret": "qb-demo-secret"}
TOKEN_CALL = "POST /oauth2/v1/tokens/bearer"


@pytest.fixture
def intuit(simulator: Control, settings: Any, db: None) -> Control:
    """The simulator, set as ours, with our application registered for it."""
    settings.SIMULATOR_URL = simulator.url
    ProviderApp.objects.create(provider=SLUG, environment="simulator", **APP)
    return simulator


@pytest.fixture
def books(intuit: Control, administrator_client: Client) -> Integration:
    """QuickBooks, connected by consent to the first company, and released."""
    come_back(administrator_client, consent(start(administrator_client)))
    Integration.objects.filter(provider=SLUG).update(released_at=timezone.now())
    return Integration.objects.get(provider=SLUG)


def start(client: Client, address: str = START, **typed: str) -> str:
    """Ask for a consent; the address of the provider's page."""
    values = {"name": "Comptabilité", "environment": "simulator"} if address == START else {}
    response = client.post(address, values | typed)
    assert response.status_code == 200, response.status_code
    assert response.context.get("url"), response.context["form"].errors
    return str(response.context["url"])


def companies(url: str) -> list[str]:
    """The realms that the consent page offers."""
    return re.findall(r'name="realm" value="(\d+)"', requests.get(url, timeout=10).text)


def consent(url: str, answer: str = "allow", company: int = 0) -> str:
    """Answer on the provider's page; the path and query that it sends back to."""
    page = requests.get(url, timeout=10)
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {name: unescape(value) for name, value in hidden.items()}
    form |= {"realm": companies(url)[company], "answer": answer}
    sent = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
    assert sent.status_code == 302, sent.text
    back = urlsplit(sent.headers["Location"])
    assert back.path == BACK
    return f"{back.path}?{back.query}"


def come_back(client: Client, address: str) -> Any:
    """Follow the provider's redirect."""
    return client.get(address, follow=True)


def changed(address: str, **query: str | None) -> str:
    """The address with other parameters; None takes one away."""
    path, _, old = address.partition("?")
    given = {name: values[0] for name, values in parse_qs(old).items()} | query
    return f"{path}?{urlencode({name: value for name, value in given.items() if value is not None})}"


def parameter(address: str, name: str) -> str:
    """One parameter of an address."""
    return parse_qs(urlsplit(address).query)[name][0]


def token_calls(control: Control) -> int:
    """How many times tokens were asked for."""
    counts = control.call("GET", f"/{SLUG}/requests")["counts"]
    return int(counts.get(TOKEN_CALL, 0))


def live_grants(control: Control) -> list[dict[str, Any]]:
    """The refresh tokens that the provider would still take."""
    return [one for one in control.objects("OAuthRefresh", slug=SLUG) if not one["deleted_at"]]
