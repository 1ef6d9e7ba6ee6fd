"""HubSpot: companies, contacts and deals of one account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from requests.auth import AuthBase

from connectors.base.auth import Bearer
from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, Connector, Page
from connectors.base.errors import ConnectorError
from connectors.base.limiter import Limits, number_in
from connectors.base.oauth import TokenAuth
from connectors.base.resource import Resource
from connectors.base.writes import Option, Outcome, PreparedWrite
from connectors.hubspot import access, errors, many, objects, options, quirks, reading, writing
from connectors.hubspot.resources import RESOURCES
from connectors.hubspot.webhooks import WEBHOOKS


class HubSpot(Connector):
    """HubSpot."""

    slug = "hubspot"
    label = "HubSpot"
    category = "crm"
    badge = "#FF7A59"
    description = "Contacts, entreprises et transactions du CRM de HubSpot."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = access.AUTH_METHODS
    oauth = access.OAUTH
    config_fields = access.CONFIG_FIELDS
    hosts = access.HOSTS
    # 100 in 10 seconds and 250,000 a day for the smallest accounts; searches have a pace of their own below.
    limits = Limits(rate=9, burst=18, daily=250_000, left=number_in("X-HubSpot-RateLimit-Daily-Remaining"))
    webhooks = WEBHOOKS
    resources = RESOURCES
    habits = access.HABITS
    option_kinds = options.KINDS

    def auth(self) -> AuthBase:
        """The token of a private app, or the access token of the moment."""
        key = self.connection.credentials.get("api_key", "")
        return Bearer(key) if key else TokenAuth(self.tokens)

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    def check(self) -> Account:
        """Who am I: the account's number, which every token may ask; and whether this one opens the CRM."""
        about = self.client.request("GET", "account-info/v3/details").data
        self.client.request("GET", f"{self._root}/contacts", params={"limit": "1"})
        return options.account(about, self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """Everything from the list; then what changed by search, and what came into the recycle bin."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self._objects(declared), declared, size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        return self._objects(self.resource(resource)).fetch(remote_id)

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values."""
        return self._objects(self.resource(resource)).lookup(keys)

    def options(self, kind: str) -> list[Option]:
        """A list of the account: stages, pipelines or owners."""
        return options.read(self.client.request, self.label, kind)

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
        """A change, or a creation that carries our reference in a unique property: a repeated one finds the first."""
        declared = self.resource(resource)
        if remote_id:
            return writing.change(declared, values, self._root, remote_id, version)
        return writing.creation(declared, values, self._root, reference or idempotency_key)

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Into the recycle bin, provided that nobody changed it meanwhile."""
        return writing.deletion(self.resource(resource), self._root, remote_id, version)

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write and tie the object to its company; answers it as it now is."""
        mine = self._objects(self.resource(prepared.resource))
        before: dict[str, Any] = {}
        if prepared.action != "create":
            before = mine.look(prepared.remote_id, prepared.version)
        try:
            answer = {} if writing.changes_nothing(prepared) else super().send(prepared)
        except ConnectorError as error:
            meant = errors.of_write(self.label, prepared.action, error)
            raise meant from (None if meant is error else error)
        if prepared.action == "delete":
            return {}
        remote_id = prepared.remote_id or str(answer["id"])
        if "companies" in prepared.links:
            old = before.get("_company") if before else mine.company(remote_id)
            mine.tie(remote_id, old, prepared.links["companies"])
        return mine.fetch(remote_id)

    def join(self, writes: Sequence[PreparedWrite], *, idempotency_key: str) -> PreparedWrite:
        """One request of many rows."""
        return many.joined(writes)

    def send_many(self, joined: PreparedWrite, writes: Sequence[PreparedWrite]) -> list[Outcome]:
        """Do many writes, without those whose object was changed meanwhile."""
        return many.send(self.label, self._objects(self.resource(joined.resource)), self.sent, writes)

    def written(self, prepared: PreparedWrite, answer: Answer) -> dict[str, Any]:
        """The object in the answer to a write; the error of its row when a batch refused it."""
        if prepared.action != "create":
            return answer.data or {}
        return objects.only_row(self.label, prepared.method, answer.data)

    @property
    def _root(self) -> str:
        return (self.connection.config.get("objects_path", "").strip() or access.OBJECTS_PATH).strip("/")

    _pause = cached_property(lambda self: access.search_pace())

    @cached_property
    def _stages(self) -> Mapping[str, quirks.Stage]:
        return quirks.stages_of(options.pipelines(self.client.request))

    def _objects(self, declared: Resource) -> objects.Objects:
        extra, path = self.connection.config.get("extra_properties", ""), f"{self._root}/{declared.path}"
        ask, stages = self.client.request, lambda: self._stages
        return objects.Objects(ask, declared, path=path, extra=extra, pause=self._pause, stages=stages)
