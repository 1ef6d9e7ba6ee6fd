"""Calls on behalf of one organisation, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from connectors.base.classify import Answer
from connectors.base.connector import NOTHING, Account, Connector
from connectors.base.errors import ConnectorError
from connectors.base.resource import Resource
from connectors.xero import access, errors, options, quirks, reading


class Organisation(Connector):
    """What Xero's connector stands on."""

    tells_lock_date = True
    _rates: quirks.Rates | None = None

    @property
    def tenant(self) -> str:
        """The organisation's id; Misconfigured when none was chosen."""
        return quirks.tenant(self.connection)

    def organisations(self) -> list[Account]:
        """The organisations that the consent opened."""
        rows = self.client.request("GET", "connections", expect=list).data
        return [
            Account(str(row["tenantId"]), str(row.get("tenantName") or row["tenantId"]), self.connection.environment)
            for row in rows
            if isinstance(row, dict) and row.get("tenantId") and row.get("tenantType") == "ORGANISATION"
        ]

    def described(self, account: Account) -> Account:
        """The organisation by what it says itself: its name, and the short code that its pages are found by."""
        answer = self.client.request("GET", access.path("Organisation"), headers={"xero-tenant-id": account.id})
        rows = reading.rows_of(answer.data, "Organisations")
        told = rows[0] if rows else {}
        return replace(account, name=str(told.get("Name") or account.name), site=str(told.get("ShortCode") or ""))

    def lock_date(self) -> date | None:
        """The later of the organisation's two lock dates: before it, or on it, nobody but an adviser may write."""
        rows = reading.rows_of(self.get("Organisation").data, "Organisations")
        found = [quirks.day(row.get(name)) for row in rows[:1] for name in ("PeriodLockDate", "EndOfYearLockDate")]
        return max((day for day in found if day), default=None)

    def get(self, below: str, headers: Mapping[str, str] = NOTHING, **params: str) -> Answer:
        """A GET below the API's address, for the organisation."""
        return self.client.request("GET", access.path(below), params=params, headers=self.named(headers))

    def named(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, with the organisation's id."""
        return {**headers, "xero-tenant-id": self.tenant}

    def one(self, resource: Resource, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when there is none."""
        answer = self.get(f"{resource.path}/{quote(remote_id, safe='')}")
        found = self.whole(resource, answer, self.rates_for(resource))
        if not quirks.is_of(resource, found):
            raise errors.another_kind(self.label, resource)
        return found

    def many(self, resource: Resource, remote_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Those of one path that are there, by id, archived ones too. A page brings documents with their lines."""
        wanted: dict[str, Any] = {"IDs": ",".join(remote_ids), "page": "1", "pageSize": str(len(remote_ids))}
        if resource.path == "Contacts":
            wanted["includeArchived"] = "true"
        rows = reading.rows_of(self.get(resource.path, **wanted).data, resource.path)
        rates = self.rates_for(resource)
        found = [quirks.complete(resource, raw, rates) for raw in rows]
        return {resource.remote_id(raw): raw for raw in found if quirks.is_of(resource, raw)}

    def whole(self, resource: Resource, answer: Answer, rates: quirks.Rates) -> dict[str, Any]:
        """The one object of an answer."""
        rows = reading.rows_of(answer.data, resource.path)
        return quirks.complete(resource, rows[0] if rows else None, rates)

    def new_rates(self, resource: Resource) -> quirks.Rates:
        """Components of the tax types, for documents, as they are now."""
        if resource.path != "Invoices":
            return {}
        self._rates = options.rates(self.get)
        return self._rates

    def rates_for(self, resource: Resource) -> quirks.Rates:
        """Components of the tax types, for documents, as they were when last read."""
        if resource.path != "Invoices":
            return {}
        return self._rates if self._rates is not None else self.new_rates(resource)

    def rates_if_any(self, resource: Resource) -> quirks.Rates:
        """The same, nothing where they cannot be read: the answer to a write must not be lost for them. The next pull
        then names the taxes."""
        try:
            return self.rates_for(resource)
        except ConnectorError:
            return {}
