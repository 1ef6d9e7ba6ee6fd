"""QuickBooks Online: customers, invoices, payments and expenses of one company (realm)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.auth import RenewableAuth
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Connector, Page
from connectors.base.errors import ConnectorError, NotFound
from connectors.base.limiter import Limits
from connectors.base.oauth import TokenAuth
from connectors.base.resource import Resource
from connectors.base.writes import Option, PreparedWrite
from connectors.quickbooks import access, errors, options, quirks, reading, writing
from connectors.quickbooks.resources import RESOURCES
from connectors.quickbooks.webhooks import WEBHOOKS


class QuickBooks(Connector):
    """QuickBooks Online, by Intuit."""

    slug = "quickbooks"
    label = "QuickBooks"
    category = "accounting"
    badge = "#2CA01C"
    description = "Clients, factures, paiements et dépenses de QuickBooks en ligne."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
    oauth = access.OAUTH
    hosts = access.HOSTS
    # 500 a minute and 10 a second are allowed, for everyone who speaks to this company.
    limits = Limits(rate=8, burst=2)
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = access.HABITS
    option_kinds = options.KINDS
    # Amounts keep every digit: 1379.70 becomes "1379.70", which is still JSON.
    parse_float = str

    def auth(self) -> RenewableAuth:
        """The access token of the moment."""
        return TokenAuth(self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I."""
        info = self._get(f"companyinfo/{quote(self.realm, safe='')}").data.get("CompanyInfo") or {}
        name = str(info.get("CompanyName") or info.get("LegalName") or self.realm)
        return Account(self.realm, name, self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """Everything by query, then what changed by CDC (one request holds many pages), deletions included."""
        return reading.Reader(self._get, self.resource(resource), page_size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        declared = self.resource(resource)
        data = self._get(f"{declared.path.lower()}/{quote(remote_id, safe='')}").data
        return quirks.complete(declared, data.get(declared.path))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Objects that carry these values; customers that were made inactive too, for their names stay taken."""
        return reading.lookup(self._get, self.resource(resource), keys)

    def options(self, kind: str) -> list[Option]:
        """A list of the company: accounts, items, tax codes, suppliers or payment methods."""
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
        """A creation, or a sparse update on the given SyncToken. `reference` has no place here: requestid keeps a
        repeated creation from making a second object."""
        declared = self.resource(resource)
        if remote_id:
            body = writing.change(declared, values, remote_id, version, base or {})
            return self._write(declared, "update", body, idempotency_key)
        return self._write(declared, "create", writing.creation(declared, values), idempotency_key)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """A transaction is deleted; a customer is only made inactive, as names never go away."""
        declared = self.resource(resource)
        if "delete" not in declared.capabilities:
            return self.prepare_act(resource, remote_id, "deactivate", idempotency_key=idempotency_key, version=version)
        body = writing.target(remote_id, version)
        return self._write(declared, "delete", body, idempotency_key, operation="delete")

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
        """Void an invoice or a payment, deactivate or reactivate a customer."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        body, params = writing.act(declared, action, remote_id, version)
        return self._write(declared, f"act:{action}", body, idempotency_key, **params)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is."""
        try:
            return super().send(prepared)
        except NotFound as error:
            if prepared.action != "create":
                raise
            # 610 at a creation: not the new object is missing, but something that it refers to.
            raise errors.dead_reference(self.label, error) from error

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The object in the answer to a write."""
        declared = self.resource(prepared.resource)
        return quirks.complete(declared, answer.data.get(declared.path))

    @property
    def realm(self) -> str:
        """The company's id; Misconfigured when the consent did not give it."""
        return quirks.realm(self.connection)

    def _path(self, below: str) -> str:
        return f"v3/company/{quote(self.realm, safe='')}/{below}"

    def _get(self, below: str, **params: str) -> Answer:
        return self.client.request("GET", self._path(below), params={**params, "minorversion": writing.MINOR_VERSION})

    def _write(self, of: Resource, action: str, body: Mapping[str, Any], key: str, **params: str) -> PreparedWrite:
        return writing.prepared(of, action, body, path=self._path(of.path.lower()), key=key, params=params)
