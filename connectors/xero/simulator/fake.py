"""The fake Xero: two organisations, their books, and the authorization server."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from connectors.simulator.bucket import Buckets
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store
from connectors.xero.simulator import problems, seed
from connectors.xero.simulator.api import add_api_routes
from connectors.xero.simulator.books import IDS, SLUG, Books
from connectors.xero.simulator.hooks import Hooks
from connectors.xero.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.xero.simulator.problems import Invalid, Missing

DEMO_APP = next(iter(APPS.items()))
SCOPE = "offline_access accounting.contacts accounting.invoices accounting.payments accounting.settings.read"
PER_DAY = 5000


def _ms_date(day: str) -> str:
    """`/Date(…)/` of midnight UTC."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return f"/Date({round(moment.timestamp() * 1000)}+0000)/"


def create(store: Store, clock: Clock) -> Xero:
    """The fake, as the kit finds it."""
    return Xero(store, clock)


class Xero(Provider):
    """Objects are named by their Xero ids to the control API."""

    slug = SLUG
    rate = 1
    burst = 60
    settings = {"redirect_uris": [], "period_lock_date": ""}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.day = Buckets(PER_DAY / 86400 if self.buckets.rate is not None else None, PER_DAY)
        self._seeding: datetime | None = None
        self.books = Books(store, self.moment)
        self.hooks = Hooks(self)
        self.sender, self.developer_portal = self.hooks.sender, self.hooks.portal
        self.books.tell = self.hooks.tell
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def tenants(self) -> dict[str, str]:
        """Organisation's id → name."""
        return {tenant: about.name for tenant, about in seed.TENANTS.items()}

    def organisation(self, tenant: str) -> dict[str, Any]:
        """The organisation about itself."""
        return {
            "OrganisationID": tenant,
            "ShortCode": f"!{tenant[:5]}",
            "Name": self.tenants()[tenant],
            "LegalName": self.tenants()[tenant],
            "Version": "GLOBAL",
            "CountryCode": "CA",
            "BaseCurrency": "CAD",
            "IsDemoCompany": True,
            "OrganisationStatus": "ACTIVE",
            **({"PeriodLockDate": _ms_date(locked)} if (locked := self.setting("period_lock_date")) else {}),
        }

    # What the kit asks for

    def limit(self, rate: float | None, burst: int) -> None:
        """Impose other limits; None lifts the limit per day too."""
        super().limit(rate, burst)
        self.day.set(None if rate is None else PER_DAY / 86400, PER_DAY)

    def seed(self) -> None:
        """Both organisations' accounts, tax rates, contacts, invoices, bills and payments."""
        seed.write(self.store, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more contacts of the first organisation, or invoices of its first contact."""
        seed.bulk(self.store, self.books, self.clock.now(), kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Xero."""
        found = self.store.get(SLUG, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        before = {name: value for name, value in found.items() if name not in remove}
        try:
            with self.store.transaction():
                return self.books.save(found["tenant"], kind, values, before, strict=False)
        except Invalid as error:
            raise ValueError(str(error)) from error

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; `tenant` in the values names the organisation."""
        if kind not in IDS:
            raise KeyError(kind)
        body = dict(values)
        tenant = body.pop("tenant", next(iter(seed.TENANTS)))
        try:
            with self.store.transaction():
                return self.books.save(tenant, kind, body, None)
        except (Invalid, Missing) as error:
            raise ValueError(str(error)) from error

    def remove(self, kind: str, object_id: str) -> None:
        """Archive a contact or an account; void an invoice, delete a draft or a payment."""
        found = self.store.get(SLUG, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        if kind == "Contact":
            self.edit(kind, object_id, {"ContactStatus": "ARCHIVED"}, [])
        elif kind == "Invoice":
            state = "DELETED" if found["Status"] in ("DRAFT", "SUBMITTED") else "VOIDED"
            self.edit(kind, object_id, {"Status": state}, [])
        else:
            self.edit(kind, object_id, {"Status": "DELETED" if kind == "Payment" else "ARCHIVED"}, [])

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {tenants, scope}: tokens for all organisations or these, without the consent page; expire_tokens:
        access tokens are over; revoke_grants: refresh tokens and connections too; disconnect {tenant},
        merge {id, into}: as a person does it in Xero."""
        if name == "grant":
            event = str(uuid.uuid4())
            for tenant in values.get("tenants") or seed.TENANTS:
                self.grants.connect(DEMO_APP[0], tenant, event)
            return self.grants.issue(DEMO_APP[0], str(values.get("scope") or SCOPE), event)
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end()
        elif name == "disconnect":
            for row in self.grants.connections(DEMO_APP[0]):
                if row["tenantId"] == values["tenant"]:
                    self.grants.disconnect(row["id"])
        elif name == "merge":
            found = self.store.get(SLUG, "Contact", values["id"])
            if found is None:
                raise KeyError(values["id"])
            with self.store.transaction():
                return self.books.merge(found["tenant"], values["id"], values["into"])
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        now = self.clock.now().strftime("%m/%d/%Y %H:%M:%S")
        return problems.refusal(status, headers, now, str(uuid.uuid4()))

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        rows = next((value for value in body.values() if isinstance(value, list)), []) if isinstance(body, dict) else []
        if rows:
            row = rows[int(options.get("record", 0))]
            name = str(options.get("field") or "UpdatedDateUTC")
            if kind == "missing_field":
                row.pop(name, None)
            elif kind == "unknown_reference":
                row[name] = {"ContactID": options.get("value", problems.NO_ID)}
            else:
                row[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    def _at(self, moment: datetime | None) -> Books:
        """The books, as if it were that moment; None for the present."""
        self._seeding = moment
        return self.books
