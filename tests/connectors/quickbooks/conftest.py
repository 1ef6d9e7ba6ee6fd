"""QuickBooks' connector on its simulator, with tokens that its authorization server gave."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.quickbooks.connector import QuickBooks
from tests.connectors import support
from tests.connectors.support import QUICK, Person, Store, Unlimited
from tests.simulator import Control

APP = App("qb-demo-client", "qb-demo-secret")
PLUMBING, ROOFING = "9341453212345678", "9341453287654321"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/quickbooks"
read = partial(support.read, size=1000, key="Id")


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(QuickBooks, "simulator", {}, {}, simulator.url)


@pytest.fixture
def ask(hosts: dict[str, str]) -> Callable[..., Person]:
    """Bring a person to the consent page."""

    def go(**changes: Any) -> Person:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", **changes}
        app = asked.pop("app", APP)
        return Person(oauth.authorize_url(QuickBooks, app, hosts, **asked), CALLBACK, realm=PLUMBING)

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
        store = Store(QuickBooks, APP, hosts, tokens or grant(realm), exchanges)
        connection = Connection("simulator", {}, {}, hosts, account_id=realm)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, **options}
        return QuickBooks(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def quickbooks(connect: Callable[..., QuickBooks]) -> QuickBooks:
    """A connector to Lacoste Plomberie inc. without a limiter of its own."""
    return connect(limiter=Unlimited())


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call below the company's address, past the connector."""
    token = simulator.act("quickbooks", "grant")["access_token"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        url = f"{simulator.url}/quickbooks/v3/company/{PLUMBING}/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return call
