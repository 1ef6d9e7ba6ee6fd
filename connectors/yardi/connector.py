"""Yardi Voyager, through its SOAP interfaces: properties, units, residents and work orders of one database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from requests.auth import AuthBase

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, AuthMethod, Page
from connectors.base.errors import ConnectorError
from connectors.base.limiter import Limits
from connectors.base.resource import Resource
from connectors.base.writes import Option, PreparedWrite
from connectors.yardi import access, errors, options, quirks, reading, soap, writing
from connectors.yardi.resources import RESOURCES
from connectors.yardi.webhooks import WEBHOOKS


class Yardi(access.FacadeConnector):
    """Yardi Voyager."""

    slug = "yardi"
    label = "Yardi"
    category = "property"
    badge = "#1C4F9C"
    description = "Immeubles, logements, résidents et bons de travail de Yardi Voyager."
    sync_types = ("Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Accès d’interface", access.CREDENTIALS),)
    config_fields = access.SETTINGS
    hosts = access.HOSTS
    # Yardi publishes no figures.
    limits = Limits(rate=1, burst=1)
    writes_at_once = 1
    webhooks = WEBHOOKS
    habits = access.HABITS
    resources = RESOURCES
    option_kinds = options.KINDS
    parse = staticmethod(soap.parse)

    @classmethod
    def limits_of(cls, config: Mapping[str, str]) -> Limits | None:
        """One call, then the pause that the administrator chose; no limit without one."""
        pause = access.pause(config)
        return Limits(1 / pause, 1) if pause else None

    def auth(self) -> AuthBase:
        """The access stands in the body of each request, and as HTTP Basic where the client wants it there too."""
        return access.auth(self.connection)

    def secrets(self) -> Iterable[str]:
        """The access as it is and as XML writes it."""
        values = list(self.connection.credentials.values())
        return [*values, *map(soap.escape, values)]

    def classify(self, answer: Answer) -> ConnectorError | None:
        """The error that an answer means."""
        return errors.classify(self.label, answer)

    @property
    def manners(self) -> quirks.Manners:
        """How this client's Voyager is to be read."""
        units = bool(self.connection.credentials.get("license_common_data"))
        return quirks.Manners(quirks.zone_of(self.connection.config.get("time_zone", "")), units)

    def check(self) -> Account:
        """Who am I: the database, proven by its list of properties."""
        reading.properties(self.call)
        server, database = access.place(self.connection)
        return Account(f"{server}/{database}".casefold(), f"Yardi, base {database}", self.connection.environment)

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """One call per property; open work orders always, closed ones by date."""
        declared = self.resource(resource)
        size = max(1, min(page_size, declared.max_page_size))
        return reading.Reader(self.call, declared, self.manners, size, filters).pages(cursor)

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        return reading.fetch(self.call, self.resource(resource), self.manners, remote_id)

    def lookup(self, resource: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Work orders that a creation may have made."""
        return [self._whole(place, row) for place, row in writing.lookup(self.call, keys)]

    def options(self, kind: str) -> list[Option]:
        """A value set of the client: categories, priorities or statuses."""
        return options.read(self.call, self.label, kind)

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
        """Create or edit a work order. Voyager knows no key: after an unknown outcome it is looked for first."""
        declared = self._writable(resource)
        if remote_id:
            return writing.prepared(declared, "update", writing.change(remote_id, version, values))
        tagged = access.says_yes(self.connection.config, "reference_tag")
        return writing.prepared(declared, "create", writing.creation(values, reference, self.manners, tagged=tagged))

    def prepare_delete(
        self, resource: str, remote_id: str, *, idempotency_key: str, version: str = ""
    ) -> PreparedWrite:
        """Nothing is ever deleted: a work order is cancelled."""
        return self.prepare_act(resource, remote_id, "cancel", idempotency_key=idempotency_key, version=version)

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
        """Give a work order the client's status for what is cancelled."""
        declared = self._writable(resource)
        if action != "cancel":
            raise self.no_such_act(resource, action)
        status = {"CurrentStatus": self.connection.config.get("cancel_status") or "Canceled"}
        return writing.prepared(declared, "act:cancel", writing.change(remote_id, version, status))

    def send(self, prepared: PreparedWrite) -> dict[str, Any]:
        """Do a prepared write; answers the work order as it now is."""
        return self._whole(*writing.send(self.call, self.label, prepared))

    @property
    def call(self) -> access.Caller:
        """Does one operation."""
        return access.Caller(self.label, self.client, self.connection)

    def _writable(self, resource: str) -> Resource:
        declared = self.resource(resource)
        if "create" not in declared.capabilities:
            raise access.read_only(self.label, declared)
        return declared

    def _whole(self, place: str, row: dict[str, Any]) -> dict[str, Any]:
        return quirks.complete("work_orders", row, place, self.manners)
