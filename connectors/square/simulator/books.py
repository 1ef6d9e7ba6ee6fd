"""What every object of Square has in common, and customers."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.square.simulator.problems import Problem, missing, needed, stale

SLUG = "square"
KEPT = frozenset({"deleted_at", "_merchant", "_seq", "_reference"})
CUSTOMER = (
    "given_name", "family_name", "company_name", "nickname", "email_address", "phone_number", "address", "note",
    "reference_id", "birthday",
)  # fmt: skip
LENGTHS = {
    "reference_id": 100,
    "given_name": 300,
    "family_name": 300,
    "company_name": 500,
    "nickname": 100,
    "note": 4096,
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?[\d\s().-]{9,16}")
Body = dict[str, Any]


class Books:
    """The objects of every seller. `merchant`: whose they are at the moment; `announce`: gets every event."""

    def __init__(self, store: Store, moment: Callable[[], datetime]) -> None:
        self.store, self._moment = store, moment
        self.merchant = ""
        self.draw: random.Random = random.SystemRandom()
        self.announce: Callable[[Body], None] = lambda event: None

    def now(self) -> str:
        """RFC 3339 with milliseconds."""
        return stamp(self._moment())

    def new_id(self, prefix: str = "", suffix: str = "", length: int = 22) -> str:
        """An opaque id."""
        letters = string.ascii_letters + string.digits
        return prefix + "".join(self.draw.choice(letters) for _ in range(length)) + suffix

    def add(self, kind: str, body: Body) -> Body:
        """Keep a new object."""
        now, seq = self.now(), self.store.next_number(SLUG, "seq")
        return self.put(kind, {"created_at": now, "updated_at": now, **body, "_merchant": self.merchant, "_seq": seq})

    def put(self, kind: str, body: Body) -> Body:
        """Keep an object as it is. The store wants references to be unique, Square does not."""
        kept = {name: value for name, value in body.items() if name != "reference_id" and value is not None}
        self.store.put(SLUG, kind, {"deleted_at": None, **kept, "_reference": body.get("reference_id")})
        return body

    def find(self, kind: str, object_id: str) -> Body | None:
        """A live object of the seller."""
        found = self.store.get(SLUG, kind, object_id)
        return _read(found) if found and not found["deleted_at"] and found["_merchant"] == self.merchant else None

    def get(self, kind: str, object_id: str, field: str = "") -> Body:
        """The same; a problem when there is none."""
        found = self.find(kind, object_id)
        if found is None:
            raise missing(kind.title(), object_id, field)
        return found

    def every(self, kind: str) -> list[Body]:
        """Live objects of the seller, in the order in which they came."""
        found = self.store.select(SLUG, kind, "deleted_at IS NULL")
        return sorted((_read(one) for one in found if one["_merchant"] == self.merchant), key=lambda one: one["_seq"])

    def change(self, kind: str, body: Body, values: Mapping[str, Any], version: str = "version") -> Body:
        """Change members; the version and the time move when anything did."""
        after = {**body, **values}
        if all(after[name] == body.get(name) for name in values):
            return body
        after["updated_at"] = self.now()
        if version == "version":
            after["version"] = int(body.get("version") or 0) + 1
        elif version:
            after[version] = self.new_id(length=30)
        return self.put(kind, after)

    def drop(self, kind: str, body: Body) -> None:
        """Delete an object."""
        now = self.now()
        kept = {name: value for name, value in body.items() if name != "reference_id"}
        self.store.put(SLUG, kind, {**kept, "updated_at": now, "deleted_at": now})

    def tell(self, name: str, kind: str, object_id: str, content: Body, *, deleted: bool = False) -> None:
        """An event."""
        data: Body = {"type": kind, "id": object_id, "object": content}
        event_id = self.new_id(length=36)
        body = {"id": event_id, "event_id": event_id, "type": name, "merchant_id": self.merchant}
        self.announce(self.add("event", {**body, "data": data | ({"deleted": True} if deleted else {})}))


def public(body: Body) -> Body:
    """The object as the API shows it."""
    return {name: value for name, value in body.items() if name not in KEPT and value is not None}


def _read(stored: Body) -> Body:
    reference = stored.get("_reference")
    return {**stored, "reference_id": reference} if reference else stored


def check_version(body: Body, given: Any) -> None:
    """A problem when a version is given that the object no longer has."""
    if given is None:
        return
    if isinstance(given, str) and given.isdigit():
        given = int(given)
    if not isinstance(given, int):
        raise Problem("EXPECTED_INTEGER", "Expected an integer value.", field="version")
    if given != body["version"]:
        raise stale(given, body["version"])


def customer_values(given: Body, *, creating: bool) -> Body:
    """The members of a customer that a body sets; null clears."""
    allowed = {*CUSTOMER, "idempotency_key" if creating else "version"}
    for name in given:
        if name not in allowed:
            raise Problem("UNKNOWN_BODY_PARAMETER", f"Unknown parameter `{name}`.", field=name)
    values = {name: given[name] for name in CUSTOMER if name in given}
    for name, value in values.items():
        if name == "address":
            if value is not None and not isinstance(value, dict):
                raise Problem("EXPECTED_OBJECT", "Expected an object value.", field=name)
        elif value is not None and not isinstance(value, str):
            raise Problem("EXPECTED_STRING", "Expected a string value.", field=name)
        elif value and len(value) > LENGTHS.get(name, 254):
            raise Problem("VALUE_TOO_LONG", "The value is too long.", field=name)
    if values.get("email_address") and not _EMAIL.fullmatch(values["email_address"]):
        raise Problem("INVALID_EMAIL_ADDRESS", "Expected a valid email address.", field="email_address")
    if values.get("phone_number") and not _PHONE.fullmatch(values["phone_number"]):
        raise Problem("INVALID_PHONE_NUMBER", "Expected a valid phone number.", field="phone_number")
    return values


def create_customer(books: Books, given: Body) -> Body:
    """POST /v2/customers."""
    values = customer_values(given, creating=True)
    if not any(values.get(n) for n in ("given_name", "family_name", "company_name", "email_address", "phone_number")):
        raise needed("given_name")
    own = {"id": books.new_id(length=26).upper(), "version": 0, "creation_source": "THIRD_PARTY"}
    made = books.add("customer", {**{k: v for k, v in values.items() if v}, **own})
    books.tell("customer.created", "customer", made["id"], {"customer": public(made)})
    return made


def update_customer(books: Books, customer_id: str, given: Body) -> Body:
    """PUT /v2/customers/<id>: only what is given changes."""
    found = books.get("customer", customer_id)
    values = customer_values(given, creating=False)
    check_version(found, given.get("version"))
    after = books.change("customer", found, {name: value or None for name, value in values.items()})
    if after is not found:
        books.tell("customer.updated", "customer", customer_id, {"customer": public(after)})
    return after


def delete_customer(books: Books, customer_id: str, version: Any = None) -> Body:
    """DELETE /v2/customers/<id>."""
    found = books.get("customer", customer_id)
    check_version(found, version)
    books.drop("customer", found)
    books.tell("customer.deleted", "customer", customer_id, {"customer": public(found)}, deleted=True)
    return {}


def merge_customers(books: Books, old: str, kept: str) -> Body:
    """As a person does in the directory: one goes, the other stays."""
    found = books.get("customer", old)
    books.drop("customer", found)
    merge = {"from_customer_ids": [old], "to_customer_id": kept}
    content = {"customer": public(found), "event_context": {"merge": merge}}
    books.tell("customer.deleted", "customer", old, content, deleted=True)
    return books.change("customer", books.get("customer", kept), {"note": f"Fusionné avec {old}"})
