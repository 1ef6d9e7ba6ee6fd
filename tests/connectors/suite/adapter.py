"""What a provider tells the contract suite about itself; README.md beside this folder explains it with an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from connectors.base.connector import Connector
from connectors.base.resource import Resource

if TYPE_CHECKING:
    from tests.connectors.suite.desk import Desk

ACCENTS = "Œuvre d’Anaïs-Zoé « Çà » & fils 🏠"
"""A text to put into an object that is made or written: the suite then looks for it on the other side."""

FOLDER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Said:
    """Values in the provider's own form, and what the platform must then read.

    expect: local field ("invoice.total") → canonical value, read through the resource's own mappings. moves: further
    local fields that the provider changes by itself at that change (totals, a status).
    """

    values: Mapping[str, Any]
    expect: Mapping[str, Any] = field(default_factory=dict)
    moves: tuple[str, ...] = ()


Fact = Said | Callable[["Desk"], Said]
"""Given at once, or made on the spot: desk.create() makes what it refers to, desk.number() makes it unique."""


@dataclass(frozen=True)
class Subject:
    """One resource under test.

    kind: its name at the simulator; new: a minimal valid object as its owner makes it there, with accents and, where
    the resource has amounts, cents; change: what the owner then changes. create, update: values for prepare_push();
    invalid: values whose creation is refused, `expect` naming the fields that the error must name; duplicate: values
    that may stand once, or "reference" when our own reference may stand once; lookup: keys that find what `create`
    made; acts: act → what is read afterwards.

    page_size: the smallest page that shows the edges. page_requests: requests for a page; pass_requests,
    later_requests: those of a pull besides its pages, and of one from a cursor where that differs; record_requests:
    those for each record of a pull from a cursor, where a feed tells ids only. live: whether an object of the simulator
    is one that a pull must show alive. object_id: the id of an object of the simulator as the connector knows it.
    missing: an id that nothing has. pages: how the path begins of the requests that bring records, where a pull makes
    others first. keeps: local fields that the provider fills again when they are emptied.
    """

    kind: str
    new: Fact
    change: Fact
    create: Fact | None = None
    update: Fact | None = None
    invalid: Fact | None = None
    duplicate: Fact | Literal["reference"] | None = None
    lookup: Mapping[str, str] | Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
    acts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    page_size: int = 3
    page_requests: int = 1
    pass_requests: int = 0
    later_requests: int | None = None
    record_requests: int = 0
    live: Callable[[Mapping[str, Any]], bool] = lambda raw: not raw.get("deleted_at")
    object_id: Callable[[Resource, Mapping[str, Any]], str] = lambda resource, raw: resource.remote_id(raw)
    missing: str = "999999999"
    pages: str = ""
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adapter:
    """One provider under test.

    accounts: id → name of the accounts that the demonstration data opens; the first one is connected. key: what an
    administrator types, for providers that are (also) connected by key; bad_key: what the provider refuses;
    renewable_key: the connector gets tokens for the key and renews them. A provider with `oauth` is connected by
    consent: the simulator's act `grant` gives tokens, `grant_param` names the account there and in the form of the
    consent page, whose other fields `allow` and `deny` fill.

    api: how the paths of the API begin below /<slug>; faults are set there, so that tokens stay out of it. reads:
    regular expressions of "METHOD /path" of requests that only read although they are no GET. silent_wait: seconds that
    the connector reports for a 429 without Retry-After; 0: it tries again by itself a little later. empty: how to take
    every object away, when a reset without seed does too much.

    announced: by resource, a change that the provider calls about, where it does not call about the subject's own;
    webhook_key: what an administrator types besides `key` for webhooks.

    exempt: "check" or "resource.check" → why it cannot hold here. An exempted check that would pass fails.
    """

    connector: type[Connector]
    accounts: Mapping[str, str]
    subjects: Mapping[str, Subject]
    key: Mapping[str, str] = field(default_factory=dict)
    bad_key: Mapping[str, str] = field(default_factory=dict)
    renewable_key: bool = False
    config: Mapping[str, str] = field(default_factory=dict)
    grant_param: str = "account"
    allow: Mapping[str, str] = field(default_factory=lambda: {"answer": "allow"})
    deny: Mapping[str, str] = field(default_factory=lambda: {"answer": "refuse"})
    api: str = "/"
    reads: tuple[str, ...] = ()
    silent_wait: float = 0
    empty: Callable[[Desk], None] | None = None
    announced: Mapping[str, Fact] = field(default_factory=dict)
    webhook_key: Mapping[str, str] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The connector's own."""
        return self.connector.slug

    @property
    def ways(self) -> tuple[str, ...]:
        """How it is connected; the first way serves wherever the way does not matter."""
        return (*(("oauth2",) if self.connector.oauth else ()), *(("api_key",) if self.key else ()))

    def renews(self, way: str) -> bool:
        """Whether a credential that is over is renewed without a person."""
        return way == "oauth2" or self.renewable_key

    def reason(self, resource: str, check: str) -> str | None:
        """Why this check cannot hold, None when it must."""
        return self.exempt.get(f"{resource}.{check}", self.exempt.get(check))


class Missing(AssertionError):
    """The adapter does not say what a check needs."""


def adapters() -> dict[str, Adapter | Exception]:
    """By slug, every tests/connectors/<slug>/contract.py; what went wrong instead, where it cannot be imported."""
    found: dict[str, Adapter | Exception] = {}
    for path in sorted(FOLDER.glob("*/contract.py")):
        slug = path.parent.name
        try:
            found[slug] = import_module(f"tests.connectors.{slug}.contract").ADAPTER
        except Exception as error:  # noqa: BLE001 - told by that provider's own test, the others go on
            found[slug] = error
    return found
