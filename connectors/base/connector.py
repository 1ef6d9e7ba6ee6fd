"""The one interface that the engine sees, and the declarations that every provider makes."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from requests.auth import AuthBase

from connectors.base.auth import NoAuth
from connectors.base.classify import Answer, classify
from connectors.base.client import DEFAULT_RETRY, Client, Exchange, RetryPolicy
from connectors.base.errors import ConnectorError, Misconfigured
from connectors.base.habits import Habits
from connectors.base.hosts import resolve_hosts as resolve_hosts  # noqa: PLC0414 - part of this interface
from connectors.base.limiter import Limiter, Limits, TokenBucket
from connectors.base.masking import Masker
from connectors.base.oauth import FixedTokens, OAuth2, TokenSet, TokenStore
from connectors.base.resource import Resource
from connectors.base.webhooks import Handshake, Subscription, Webhooks
from connectors.base.writes import Option, Outcome, PreparedWrite

Environment = Literal["production", "test", "simulator"]
Category = Literal["crm", "accounting", "property", "payments"]
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class CredentialField:
    """One input of a connection form. `pattern`: a regular expression that the whole value must match. `choices`:
    (value, French label) of the only values there are, where it is no free text; the first one is the usual one."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    placeholder: str = ""
    pattern: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AuthMethod:
    """A way to connect; `label` in French, `fields` what the administrator types."""

    kind: Literal["api_key", "oauth2"]
    label: str
    fields: tuple[CredentialField, ...] = ()


@dataclass(frozen=True)
class Connection:
    """Everything a connector needs to reach one account. `hosts`: role → base URL, from resolve_hosts()."""

    environment: Environment
    credentials: Mapping[str, str]
    config: Mapping[str, str]
    hosts: Mapping[str, str]
    account_id: str = ""


@dataclass(frozen=True)
class Account:
    """Who the credential belongs to; `environment` in our words. `site`: what names the account in the addresses of its
    pages (see Resource.web_pages), "" where nothing but its id does, or the provider does not tell."""

    id: str
    name: str
    environment: Environment
    site: str = ""


@dataclass
class Page:
    """Some records, and the cursor to save with them: given back to pull() it resumes right after this page or, when
    `last`, starts the next incremental pull."""

    records: list[dict[str, Any]]
    cursor: dict[str, Any]
    last: bool


REAL_TIME = "Temps réel"


class Connector(ABC):
    """A provider. Declared as class attributes; without resources it is an identity only (`available` is False)."""

    slug: ClassVar[str]
    label: ClassVar[str]
    category: ClassVar[Category]
    badge: ClassVar[str]
    description: ClassVar[str]
    sync_types: ClassVar[tuple[str, ...]] = ()
    """When synchronisations happen, in French; REAL_TIME where `webhooks` tells of changes."""
    auth_methods: ClassVar[tuple[AuthMethod, ...]] = ()
    oauth: ClassVar[OAuth2 | None] = None
    config_fields: ClassVar[tuple[CredentialField, ...]] = ()
    hosts: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
    limits: ClassVar[Limits | None] = None
    webhooks: ClassVar[Webhooks | None] = None
    """How the provider tells us of changes; None when it does not."""
    resources: ClassVar[tuple[Resource, ...]] = ()
    habits: ClassVar[Habits | None] = None
    """How the API pages and tells changes; every provider with resources says it."""
    fetch_at_once: ClassVar[int] = 1
    """How many objects fetch_many() reads in one request; 1 where the provider offers no such thing."""
    writes_at_once: ClassVar[int] = 8
    """How many writes of one account may be on their way together."""
    reads_at_once: ClassVar[int] = 1
    """How many resources of one account may be read at the same time; more only where the provider says so."""
    currencies: ClassVar[tuple[str, ...]] = ("CAD",)
    """Currencies of documents that an account holds; one in another currency is not sent."""
    option_kinds: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(kind, French label) of the lists that options() reads."""
    parse_float: ClassVar[Callable[[str], Any]] = float
    """What a JSON number with a fraction becomes. A raw record must stay JSON-serialisable: float, or str where every
    digit of an amount counts."""
    parse: ClassVar[staticmethod[[bytes], Any] | None] = None
    """Reads a body where the provider does not speak JSON; ValueError when it cannot."""
    tells_lock_date: ClassVar[bool] = False
    available: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.available = bool(cls.resources)

    def __init__(
        self,
        connection: Connection,
        *,
        limiter: Limiter | None = None,
        token_store: TokenStore | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        gate: Callable[[], None] | None = None,
        retry: RetryPolicy = DEFAULT_RETRY,
        timeout: float = 30.0,
    ) -> None:
        self.connection = connection
        self.tokens: TokenStore = token_store or FixedTokens(TokenSet.from_secrets(connection.credentials))
        limits = self.limits_of(connection.config)
        self._limiter = limiter or (TokenBucket(limits) if limits else None)
        self._on_exchange = on_exchange
        self._gate = gate
        self._retry = retry
        self._timeout = timeout

    @classmethod
    def resource(cls, name: str) -> Resource:
        """The resource of that name; Misconfigured when the provider has none."""
        for resource in cls.resources:
            if resource.name == name:
                return resource
        raise Misconfigured(
            f"{cls.label} n’a pas d’objet « {name} ». Vérifiez les paramètres de l’intégration.", code="no_resource"
        )

    @classmethod
    def writes_in_a_request(cls) -> int:
        """How many objects one writing request carries at most."""
        return max((one.batch.most for one in cls.resources if one.batch), default=1)

    @classmethod
    def limits_of(cls, config: Mapping[str, str]) -> Limits | None:
        """The limits of a connection; Misconfigured when its settings hold something else than a number."""
        return cls.limits

    @classmethod
    def setup_guide(cls) -> str:
        """The French Markdown page on how to get credentials, empty when the provider has none yet."""
        path = Path(inspect.getfile(cls)).with_name("setup.md")
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @cached_property
    def client(self) -> Client:
        """The request loop for this connection, made at the first call: a bad setting is then an error of that call."""
        auth = self.auth()
        return Client(
            label=self.label,
            hosts=self.reach(),
            auth=auth,
            classify=self.classify,
            masker=Masker(self.secrets(), headers=[getattr(auth, "header", "Authorization")]),
            limiter=self._limiter,
            on_exchange=self._on_exchange,
            gate=self._gate,
            retry=self._retry,
            timeout=self._timeout,
            parse_float=type(self).parse_float,
            parse=type(self).parse,
        )

    def aside(self, classify: Callable[[Answer], ConnectorError | None], auth: AuthBase | None = None) -> Client:
        """A client beside the usual one, that reads JSON and tries once: without any credential, for the request that
        gets one, or with one of its own."""
        return Client(
            label=self.label,
            hosts=self.reach(),
            auth=auth or NoAuth(),
            classify=classify,
            masker=Masker(self.secrets()),
            on_exchange=self._on_exchange,
            retry=RetryPolicy(max_retries=0),
            timeout=self._timeout,
        )

    def reach(self) -> Mapping[str, str]:
        """Role → base URL of what this connection speaks to; a token may name another address than the usual one."""
        return self.connection.hosts

    def secrets(self) -> Iterable[str]:
        """Every form in which a credential may stand in a request, for no log to show it."""
        return self.connection.credentials.values()

    @property
    def retries(self) -> int:
        """Attempts that had to be repeated so far."""
        return self.client.retries if "client" in self.__dict__ else 0

    def close(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            self.client.close()

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means, None for a success."""
        return classify(self.label, answer)

    @abstractmethod
    def auth(self) -> AuthBase:
        """The credential for requests; Misconfigured when it cannot serve in this environment."""

    @abstractmethod
    def check(self) -> Account:
        """Who am I: proves the address, the credential and the environment."""

    def accounts(self) -> list[Account]:
        """The accounts that a consent opens, for a person to choose; one only where the consent page asks already."""
        return [self.check()]

    def lock_date(self) -> date | None:
        """The last day of the account's closed books, None when it has none. Asked where `tells_lock_date` says so."""
        return None

    @abstractmethod
    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed since the cursor (None: everything), oldest first, one request per page."""

    @abstractmethod
    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""

    def fetch_many(self, resource: str, remote_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """At most `fetch_at_once` objects by their ids, as fetch() gives them; those that did not come may be gone, or
        have to be asked for alone."""
        return {}

    @abstractmethod
    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values (see the resource's lookup_fields)."""

    @abstractmethod
    def prepare_push(
        self,
        resource: str,
        values: Mapping[str, Any],
        *,
        idempotency_key: str,
        remote_id: str = "",
        version: str = "",
        reference: str = "",
        base: Mapping[str, Any] | None = None,
    ) -> PreparedWrite:
        """The request that writes the provider's top-level fields `values`. No request is made.

        With a remote_id: change those fields only, provided that the object still has `version` (Conflict otherwise).
        Without: create it, marked with our `reference`. `base`: the object as last read, for providers that want some
        of its members back. Rejected when the provider would surely refuse.
        """

    @abstractmethod
    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """The request that deletes one object."""

    def prepare_act(
        self,
        resource: str,
        remote_id: str,
        action: str,
        values: Mapping[str, Any] = NOTHING,
        *,
        idempotency_key: str,
        version: str = "",
    ) -> PreparedWrite:
        """The request that does one of the resource's `acts` on an object."""
        raise self.no_such_act(resource, action)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is (as pull would give it), {} when nothing is left of it.

        The same prepared write twice does the work once. NotFound when the object is gone, Conflict when it has
        another version or cannot go, Rejected when the values are refused.
        """
        return self.written(prepared, self.sent(prepared))

    def sent(self, prepared: PreparedWrite, expect: type = dict) -> Answer:
        """Make the request of a prepared write; its answer."""
        return self.client.request(
            prepared.method,
            prepared.path,
            role=prepared.role,
            params=prepared.params,
            body=prepared.body.encode() if prepared.body else None,
            headers=prepared.headers,
            expect=expect,
            repeatable=prepared.repeatable,
        )

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The object in the answer to a write."""
        return answer.data or {}

    def push(
        self,
        resource: str,
        values: Mapping[str, Any],
        *,
        idempotency_key: str,
        remote_id: str = "",
        version: str = "",
        reference: str = "",
    ) -> dict[str, Any]:
        """prepare_push() and send() in one: the object as it now is."""
        return self.send(
            self.prepare_push(
                resource,
                values,
                idempotency_key=idempotency_key,
                remote_id=remote_id,
                version=version,
                reference=reference,
            )
        )

    def join(self, writes: Sequence[PreparedWrite], *, idempotency_key: str) -> PreparedWrite:
        """The one request that does these writes of one resource and action, as its `batch` allows. No request is
        made. No two of them bear on one object, or carry the same value of a lookup field."""
        raise self._no_batch(writes)

    def send_many(self, joined: PreparedWrite, writes: Sequence[PreparedWrite]) -> list[Outcome]:
        """Do a joined write; the outcome of each of its rows, in their order, unanswered() where the answer does not
        name one.

        Raises only what concerns the request as a whole: Rejected, Conflict or NotFound then mean that none of the
        rows was done.
        """
        raise self._no_batch(writes)

    def _no_batch(self, writes: Sequence[PreparedWrite]) -> Misconfigured:
        label = self.resource(writes[0].resource).label
        return Misconfigured(f"{self.label} n’écrit pas plusieurs « {label} » à la fois.", code="no_batch")

    def push_many(self, writes: Sequence[PreparedWrite], *, idempotency_key: str) -> list[Outcome]:
        """join() and send_many() in one: many writes in one request, the outcome of each in their order."""
        return self.send_many(self.join(writes, idempotency_key=idempotency_key), writes)

    def delete(self, resource: str, remote_id: str, *, idempotency_key: str, version: str = "") -> None:
        """prepare_delete() and send() in one."""
        self.send(self.prepare_delete(resource, remote_id, idempotency_key=idempotency_key, version=version))

    def options(self, kind: str) -> list[Option]:
        """Every element of one of the provider's lists (see option_kinds), inactive ones too."""
        raise Misconfigured(f"{self.label} n’a pas de liste « {kind} ».", code="no_options")

    @classmethod
    def no_such_act(cls, resource: str, action: str) -> Misconfigured:
        """The error of an act that the provider does not offer."""
        label = cls.resource(resource).label
        return Misconfigured(f"{cls.label} n’offre pas l’opération « {action} » pour « {label} ».", code="no_act")

    def subscribe(self, url: str, secret: str) -> Subscription:
        """Ask the provider to call `url` for every resource in `webhooks.resources`. `secret`: a random one of ours,
        for providers that take it. Twice for the same url makes one subscription."""
        raise self.no_webhooks()

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Make a subscription last longer, and make it anew when the provider dropped it."""
        raise self.no_webhooks()

    def unsubscribe(self, subscription: Subscription) -> None:
        """Ask for no more calls. One that is gone already is no error."""
        raise self.no_webhooks()

    def confirm(self, subscription: Subscription, handshake: Handshake) -> Subscription:
        """Give back the code by which the provider checks our address."""
        raise self.no_webhooks()

    @classmethod
    def no_webhooks(cls) -> Misconfigured:
        """The error of a subscription where the provider offers none by its API."""
        return Misconfigured(
            f"{cls.label} ne permet pas de s’abonner par son API. Suivez le guide de configuration pour y saisir "
            "l’adresse et le secret.",
            code="no_subscription",
        )
