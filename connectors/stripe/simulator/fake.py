"""The fake Stripe: two accounts with their customers, invoices and payments, and Connect's authorization."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store
from connectors.stripe.simulator import billing, directory, hooks, payments, seed
from connectors.stripe.simulator.api import add_api_routes
from connectors.stripe.simulator.ledger import KEPT, SLUG, Body, Ledger
from connectors.stripe.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.stripe.simulator.problems import Problem, refusal

DEMO_APP = next(iter(APPS.items()))
DEMO_KEY = "sk_test_demo_lacoste"
EVERYTHING = frozenset({"account", "read", "write"})
KEYS = {
    DEMO_KEY: (seed.FIRST, EVERYTHING),
    "sk_test_demo_toitures": (seed.SECOND, EVERYTHING),
    "rk_test_demo_lacoste": (seed.FIRST, frozenset({"read", "write"})),
    "rk_test_demo_lecture": (seed.FIRST, frozenset({"account", "read"})),
}


def create(store: Store, clock: Clock) -> Stripe:
    """The fake, as the kit finds it."""
    return Stripe(store, clock)


class Stripe(Provider):
    """Objects are named by their id to the control API; new ones are the first account's unless `account` says else."""

    slug = SLUG
    rate = 25
    burst = 25
    settings = {"redirect_uris": [], "search_delay_seconds": 0}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self.ledger = Ledger(store, self.moment)
        self.hooks = hooks.Hooks(store, clock, self.ledger)
        self.sender = self.hooks.sender
        self.ledger.announce = self.hooks.announce
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def accounts(self) -> dict[str, str]:
        """Id → name."""
        return dict(seed.ACCOUNTS)

    def account(self, account_id: str) -> Body:
        """The account object."""
        name = self.accounts()[account_id]
        return {
            "id": account_id,
            "object": "account",
            "business_profile": {"name": name},
            "charges_enabled": True,
            "country": "CA",
            "default_currency": "cad",
            "details_submitted": True,
            "email": "comptabilite@lacoste.example",
            "payouts_enabled": True,
            "type": "standard",
        }

    def opens(self, key: str, on_behalf: str) -> tuple[str, frozenset[str]] | None:
        """The account and rights of a key, or of the platform's key for an account that consented; None for none."""
        for client, secret in APPS.items():
            if key == secret:
                return (on_behalf, EVERYTHING) if self.grants.granted(client, on_behalf) else None
        if key in KEYS:
            account, rights = KEYS[key]
        else:
            found = self.grants.bearer(key)
            if found is None:
                return None
            rights = EVERYTHING if found["scope"] == "read_write" else frozenset({"account", "read"})
            account = found["account"]
        return (account, rights) if on_behalf in ("", account) else None

    # What the kit asks for

    def seed(self) -> None:
        """Both accounts."""
        seed.write(self.store, self.ledger, self._at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more customers of the first account, or payments that came."""
        seed.bulk(self.store, self.ledger, kind, count)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Stripe's screens."""
        found = self.store.get(SLUG, kind, object_id)
        if found is None or found["deleted_at"]:
            raise KeyError(object_id)

        def work() -> Body:
            event = f"{kind}.updated" if kind in ("customer", "invoice", "refund", "payment_link") else ""
            if kind == "payment_intent" and found["status"] in ("succeeded", "processing", "canceled"):
                event = f"payment_intent.{found['status']}"
            return self.ledger.change(kind, found, values | dict.fromkeys(remove), event)

        return self._as_owner(found["_account"], work)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; a payment is paid at once, with `payment_method` if given."""
        body = dict(values)
        account = body.pop("account", seed.FIRST)
        makers: dict[str, Callable[[], Body]] = {
            "customer": lambda: directory.create_customer(self.ledger, body),
            "invoice": lambda: seed.invoice(self.ledger, **body),
            "payment_intent": lambda: seed.payment(self.ledger, **body),
            "refund": lambda: payments.refund(self.ledger, _texts(body)),
        }
        if kind not in makers:
            raise KeyError(kind)
        return self._as_owner(account, makers[kind])

    def remove(self, kind: str, object_id: str) -> None:
        """Delete a customer or a draft."""
        found = self.store.get(SLUG, kind, object_id)
        removers = {"customer": directory.delete_customer, "invoice": billing.delete}
        if found is None or found["deleted_at"] or kind not in removers:
            raise KeyError(object_id)
        self._as_owner(found["_account"], lambda: removers[kind](self.ledger, object_id))

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {account}: tokens without the consent page; expire_tokens: keys are over; revoke_grants {account}:
        refresh tokens too; pay_invoice {id, payment_method}, pay_link {id}: as a customer does; finalize_invoice {id}:
        as a person does; roll_secret {id}: a new secret for a webhook endpoint."""
        account = str(values.get("account") or "")
        if name == "grant":
            return self.grants.issue(DEMO_APP[0], account or seed.FIRST, "read_write")
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end(account)
        elif name in ("pay_invoice", "pay_link", "finalize_invoice", "roll_secret"):
            works: dict[str, Callable[..., Body]] = {
                "pay_invoice": seed.pay_invoice,
                "pay_link": seed.pay_link,
                "finalize_invoice": billing.finalize,
                "roll_secret": hooks.roll,
            }
            rest = {key: value for key, value in values.items() if key not in ("account", "id")}
            return self._as_owner(account or seed.FIRST, lambda: works[name](self.ledger, str(values["id"]), **rest))
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return refusal(status, headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A list's answer with something wrong in one of its objects, or the first page over and over."""
        body = json.loads(response.get_data())
        records = body.get("data") if isinstance(body.get("data"), list) else [body]
        if kind == "repeated_cursor":
            body["has_more"] = True
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

    def _as_owner(self, account: str, work: Callable[[], Body]) -> Body:
        with self.store.transaction():
            self.ledger.account = account
            self.ledger.request = {"id": None, "idempotency_key": None}
            try:
                return {name: value for name, value in work().items() if name not in KEPT}
            except Problem as problem:
                if problem.status == 402:
                    return dict(problem.body["error"])
                raise ValueError(str(problem)) from problem

    def _at(self, moment: datetime | None) -> None:
        """As if it were that moment; None for the present."""
        self._seeding = moment


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, dict) else str(value) for name, value in values.items()}
