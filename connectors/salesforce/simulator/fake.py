"""The fake Salesforce: one organization, its REST API and its authorization server."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from connectors.salesforce.simulator import seed
from connectors.salesforce.simulator.api import add_api_routes
from connectors.salesforce.simulator.hooks import Hooks
from connectors.salesforce.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.salesforce.simulator.org import SLUG, Org
from connectors.salesforce.simulator.problems import Fault, by_status, fault_response
from connectors.salesforce.simulator.schema import ENTITIES, make_id
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_APP = next(iter(APPS.items()))


def create(store: Store, clock: Clock) -> Salesforce:
    """The fake, as the kit finds it."""
    return Salesforce(store, clock)


class Salesforce(Provider):
    """Objects are named by their ids to the control API."""

    slug = SLUG
    organization_id = make_id("00D", 7001)
    organization_name = "Groupe Lacoste"
    settings = {
        "access_token_seconds": 7200,
        "rotate_refresh_tokens": False,
        "redirect_uris": [],
        "daily_limit": 100000,
        "smallest_batch": 200,
        "deletions_purged_days": 15,
        "duplicate_rule": True,
        "hidden_fields": [],
        "instance_url": "",
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self.org = Org(store, self.moment, self.setting)
        self.hooks = Hooks(self)
        self.sender, self.developer_portal = self.hooks.sender, self.hooks.portal
        self.org.note = self.hooks.note
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)
        self.blueprint.before_request(self.hooks.gathered.before)
        self.blueprint.after_request(self.hooks.gathered.after)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def instance_url(self) -> str:
        """Where the token answer says that the organization is."""
        return str(self.setting("instance_url") or f"{request.host_url.rstrip('/')}/{SLUG}")

    def calls_today(self) -> int:
        """Calls that count against the allowance."""
        return int(self.store.get_value(SLUG, "calls", 0))

    def count_call(self) -> None:
        """One more."""
        self.store.next_number(SLUG, "calls")

    # What the kit asks for

    def seed(self) -> None:
        """The organization, its users, accounts, contacts and opportunities."""
        seed.write(self.store, self._at, {"Id": self.organization_id, "Name": self.organization_name})
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more accounts, contacts or opportunities."""
        seed.bulk(self.store, self.clock.now(), kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Salesforce."""
        with self.hooks.gathered.work(), self.store.transaction():
            return self.org.edit(kind, object_id, values, remove)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would."""
        if kind not in ENTITIES:
            raise KeyError(kind)
        try:
            with self.hooks.gathered.work(), self.store.transaction():
                return self.org.create(kind, values)
        except Fault as fault:
            raise ValueError(f"{fault.code} {fault.message}") from fault

    def remove(self, kind: str, object_id: str) -> None:
        """Move an object to the bin."""
        try:
            with self.store.transaction():
                self.org.delete(kind, object_id)
        except Fault as fault:
            raise KeyError(object_id) from fault

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant: tokens without the consent page; expire_tokens: access tokens are over; revoke_grants: refresh tokens
        too; forget_locators: pages that were not read yet are gone; merge {kind, id, into}, empty_bin: as a person
        does."""
        if name == "grant":
            return self.grants.issue(DEMO_APP[0])
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end()
        elif name == "forget_locators":
            self.store.execute("DELETE FROM settings WHERE provider = ? AND name LIKE 'locator:%'", (SLUG,))
        elif name == "empty_bin":
            self.org.empty_bin()
        elif name == "merge":
            return self._merge(values["kind"], values["id"], values["into"])
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars; too many calls are a 403 here."""
        return fault_response(by_status(status), headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        records = body.get("records") if isinstance(body, dict) else None
        if kind == "repeated_cursor" and isinstance(body, dict):
            body |= {"done": False, "nextRecordsUrl": request.path.removeprefix(f"/{SLUG}")}
        elif records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "Id")
            if kind == "missing_field":
                record.pop(name, None)
            else:
                record[name] = options.get("value", "0015g00000ZZZZZAAZ" if kind == "unknown_reference" else "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _merge(self, kind: str, object_id: str, into: str) -> dict[str, Any]:
        try:
            with self.hooks.gathered.work(), self.store.transaction():
                return self.org.merge(kind, object_id, into)
        except Fault as fault:
            raise KeyError(object_id) from fault

    def _at(self, moment: datetime | None) -> Org:
        """The organization, as if it were that moment; None for the present."""
        self._seeding = moment
        return self.org
