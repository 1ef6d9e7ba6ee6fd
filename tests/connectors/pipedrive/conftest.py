"""Pipedrive's connector on its simulator, by consent or by API token."""

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
from connectors.pipedrive.connector import Pipedrive
from tests.connectors import support
from tests.connectors.support import QUICK, Store, Unlimited
from tests.simulator import Control

APP = App("pd-demo-client", "pd-demo-secret")
API_TOKEN = "de30c0ffee0000000000000000000000000ac057"
GROUP, ROOFING = "123001", "123002"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/pipedrive"
PERSON_KEY = "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e"
read = partial(support.read, size=500)


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Pipedrive, "simulator", {}, {}, simulator.url)


@pytest.fixture
def consent(hosts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Answer the consent page, and come back with the redirect's parameters."""

    def go(answer: str = "allow", company: str = GROUP) -> dict[str, str]:
        url = oauth.authorize_url(Pipedrive, APP, hosts, redirect_uri=CALLBACK, state="état-1")
        page = requests.get(url, timeout=10)
        assert page.status_code == 200, page.text
        form = {**dict(parse_qsl(urlsplit(url).query)), "answer": answer, "company": company}
        back = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.headers["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    return go


@pytest.fixture
def grant(hosts: dict[str, str], consent: Any, exchanges: list[Exchange]) -> Callable[..., TokenSet]:
    """The whole dance: tokens for a company."""

    def dance(company: str = GROUP) -> TokenSet:
        query = consent(company=company)
        return oauth.exchange_code(Pipedrive, APP, hosts, query, redirect_uri=CALLBACK, on_exchange=exchanges.append)

    return dance


@pytest.fixture
def connect(
    hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]
) -> Callable[..., Pipedrive]:
    """Make a connector for a company; its store is `.tokens`."""

    def make(company: str = GROUP, tokens: TokenSet | None = None, **options: Any) -> Pipedrive:
        store = Store(Pipedrive, APP, hosts, tokens or grant(company), exchanges)
        connection = Connection("simulator", {}, options.pop("config", {}), hosts, account_id=company)
        settings = {
            "retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options,
        }  # fmt: skip
        return Pipedrive(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def pipedrive(connect: Callable[..., Pipedrive]) -> Pipedrive:
    """A connector to Groupe Lacoste, by consent, without a limiter of its own."""
    return connect()


@pytest.fixture
def by_key(hosts: dict[str, str], exchanges: list[Exchange]) -> Callable[..., Pipedrive]:
    """Make a connector by API token."""

    def make(api_token: str = API_TOKEN, **options: Any) -> Pipedrive:
        connection = Connection("simulator", {"api_token": api_token}, options.pop("config", {}), hosts)
        settings = {"retry": QUICK, "timeout": 5.0, "limiter": Unlimited(), **options}
        return Pipedrive(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call with the API token, past the connector."""

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"x-api-token": API_TOKEN, **options.pop("headers", {})}
        url = f"{simulator.url}/pipedrive/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return call


def later(cursor: dict[str, Any]) -> dict[str, Any]:
    """The cursor of a pull whose last look at all ids was long ago."""
    return {**cursor, "swept_at": "2026-01-01T00:00:00Z"}
