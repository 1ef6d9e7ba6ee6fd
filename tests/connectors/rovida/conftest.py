"""ROVIDA's connector on its simulator, with every request and answer judged by the OpenAPI document."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from tests.simulator import DEMO_KEY, Control, running_simulator

SPECIFICATION = Path(__file__).with_name("openapi.json")
HOST = "https://rovida.sandbox.example"


@dataclass
class Traffic:
    """One request and its answer, as they went over the wire."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""


class Recorder:
    """WSGI middleware that keeps the traffic of /rovida."""

    def __init__(self, application: Any, kept: list[Traffic]) -> None:
        self.application, self.kept = application, kept

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if not environ["PATH_INFO"].startswith("/rovida/"):
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        path = environ["REQUEST_URI"].partition("?")[0].removeprefix("/rovida")
        seen = Traffic(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, body)

        def start(status: str, answer_headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            seen.status, seen.answer_headers = int(status[:3]), dict(answer_headers)
            return start_response(status, answer_headers, exc_info)

        seen.answer = b"".join(self.application(environ, start))
        self.kept.append(seen)
        return [seen.answer]


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


@pytest.fixture(scope="session")
def recorded() -> list[Traffic]:
    """All traffic since the current test began."""
    return []


@pytest.fixture(scope="session")
def simulator_server(tmp_path_factory: pytest.TempPathFactory, recorded: list[Traffic]) -> Iterator[Control]:
    """As everywhere, with the recorder in front."""
    state = tmp_path_factory.mktemp("rovida") / "state.sqlite3"
    with running_simulator(state, lambda application: Recorder(application, recorded)) as control:
        yield control


@pytest.fixture(autouse=True)
def _contract(recorded: list[Traffic], judge: Judge) -> Iterator[None]:
    """Every test of this folder also proves that what went over the wire follows the contract."""
    recorded.clear()
    yield
    for seen in recorded:
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
