"""ROVIDA's connector on its simulator, with every request and answer judged by the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.rovida.connector import Rovida
from tests.connectors.support import QUICK
from tests.connectors.traffic import Traffic, different, recording
from tests.simulator import DEMO_KEY, Control

SPECIFICATION = Path(__file__).with_name("openapi.json")
HOST = "https://rovida.sandbox.example"


class Judge:
    """The OpenAPI document."""

    def __init__(self) -> None:
        self.document = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
        kinds = ("application/problem+json", "application/merge-patch+json")
        as_json: dict[str, Callable[[bytes], Any]] = dict.fromkeys(kinds, json.loads)
        self._openapi = OpenAPI.from_dict(self.document, config=Config(extra_media_type_deserializers=as_json))

    def request(self, seen: Traffic) -> MockRequest:
        """The request as the judge reads it."""
        return MockRequest(
            HOST,
            seen.method,
            seen.path,
            args=dict(parse_qsl(seen.query, keep_blank_values=True)),
            headers=seen.headers,
            data=seen.body,
            content_type=seen.headers["Content-Type"],
        )

    def check(self, seen: Traffic) -> None:
        """Raise when the request or its answer leaves the contract. A request that was refused as wrong is not judged;
        an answer that a fault switch made is not the contract's."""
        request = self.request(seen)
        if seen.status not in (400, 401, 422):
            self._openapi.validate_request(request)
        if "X-Simulator-Fault" not in seen.answer_headers:
            kind = seen.answer_headers.get("Content-Type", "")
            self._openapi.validate_response(request, MockResponse(seen.answer, seen.status, seen.answer_headers, kind))


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The OpenAPI document as a judge."""
    return Judge()


simulator_server = recording("rovida")


@pytest.fixture(autouse=True)
def _contract(recorded: list[Traffic], judge: Judge) -> Iterator[None]:
    """Every test of this folder also proves that what went over the wire follows the contract."""
    recorded.clear()
    yield
    for seen in different(recorded):
        if seen.status != 405:
            judge.check(seen)


@pytest.fixture
def connect(simulator: Control, exchanges: list[Exchange]) -> Callable[..., Rovida]:
    """Make a connector on the simulator; any setting may be changed."""

    def make(key: str = DEMO_KEY, environment: str = "simulator", config: Any = None, **options: Any) -> Rovida:
        overrides = {"rovida.api": f"{simulator.url}/rovida"}
        hosts = resolve_hosts(Rovida, environment, {}, overrides, simulator.url)
        connection = Connection(environment, {"api_key": key}, config or {}, hosts)  # type: ignore[arg-type]
        return Rovida(connection, on_exchange=exchanges.append, **{"retry": QUICK, "timeout": 5.0, **options})

    return make


@pytest.fixture
def rovida(connect: Callable[..., Rovida]) -> Rovida:
    """A connector with the demonstration key."""
    return connect()


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call, past the connector."""

    def call(method: str, path: str, key: str = DEMO_KEY, once: str = "", **options: Any) -> requests.Response:
        headers = {"X-API-Key": key, **({"Idempotency-Key": once} if once else {}), **options.pop("headers", {})}
        return requests.request(
            method,
            f"{simulator.url}/rovida/v1/{path}",
            headers={k: v for k, v in headers.items() if v},
            **options,
            timeout=10,
        )

    return call
