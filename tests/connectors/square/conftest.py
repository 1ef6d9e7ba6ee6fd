"""Square's connector on its simulator, with every request and answer judged by Square's own document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.square.connector import Square
from tests.connectors.square.judge import check
from tests.connectors.support import QUICK, Unlimited
from tests.connectors.traffic import Traffic, different, recording
from tests.simulator import Control

KEY = "EAAAl-demo-lacoste-jeton-personnel"
FIRST, SECOND = "MLLACOSTERENO", "MLLACOSTEPEINTURE"
APP = App("sandbox-sq0idb-demo-lacoste", "sandbox-sq0csb-demo-lacoste-secret")
CALLBACK = "http://localhost:8000/integrations/oauth/callback/square"


simulator_server = recording("square")


@pytest.fixture(autouse=True)
def _contract(recorded: list[Traffic]) -> Iterator[None]:
    """Every test of this folder also proves that what went over the wire follows the contract."""
    recorded.clear()
    yield
    for seen in different(recorded):
        if seen.path != "/oauth2/authorize":  # that page is for people
            check(seen)


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Square, "simulator", {}, {}, simulator.url)


@pytest.fixture
def connect(hosts: dict[str, str], exchanges: list[Exchange]) -> Callable[..., Square]:
    """Make a connector with a typed key."""

    def make(key: str = KEY, environment: str = "simulator", config: Any = None, **options: Any) -> Square:
        connection = Connection(environment, {"api_key": key} if key else {}, config or {}, hosts)  # type: ignore[arg-type]
        settings = {"retry": QUICK, "timeout": 5.0, "limiter": Unlimited(), **options}
        return Square(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def square(connect: Callable[..., Square]) -> Square:
    """A connector with the demonstration key."""
    return connect()


@pytest.fixture
def consent(hosts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Bring a person to the consent page and back."""

    def go(answer: str = "allow", merchant: str = FIRST, **changes: Any) -> dict[str, str]:
        asked = {"redirect_uri": CALLBACK, "state": "état-1", **changes}
        url = oauth.authorize_url(Square, asked.pop("app", APP), hosts, **asked)
        assert requests.get(url, timeout=10).status_code == 200
        form = {**dict(parse_qsl(urlsplit(url).query)), "answer": answer, "merchant": merchant}
        back = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    return go


@pytest.fixture
def grant(
    hosts: dict[str, str], consent: Callable[..., dict[str, str]], exchanges: list[Exchange]
) -> Callable[..., TokenSet]:
    """The whole dance."""

    def dance(merchant: str = FIRST) -> TokenSet:
        query = consent(merchant=merchant)
        return oauth.exchange_code(Square, APP, hosts, query, redirect_uri=CALLBACK, on_exchange=exchanges.append)

    return dance


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call, past the connector."""

    def call(method: str, path: str, key: str = KEY, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
        return requests.request(method, f"{simulator.url}/square/v2/{path}", headers=headers, timeout=10, **options)

    return call
