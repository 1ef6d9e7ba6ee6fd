"""Providers that do not exist, and counters that start at nothing."""

from __future__ import annotations

from typing import Any

import pytest

import connectors
from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.pretend import CALLERS, KEYED, SHARED
from webhooks.inbound import refusals


@pytest.fixture(autouse=True)
def _pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the providers that do not exist into the registry."""
    for slug, caller in CALLERS.items():
        monkeypatch.setitem(connectors.REGISTRY, slug, f"tests.webhooks.inbound.pretend:{caller.connector.__name__}")
    monkeypatch.setattr(refusals, "_tally", refusals.Tally())


@pytest.fixture
def keyed(db: Any) -> Desk:
    """An integration with an address of its own."""
    return Desk(KEYED)


@pytest.fixture
def shared(db: Any) -> Desk:
    """An integration of a provider with one address for all."""
    return Desk(SHARED)
