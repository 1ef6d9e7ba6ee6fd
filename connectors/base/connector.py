"""The one interface that the engine sees, and the declarations that every provider makes."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from requests.auth import AuthBase

from connectors.base.classify import Answer, classify
from connectors.base.client import DEFAULT_RETRY, Client, Exchange, RetryPolicy
from connectors.base.errors import ConnectorError, Misconfigured
from connectors.base.hosts import resolve_hosts as resolve_hosts  # noqa: PLC0414 - part of this interface
from connectors.base.limiter import Limiter, Limits, TokenBucket
from connectors.base.masking import Masker
from connectors.base.resource import Resource
from connectors.base.webhooks import SignatureScheme

Environment = Literal["production", "test", "simulator"]
Category = Literal["crm", "accounting", "property", "payments"]
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class CredentialField:
    """One input of a connection form. `pattern`: a regular expression that the whole value must match."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    placeholder: str = ""
    pattern: str = ""


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
    """Who the credential belongs to; `environment` in our words."""

    id: str
    name: str
    environment: Environment


@dataclass
class Page:
    """Some records, and the cursor to save with them: given back to pull() it resumes right after this page or, when
    `last`, starts the next incremental pull."""

    records: list[dict[str, Any]]
    cursor: dict[str, Any]
    last: bool


class Connector(ABC):
    """A provider. Declared as class attributes; without resources it is an identity only (`available` is False)."""

    slug: ClassVar[str]
    label: ClassVar[str]
    category: ClassVar[Category]
    badge: ClassVar[str]
    description: ClassVar[str]
    sync_types: ClassVar[tuple[str, ...]] = ()
    auth_methods: ClassVar[tuple[AuthMethod, ...]] = ()
    config_fields: ClassVar[tuple[CredentialField, ...]] = ()
    hosts: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
    limits: ClassVar[Limits | None] = None
    webhook_scheme: ClassVar[SignatureScheme | None] = None
    resources: ClassVar[tuple[Resource, ...]] = ()
    available: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.available = bool(cls.resources)

    def __init__(
        self,
        connection: Connection,
        *,
        limiter: Limiter | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        retry: RetryPolicy = DEFAULT_RETRY,
        timeout: float = 30.0,
    ) -> None:
        self.connection = connection
        self._limiter = limiter or (TokenBucket(self.limits) if self.limits else None)
        self._on_exchange = on_exchange
        self._retry = retry
        self._timeout = timeout

    @classmethod
    def resource(cls, name: str) -> Resource:
        """The resource of that name; Misconfigured when the provider has none."""
        for resource in cls.resources:
            if resource.name == name:
                return resource
        raise Misconfigured(
            f"{cls.label} n'a pas d'objet « {name} ». Vérifiez les paramètres de l'intégration.", code="no_resource"
        )

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
            hosts=self.connection.hosts,
            auth=auth,
            classify=self.classify,
            masker=Masker(self.connection.credentials.values(), headers=[getattr(auth, "header", "Authorization")]),
            limiter=self._limiter,
            on_exchange=self._on_exchange,
            retry=self._retry,
            timeout=self._timeout,
        )

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

    @abstractmethod
    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed since the cursor (None: everything), oldest first, one request per page."""

    @abstractmethod
    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""

    @abstractmethod
    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values (see the resource's lookup_fields)."""

    @abstractmethod
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
        """Write the provider's fields `values`; answers the object as it now is.

        With a remote_id: change those fields only, provided that the object still has `version` (Conflict otherwise).
        Without: create it, marked with our `reference`. The same key and values twice do the work once.
        """

    @abstractmethod
    def delete(self, resource: str, remote_id: str, *, idempotency_key: str, version: str = "") -> None:
        """Delete one object; NotFound when it is already gone, Conflict when it cannot go."""
