"""Financeit's connector on its simulator, with every request and answer judged by the OpenAPI document."""

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
from connectors.base.connector import Connection, Environment, resolve_hosts
from connectors.financeit.connector import Financeit
from tests.connectors.financeit.contract import KEY
from tests.connectors.support import QUICK
from tests.connectors.traffic import Traffic, different, recording
from tests.simulator import Control

HOST = "https://financeit.sandbox.example"
API_KEY = "fit_test_demo_lacoste"


class Judge:
    """The OpenAPI document."""

    def __init__(self) -> None:
        self.document = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
        kinds = ("application/problem+json", "application/merge-patch+json")
        as_json: dict[str, Callable[[bytes], Any]] = dict.fromkeys(kinds, json.loads)
        self._openapi = OpenAPI.from_dict(self.document, config=Config(extra_media_type_deserializers=as_json))

    def check(self, seen: Traffic) -> None:
        """Raise when the request or its answer leaves the contract. A request that was refused as wrong is not judged;
        an answer that a fault switch made is not the contract's."""
        request = MockRequest(
            HOST,
            seen.method,
            seen.path,
            args=dict(parse_qsl(seen.query, keep_blank_values=True)),
            headers=seen.headers,
            data=seen.body,
            content_type=seen.headers["Content-Type"],
        )
        if seen.status not in (400, 401, 422):
            self._openapi.validate_request(request)
        if "X-Simulator-Fault" not in seen.answer_headers:
            kind = seen.answer_headers.get("Content-Type", "")
            self._openapi.validate_response(request, MockResponse(seen.answer, seen.status, seen.answer_headers, kind))


@pytest.fixture(scope="session")
def judge() -> Judge:
    """The OpenAPI document as a judge."""
    return Judge()


simulator_server = recording("financeit")


@pytest.fixture(autouse=True)
def _contract(recorded: list[Traffic], judge: Judge) -> Iterator[None]:
    """Every test of this folder also proves that what went over the wire follows the contract."""
    recorded.clear()
    yield
    for seen in different(recorded):
        judge.check(seen)


@pytest.fixture
def connect(simulator: Control, exchanges: list[Exchange]) -> Callable[..., Financeit]:
    """Make a connector on the simulator; any setting or credential may be changed."""

    def make(environment: Environment = "simulator", config: Any = None, **credentials: str) -> Financeit:
        overrides = {"financeit.api": f"{simulator.url}/financeit"}
        hosts = resolve_hosts(Financeit, environment, {}, overrides, simulator.url)
        connection = Connection(environment, {**KEY, **credentials}, config or {}, hosts)
        return Financeit(connection, on_exchange=exchanges.append, retry=QUICK, timeout=5.0)

    return make


@pytest.fixture
def financeit(connect: Callable[..., Financeit]) -> Financeit:
    """A connector with the demonstration's application."""
    return connect()


@pytest.fixture
def api(simulator: Control) -> Callable[..., requests.Response]:
    """A plain HTTP call with the demonstration key, past the connector."""

    def call(method: str, path: str, once: str = "", **options: Any) -> requests.Response:
        headers = {"X-API-Key": API_KEY, "Idempotency-Key": once, **options.pop("headers", {})}
        return requests.request(
            method,
            f"{simulator.url}/financeit/v1/{path}",
            headers={name: value for name, value in headers.items() if value},
            timeout=10,
            **options,
        )

    return call
