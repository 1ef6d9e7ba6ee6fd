"""The fake HubSpot: one account, its CRM API and its authorization server."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response

from connectors.hubspot.simulator import seed
from connectors.hubspot.simulator.api import add_api_routes
from connectors.hubspot.simulator.crm import SLUG, Crm
from connectors.hubspot.simulator.hooks import Hooks
from connectors.hubspot.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.hubspot.simulator.problems import Fault, by_status, fault_response
from connectors.hubspot.simulator.schema import PROPERTIES
from connectors.simulator.bucket import Buckets
from connectors.simulator.clock import Clock, stamp
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_APP = next(iter(APPS.items()))
DEMO_KEY = "pat-na1-demo-lacoste"
SEARCHES = 5


def create(store: Store, clock: Clock) -> HubSpot:
    """The fake, as the kit finds it."""
    return HubSpot(store, clock)


class HubSpot(Provider):
    """Objects are named by their ids to the control API."""

    slug = SLUG
    rate = 10
    burst = 100
    portal = 24011111
    name = "Groupe Lacoste"
    settings = {
        "access_token_seconds": 1800,
        "rotate_refresh_tokens": False,
        "redirect_uris": [],
        "search_cap": 10000,
        "search_delay_seconds": 0,
        "owners_scope": True,
        "hidden_properties": [],
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.searches = Buckets(SEARCHES if self.buckets.rate is not None else None, SEARCHES)
        self._seeding: datetime | None = None
        self.crm = Crm(store, self.moment, self.setting)
        self.hooks = Hooks(self)
        self.sender, self.developer_portal = self.hooks.sender, self.hooks.portal
        self.crm.tell = self.hooks.tell
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)
        self.blueprint.before_request(self.hooks.gathered.before)
        self.blueprint.after_request(self.hooks.gathered.after)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def is_key(self, token: str) -> bool:
        """Whether it is the token of the private app."""
        return token == DEMO_KEY

    def searchable(self, entity: str) -> list[dict[str, Any]]:
        """What a search can find: it is fed with delay."""
        until = stamp(self.clock.now() - timedelta(seconds=float(self.setting("search_delay_seconds"))))
        return [one for one in self.crm.every(entity) if one["updated_at"] <= until]

    # What the kit asks for

    def limit(self, rate: float | None, burst: int) -> None:
        """Impose other limits; None lifts that of searches too."""
        super().limit(rate, burst)
        self.searches.set(None if rate is None else SEARCHES, SEARCHES)

    def seed(self) -> None:
        """Companies, contacts and deals."""
        seed.write(self.store, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more companies, contacts or deals."""
        seed.bulk(self.store, self.clock.now(), kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in HubSpot; company_id ties it to another company."""
        with self.hooks.gathered.work(), self.store.transaction():
            return self.crm.edit(kind, object_id, values, remove)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; company_id ties it to a company."""
        if kind not in PROPERTIES:
            raise KeyError(kind)
        own = dict(values)
        company = own.pop("company_id", None)
        try:
            with self.hooks.gathered.work(), self.store.transaction():
                made = self.crm.create(kind, own)
                if company:
                    self.crm.link(kind, made["id"], "companies", str(company))
                return self.crm.get(kind, made["id"])
        except Fault as fault:
            raise ValueError(f"{fault.category} {fault.message}") from fault

    def remove(self, kind: str, object_id: str) -> None:
        """Move an object to the bin."""
        try:
            with self.hooks.gathered.work(), self.store.transaction():
                self.crm.archive(kind, object_id)
        except Fault as fault:
            raise KeyError(object_id) from fault

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant: tokens without the consent page; expire_tokens: access tokens are over; revoke_grants: refresh tokens
        too; restore {kind, id}; merge {kind, id, other}."""
        if name == "grant":
            return self.grants.issue(DEMO_APP[0])
        if name in ("restore", "merge"):
            with self.hooks.gathered.work(), self.store.transaction():
                if name == "restore":
                    return self.crm.restore(values["kind"], str(values["id"]))
                return self.crm.merge(values["kind"], str(values["id"]), str(values["other"]))
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end()
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return fault_response(by_status(status), headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        rows = body.get("results") or []
        if kind == "repeated_cursor":
            body["paging"] = {"next": {"after": "100001"}}
        elif rows:
            row, name = rows[int(options.get("record", 0))], str(options.get("field") or "id")
            holder = row if name in row else row.get("properties", row)
            if kind == "missing_field":
                holder.pop(name, None)
            else:
                holder[name] = options.get("value", "999999" if kind == "unknown_reference" else "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _at(self, moment: datetime | None) -> Crm:
        """The account, as if it were that moment; None for the present."""
        self._seeding = moment
        return self.crm
