"""The demonstration data: the same on every machine. It is written by the ledger's own rules, once per process; later
resets put the same rows back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.stripe.simulator import billing, directory, payments, shapes
from connectors.stripe.simulator.ledger import SLUG, Body, Ledger
from connectors.stripe.simulator.problems import Problem
from connectors.stripe.simulator.seed_data import NAMES, PEOPLE, WORK

FIRST, SECOND = "acct_1LacostePlomberie", "acct_1LacosteToitures"
ACCOUNTS = {FIRST: "Lacoste Plomberie inc.", SECOND: "Lacoste Toitures inc."}
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
At = Callable[[datetime | None], None]
_written: list[tuple[str, Body]] | None = None
_seq = 0


def write(store: Store, ledger: Ledger, at: At) -> None:
    """Both accounts. `at`: sets the moment."""
    global _written, _seq  # noqa: PLW0603 - the same rows for every simulator of this process
    if _written is None:
        usual = ledger.draw
        ledger.draw = random.Random(7)  # noqa: S311 - the same data everywhere
        try:
            with store.transaction():
                for place, (account, share) in enumerate(((FIRST, 1.0), (SECOND, 0.3))):
                    ledger.account = account
                    _account(ledger, at, START + timedelta(days=place), share)
        finally:
            at(None)
            ledger.draw = usual
        rows = store.execute("SELECT kind, body FROM objects WHERE provider = ?", (SLUG,))
        _written = [(row["kind"], json.loads(row["body"])) for row in rows]
        _seq = store.get_value(SLUG, "seq")
        return
    by_kind: dict[str, list[Body]] = {}
    for kind, body in _written:
        by_kind.setdefault(kind, []).append(body)
    with store.transaction():
        for kind, bodies in by_kind.items():
            store.put(SLUG, kind, *bodies)
        store.set_value(SLUG, "seq", _seq)


def _account(ledger: Ledger, at: At, moment: datetime, share: float) -> None:
    def later() -> None:
        nonlocal moment
        moment += timedelta(hours=19)
        at(moment)

    people = PEOPLE[: round(len(PEOPLE) * share)]
    customers = []
    for row in people:
        later()
        customers.append(directory.create_customer(ledger, _person(row)))
    for place in range(round(22 * share)):
        later()
        made = invoice(ledger, customer=customers[place % len(customers)]["id"], work=place)
        _live(ledger, made["id"], place, later)
    for place in range(round(12 * share)):
        later()
        method = "pm_card_chargeDeclinedInsufficientFunds" if place % 6 == 4 else "pm_card_visa"
        who = customers[(place * 3) % len(customers)]["id"]
        paid = payment(ledger, amount=4500 + 1375 * place, customer=who, payment_method=method)
        if place % 5 == 2:
            later()
            payments.refund(ledger, {"payment_intent": paid["id"], "amount": "2500", "reason": "requested_by_customer"})
        if place % 5 == 3:
            later()
            payments.refund(ledger, {"payment_intent": paid["id"], "reason": "duplicate"})


def _live(ledger: Ledger, invoice_id: str, place: int, later: Callable[[], None]) -> None:
    """What became of an invoice: one in eleven is still a draft, most are paid, some wait or were voided."""
    if place % 11 == 10:
        return
    later()
    billing.finalize(ledger, invoice_id)
    if place % 4 == 3:
        return
    later()
    if place % 7 == 6:
        billing.void(ledger, invoice_id)
    elif place % 7 == 5:
        billing.pay(ledger, invoice_id, {"paid_out_of_band": "true"})
    else:
        pay_invoice(ledger, invoice_id, "pm_card_chargeDeclined" if place % 9 == 8 else "pm_card_visa")


def _person(row: tuple[str | None, ...]) -> dict[str, Any]:
    name, mail, phone, street, city, postal_code = row
    where = {"line1": street, "city": city, "state": "QC", "postal_code": postal_code, "country": "CA"}
    given = {"name": name, "email": f"{mail}@courriel.example" if mail else None, "phone": phone}
    known = {key: value for key, value in given.items() if value}
    return {**known, "address": where, "preferred_locales": ["fr-CA"], "metadata": {"origine": "démonstration"}}


def invoice(ledger: Ledger, customer: str, work: int = 0, lines: list[list[Any]] | None = None, **own: Any) -> Body:
    """A draft for a customer, with lines [description, cents]."""
    given = {name: str(value) for name, value in own.items()}
    made = billing.create(
        ledger, {"customer": customer, "collection_method": "send_invoice", "days_until_due": "30", **given}
    )
    chosen = lines if lines is not None else [WORK[(work + step) % len(WORK)] for step in range(1 + work % 3)]
    for description, cents in chosen:
        item = {"customer": customer, "invoice": made["id"], "description": description, "amount": str(cents)}
        billing.create_item(ledger, item)
    return ledger.get("invoice", made["id"])


def payment(ledger: Ledger, amount: int, payment_method: str = "pm_card_visa", **own: Any) -> Body:
    """A payment that was tried; one that was declined is there too."""
    given = {name: value if isinstance(value, dict) else str(value) for name, value in own.items()}
    made = payments.create(ledger, {"amount": str(amount), "currency": "cad", **given})
    try:
        return payments.attempt(ledger, made, payment_method)
    except Problem as problem:
        if problem.status != 402:
            raise
        return ledger.get("payment_intent", made["id"])


def pay_invoice(ledger: Ledger, invoice_id: str, payment_method: str = "pm_card_visa") -> Body:
    """As a customer does on the invoice's page; a refused card is no error here."""
    found = ledger.get("invoice", invoice_id)
    try:
        payments.attempt(ledger, ledger.get("payment_intent", found["payment_intent"]), payment_method)
    except Problem as problem:
        if problem.status != 402:
            raise
    return ledger.get("invoice", invoice_id)


def pay_link(ledger: Ledger, link_id: str) -> Body:
    """As a visitor of a payment link does: a session, and a payment that carries the link's notes."""
    link = ledger.get("payment_link", link_id)
    total = directory.link_total(ledger, link)
    notes = (link["payment_intent_data"] or {}).get("metadata", {})
    paid = payment(ledger, amount=total, metadata=notes)
    about = {"payment_link": link_id, "payment_intent": paid["id"], "amount_subtotal": total, "amount_total": total}
    own = {"currency": link["currency"], "metadata": link["metadata"], "expires_at": ledger.now() + 86400}
    made = ledger.add("checkout.session", shapes.session(**about, **own))
    ledger.tell("checkout.session.completed", made)
    return made


def bulk(store: Store, ledger: Ledger, kind: str, count: int) -> None:
    """`count` more objects in one go, without events."""
    if kind not in ("customer", "payment_intent"):
        raise ValueError(f"cannot seed {kind!r}; customer or payment_intent")
    now = int(ledger.now())
    bodies = []
    for place in range(count):
        seq = store.next_number(SLUG, "seq")
        kept = {"_account": FIRST, "_seq": seq, "updated_at": stamp(datetime.fromtimestamp(now, UTC))}
        own = {"id": ledger.new_id(kind), "object": kind, "created": now - count + place, "deleted_at": None, **kept}
        if kind == "customer":
            name = f"{NAMES[place % len(NAMES)]} {seq}"
            bodies.append(shapes.customer(name=name, email=f"client{seq}@courriel.example") | own)
        else:
            amount = 1000 + place
            whole = {"amount": amount, "amount_received": amount, "status": "succeeded"}
            bodies.append(shapes.payment_intent(**whole) | own)
    store.put(SLUG, kind, *bodies)
