"""How a provider calls us, as tests of the receivers (tests/webhooks/inbound) need it; README.md beside explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import connectors
from connectors.base.webhooks import Hint
from tests.connectors.suite.adapter import FOLDER


@dataclass(frozen=True)
class Moment:
    """What one call is made with. `number`: digits, another one for each call: what must differ from event to event
    (ids) is made of it. `url`: our address; `at`: Unix seconds."""

    secret: str
    number: str
    url: str
    at: float


@dataclass(frozen=True)
class Vector:
    """A worked example of the provider's page: authentic as it stands. `hints`: what it must be read as; None where the
    body is no event of the provider."""

    body: bytes
    headers: Mapping[str, str]
    secret: str
    url: str = ""
    at: float = 0.0
    hints: tuple[Hint, ...] | None = None


@dataclass(frozen=True)
class Caller:
    """One provider as a caller. Written from its page and the vectors, never from connector or simulator.

    connector: its class. secret, other: two secrets in the form that is stored for it ("" where the address alone is
    the secret). account: the one that `body` is about. body: an authentic body about one object. sign: every header of
    a call with that body (any bytes), Content-Type included; each header besides Content-Type must be needed.
    covers_body: whether a changed byte shows (no where the secret itself travels).
    """

    connector: Any
    secret: str
    other: str
    account: str
    body: Callable[[Moment], bytes]
    sign: Callable[[bytes, Moment], Mapping[str, str]]
    vectors: tuple[Vector, ...] = ()
    covers_body: bool = True

    @property
    def slug(self) -> str:
        """The connector's own."""
        return str(self.connector.slug)


def callers() -> dict[str, Caller | Exception]:
    """By slug, the caller of every provider that declares webhooks: CALLER in tests/connectors/<slug>/calls.py; what is
    wrong instead, where there is none."""
    found: dict[str, Caller | Exception] = {}
    for slug in connectors.REGISTRY:
        if connectors.get(slug).webhooks is None and not (FOLDER / slug / "calls.py").exists():
            continue
        try:
            found[slug] = import_module(f"tests.connectors.{slug}.calls").CALLER
        except Exception as error:  # noqa: BLE001 - told by that provider's own test, the others go on
            found[slug] = error
    return found
