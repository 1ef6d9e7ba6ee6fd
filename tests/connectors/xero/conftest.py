"""Xero's connector on its simulator, with tokens that its authorization server gave. Every request and answer is judged
by Xero's own OpenAPI documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.oauth import App, TokenSet
from connectors.xero.connector import Xero
from tests.connectors.support import QUICK, Store, Unlimited
from tests.connectors.traffic import Traffic, different, recording
from tests.simulator import Control

APP = App("xero-demo-client", "xero-demo-secret")
COOLING, WIRING = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "8a1f6c37-2b90-4d0e-b6a4-55d1c0e7f9a2"
CALLBACK = "http://localhost:8000/integrations/oauth/callback/xero"
FOLDER = Path(__file__).parent


class Judge:
    """Xero's OpenAPI documents: accounting, and the connections of the identity service."""

    def __init__(self) -> None:
        self._accounting = self._read("accounting.json")
        self._identity = self._read("identity.json")

    @staticmethod
    def _read(name: str) -> OpenAPI:
        as_json: dict[str, Callable[[bytes], Any]] = {"application/json": json.loads}
        document = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        return OpenAPI.from_dict(document, config=Config(extra_media_type_deserializers=as_json))

    def check(self, seen: Traffic) -> None:
        """Raise when the request or its answer leaves the contract. Of the answers, those that the documents describe
        are judged: 200, 204 and 400."""
        api = self._identity if seen.path.startswith("/connections") else self._accounting
        request = MockRequest(
            "https://api.xero.com",
            seen.method,
            seen.path,
            args=dict(parse_qsl(seen.query, keep_blank_values=True)),
            headers=seen.headers,
            data=seen.body,
            content_type=seen.headers.get("Content-Type", ""),
        )
        api.validate_request(request)
        if "X-Simulator-Fault" not in seen.answer_headers and seen.status in (200, 204, 400):
            kind = seen.answer_headers.get("Content-Type", "").partition(";")[0]
            api.validate_response(request, MockResponse(seen.answer, seen.status, seen.answer_headers, kind))


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The documents as a judge."""
    return Judge()


simulator_server = recording("xero")


@pytest.fixture(autouse=True)
def _contract(recorded: list[Traffic], judge: Judge) -> Iterator[None]:
    """Every test of this folder also proves that what went over the wire follows the contract."""
    recorded.clear()
    yield
    for seen in different(recorded):
        if seen.path.startswith(("/api.xro/", "/connections")):
            judge.check(seen)


@pytest.fixture
def hosts(simulator: Control) -> dict[str, str]:
    """Every role at the simulator."""
    return resolve_hosts(Xero, "simulator", {}, {}, simulator.url)


@pytest.fixture
def consent(hosts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """A person in front of the consent page: the redirect's parameters."""

    def go(*tenants: str, answer: str = "allow") -> dict[str, str]:
        url = oauth.authorize_url(Xero, APP, hosts, redirect_uri=CALLBACK, state="état-1")
        page = requests.get(url, timeout=10)
        assert page.status_code == 200, page.text
        assert "Lacoste Climatisation inc." in page.text
        form = [*parse_qsl(urlsplit(url).query), ("answer", answer), *(("tenant", one) for one in tenants)]
        back = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302
        return dict(parse_qsl(urlsplit(back.headers["Location"]).query))

    return go


@pytest.fixture
def grant(simulator: Control) -> Callable[..., TokenSet]:
    """Tokens for organisations, without the page."""

    def give(*tenants: str, scope: str = "") -> TokenSet:
        answer = simulator.act("xero", "grant", tenants=list(tenants) or [COOLING], scope=scope)
        return TokenSet(answer["access_token"], answer["refresh_token"])

    return give


@pytest.fixture
def connect(hosts: dict[str, str], grant: Callable[..., TokenSet], exchanges: list[Exchange]) -> Callable[..., Xero]:
    """Make a connector for an organisation; its store is `.tokens`."""

    def make(tenant: str = COOLING, tokens: TokenSet | None = None, **options: Any) -> Xero:
        store = Store(Xero, APP, hosts, tokens or grant(tenant), exchanges)
        connection = Connection("simulator", {}, {}, options.pop("hosts", hosts), account_id=tenant)
        settings = {"retry": QUICK, "timeout": 5.0, "token_store": store, "limiter": Unlimited(), **options}
        return Xero(connection, on_exchange=exchanges.append, **settings)

    return make


@pytest.fixture
def xero(connect: Callable[..., Xero]) -> Xero:
    """A connector to Lacoste Climatisation inc."""
    return connect()


def read(connector: Xero, resource: str, cursor: Any = None, size: int = 1000, **options: Any) -> Any:
    """Every record of a pass by id, its last cursor, and the number of pages."""
    pages = list(connector.pull(resource, cursor, page_size=size, **options))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    declared = connector.resource(resource)
    records = {declared.remote_id(record): record for page in pages for record in page.records}
    return records, json.loads(json.dumps(pages[-1].cursor)), len(pages)
