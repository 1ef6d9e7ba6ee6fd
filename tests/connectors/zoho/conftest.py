"""Zoho CRM's connector on its simulator, with tokens that its accounts servers gave."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.zoho.connector import Zoho
from tests.connectors import support
from tests.connectors.support import QUICK, Store, Unlimited
from tests.simulator import Control

APP = App("1000.zohodemoclient", "zoho-demo-secret")
GROUP, EUROPE = "554023000000000001", "554023000000000002"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/zoho"
read = partial(support.read, size=200)


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Zoho, "simulator", {}, {}, simulator.url)


@pytest.fixture
def consent(hosts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Answer the consent page, and come back with the redirect's parameters."""

    def go(answer: str = "allow", org: str = GROUP) -> dict[str, str]:
        url = oauth.authorize_url(Zoho, APP, hosts, redirect_uri=CALLBACK, state="état-1")
        page = requests.get(url, timeout=10)
        assert page.status_code == 200, page.text
        form = {**dict(parse_qsl(urlsplit(url).query)), "answer": answer, "org": org}
        back = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.headers["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    return go


@pytest.fixture
def grant(hosts: dict[str, str], consent: Any, exchanges: list[Exchange]) -> Callable[..., TokenSet]:
    """The whole dance: tokens for an organisation."""

    def dance(org: str = GROUP) -> TokenSet:
        return oauth.exchange_code(
            Zoho, APP, hosts, consent(org=org), redirect_uri=CALLBACK, on_exchange=exchanges.append
        )

    return dance


@pytest.fixture
def connect(hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]) -> Callable[..., Zoho]:
    """Make a connector for an organisation; its store is `.tokens`."""

    def make(org: str = GROUP, tokens: TokenSet | None = None, **options: Any) -> Zoho:
        store = Store(Zoho, APP, hosts, tokens or grant(org), exchanges)
        connection = Connection("simulator", {}, options.pop("config", {}), hosts, account_id=org)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options}
        return Zoho(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def zoho(connect: Callable[..., Zoho]) -> Zoho:
    """A connector to Groupe Lacoste without a limiter of its own."""
    return connect()


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call below the first organisation's API, past the connector."""
    token = simulator.act("zoho", "grant")["access_token"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Zoho-oauthtoken {token}", **options.pop("headers", {})}
        url = f"{simulator.url}/zoho/dc/ca/crm/v8/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return call
