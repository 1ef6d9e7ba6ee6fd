"""Salesforce Sales Cloud: accounts, contacts and opportunities of one organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.base.auth import RenewableAuth
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Connection, Connector, Page
from connectors.base.errors import ConnectorError
from connectors.base.limiter import Limits
from connectors.base.oauth import TokenAuth
from connectors.base.writes import Option, Outcome, PreparedWrite
from connectors.salesforce import access, asking, errors, many, options, reading, writing
from connectors.salesforce.quirks import is_gone
from connectors.salesforce.resources import RESOURCES
from connectors.salesforce.webhooks import WEBHOOKS


class Salesforce(Connector):
    """Salesforce."""

    slug = "salesforce"
    label = "Salesforce"
    category = "crm"
    badge = "#00A1E0"
    description = "Comptes, contacts et occasions d’affaires de Salesforce Sales Cloud."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
    oauth = access.OAUTH
    config_fields = access.CONFIG_FIELDS
    hosts = access.HOSTS
    # What counts is the number of calls a day, for the whole organization; the pace only spares its other users.
    limits = Limits(rate=10, burst=20, daily=100_000, left=errors.left_today)
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = access.HABITS
    option_kinds = options.KINDS
    # Amounts keep every digit: 12500.50 becomes "12500.50", which is still JSON.
    parse_float = str

    def __init__(self, connection: Connection, **settings: Any) -> None:
        super().__init__(connection, **settings)
        fixed = connection.environment == "simulator"
        hosts = access.InstanceHosts(connection.hosts, self.tokens, fixed=fixed)
        self.connection = replace(connection, hosts=hosts)
        self._ask = asking.Asking(self._get, self._setting("extra_fields", ""))

    def auth(self) -> RenewableAuth:
        """The access token of the moment."""
        return TokenAuth(self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I: the organization, by a question that every token may ask."""
        found = options.organization(self._ask.query, self.label, self.connection.environment)
        return Account(found["Id"], found["Name"], self.connection.environment, access.site(self.tokens.current()))

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """Everything in order of change (what lies in the bin as deleted), then what changed and was deleted since."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self._get, declared, lambda: self._ask.readable(declared), size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object as a pull reads it; NotFound when it is gone, and not by a merge."""
        found = self._ask.select(self.resource(resource), [f"Id = {reading.quoted(remote_id)}"], reading.EVERYTHING)
        if not found or is_gone(found[0]):
            raise errors.gone(self.label)
        return found[0]

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values."""
        declared = self.resource(resource)
        return self._ask.select(declared, reading.conditions(declared, keys))

    def options(self, kind: str) -> list[Option]:
        """The stages of opportunities."""
        return options.read(self._get, self.label, kind)

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
        """A change, or a creation that carries our reference in the external id: a repeated one finds the first."""
        declared = self.resource(resource)
        values = writing.person(values) if declared.record == "contact" else values
        if remote_id:
            return writing.change(declared, values, self._root, remote_id, version, conditional=self._conditional)
        field = self._setting("external_id_field", access.EXTERNAL_ID)
        return writing.creation(declared, values, self._root, field, reference or idempotency_key)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Into the recycle bin, provided that nobody changed it meanwhile."""
        return writing.deletion(self.resource(resource), self._root, remote_id, version, conditional=self._conditional)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is, which Salesforce does not tell by itself."""
        try:
            answer = super().send(prepared)
        except ConnectorError as error:
            meant = errors.of_write(self.label, prepared.action, error)
            raise meant from (None if meant is error else error)
        if prepared.action == "delete":
            return {}
        remote_id = prepared.path.rsplit("/", 1)[-1] if prepared.action == "update" else str(answer.get("id") or "")
        return self.fetch(prepared.resource, remote_id)

    def join(self, writes: Sequence[PreparedWrite], *, idempotency_key: str) -> PreparedWrite:
        """One request of many rows."""
        return many.joined(writes)

    def send_many(self, joined: PreparedWrite, writes: Sequence[PreparedWrite]) -> list[Outcome]:
        """Do many writes, without those whose object was changed meanwhile."""
        declared = self.resource(joined.resource)
        return many.send(self.label, declared, self._ask, lambda one: self.sent(one, expect=list), writes)

    @property
    def _root(self) -> str:
        return f"services/data/v{self._setting('api_version', access.API_VERSION)}"

    @property
    def _conditional(self) -> bool:
        return self._setting("conditional_updates", "oui").casefold() != "non"

    def _setting(self, name: str, default: str) -> str:
        return self.connection.config.get(name, "").strip() or default

    def _get(self, path: str, **options: Any) -> Answer:
        return self.client.request("GET", path if path.startswith("/") else f"{self._root}/{path}", **options)
