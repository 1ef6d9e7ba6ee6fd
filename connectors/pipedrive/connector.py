"""Pipedrive: persons, organisations and deals of one company."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from connectors.base.auth import ApiKey
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Page
from connectors.base.errors import ConnectorError
from connectors.base.habits import Habits
from connectors.base.limiter import Limits, number_in
from connectors.base.oauth import TokenAuth
from connectors.base.resource import Resource
from connectors.base.writes import Option, PreparedWrite
from connectors.pipedrive import access, errors, options, quirks, reading, searching, writing
from connectors.pipedrive.resources import RESOURCES
from connectors.pipedrive.settings import API_TOKEN, CONFIG_FIELDS, reference_field
from connectors.pipedrive.subscribing import Listening


class Pipedrive(Listening):
    """Pipedrive."""

    slug = "pipedrive"
    label = "Pipedrive"
    category = "crm"
    badge = "#017737"
    description = "Personnes, organisations et affaires du pipeline de vente de Pipedrive."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("oauth2", "Connexion OAuth 2.0"),
        AuthMethod("api_key", "Jeton d’API", (API_TOKEN,)),
    )
    oauth = access.OAUTH
    config_fields = CONFIG_FIELDS
    hosts = access.HOSTS
    # The smallest plan allows 20 in any 2 seconds with an API token.
    # Its 30,000 tokens a day are worth 3,000 lists.
    limits = Limits(rate=5, burst=8, daily=3_000, left=number_in("x-daily-ratelimit-token-remaining", cost=10))
    resources = RESOURCES
    option_kinds = options.KINDS
    # Amounts keep every digit: 12500.50 becomes "12500.50", which is still JSON.
    parse_float = str
    habits = Habits(paging="cursor", changes="modified_since", deletions="listed")

    def auth(self) -> AuthBase:
        """The API token that was typed, else the access token of the moment."""
        token = self.api_token
        return ApiKey(token, header="x-api-token") if token else TokenAuth(self.tokens)

    def reach(self) -> Mapping[str, str]:
        """By consent, each company has an address of its own; an API token works at the common one."""
        hosts = self.connection.hosts
        if self.api_token or "api" not in hosts:
            return hosts
        named = self.tokens.current().extra.get("api_domain")
        return {**hosts, "api": access.company_address(hosts["api"], named)}

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I."""
        return quirks.account(self._get_v1("users/me").data, self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed, with deletions: see reading.py."""
        declared = self.resource(resource)
        reading.refuse_filters(self.label, declared, filters)
        size = max(1, min(page_size, declared.max_page_size))
        period = reading.sweep_period(self.connection.config)
        return reading.Reader(self._get, declared, size, period, self._reference(declared)).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone (a deleted one may still be shown for 30 days)."""
        declared = self.resource(resource)
        data = self._get(f"{declared.path}/{remote_id}").data
        return quirks.alive(quirks.complete(declared, data.get("data"), self._reference(declared)))

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values (name, title, `_email`, `_phone`, `_reference`, `_twin`)."""
        declared = self.resource(resource)
        return searching.lookup(self._get, declared, keys, self._reference(declared))

    def options(self, kind: str) -> list[Option]:
        """A list of the company: pipelines, stages or users."""
        return options.read(self._get, self._get_v1, self.label, kind)

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
        """A creation (marked with our reference where a custom field is set for it) or a change of the given fields.
        Pipedrive knows no idempotency key: a creation whose outcome is unknown is looked up before it is sent again."""
        declared = self.resource(resource)
        path = self._path(declared.path, remote_id)
        mark = reference if self._reference(declared) else ""
        return writing.planned(declared, values, path=path, remote_id=remote_id, version=version, reference=mark)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """The object can be brought back in Pipedrive for 30 days."""
        return writing.deletion(resource, self._path(self.resource(resource).path, remote_id), remote_id, version)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write, after a look at the object that it changes: its version, and its whole lists."""
        declared = self.resource(prepared.resource)
        current = self.fetch(prepared.resource, prepared.remote_id) if prepared.remote_id else {}
        writing.demand_version(self.label, current, prepared.version)
        return super().send(writing.finished(prepared, current, self._reference(declared)))

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The object in the answer to a write; nothing is left of a deleted one."""
        declared = self.resource(prepared.resource)
        data = answer.data.get("data") if answer.data else None
        return {} if prepared.action == "delete" else quirks.complete(declared, data, self._reference(declared))

    def _reference(self, resource: Resource) -> str:
        return reference_field(self.connection.config, resource.name)

    @staticmethod
    def _path(*parts: str) -> str:
        return "/".join(("api/v2", *(quote(part, safe="/") for part in parts if part)))

    def _get(self, below: str, **params: str) -> Answer:
        return self.client.request("GET", self._path(below), params=params)

    def _get_v1(self, below: str) -> Answer:
        return self.client.request("GET", self.v1(below))
