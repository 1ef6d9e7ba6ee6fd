"""The fake Square: two sellers with their customers, invoices and payments, and the authorization server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store
from connectors.square.simulator import books as directory
from connectors.square.simulator import hooks, lists, sales, seed
from connectors.square.simulator.api import add_api_routes
from connectors.square.simulator.books import SLUG, Body, Books, public
from connectors.square.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.square.simulator.problems import Problem, refusal

DEMO_APP = next(iter(APPS.items()))
DEMO_KEY = "EAAAl-demo-lacoste-jeton-personnel"
PERSONAL = {DEMO_KEY: seed.FIRST, "EAAAl-demo-lacoste-peinture": seed.SECOND}
SCOPES = [
    f"{name}_{right}" for name in ("CUSTOMERS", "PAYMENTS", "ORDERS", "INVOICES") for right in ("READ", "WRITE")
] + ["MERCHANT_PROFILE_READ"]


def create(store: Store, clock: Clock) -> Square:
    """The fake, as the kit finds it."""
    return Square(store, clock)


class Square(Provider):
    """Objects are named by their id to the control API; new ones are the first seller's unless `merchant` says else."""

    slug = SLUG
    rate = 6
    burst = 10
    settings = {
        "access_token_seconds": 30 * 86400,
        "redirect_uris": [],
        "events_enabled": True,
        "index_delay_seconds": 0,
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self.books = Books(store, self.moment)
        self.grants = Grants(self)
        self.hooks = hooks.Hooks(self)
        self.sender, self.developer_portal = self.hooks.sender, self.hooks.portal
        self.books.announce = self.hooks.announce
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def indexed(self) -> str:
        """What changed after this moment is in no search of customers yet."""
        return stamp(self.clock.now() - timedelta(seconds=float(self.setting("index_delay_seconds"))))

    def merchants(self) -> dict[str, str]:
        """Id → name."""
        return dict(seed.MERCHANTS)

    def merchant(self, merchant_id: str) -> Body:
        """The merchant object."""
        main = next(place for place, (owner, _) in seed.LOCATIONS.items() if owner == merchant_id)
        name = {"business_name": self.merchants()[merchant_id], "main_location_id": main}
        return {
            "id": merchant_id,
            **name,
            "country": "CA",
            "currency": "CAD",
            "language_code": "fr-CA",
            "status": "ACTIVE",
        }

    def personal(self, token: str) -> str:
        """The seller whose personal access token this is, empty when it is none."""
        return PERSONAL.get(token, "")

    # What the kit asks for

    def seed(self) -> None:
        """Both sellers."""
        seed.write(self.store, self.books, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more customers or payments of the first seller."""
        seed.bulk(self.store, self.books, kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Square's dashboard."""
        found = self._stored(kind, object_id)

        def work() -> Body:
            body = self.books.get(kind, object_id)
            changes = values | dict.fromkeys(remove)
            after = self.books.change(kind, body, changes, "version" if "version" in body else "")
            self.books.tell(f"{kind}.updated", kind, object_id, {kind: public(after)})
            return after

        return self._as_owner(found["_merchant"], work)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; a payment is taken at once from `source`."""
        body = dict(values)
        merchant = body.pop("merchant", seed.FIRST)
        makers: dict[str, Callable[[], Body]] = {
            "customer": lambda: directory.create_customer(self.books, body),
            "payment": lambda: seed.payment(self.books, **body),
            "invoice": lambda: seed.invoice(self.books, **body),
            "refund": lambda: sales.refund(self.books, body),
            "location": lambda: self.books.add("location", {"status": "ACTIVE", "currency": "CAD", **body}),
        }
        if kind not in makers:
            raise KeyError(kind)
        return self._as_owner(merchant, makers[kind])

    def remove(self, kind: str, object_id: str) -> None:
        """Delete a customer, or an invoice that is still a draft."""
        found = self._stored(kind, object_id)
        removers: dict[str, Callable[[Books, str, Any], Body]] = {
            "customer": directory.delete_customer,
            "invoice": sales.delete_invoice,
        }
        if kind not in removers:
            raise KeyError(object_id)
        self._as_owner(found["_merchant"], lambda: removers[kind](self.books, object_id, None))

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {merchant}: tokens without the consent page; expire_tokens: access tokens are over; revoke_grants
        {merchant}: refresh tokens too; pay_invoice {id, amount}, merge_customers {id, into}, publish_invoice {id}: as a
        person does."""
        merchant = str(values.get("merchant") or "")
        if name == "grant":
            return self.grants.issue(DEMO_APP[0], merchant or seed.FIRST, SCOPES)
        if name == "expire_tokens":
            self.grants.expire_access()
            return {}
        if name == "revoke_grants":
            self.grants.end(merchant)
            return {}
        works: dict[str, Callable[[], Body]] = {
            "pay_invoice": lambda: sales.pay_invoice(self.books, values["id"], values.get("amount")),
            "merge_customers": lambda: directory.merge_customers(self.books, values["id"], values["into"]),
            "publish_invoice": lambda: sales.publish(
                self.books, values["id"], {"version": self.books.get("invoice", values["id"])["version"]}
            ),
        }
        if name not in works:
            raise KeyError(name)
        return self._as_owner(merchant or seed.FIRST, works[name])

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return refusal(status, headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A list's answer with something wrong in one of its objects, or the same cursor over and over."""
        body = json.loads(response.get_data())
        records: list[Any] = next((value for value in body.values() if isinstance(value, list)), [])
        if kind == "repeated_cursor":
            body["cursor"] = lists.REPEATED
        elif records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "id")
            if kind == "missing_field":
                record.pop(name, None)
            else:
                record[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _stored(self, kind: str, object_id: str) -> Body:
        found = self.store.get(SLUG, kind, object_id)
        if found is None or found["deleted_at"]:
            raise KeyError(object_id)
        return found

    def _as_owner(self, merchant: str, work: Callable[[], Body]) -> Body:
        with self.store.transaction():
            self.books.merchant = merchant
            try:
                return public(work())
            except Problem as problem:
                raise ValueError(str(problem)) from problem

    def _at(self, moment: datetime | None) -> None:
        """As if it were that moment; None for the present."""
        self._seeding = moment
