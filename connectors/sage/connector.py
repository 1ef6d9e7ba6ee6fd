"""Sage Intacct: customers and invoices of one company, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Connector, Page
from connectors.base.errors import ConnectorError
from connectors.base.issued import IssuedAuth
from connectors.base.limiter import Limits
from connectors.base.writes import Option, PreparedWrite
from connectors.sage import access, errors, options, reading, writing
from connectors.sage.resources import RESOURCES


class Sage(Connector):
    """Sage Intacct."""

    slug = "sage"
    label = "Sage"
    category = "accounting"
    badge = "#00D639"
    description = "Clients et factures de Sage Intacct."
    sync_types = ("Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Clé d’API (identifiant et secret client)", access.CREDENTIALS),)
    config_fields = access.SETTINGS
    hosts = access.HOSTS
    # One call at a time for a company.
    limits = Limits(rate=4, burst=1)
    writes_at_once = 1
    habits = access.HABITS
    resources = RESOURCES
    option_kinds = options.KINDS
    # Amounts are texts already; rates keep every digit.
    parse_float = str

    def auth(self) -> IssuedAuth:
        """The token that client id and secret are exchanged for."""
        return access.auth(self)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I: the company (and entity) of the user, proven by a session."""
        self._send("GET", "services/core/session/id")
        company = access.company(self.connection)
        return Account(company, f"Sage Intacct, {company.replace('|', ', entité ')}", self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed, by the query service; hard deletions by a weekly comparison."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self._send, declared, size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its key; NotFound when it is gone."""
        return reading.fetch(self._send, self.resource(resource), quote(remote_id, safe=""))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Objects that carry these values."""
        return reading.lookup(self._send, self.resource(resource), keys)

    def options(self, kind: str) -> list[Option]:
        """A list of the company: accounts, locations, departments, tax details or tax solutions."""
        return options.read(self._send, self.label, kind)

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
        """A change of some fields, or a creation under a number of our own, which keeps it from being made twice."""
        declared = self.resource(resource)
        if remote_id:
            return writing.prepared(declared, "update", writing.change(values), remote_id=remote_id, version=version)
        body = writing.creation(declared, values, reference, self.connection.config)
        return writing.prepared(declared, "create", body)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """A customer is made inactive, an invoice is reversed."""
        action = "deactivate" if resource == "customers" else "reverse"
        return self.prepare_act(resource, remote_id, action, idempotency_key=idempotency_key, version=version)

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
        """Make a customer inactive or active, reverse an invoice."""
        declared = self.resource(resource)
        if action not in {one.name for one in declared.acts}:
            raise self.no_such_act(resource, action)
        body = writing.act(action, remote_id, datetime.now(ZoneInfo("America/Toronto")).date())
        return writing.prepared(declared, f"act:{action}", body, remote_id=remote_id, version=version)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is."""
        return writing.send(self._send, self.label, self.resource(prepared.resource), prepared)

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        """A request; a query only reads, although it is a POST."""
        if path == reading.QUERY:
            options["repeatable"] = True
        return self.client.request(method, path, **options)
