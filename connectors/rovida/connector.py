"""ROVIDA, property management. The contract is proposed: address, header and path prefix are settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.auth import ApiKey
from connectors.base.classify import Answer
from connectors.base.connector import Account, AuthMethod
from connectors.base.endpoints import EndpointConnector
from connectors.base.errors import ConnectorError, Misconfigured
from connectors.base.habits import Habits
from connectors.base.limiter import Limits
from connectors.base.paginators import CursorPage
from connectors.base.resource import Resource
from connectors.base.rest import RestConnector
from connectors.base.writes import PreparedWrite
from connectors.rovida import access, quirks
from connectors.rovida.resources import RESOURCES
from connectors.rovida.webhooks import WEBHOOKS


class Rovida(EndpointConnector, RestConnector):
    """ROVIDA: properties, units, tenants and work orders."""

    slug = "rovida"
    label = "ROVIDA"
    category = "property"
    badge = "#1F5E8C"
    description = "Immeubles, logements, locataires et bons de travail de la gestion immobilière ROVIDA."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Clé d’API", access.CREDENTIALS),)
    config_fields = access.SETTINGS
    hosts = {
        "production": {"api": "{base_url}"},
        "test": {"api": "{base_url}"},
        "simulator": {"api": "{simulator_url}/rovida"},
    }
    # A little below the 10 and 20 that are allowed: requests do not arrive as evenly as they leave.
    limits = Limits(rate=9, burst=18)
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = Habits(paging="cursor", changes="modified_since", deletions="listed")

    def auth(self) -> ApiKey:
        """The key in its header; Misconfigured when its prefix shows the other mode."""
        key = self.connection.credentials.get("api_key", "").strip()
        quirks.check_key_mode(key, self.connection.environment)
        config = self.connection.config
        return ApiKey(key, config.get("auth_header") or "X-API-Key", config.get("auth_prefix", ""))

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return quirks.refine(self.label, answer)

    def path(self, resource: Resource, remote_id: str = "") -> str:
        """Path of the collection, or of one object in it."""
        return self._path(resource.path, remote_id)

    def paginator(self, page_size: int) -> CursorPage:
        """Opaque cursors."""
        return CursorPage("cursor", "next_cursor", more_path="has_more")

    def list_params(self, page_size: int, updated_since: str) -> dict[str, str]:
        """Tombstones are always asked for: deletions arrive like changes."""
        params = {"limit": str(page_size), "include_deleted": "true"}
        return {**params, "updated_since": updated_since} if updated_since else params

    def check(self) -> Account:
        """Who am I."""
        return quirks.account(self.client.request("GET", self._path("ping")).data, self.connection.environment)

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects by what the contract lets us search (tenants by e-mail); references cannot be searched."""
        declared = self.resource(resource)
        if not keys or set(keys) - set(declared.lookup_fields):
            raise Misconfigured(
                f"ROVIDA ne permet pas de chercher « {declared.label} » par {', '.join(sorted(keys)) or 'rien'}.",
                code="no_lookup",
            )
        answer = self.client.request("GET", self.path(declared), params={**keys, "limit": "200"})
        return self._records(answer.data)

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
        if not remote_id:
            body = quirks.creation(declared, values, reference)
            return quirks.write("POST", declared, self.path(declared), idempotency_key, body)
        quirks.check_change(declared, values)
        path = self.path(declared, quote(remote_id, safe=""))
        return quirks.write("PATCH", declared, path, idempotency_key, values, version=version)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """The object stays readable as a tombstone for 90 days."""
        declared = self.resource(resource)
        path = self.path(declared, quote(remote_id, safe=""))
        return quirks.write("DELETE", declared, path, idempotency_key, None, version=version)

    def upsert(
        self, resource: str, reference: str, values: Mapping[str, Any], *, idempotency_key: str
    ) -> dict[str, Any]:
        """Create, or REPLACE, the object that carries our reference: fields left out go back to their defaults."""
        declared = self.resource(resource)
        path = self.path(declared, f"by-reference/{quote(reference, safe='')}")
        body = quirks.creation(declared, values, "")
        return self.send(quirks.write("PUT", declared, path, idempotency_key, body))

    def _path(self, *parts: str) -> str:
        prefix = self.connection.config.get("path_prefix") or "v1"
        return "/".join(part.strip("/") for part in (prefix, *parts) if part)
