"""QuickBooks' connector on its simulator, with tokens that its authorization server gave."""

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
from connectors.quickbooks.connector import QuickBooks
from tests.simulator import Control

APP = App("qb-demo-client", "qb-demo-secret")
PLUMBING, ROOFING = "9341453212345678", "9341453287654321"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/quickbooks"
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
                self.tokens = oauth.refresh(QuickBooks, APP, self.hosts, self.tokens, on_exchange=self.exchanges.append)
            return self.tokens


class Person:
    """Someone with a browser in front of the consent page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = requests.get(url, timeout=10)

    def answer(self, answer: str = "allow", realm: str = PLUMBING) -> dict[str, str]:
        """Choose, and come back with the redirect's parameters."""
        form = {**dict(parse_qsl(urlsplit(self.url).query)), "answer": answer, "realm": realm}
        back = requests.post(self.url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        assert back.headers["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(QuickBooks, "simulator", {}, {}, simulator.url)


@pytest.fixture
def exchanges() -> list[Exchange]:
    """What connector and authorization reported."""
    return []


@pytest.fixture
def ask(hosts: dict[str, str]) -> Callable[..., Person]:
    """Bring a person to the consent page."""

    def go(**changes: Any) -> Person:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", **changes}
        app = asked.pop("app", APP)
        return Person(oauth.authorize_url(QuickBooks, app, hosts, **asked))

    return go


@pytest.fixture
def grant(hosts: dict[str, str], ask: Callable[..., Person], exchanges: list[Exchange]) -> Callable[..., TokenSet]:
    """The whole dance: tokens for a company."""

    def dance(realm: str = PLUMBING) -> TokenSet:
        query = ask().answer(realm=realm)
        return oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK, on_exchange=exchanges.append)

    return dance


@pytest.fixture
def connect(
    hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]
) -> Callable[..., QuickBooks]:
    """Make a connector for a company; its store is `.tokens`."""

    def make(realm: str = PLUMBING, tokens: TokenSet | None = None, **options: Any) -> QuickBooks:
        store = Store(hosts, tokens or grant(realm), exchanges)
        connection = Connection("simulator", {}, {}, hosts, account_id=realm)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, **options}
        return QuickBooks(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def quickbooks(connect: Callable[..., QuickBooks]) -> QuickBooks:
    """A connector to Lacoste Plomberie inc. without a limiter of its own."""
    return connect(limiter=Unlimited())


class Unlimited:
    """A limiter that lets everything through."""

    def acquire(self) -> float:
        """No wait."""
        return 0.0

    def pause(self, seconds: float) -> None:
        """No pause."""


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call below the company's address, past the connector."""
    token = simulator.act("quickbooks", "grant")["access_token"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        url = f"{simulator.url}/quickbooks/v3/company/{PLUMBING}/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return call


def read(connector: QuickBooks, resource: str, cursor: Any = None, size: int = 1000, **options: Any) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size, **options))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record["Id"]: record for page in pages for record in page.records}, pages[-1].cursor, len(pages)
