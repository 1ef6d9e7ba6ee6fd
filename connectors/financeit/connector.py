"""Financeit: financing applications (loans) and their approval. Most of the contract is proposed, and so a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod
from connectors.base.endpoints import EndpointConnector
from connectors.base.errors import ConnectorError, Misconfigured
from connectors.base.limiter import Limits
from connectors.base.paginators import CursorPage
from connectors.base.resource import Resource
from connectors.base.rest import RestConnector
from connectors.base.writes import Option, PreparedWrite
from connectors.financeit import access, options, quirks
from connectors.financeit.resources import RESOURCES
from connectors.financeit.webhooks import WEBHOOKS


class Financeit(EndpointConnector, RestConnector):
    """Financeit."""

    slug = "financeit"
    label = "Financeit"
    category = "payments"
    badge = "#00857D"
    description = "Demandes de financement des clients et état des prêts chez Financeit."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Identifiant et secret d’application", access.CREDENTIALS),)
    config_fields = access.SETTINGS
    hosts = access.HOSTS
    limits = Limits(rate=9, burst=9)
    webhooks = WEBHOOKS
    habits = access.HABITS
    resources = RESOURCES
    option_kinds = (("partner", "Marchands"),)

    def auth(self) -> AuthBase:
        """A token that the application is exchanged for, or a key in a header."""
        return access.auth(self)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return quirks.refine(self.label, answer)

    def path(self, resource: Resource, remote_id: str = "") -> str:
        """Path of the collection, or of one object in it."""
        return self._path(self.connection.config.get("loans_path") or resource.path, remote_id)

    def paginator(self, page_size: int) -> CursorPage:
        """Opaque cursors."""
        return CursorPage("cursor", "next_cursor", more_path="has_more")

    def list_params(self, page_size: int, updated_since: str) -> dict[str, str]:
        """Everything where the provider cannot filter by time of change."""
        since = updated_since if access.says(self.connection.config, "updates_filter", True) else ""
        return {"limit": str(page_size)} | ({"updated_since": since} if since else {})

    def check(self) -> Account:
        """Who am I."""
        ping = self.connection.config.get("ping_path") or ("ping" if self.connection.environment == "simulator" else "")
        return access.check(self, self._path(ping) if ping else "")

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when there is none."""
        return self._complete(super().fetch(resource, remote_id))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """The loan that carries our reference."""
        declared = self.resource(resource)
        if not keys or set(keys) - set(declared.lookup_fields):
            raise Misconfigured(
                f"Financeit ne permet pas de chercher « {declared.label} » par {', '.join(sorted(keys)) or 'rien'}.",
                code="no_lookup",
            )
        return self._records(self.client.request("GET", self.path(declared), params={**keys, "limit": "200"}).data)

    def options(self, kind: str) -> list[Option]:
        """The merchants or locations of a broker's account."""
        if kind != "partner":
            return super().options(kind)
        return options.partners(self.client, self._path("partners"), self.paginator(options.PAGE))

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
        """A merge patch of the given fields, or a creation that carries our reference."""
        declared = self.resource(resource)
        if remote_id:
            path, body = self.path(declared, quote(remote_id, safe="")), quirks.changes(values)
            return quirks.write("PATCH", declared, "update", path, idempotency_key, values=body, version=version)
        body = quirks.creation(values, reference, invite=access.says(self.connection.config, "send_invite", False))
        return quirks.write("POST", declared, "create", self.path(declared), idempotency_key, values=body)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Nothing is deleted: the application is cancelled."""
        return self.prepare_act(resource, remote_id, "cancel", idempotency_key=idempotency_key)

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
        """A step of the approval workflow; it has no body."""
        declared = self.resource(resource)
        if action not in {act.name for act in declared.acts}:
            raise self.no_such_act(resource, action)
        path = self.path(declared, f"{quote(remote_id, safe='')}/{action}")
        return quirks.write("POST", declared, f"act:{action}", path, idempotency_key)

    def upsert(self, reference: str, values: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Create, or REPLACE while it is a draft or an invitation, the loan that carries our reference."""
        path = self.path(self.resources[0], f"by-reference/{quote(reference, safe='')}")
        body = quirks.creation(values, "", invite=False)
        return self.send(quirks.write("PUT", self.resources[0], "upsert", path, idempotency_key, values=body))

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The loan in the answer to a write."""
        return self._complete(answer.data)

    def _path(self, *parts: str) -> str:
        usual = "v1" if self.connection.environment == "simulator" else ""
        prefix = self.connection.config.get("path_prefix") or usual
        return "/".join(part.strip("/") for part in (prefix, *parts) if part)

    def _records(self, data: Any) -> list[dict[str, Any]]:
        return [self._complete(one) for one in super()._records(data)]

    def _complete(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return quirks.complete(raw, self.connection.config.get("status_map", ""))
