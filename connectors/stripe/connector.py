"""Stripe: customers, invoices, payments and refunds of one account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, Page
from connectors.base.errors import ConnectorError, Misconfigured, NotFound
from connectors.base.limiter import Limits
from connectors.base.writes import PreparedWrite
from connectors.stripe import access, errors, identity, looking, reading, sending, writing
from connectors.stripe.quirks import complete
from connectors.stripe.resources import RESOURCES
from connectors.stripe.subscribing import Subscriber
from connectors.stripe.webhooks import WEBHOOKS


class Stripe(Subscriber):
    """Stripe."""

    slug = "stripe"
    label = "Stripe"
    category = "payments"
    badge = "#635BFF"
    description = "Clients, paiements, factures et remboursements de Stripe."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = access.AUTH_METHODS
    oauth = access.OAUTH
    config_fields = access.CONFIG_FIELDS
    hosts = access.HOSTS
    # 25 a second are allowed in test mode and by address, 100 by real account.
    limits = Limits(rate=20, burst=20)
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = access.HABITS
    currencies = ("CAD", "USD")

    def auth(self) -> AuthBase:
        """The typed key, else the consent's token."""
        return access.auth(self.connection, self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I."""
        return identity.account(self._get, self.connection)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """Everything by list, then what changed by the feed of events, deletions included."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self._get, declared, size, filters, self._judge).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        declared = self.resource(resource)
        raw = reading.fetch(self._get, declared, quote(remote_id, safe=""))
        if raw.get("deleted"):
            raise NotFound(f"{self.label} ne trouve pas cet élément : il a été supprimé.", status=200)
        self._judge(raw.get("livemode"))
        return complete(declared, reading.all_lines(self._get, raw) if resource == "invoices" else raw)

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Objects that carry these values. What was written less than a minute ago may be missing."""
        declared = self.resource(resource)
        return [self.fetch(resource, remote_id) for remote_id in looking.ids(self._get, declared, keys)]

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
        """A creation that carries our reference, or a change of some fields of an object in the given state."""
        declared = self.resource(resource)
        if not remote_id:
            if "create" not in declared.capabilities:
                raise Misconfigured(f"{self.label} ne permet pas d’y créer de « {declared.label} ».", code="no_create")
            body = writing.creation(declared, values, reference, self.connection.config.get("days_until_due", ""))
            return writing.prepared(declared, "create", declared.path, idempotency_key, body)
        path = f"{declared.path}/{quote(remote_id, safe='')}"
        body = writing.change(declared, values)
        more = {"remote_id": remote_id, "version": version}
        return writing.prepared(declared, "update", path, idempotency_key, body, **more)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """A customer goes for good, a draft invoice too; what was finalized is voided instead, by an act."""
        declared = self.resource(resource)
        if "delete" not in declared.capabilities:
            raise Misconfigured(f"{self.label} ne supprime jamais de « {declared.label} ».", code="no_delete")
        path = f"{declared.path}/{quote(remote_id, safe='')}"
        return writing.prepared(declared, "delete", path, idempotency_key, remote_id=remote_id)

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
        """One of the resource's acts. `payment_link` without a remote_id makes a link for a document that lives in
        another system (`amount`, `currency`, `description`, `reference`); `close_payment_link` takes the link's id."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        path, body = writing.act_path(declared, action, remote_id), writing.act_body(action, remote_id, values)
        name = f"act:{action}"
        return writing.prepared(declared, name, path, idempotency_key, body, remote_id=remote_id)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is."""
        return sending.do(self, self._request, self._get, prepared)

    def _judge(self, livemode: Any) -> None:
        access.check_mode(livemode, self.connection.environment)

    def _request(self, method: str, path: str, **options: Any) -> Answer:
        headers = {**access.headers(self.connection), **options.pop("headers", {})}
        # Writes carry keys, and what is deleted twice is gone once.
        return self.client.request(method, f"v1/{path}", headers=headers, repeatable=True, **options)

    def _get(self, path: str, **params: str) -> Answer:
        return self._request("GET", path, params=params)
