"""Xero: contacts, invoices, payments and bills of one organisation (tenant)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.base.auth import RenewableAuth
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Page
from connectors.base.errors import ConnectorError
from connectors.base.limiter import Limits, number_in
from connectors.base.oauth import TokenAuth
from connectors.base.writes import Option, PreparedWrite
from connectors.xero import access, errors, options, quirks, reading, sending, writing
from connectors.xero.organisation import Organisation
from connectors.xero.resources import RESOURCES
from connectors.xero.webhooks import WEBHOOKS


class Xero(Organisation):
    """Xero."""

    slug = "xero"
    label = "Xero"
    category = "accounting"
    badge = "#13B5EA"
    description = "Contacts, factures, paiements et factures de fournisseurs de Xero."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
    oauth = access.OAUTH
    hosts = access.HOSTS
    # 60 a minute are allowed, for everyone who speaks to this organisation, and 5,000 in 24 hours.
    limits = Limits(rate=0.9, burst=5, daily=5_000, left=number_in("X-DayLimit-Remaining"))
    fetch_at_once = 40
    webhooks = WEBHOOKS
    resources = RESOURCES
    option_kinds = options.KINDS
    habits = access.HABITS
    # 5 calls at once per organisation, reads included.
    writes_at_once = reads_at_once = 3
    # Amounts keep every digit: 1379.70 becomes "1379.70", which is still JSON.
    parse_float = str

    def auth(self) -> RenewableAuth:
        """The access token of the moment."""
        return TokenAuth(self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def accounts(self) -> list[Account]:
        """The organisations that the consent opened; more is known of one that need not be chosen."""
        found = self.organisations()
        return [self.described(found[0])] if len(found) == 1 else found

    def check(self) -> Account:
        """The organisation must still be among those that the consent opens, and answer."""
        if self.tenant not in {account.id for account in self.organisations()}:
            raise errors.tenant_gone(self.label)
        return self.described(Account(self.tenant, self.tenant, self.connection.environment))

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed since the cursor, oldest change first; archived and deleted objects come like changes."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self.get, declared, size, filters, lambda: self.new_rates(declared)).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when there is none."""
        declared = self.resource(resource)
        return self.one(declared, remote_id)

    def fetch_many(self, resource: str, remote_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Contacts and documents by their ids, whole, in one request; other objects are asked for alone."""
        declared = self.resource(resource)
        return self.many(declared, remote_ids) if declared.path in ("Contacts", "Invoices") else {}

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry this value."""
        declared = self.resource(resource)
        found = reading.lookup(self.get, declared, keys)
        return [quirks.complete(declared, raw, self.rates_for(declared)) for raw in found]

    def options(self, kind: str) -> list[Option]:
        """A list of the organisation: accounts, tax rates or contacts."""
        return options.read(self.get, self.label, kind)

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
        """A creation (PUT; a contact carries our reference as its number), or a change of some fields (POST)."""
        declared = self.resource(resource)
        if remote_id:
            body = writing.change(declared, values, remote_id)
            return sending.prepared(declared, "update", body, idempotency_key, remote_id=remote_id, version=version)
        return sending.prepared(declared, "create", writing.creation(declared, values, reference), idempotency_key)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Nothing vanishes: a contact is archived, a payment deleted, a document deleted or void."""
        declared = self.resource(resource)
        body = writing.ending(declared, remote_id)
        return sending.prepared(declared, "delete", body, idempotency_key, remote_id=remote_id)

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
        """Void an invoice or a bill, archive or restore a contact."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        body = writing.ending(declared, remote_id)
        if action == "restore":
            body["ContactStatus"] = "ACTIVE"
        return sending.prepared(declared, f"act:{action}", body, idempotency_key, remote_id=remote_id)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write, after a look at the object where it is a change."""
        return sending.send(self, prepared, json.loads(prepared.body))
