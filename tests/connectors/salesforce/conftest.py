"""Salesforce's connector on its simulator, with tokens that its authorization server gave."""

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
from connectors.salesforce.connector import Salesforce
from tests.connectors import support
from tests.connectors.support import QUICK, Person, Store, Unlimited
from tests.simulator import Control

APP = App("sf-demo-client", "sf-demo-secret")
CALLBACK = "http://localhost:8000/integrations/oauth/callback/salesforce"
# The pair that RFC 7636 prints.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
read = partial(support.read, size=2000, key="Id")


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Salesforce, "simulator", {}, {}, simulator.url)


@pytest.fixture
def ask(hosts: dict[str, str]) -> Callable[..., Person]:
    """Bring a person to the consent page."""

    def go(**changes: Any) -> Person:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", "code_challenge": CHALLENGE, **changes}
        app = asked.pop("app", APP)
        return Person(oauth.authorize_url(Salesforce, app, hosts, **asked), CALLBACK)

    return go


@pytest.fixture
def grant(hosts: dict[str, str], ask: Callable[..., Person], exchanges: list[Exchange]) -> Callable[..., TokenSet]:
    """The whole dance."""

    def dance() -> TokenSet:
        return oauth.exchange_code(
            Salesforce, APP, hosts, ask().answer(), redirect_uri=CALLBACK, code_verifier=VERIFIER,
            on_exchange=exchanges.append,
        )  # fmt: skip

    return dance


@pytest.fixture
def connect(
    hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]
) -> Callable[..., Salesforce]:
    """Make a connector; its store is `.tokens`."""

    def make(config: dict[str, str] | None = None, tokens: TokenSet | None = None, **options: Any) -> Salesforce:
        store = Store(Salesforce, APP, hosts, tokens or grant(), exchanges)
        connection = Connection("simulator", {}, config or {}, hosts)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options}
        return Salesforce(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def salesforce(connect: Callable[..., Salesforce]) -> Salesforce:
    """A connector to Groupe Lacoste without a limiter of its own."""
    return connect()


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call below the API's version, past the connector."""
    token = simulator.act("salesforce", "grant")["access_token"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        url = f"{simulator.url}/salesforce/services/data/v66.0/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    return call
