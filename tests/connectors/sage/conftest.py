"""Sage Intacct's connector on its simulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.base.client import Exchange, RetryPolicy
from connectors.base.connector import Connection, resolve_hosts
from connectors.sage.connector import Sage
from tests.connectors.sage.contract import KEY
from tests.connectors.support import QUICK, Unlimited
from tests.simulator import Control

UNLIMITED = Unlimited()


@pytest.fixture
def connect(simulator: Control, exchanges: list[Exchange]) -> Callable[..., Sage]:
    """Make a connector on the simulator; any setting or credential may be changed."""

    def make(config: Any = None, timeout: float = 5.0, retry: RetryPolicy = QUICK, **credentials: str) -> Sage:
        hosts = resolve_hosts(Sage, "simulator", {}, {}, simulator.url)
        connection = Connection("simulator", {**KEY, **credentials}, config or {}, hosts)
        return Sage(connection, on_exchange=exchanges.append, retry=retry, timeout=timeout, limiter=UNLIMITED)

    return make


@pytest.fixture
def sage(connect: Callable[..., Sage]) -> Iterator[Sage]:
    """A connector with the demonstration's access."""
    connector = connect()
    yield connector
    connector.close()


def read(connector: Sage, resource: str, cursor: Any = None, page_size: int = 200, **filters: str) -> Any:
    """All records by key, and the cursor of the last page."""
    records, page = {}, None
    for page in connector.pull(resource, cursor, page_size=page_size, filters=filters):
        json.dumps(page.cursor)
        records |= {str(record["key"]): record for record in page.records}
    assert page is not None and page.last
    return records, page.cursor
