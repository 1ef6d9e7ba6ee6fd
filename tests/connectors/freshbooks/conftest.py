"""FreshBooks' connector on its simulator, with tokens that its authorization server gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.freshbooks.connector import FreshBooks
from tests.connectors.support import QUICK, Store, Unlimited
from tests.simulator import Control

APP = App("fb-demo-client", "fb-demo-secret")
GARDENS, REPAIRS = "6BApk", "Zx81q"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/freshbooks"


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(FreshBooks, "simulator", {}, {}, simulator.url)


@pytest.fixture
def consent(hosts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """A person in front of the consent page: the redirect's parameters."""

    def go(answer: str = "allow") -> dict[str, str]:
        url = oauth.authorize_url(FreshBooks, APP, hosts, redirect_uri=CALLBACK, state="état-1")
        page = requests.get(url, timeout=10)
        assert page.status_code == 200 and "Lacoste Paysagement inc." in page.text
        form = [*parse_qsl(urlsplit(url).query), ("answer", answer)]
        back = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    return go


@pytest.fixture
def grant(
    hosts: dict[str, str], consent: Callable[..., dict[str, str]], exchanges: list[Exchange]
) -> Callable[..., TokenSet]:
    """The whole dance."""

    def dance() -> TokenSet:
        query = consent()
        return oauth.exchange_code(FreshBooks, APP, hosts, query, redirect_uri=CALLBACK, on_exchange=exchanges.append)

    return dance


@pytest.fixture
def connect(
    hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]
) -> Callable[..., FreshBooks]:
    """Make a connector for an account; its store is `.tokens`."""

    def make(account: str = GARDENS, tokens: TokenSet | None = None, **options: Any) -> FreshBooks:
        store = Store(FreshBooks, APP, hosts, tokens or grant(), exchanges)
        connection = Connection("simulator", {}, {}, options.pop("hosts", hosts), account_id=account)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options}
        return FreshBooks(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def freshbooks(connect: Callable[..., FreshBooks]) -> FreshBooks:
    """A connector to Lacoste Paysagement inc."""
    return connect()


def read(connector: FreshBooks, resource: str, cursor: Any = None, size: int = 100, **options: Any) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size, **options))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    records = {str(record["id"]): record for page in pages for record in page.records}
    return records, json.loads(json.dumps(pages[-1].cursor)), len(pages)
