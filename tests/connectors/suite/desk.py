"""One provider of the simulator on a tester's desk: connect to it, act as its owner, look at what it received."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import oauth
from connectors.base.client import Exchange
from connectors.base.connector import Connection, Connector, resolve_hosts
from connectors.base.oauth import App, TokenSet, TokenStore
from connectors.base.resource import Resource, dig
from connectors.simulator.app import demo_apps
from tests.connectors.suite.adapter import Adapter, Fact, Missing, Said, Subject
from tests.connectors.support import QUICK, Unlimited
from tests.simulator import Control

KNOWN = ("access_token", "refresh_token", "expires_in", "token_type", "scope")


class Renewing(TokenStore):
    """A token store as the engine's: one renewal for everyone who asks with the same stale token."""

    def __init__(self, desk: Desk, hosts: Mapping[str, str], tokens: TokenSet) -> None:
        self._desk, self._hosts, self.tokens = desk, hosts, tokens
        self.renewals = 0
        self._lock = threading.Lock()

    def current(self) -> TokenSet:
        """The tokens as they are."""
        return self.tokens

    def renew(self, stale: str) -> TokenSet:
        """Newer ones, unless somebody has them already."""
        with self._lock:
            if self.tokens.access_token == stale:
                self.renewals += 1
                desk = self._desk
                self.tokens = oauth.refresh(
                    desk.adapter.connector, desk.app, self._hosts, self.tokens, on_exchange=desk.exchanges.append
                )
                desk.keep_secret(self.tokens.access_token, self.tokens.refresh_token)
            return self.tokens


@dataclass
class Desk:
    """Everything that a check needs of one provider, by one way of connecting."""

    adapter: Adapter
    control: Control
    way: str
    exchanges: list[Exchange] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    memory: dict[str, Any] = field(default_factory=dict)
    _number: int = 0
    _stores: list[Renewing] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """Whose desk it is."""
        return self.adapter.slug

    @property
    def app(self) -> App:
        """Our application at the simulator's authorization server."""
        return App(*demo_apps()[self.slug])

    @property
    def account(self) -> str:
        """The account that is connected."""
        return next(iter(self.adapter.accounts))

    @property
    def renewals(self) -> int:
        """How often a token had to be renewed."""
        return sum(store.renewals for store in self._stores)

    # Connecting

    @property
    def hosts(self) -> dict[str, str]:
        """Every role at the simulator."""
        return resolve_hosts(self.adapter.connector, "simulator", self.adapter.config, {}, self.control.url)

    def connect(
        self, account: str = "", *, bad: bool = False, tokens: TokenSet | None = None, **options: Any
    ) -> Connector:
        """A connector for the account, or one whose credential the provider refuses."""
        account, hosts = account or self.account, self.hosts
        settings = {"retry": QUICK, "timeout": 5.0, "limiter": Unlimited(), "on_exchange": self.exchanges.append}
        credentials: Mapping[str, str] = {}
        if self.way == "oauth2":
            if tokens is None:
                tokens = TokenSet("jeton-inconnu", account_id=account) if bad else self.grant(account)
            settings["token_store"] = self._remember(Renewing(self, hosts, tokens))
        else:
            credentials = self.adapter.bad_key if bad else self.adapter.key
            if not credentials:
                raise Missing("bad_key: the adapter does not say which key the provider refuses")
            fields = {one.name for way in self.adapter.connector.auth_methods for one in way.fields if one.secret}
            self.keep_secret(*(value for name, value in credentials.items() if name in fields))
        connection = Connection("simulator", credentials, self.adapter.config, hosts, account_id=account)
        return self.adapter.connector(connection, **{**settings, **options})

    def grant(self, account: str = "") -> TokenSet:
        """Tokens without the consent page."""
        answer = self.control.act(self.slug, "grant", **{self.adapter.grant_param: account or self.account})
        self.keep_secret(answer["access_token"], answer.get("refresh_token", ""))
        extra = {name: value for name, value in answer.items() if name not in KNOWN and isinstance(value, str)}
        ends = datetime.now(UTC) + timedelta(seconds=float(answer.get("expires_in") or 3600))
        return TokenSet(
            answer["access_token"], answer.get("refresh_token") or "", ends, account_id=account or self.account,
            extra=extra,
        )  # fmt: skip

    def expire(self) -> None:
        """All access tokens are over; refresh tokens, and the key that was typed, serve on."""
        self.control.act(self.slug, "expire_tokens")

    def revoke(self) -> None:
        """The provider no longer knows us."""
        if self.way == "oauth2":
            self.control.act(self.slug, "revoke_grants")
        else:
            self.fault("revoked_key", times=None)

    def keep_secret(self, *values: str) -> None:
        """Remember what must stand in no log."""
        self.secrets |= {value for value in values if value}

    def _remember(self, store: Renewing) -> Renewing:
        self._stores.append(store)
        return store

    # As the provider's own people

    def number(self) -> int:
        """1, 2, 3…, for what must be unique."""
        self._number += 1
        return self._number

    def said(self, fact: Fact | None, what: str) -> Said:
        """A fact of the adapter."""
        if fact is None:
            raise Missing(f"{what}: the adapter does not say")
        return fact if isinstance(fact, Said) else fact(self)

    def create(self, kind: str, **values: Any) -> dict[str, Any]:
        """Add an object, as its owner would."""
        return self.control.create(kind, self.slug, **values)

    def once(self, kind: str, name: str = "", /, **values: Any) -> dict[str, Any]:
        """The object that others refer to, made when it is first asked for; `name` tells two of one kind apart."""
        key = name or kind
        if key not in self.memory:
            self.memory[key] = self.create(kind, **values)
        found: dict[str, Any] = self.memory[key]
        return found

    def new(self, subject: Subject) -> tuple[dict[str, Any], Said]:
        """The subject's minimal object, made; what it is made of."""
        said = self.said(subject.new, "new")
        return self.create(subject.kind, **said.values), said

    def change(self, subject: Subject, made: Mapping[str, Any]) -> Said:
        """Change an object as the subject says; what was changed."""
        said = self.said(subject.change, "change")
        self.control.edit(subject.kind, made["id"], slug=self.slug, **said.values)
        return said

    def delete(self, subject: Subject, made: Mapping[str, Any]) -> None:
        """Delete an object."""
        self.control.delete(subject.kind, made["id"], self.slug)

    def live(self, subject: Subject) -> list[dict[str, Any]]:
        """Every object of the subject's kind that is there."""
        return [raw for raw in self.control.objects(subject.kind, self.slug) if subject.live(raw)]

    def empty(self) -> None:
        """Take every object away."""
        self.memory.clear()
        if self.adapter.empty:
            self.adapter.empty(self)
        else:
            self.control.empty(self.slug)

    def reset(self) -> None:
        """As new: demonstration data, no faults, no limits, the real time."""
        self.control.reset()

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass; the tokens are new afterwards."""
        self.control.advance(seconds + days * 86400)
        if days:
            for store in self._stores:
                store.tokens = self.grant(store.tokens.account_id)

    def fault(self, kind: str, times: int | None = 1, *, path: str = "", **options: Any) -> None:
        """Set a fault switch on the API, or on a part of it."""
        self.control.fault(kind, path or self.adapter.api, times, self.slug, **options)

    # What the provider received

    def forget(self) -> None:
        """Empty the log of requests."""
        self.control.forget_requests(self.slug)

    def requests(self) -> list[dict[str, Any]]:
        """The requests to the API, sign-in apart."""
        return [one for one in self.control.requests(self.slug) if one["path"].startswith(self.adapter.api)]

    def is_read(self, request: Mapping[str, Any]) -> bool:
        """Whether a request only reads."""
        line = f"{request['method']} {request['path']}"
        return request["method"] in ("GET", "HEAD") or any(re.match(one, line) for one in self.adapter.reads)


def understood(resource: Resource, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the platform reads of an object: local field → canonical value. ValueError when a value cannot be read."""
    return {one.local: _decoded(resource, one, dig(raw, one.remote)) for one in resource.mappings}


def _decoded(resource: Resource, one: Any, value: Any) -> Any:
    if one.codec:
        return resource.codecs[one.codec].decode(value)
    if value is None or value == "":
        return None
    if one.values:
        if str(value) not in one.values:
            raise ValueError(f"{one.remote}: « {value} » is not in the table of {one.local}")
        return one.values[str(value)]
    if one.type in ("money", "decimal"):
        return Decimal(str(value))
    return int(value) if one.type == "integer" else value
