"""Yardi's connector on its simulator, with every request and answer judged by what is public of the interfaces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
from defusedxml.ElementTree import fromstring

from connectors.base.client import Exchange
from connectors.base.connector import Connection, resolve_hosts
from connectors.yardi import soap
from connectors.yardi.connector import Yardi
from tests.connectors.support import QUICK, Unlimited
from tests.connectors.yardi.contract import KEY
from tests.simulator import Control

DOCUMENT = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
CREDENTIALS = ["UserName", "Password", "ServerName", "Database", "Platform", "InterfaceEntity", "InterfaceLicense"]


UNLIMITED = Unlimited()


class Judge:
    """Proves of each request that path, header, namespace, operation and access are as published."""

    def __init__(self) -> None:
        self.operations: list[str] = []

    def sent(self, prepared: requests.PreparedRequest) -> None:
        """Raise when the request leaves the contract."""
        path = re.sub(r"^.*?/yardi", "", prepared.path_url)
        spec = DOCUMENT["paths"][path]["post"]
        action = str(prepared.headers["SOAPAction"])
        assert re.fullmatch(spec["parameters"][0]["schema"]["pattern"], action)
        assert prepared.headers["Content-Type"] == "text/xml; charset=utf-8"
        body = prepared.body
        assert isinstance(body, bytes) and b"\n" not in body
        [element] = fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
        operation = element.tag.rpartition("}")[2]
        assert element.tag == f"{{{spec['x-soap-namespace']}}}{operation}"
        assert action.strip('"').endswith(f"/{operation}") and operation in spec["x-operations"]
        given = [child.tag.rpartition("}")[2] for child in element]
        assert [name for name in given if name in CREDENTIALS] == CREDENTIALS
        self.operations.append(operation)


def conforms(record: dict[str, Any], schema: str) -> None:
    """Raise when an element has another shape than published."""
    spec = DOCUMENT["components"]["schemas"][schema]
    jsonschema.validate({name: value for name, value in record.items() if not name.startswith("_")}, spec)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judges whatever is sent."""
    judge = Judge()
    send = requests.Session.send

    def watched(session: requests.Session, prepared: requests.PreparedRequest, **options: Any) -> Any:
        if "/webservices/" in prepared.path_url:
            judge.sent(prepared)
        return send(session, prepared, **options)

    monkeypatch.setattr(requests.Session, "send", watched)
    return judge


@pytest.fixture
def connect(simulator: Control, judge: Judge, exchanges: list[Exchange]) -> Callable[..., Yardi]:
    """Make a connector on the simulator; any setting or credential may be changed."""

    def make(config: Any = None, limiter: Any = UNLIMITED, **credentials: str) -> Yardi:
        hosts = resolve_hosts(Yardi, "simulator", {}, {}, simulator.url)
        connection = Connection("simulator", {**KEY, **credentials}, config or {}, hosts)
        return Yardi(connection, on_exchange=exchanges.append, retry=QUICK, timeout=5.0, limiter=limiter)

    return make


@pytest.fixture
def yardi(connect: Callable[..., Yardi]) -> Iterator[Yardi]:
    """A connector with the demonstration's access."""
    connector = connect()
    yield connector
    connector.close()


def read(connector: Yardi, resource: str, cursor: Any = None, page_size: int = 100, **filters: str) -> Any:
    """All records by id, and the cursor of the last page."""
    records, page = {}, None
    for page in connector.pull(resource, cursor, page_size=page_size, filters=filters):
        json.dumps(page.cursor)
        records |= {str(record[connector.resource(resource).id_field]): record for record in page.records}
    assert page is not None and page.last
    return records, page.cursor


def texts(record: dict[str, Any], *names: str) -> list[str]:
    """The texts of some elements."""
    return [soap.text(record.get(name)) for name in names]
