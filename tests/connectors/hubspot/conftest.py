"""HubSpot's connector on its simulator, with tokens that its authorization server gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.hubspot.connector import HubSpot
from tests.connectors.support import QUICK, Person, Store, Unlimited
from tests.simulator import Control

APP = App("hs-demo-client", "hs-demo-secret")
KEY = "pat-na1-demo-lacoste"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/hubspot"
# The pair that RFC 7636 prints.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(HubSpot, "simulator", {}, {}, simulator.url)


@pytest.fixture
def ask(hosts: dict[str, str]) -> Callable[..., Person]:
    """Bring a person to the consent page."""

    def go(**changes: Any) -> Person:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", "code_challenge": CHALLENGE, **changes}
        app = asked.pop("app", APP)
        return Person(oauth.authorize_url(HubSpot, app, hosts, **asked), CALLBACK)

    return go


@pytest.fixture
def grant(hosts: dict[str, str], ask: Callable[..., Person], exchanges: list[Exchange]) -> Callable[..., TokenSet]:
    """The whole dance."""

    def dance() -> TokenSet:
        return oauth.exchange_code(
            HubSpot, APP, hosts, ask().answer(), redirect_uri=CALLBACK, code_verifier=VERIFIER,
            on_exchange=exchanges.append,
        )  # fmt: skip

    return dance


@pytest.fixture
def connect(hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]) -> Callable[..., HubSpot]:
    """Make a connector; its store is `.tokens`."""

    def make(config: dict[str, str] | None = None, tokens: TokenSet | None = None, **options: Any) -> HubSpot:
        store = Store(HubSpot, APP, hosts, tokens or grant(), exchanges)
        connection = Connection("simulator", {}, config or {}, hosts)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options}
        return HubSpot(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def hubspot(connect: Callable[..., HubSpot]) -> HubSpot:
    """A connector to compte 24011111 without a limiter of its own."""
    return connect()


@pytest.fixture
def private(hosts: dict[str, str], simulator: Control, exchanges: list[Exchange]) -> Callable[..., HubSpot]:
    """Make a connector by the token of a private app, the simulator's own unless told otherwise."""

    def make(key: str = KEY, **options: Any) -> HubSpot:
        settings = {"retry": QUICK, "timeout": 5.0, "limiter": Unlimited(), **options}
        return HubSpot(Connection("simulator", {"api_key": key}, {}, hosts), on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call, past the connector."""

    def call(method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {KEY}", **options.pop("headers", {})}
        return requests.request(method, f"{simulator.url}/hubspot/{path}", headers=headers, timeout=10, **options)

    return call
