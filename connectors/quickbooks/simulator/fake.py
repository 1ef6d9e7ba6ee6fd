"""The fake QuickBooks Online: two companies, their books, and Intuit's authorization server."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from connectors.quickbooks.simulator import seed
from connectors.quickbooks.simulator.api import add_company_routes
from connectors.quickbooks.simulator.books import SLUG, Books, pacific
from connectors.quickbooks.simulator.hooks import Hooks
from connectors.quickbooks.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.quickbooks.simulator.problems import Fault, refusal
from connectors.quickbooks.simulator.schema import ENTITIES
from connectors.simulator.bucket import Buckets
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_APP = next(iter(APPS.items()))
PER_MINUTE = 500


def create(store: Store, clock: Clock) -> QuickBooks:
    """The fake, as the kit finds it."""
    return QuickBooks(store, clock)


class QuickBooks(Provider):
    """Objects are named "<realm>:<Id>", or "<Id>" alone for the first company, to the control API."""

    slug = SLUG
    rate = 10
    burst = 10
    settings = {
        "access_token_seconds": 3600,
        "refresh_token_seconds": 8726400,
        "old_refresh_token_seconds": 3600,
        "rotate_refresh_tokens": True,
        "redirect_uris": [],
        "truncate_display_name": None,
        "recase": None,
        "warn_duplicate_numbers": True,
        "custom_txn_numbers": False,
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.minute = Buckets(PER_MINUTE / 60 if self.buckets.rate is not None else None, PER_MINUTE)
        self._seeding: datetime | None = None
        self.books = Books(store, self.moment, self.setting)
        self.hooks = Hooks(self)
        self.sender, self.developer_portal = self.hooks.sender, self.hooks.portal
        self.books.tell = self.hooks.tell
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_company_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def time(self) -> str:
        """As the API says it."""
        return pacific(self.clock.now(), "milliseconds")

    def companies(self) -> dict[str, str]:
        """Realm → name."""
        return {realm: company.name for realm, company in seed.COMPANIES.items()}

    def company_info(self, realm: str) -> dict[str, Any]:
        """CompanyInfo of a company."""
        name = self.companies()[realm]
        return {"CompanyName": name, "LegalName": name, "Country": "CA", "Id": "1", "SyncToken": "4", "domain": "QBO"}

    def preferences(self) -> dict[str, Any]:
        """Preferences, the same for both companies."""
        return {
            "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "CAD"}},
            "SalesFormsPrefs": {"CustomTxnNumbers": bool(self.setting("custom_txn_numbers"))},
            "Id": "1",
            "SyncToken": "0",
        }

    # What the kit asks for

    def limit(self, rate: float | None, burst: int) -> None:
        """Impose other limits; None lifts the limit per minute too."""
        super().limit(rate, burst)
        self.minute.set(None if rate is None else PER_MINUTE / 60, PER_MINUTE)

    def seed(self) -> None:
        """Both companies' lists, customers, invoices, payments and expenses."""
        seed.write(self.store, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more customers of the first company, or invoices of its first customer."""
        seed.bulk(self.store, self.clock.now(), kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in QuickBooks."""
        realm, own_id = self._split(object_id)
        try:
            with self.store.transaction():
                return self.books.edit(realm, kind, own_id, values, remove)
        except Fault as fault:
            raise ValueError(f"{fault.code} {fault.detail}") from fault

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; `realm` in the values names the company."""
        if kind not in ENTITIES:
            raise KeyError(kind)
        body = dict(values)
        realm = body.pop("realm", next(iter(seed.COMPANIES)))
        try:
            with self.store.transaction():
                return self.books.create(realm, kind, body)
        except Fault as fault:
            raise ValueError(f"{fault.code} {fault.detail}") from fault

    def remove(self, kind: str, object_id: str) -> None:
        """Delete a transaction, make a name inactive."""
        realm, own_id = self._split(object_id)
        found = self.store.get(SLUG, kind, f"{realm}:{own_id}")
        if found is None:
            raise KeyError(object_id)
        with self.store.transaction():
            if ENTITIES[kind].names:
                self.books.edit(realm, kind, own_id, {"Active": False}, [])
            else:
                self.books.delete(realm, kind, {"Id": own_id, "SyncToken": found["SyncToken"]})

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {realm}: tokens without the consent page; expire_tokens: access tokens are over; revoke_grants {realm}:
        refresh tokens too; void {kind, id}, merge {id, other}: as a person does it."""
        realm = str(values.get("realm") or "")
        if name == "grant":
            realm = realm or next(iter(seed.COMPANIES))
            return {**self.grants.issue(DEMO_APP[0], realm), "realmId": realm}
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end(realm)
        elif name == "void":
            realm, own_id = self._split(str(values["id"]))
            with self.store.transaction():
                found = self.books.get(realm, values["kind"], own_id)
                return self.books.void(realm, values["kind"], {"Id": own_id, "SyncToken": found["SyncToken"]})
        elif name == "merge":
            realm, own_id = self._split(str(values["id"]))
            with self.store.transaction():
                return self.books.merge(realm, own_id, self._split(str(values["other"]))[1])
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        now = self.clock.now()
        return refusal(status, headers, pacific(now), int(now.timestamp() * 1000))

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        answer = (
            body.get("QueryResponse") or (body.get("CDCResponse") or [{"QueryResponse": [{}]}])[0]["QueryResponse"][0]
        )
        holder = answer if isinstance(answer, dict) else {}
        records: list[dict[str, Any]] = next((value for value in {**body, **holder}.values() if _is_objects(value)), [])
        if records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "Id")
            if kind == "missing_field":
                record.pop(name, None)
            elif kind == "unknown_reference":
                record[name] = {"value": options.get("value", "999999")}
            else:
                record[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _split(self, object_id: str) -> tuple[str, str]:
        realm, _, own_id = object_id.rpartition(":")
        return realm or next(iter(seed.COMPANIES)), own_id

    def _at(self, moment: datetime | None) -> Books:
        """The books, as if it were that moment; None for the present."""
        self._seeding = moment
        return self.books


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "Id" in one for one in value)
