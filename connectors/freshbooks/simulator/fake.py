"""The fake FreshBooks: two businesses of one person, their books, and the authorization server."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from connectors.freshbooks.simulator import problems, seed
from connectors.freshbooks.simulator.api import PATHS, add_api_routes
from connectors.freshbooks.simulator.books import SLUG, Books
from connectors.freshbooks.simulator.callbacks import Callbacks
from connectors.freshbooks.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.freshbooks.simulator.problems import Refused
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_APP = next(iter(APPS.items()))
REDIRECT = "http://localhost:8000/integrations/oauth/callback/freshbooks"
NOUNS = ("clients", "invoices", "payments")
SCOPE = " ".join(
    ["user:profile:read", "user:taxes:read", "user:billable_items:read", "user:journal_entries:read"]
    + [f"user:{noun}:{right}" for noun in NOUNS for right in ("read", "write")]
)
KINDS = tuple(kind for kind, _, _ in PATHS.values())


def create(store: Store, clock: Clock) -> FreshBooks:
    """The fake, as the kit finds it."""
    return FreshBooks(store, clock)


class FreshBooks(Provider):
    """Objects are named by their FreshBooks ids to the control API."""

    slug = SLUG
    rate = 10
    burst = 20
    settings = {"redirect_uris": []}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self.books = Books(store, self.moment)
        self.grants = Grants(self)
        self.callbacks = Callbacks(self)
        self.sender, self.books.announce = self.callbacks.sender, self.callbacks.announce
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def businesses(self) -> dict[str, str]:
        """Account's id → name."""
        return {account: about.name for account, about in seed.BUSINESSES.items()}

    def identity(self) -> dict[str, Any]:
        """The person who consents: also an employee of a business without books."""
        memberships = [
            {"id": 140130 + place, "role": "owner", "business": {
                "id": 439000 + place, "business_uuid": f"a1b2c3d4-0000-4000-8000-00000000000{place}", "name": name,
                "account_id": account, "date_format": "yyyy-mm-dd"}}
            for place, (account, name) in enumerate(self.businesses().items())
        ]  # fmt: skip
        staff = {"id": 150000, "name": "Ailleurs inc.", "account_id": None, "date_format": "yyyy-mm-dd"}
        return {
            "id": 12345, "identity_id": 12345, "first_name": "Marie", "last_name": "Roy",
            "email": "marie.roy@lacoste.example",
            "business_memberships": [*memberships, {"id": 150001, "role": "business_employee", "business": staff}],
            "subscription_statuses": dict.fromkeys(self.businesses(), "active"),
        }  # fmt: skip

    # What the kit asks for

    def seed(self) -> None:
        """Both businesses' taxes, items, accounts, clients, invoices and payments."""
        seed.write(self.store, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more clients of the first business."""
        if kind != "Client":
            raise ValueError(f"cannot seed {kind}")
        account = next(iter(seed.BUSINESSES))
        with self.store.transaction():
            for _ in range(count):
                number = self.store.next_number(SLUG, "bulk")
                values = {"organization": f"Client {number:06d}", "email": f"client.{number:06d}@courriel.example"}
                self.books.create(account, kind, values)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in FreshBooks."""
        found = self.store.get(SLUG, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        given = {**values, **dict.fromkeys(remove, "")}
        try:
            with self.store.transaction():
                return self.books.change(found["_account"], kind, object_id, given, strict=False)
        except Refused as error:
            raise ValueError(str(error)) from error

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; `account` in the values names the business."""
        if kind not in KINDS:
            raise KeyError(kind)
        body = dict(values)
        account = body.pop("account", next(iter(seed.BUSINESSES)))
        try:
            with self.store.transaction():
                return self.books.create(account, kind, body)
        except Refused as error:
            raise ValueError(str(error)) from error

    def remove(self, kind: str, object_id: str) -> None:
        """Delete an object."""
        self.edit(kind, object_id, {"vis_state": 1}, [])

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {scope, redirect_uri}: tokens without the consent page; expire_tokens: access tokens are over;
        revoke_grants: refresh tokens too."""
        if name == "grant":
            back = str(values.get("redirect_uri") or REDIRECT)
            return {**self.grants.issue(DEMO_APP[0], str(values.get("scope") or SCOPE), back), "redirect_uri": back}
        if name not in ("expire_tokens", "revoke_grants"):
            raise KeyError(name)
        self.grants.end("Access", *(["Refresh"] if name == "revoke_grants" else []))
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return problems.refusal(status, headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        result = body["response"].get("result", {})
        rows = next((value for value in result.values() if isinstance(value, list)), [])
        if rows:
            row = rows[int(options.get("record", 0))]
            name = str(options.get("field") or "updated")
            if kind == "missing_field":
                row.pop(name, None)
            elif kind == "unknown_reference":
                row[name] = options.get("value", 999999999)
            else:
                row[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    def _at(self, moment: datetime | None) -> Books:
        """The books, as if it were that moment; None for the present."""
        self._seeding = moment
        return self.books
