"""Square: customers, invoices, payments and refunds of one seller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, Page
from connectors.base.errors import ConnectorError, Malformed, Misconfigured
from connectors.base.limiter import Limits
from connectors.base.writes import Option, PreparedWrite
from connectors.square import access, errors, looking, reading, sending, writing
from connectors.square.resources import RESOURCES
from connectors.square.subscribing import Subscriber
from connectors.square.webhooks import WEBHOOKS


class Square(Subscriber):
    """Square."""

    slug = "square"
    label = "Square"
    category = "payments"
    badge = "#3E4348"
    description = "Clients, paiements, factures et remboursements de Square."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = access.AUTH_METHODS
    oauth = access.OAUTH
    config_fields = access.CONFIG_FIELDS
    hosts = access.HOSTS
    # No figure is published; a developer was limited at about 6 a second.
    limits = Limits(rate=4, burst=4)
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = access.HABITS
    option_kinds = (("location", "Établissements"),)

    def auth(self) -> AuthBase:
        """The personal token, else the consent's."""
        return access.auth(self.connection, self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I."""
        merchant = str(self._request("POST", "oauth2/token/status", repeatable=True).data.get("merchant_id") or "")
        if not merchant:
            raise Malformed("Square n’a pas dit à quel commerce appartient l’accès. Réessayez plus tard.")
        found = self._request("GET", f"v2/merchants/{quote(merchant, safe='')}").data.get("merchant") or {}
        return Account(merchant, str(found.get("business_name") or merchant), self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed since the cursor (None: everything)."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        events = access.reads_events(self.connection)
        return reading.Reader(self._request, declared, size, filters, events=events).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        return reading.fetch(self._request, self.resource(resource), quote(remote_id, safe=":"))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Objects that carry these values. What was written in the last minute may be missing."""
        return looking.find(self._request, self.resource(resource), keys)

    def options(self, kind: str) -> list[Option]:
        """The seller's locations."""
        if kind != "location":
            raise Misconfigured(f"{self.label} n’a pas de liste « {kind} ».", code="no_options")
        return looking.locations(self._request)

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
        """A creation with its key, or a sparse change of an object that still has its version."""
        declared = self.resource(resource)
        if not remote_id:
            if "create" not in declared.capabilities:
                raise Misconfigured(f"{self.label} ne permet pas d’y créer de « {declared.label} ».", code="no_create")
            body = writing.creation(declared, values, reference, idempotency_key)
            return writing.prepared(declared, "create", declared.path, body)
        if "update" not in declared.capabilities and resource != "refunds":
            raise Misconfigured(f"{self.label} ne permet pas d’y changer de « {declared.label} ».", code="no_update")
        body = writing.change(declared, values)
        path = f"{declared.path}/{quote(remote_id, safe=':')}"
        return writing.prepared(declared, "update", path, body, remote_id=remote_id, version=version)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """A customer, or an invoice that is still a draft; later it is cancelled instead, by an act."""
        declared = self.resource(resource)
        if "delete" not in declared.capabilities:
            raise Misconfigured(f"{self.label} ne supprime jamais de « {declared.label} ».", code="no_delete")
        path = f"{declared.path}/{quote(remote_id, safe=':')}"
        return writing.prepared(declared, "delete", path, remote_id=remote_id, version=version)

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
        another system (`amount`, `description`, `reference`); `close_payment_link` takes the link's id."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        body = writing.act_body(action, remote_id, values, idempotency_key)
        path = writing.act_path(declared, action, remote_id)
        return writing.prepared(declared, f"act:{action}", path, body, remote_id=remote_id, version=version)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the object as it now is."""
        return sending.do(self, self._request, prepared)

    def _request(self, method: str, path: str, **options: Any) -> Answer:
        return self.client.request(method, path, headers=access.HEADERS, **options)
