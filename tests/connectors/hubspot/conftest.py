"""HubSpot's connector on its simulator, with tokens that its authorization server gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange, RetryPolicy
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.hubspot.connector import HubSpot
from tests.simulator import Control

APP = App("hs-demo-client", "hs-demo-secret")
KEY = "pat-na1-demo-lacoste"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/hubspot"
QUICK = RetryPolicy(max_retries=2, delay_ms=2, multiplier=1)
# The pair that RFC 7636 prints.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Store:
    """A token store as the engine's: it renews when the provider refuses."""

    def __init__(self, hosts: dict[str, str], tokens: TokenSet, exchanges: list[Exchange]) -> None:
        self.hosts, self.tokens, self.exchanges = hosts, tokens, exchanges
        self.renewals = 0

    def current(self) -> TokenSet:
        """The tokens as they are."""
        return self.tokens

    def renew(self, stale: str) -> TokenSet:
        """Newer ones."""
        self.renewals += 1
        self.tokens = oauth.refresh(HubSpot, APP, self.hosts, self.tokens, on_exchange=self.exchanges.append)
        return self.tokens


class Unlimited:
    """A limiter that lets everything through."""

    def acquire(self) -> float:
        """No wait."""
        return 0.0

    def pause(self, seconds: float) -> None:
        """No pause."""


class Person:
    """Someone with a browser in front of the consent page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = requests.get(url, timeout=10)

    def answer(self, answer: str = "allow") -> dict[str, str]:
        """Choose, and come back with the redirect's parameters."""
        form = {**dict(parse_qsl(urlsplit(self.url).query)), "answer": answer}
        back = requests.post(self.url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        assert back.headers["Location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


@pytest.fixture
def simulator(simulator_server: Control) -> Control:
    """The simulator with this provider's demonstration data, no faults and no rate limit."""
    fake = simulator_server.provider("hubspot")
    fake.clock.reset()
    fake.reset()
    fake.limit(None, 1)
    return simulator_server


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(HubSpot, "simulator", {}, {}, simulator.url)


@pytest.fixture
def exchanges() -> list[Exchange]:
    """What connector and authorization reported."""
    return []


@pytest.fixture
def ask(hosts: dict[str, str]) -> Callable[..., Person]:
    """Bring a person to the consent page."""

    def go(**changes: Any) -> Person:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", "code_challenge": CHALLENGE, **changes}
        app = asked.pop("app", APP)
        return Person(oauth.authorize_url(HubSpot, app, hosts, **asked))

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
        store = Store(hosts, tokens or grant(), exchanges)
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


def read(connector: HubSpot, resource: str, cursor: Any = None, size: int = 100, **options: Any) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size, **options))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record["id"]: record for page in pages for record in page.records}, pages[-1].cursor, len(pages)
