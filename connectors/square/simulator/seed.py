"""The demonstration data: the same on every machine. It is written by the books' own rules, once per process; later
resets put the same rows back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.square.simulator import books as directory
from connectors.square.simulator import sales
from connectors.square.simulator.books import SLUG, Body, Books
from connectors.square.simulator.problems import Problem
from connectors.square.simulator.seed_data import NAMES, PEOPLE, WORK

FIRST, SECOND = "MLLACOSTERENO", "MLLACOSTEPEINTURE"
MERCHANTS = {FIRST: "Lacoste Rénovation inc.", SECOND: "Lacoste Peinture inc."}
# Location id → merchant, name
LOCATIONS = {
    "LPLATEAU0001": (FIRST, "Comptoir du Plateau"),
    "LLAVAL000002": (FIRST, "Comptoir de Laval"),
    "LPEINTURE001": (SECOND, "Atelier de Longueuil"),
}
START = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
TAXES = (("tps", "TPS", "5"), ("tvq", "TVQ", "9.975"))
At = Callable[[datetime | None], None]
_written: list[tuple[str, Body]] | None = None
_numbers: dict[str, int] = {}


def write(store: Store, books: Books, at: At) -> None:
    """Both sellers. `at`: sets the moment."""
    global _written  # noqa: PLW0603 - the same rows for every simulator of this process
    if _written is None:
        usual = books.draw
        books.draw = random.Random(11)  # noqa: S311 - the same data everywhere
        try:
            with store.transaction():
                for merchant, share in ((FIRST, 1.0), (SECOND, 0.4)):
                    books.merchant = merchant
                    _seller(books, at, merchant, share)
        finally:
            at(None)
            books.draw = usual
        rows = store.execute("SELECT kind, body FROM objects WHERE provider = ?", (SLUG,))
        _written = [(row["kind"], json.loads(row["body"])) for row in rows]
        _numbers.update({name: store.get_value(SLUG, name, 0) for name in ("seq", "invoice")})
        return
    by_kind: dict[str, list[Body]] = {}
    for kind, body in _written:
        by_kind.setdefault(kind, []).append(body)
    with store.transaction():
        for kind, bodies in by_kind.items():
            store.put(SLUG, kind, *bodies)
        for name, value in _numbers.items():
            store.set_value(SLUG, name, value)


def _seller(books: Books, at: At, merchant: str, share: float) -> None:
    moment = START

    def later() -> None:
        nonlocal moment
        moment += timedelta(hours=31)
        at(moment)

    at(moment)
    places = [place for place, (owner, _) in LOCATIONS.items() if owner == merchant]
    for place in places:
        location = {"name": LOCATIONS[place][1], "status": "ACTIVE", "currency": "CAD", "country": "CA"}
        books.add("location", {"id": place, "merchant_id": merchant, "timezone": "America/Toronto", **location})
    customers = []
    for row in PEOPLE[: round(len(PEOPLE) * share)]:
        later()
        customers.append(directory.create_customer(books, person(row)))
    for number in range(round(9 * share)):
        later()
        made = invoice(books, customers[number % len(customers)]["id"], places[number % len(places)], number)
        if number % 5 == 4:
            continue
        later()
        sales.publish(books, made["id"], {"version": made["version"]})
        if number % 3 == 0:
            later()
            sales.pay_invoice(books, made["id"])
        elif number % 3 == 1:
            later()
            sales.pay_invoice(books, made["id"], made["payment_requests"][0]["computed_amount_money"]["amount"] // 2)
    for number in range(round(14 * share)):
        later()
        source = ("cnon:card-nonce-ok", "CASH", "cnon:card-nonce-interac", "cnon:card-nonce-declined")[number % 4]
        about = {"location_id": places[number % len(places)], "customer_id": customers[number % len(customers)]["id"]}
        paid = payment(books, 2500 + 1315 * number, source, **about)
        if number % 5 == 0:
            later()
            amount = sales.money(1500 if number else paid["total_money"]["amount"])
            sales.refund(books, {"payment_id": paid["id"], "amount_money": amount, "reason": "Travaux repris"})


def person(row: tuple[str | None, ...]) -> Body:
    """A customer as the directory takes it."""
    given, family, company, mail, phone, street, city, postal_code = row
    where = {"address_line_1": street, "locality": city, "postal_code": postal_code, "country": "CA",
             "administrative_district_level_1": "QC"}  # fmt: skip
    body = {
        "given_name": given,
        "family_name": family,
        "company_name": company,
        "email_address": f"{mail}@courriel.example" if mail else None,
        "phone_number": phone,
        "address": where,
    }
    return {name: value for name, value in body.items() if value}


def invoice(books: Books, customer: str, location: str, work: int = 0) -> Body:
    """A draft with TPS and TVQ."""
    chosen = [WORK[(work + step) % len(WORK)] for step in range(1 + work % 2)]
    lines = [{"name": name, "quantity": "1", "base_price_money": sales.money(price)} for name, price in chosen]
    taxes = [{"uid": uid, "name": name, "percentage": rate, "scope": "ORDER"} for uid, name, rate in TAXES]
    order = {"location_id": location, "customer_id": customer, "line_items": lines, "taxes": taxes}
    made = sales.create_order(books, {"order": order})
    due = (datetime.fromisoformat(books.now()) + timedelta(days=30)).date().isoformat()
    own = {
        "order_id": made["id"],
        "location_id": location,
        "primary_recipient": {"customer_id": customer},
        "payment_requests": [{"request_type": "BALANCE", "due_date": due}],
        "delivery_method": "SHARE_MANUALLY",
        "accepted_payment_methods": {"card": True},
    }
    return sales.create_invoice(books, {"invoice": own})


def payment(books: Books, amount: int, source: str = "cnon:card-nonce-ok", **own: Any) -> Body:
    """A payment at the counter; one that was refused is there too."""
    given = {"source_id": source, "idempotency_key": books.new_id(), "amount_money": sales.money(amount), **own}
    try:
        return sales.create_payment(books, given)
    except Problem as problem:
        if problem.status != 402:
            raise
        return books.every("payment")[-1]


def bulk(store: Store, books: Books, kind: str, count: int) -> None:
    """`count` more objects of the first seller in one go, without events."""
    if kind not in ("customer", "payment"):
        raise ValueError(f"cannot seed {kind!r}; customer or payment")
    base = datetime.fromisoformat(books.now()) - timedelta(seconds=count)
    bodies = []
    for place in range(count):
        at = stamp(base + timedelta(seconds=place))
        own = {"created_at": at, "updated_at": at, "deleted_at": None, "_merchant": FIRST,
               "_seq": store.next_number(SLUG, "seq")}  # fmt: skip
        if kind == "customer":
            names = {"given_name": NAMES[place % len(NAMES)], "family_name": f"Exemple {place}", "version": 0}
            bodies.append({"id": books.new_id(length=26).upper(), **names, **own})
        else:
            amounts = dict.fromkeys(("amount_money", "total_money"), sales.money(1000 + place))
            about = {"status": "COMPLETED", "source_type": "CASH", "location_id": "LPLATEAU0001", "version_token": "v"}
            bodies.append({"id": books.new_id(suffix="ZY"), **amounts, **about, **own})
    store.put(SLUG, kind, *bodies)
