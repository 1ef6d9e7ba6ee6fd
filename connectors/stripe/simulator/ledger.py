"""What every object of Stripe has in common: ids, lists, snapshots for events."""

from __future__ import annotations

import copy
import random
import string
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.stripe.simulator.problems import Problem, missing

SLUG = "stripe"
API_VERSION = "2023-08-16"
PREFIXES = {
    "customer": "cus", "invoice": "in", "invoiceitem": "ii", "line_item": "il", "payment_intent": "pi", "charge": "ch",
    "refund": "re", "payment_link": "plink", "product": "prod", "price": "price", "event": "evt",
    "checkout.session": "cs_test", "balance_transaction": "txn", "webhook_endpoint": "we",
}  # fmt: skip
KEPT = frozenset({"updated_at", "deleted_at", "_account", "_seq", "_items", "_secrets", "_connect"})
"""Members of stored bodies that are the fake's own."""
Body = dict[str, Any]


class Ledger:
    """The objects of every account. `account`: whose they are at the moment; `request`: what to write on events;
    `announce`: gets every event, answers to how many addresses it goes."""

    def __init__(self, store: Store, moment: Callable[[], datetime]) -> None:
        self.store, self._moment = store, moment
        self.account = ""
        self.request: Body = {"id": None, "idempotency_key": None}
        self.draw: random.Random = random.SystemRandom()
        self.announce: Callable[[Body], int] = lambda event: 0

    def now(self) -> int:
        """Unix seconds."""
        return int(self._moment().timestamp())

    def new_id(self, kind: str) -> str:
        """An id as Stripe makes them."""
        letters = string.ascii_letters + string.digits
        return f"{PREFIXES[kind]}_1{''.join(self.draw.choice(letters) for _ in range(23))}"

    def add(self, kind: str, body: Body) -> Body:
        """Keep a new object."""
        seq = self.store.next_number(SLUG, "seq")
        own = {"_account": self.account, "_seq": seq}
        return self.put(kind, {"id": self.new_id(kind), "object": kind, "created": self.now(), **body, **own})

    def put(self, kind: str, body: Body) -> Body:
        """Keep an object as it now is."""
        now = stamp(self._moment())
        self.store.put(SLUG, kind, {"deleted_at": None, **body, "updated_at": now})
        return body

    def drop(self, kind: str, body: Body) -> None:
        """Delete an object; it stays as a tombstone."""
        now = stamp(self._moment())
        self.store.put(SLUG, kind, {**body, "updated_at": now, "deleted_at": now})

    def find(self, kind: str, object_id: str) -> Body | None:
        """An object of the account, deleted or not."""
        found = self.store.get(SLUG, kind, object_id)
        return found if found and found["_account"] == self.account else None

    def get(self, kind: str, object_id: str, *, param: str = "id", status: int = 404) -> Body:
        """A live object of the account."""
        found = self.find(kind, object_id)
        if found is None or found["deleted_at"]:
            raise missing(kind, object_id, status=status, param=param)
        return found

    def every(self, kind: str) -> list[Body]:
        """Live objects of the account, newest first."""
        found = self.store.select(SLUG, kind, "deleted_at IS NULL")
        mine = [one for one in found if one["_account"] == self.account]
        return sorted(mine, key=lambda one: (one.get("created", 0), one["_seq"]), reverse=True)

    def tell(self, name: str, body: Body, previous: Mapping[str, Any] | None = None) -> None:
        """An event about an object as it now is."""
        data: Body = {"object": public(copy.deepcopy(body))}
        if previous is not None:
            data["previous_attributes"] = dict(previous)
        made = self.add(
            "event",
            {
                "api_version": API_VERSION,
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": dict(self.request),
                "type": name,
            },
        )
        waiting = self.announce(made)
        if waiting:
            self.put("event", {**made, "pending_webhooks": waiting})

    def change(self, kind: str, before: Body, values: Mapping[str, Any], event: str = "") -> Body:
        """Change members of an object; metadata merges by key, an empty value takes its key away."""
        after = {**before, **values}
        if "metadata" in values:
            after["metadata"] = merged(before.get("metadata") or {}, values["metadata"])
        previous = {name: before.get(name) for name in after if after[name] != before.get(name)}
        if previous:
            self.put(kind, after)
            if event:
                self.tell(event, after, {n: v for n, v in previous.items() if n not in KEPT})
        return after


def merged(before: Mapping[str, Any], given: Any) -> dict[str, str]:
    """Metadata after a change."""
    if given == "":
        return {}
    if not isinstance(given, Mapping):
        raise Problem("Invalid hash", param="metadata", begun=False)
    kept = {**before, **given}
    for name, value in given.items():
        if len(name) > 40 or "[" in name:
            raise Problem("Metadata keys can have up to 40 characters.", param=f"metadata[{name}]", begun=False)
        if len(str(value)) > 500:
            raise Problem("Metadata values can have up to 500 characters.", param=f"metadata[{name}]", begun=False)
    after = {name: str(value) for name, value in kept.items() if value != ""}
    if len(after) > 50:
        raise Problem("Metadata can have up to 50 keys.", param="metadata", begun=False)
    return after


def public(body: Body) -> Body:
    """The object as the API shows it."""
    if body.get("deleted_at") and body.get("object") == "customer":
        return {"id": body["id"], "object": "customer", "deleted": True}
    return {name: value for name, value in body.items() if name not in KEPT}
