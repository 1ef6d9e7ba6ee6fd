"""Zoho CRM's connector on its simulator, with tokens that its accounts servers gave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange, RetryPolicy
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.zoho.connector import Zoho
from tests.simulator import Control

APP = App("1000.zohodemoclient", "zoho-demo-secret")
GROUP, EUROPE = "554023000000000001", "554023000000000002"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/zoho"
QUICK = RetryPolicy(max_retries=2, delay_ms=2, multiplier=1)


class Store:
    """A token store as the engine's: one renewal for everyone who asks with the same stale token."""

    def __init__(self, hosts: dict[str, str], tokens: TokenSet, exchanges: list[Exchange]) -> None:
        self.hosts, self.tokens, self.exchanges = hosts, tokens, exchanges
        self.renewals = 0
        self._lock = threading.Lock()

    def current(self) -> TokenSet:
        """The tokens as they are."""
        return self.tokens

    def renew(self, stale: str) -> TokenSet:
        """Newer ones, unless somebody has them already."""
        with self._lock:
            if self.tokens.access_token == stale:
                self.renewals += 1
                self.tokens = oauth.refresh(Zoho, APP, self.hosts, self.tokens, on_exchange=self.exchanges.append)
            return self.tokens


class Unlimited:
    """A limiter that lets everything through."""

    def acquire(self) -> float:
        """No wait."""
        return 0.0

    def pause(self, seconds: float) -> None:
        """No pause."""


@pytest.fixture
def simulator(simulator_server: Control) -> Control:
    """The simulator with this provider's demonstration data afresh; the others stay as they are."""
    simulator_server.app.extensions["simulator_clock"].reset()
    simulator_server.provider("zoho").reset()
    simulator_server.rate_limit(None, slug="zoho")
    return simulator_server


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Zoho, "simulator", {}, {}, simulator.url)


@pytest.fixture
def exchanges() -> list[Exchange]:
    """What connector and authorization reported."""
    return []


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
        store = Store(hosts, tokens or grant(org), exchanges)
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


def read(connector: Zoho, resource: str, cursor: Any = None, size: int = 200) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record["id"]: record for page in pages for record in page.records}, pages[-1].cursor, len(pages)
