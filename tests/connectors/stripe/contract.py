"""Stripe under the contract suite."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.stripe.connector import Stripe
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

FIRST = "acct_1LacostePlomberie"
FEED = "A refund tells of its charge too, whose refunds are read once more; test_pull.py has it."
NEVER = "Stripe never deletes a payment or a refund."
CODECS = Stripe.resource("invoices").codecs


def live(raw: Mapping[str, Any]) -> bool:
    """In the first account and not deleted."""
    return raw["_account"] == FIRST and not raw["deleted_at"]


def tried(raw: Mapping[str, Any]) -> bool:
    """A payment that somebody tried to make."""
    return live(raw) and (raw["status"] == "succeeded" or bool(raw["latest_charge"]))


def customer(desk: Desk) -> str:
    return str(desk.once("customer", name="Client de l’essai")["id"])


def payment(desk: Desk) -> str:
    return str(desk.once("payment_intent", amount=50000)["id"])


def customer_said(desk: Desk) -> Said:
    return Said({"name": ACCENTS, "email": f"oe{desk.number()}@courriel.example"}, {"customer.name": ACCENTS})


def invoice_new(desk: Desk) -> Said:
    values = {"customer": customer(desk), "lines": [["Pièce", 1234]], "description": ACCENTS}
    return Said(values, {"invoice.memo": ACCENTS, "invoice.total": Decimal("12.34")})


def invoice_said(desk: Desk) -> Said:
    line = {
        "description": "Pièce",
        "quantity": Decimal(1),
        "unit_price": Decimal("12.34"),
        "subtotal": Decimal("12.34"),
    }
    values = {
        "customer": customer(desk), "_number": "Œ-12", "_status": "draft", "currency": "cad", "description": ACCENTS,
        "_lines": CODECS["lines"].encode([{**line, "remote": {}}]),
    }  # fmt: skip
    expect = {"invoice.number": "Œ-12", "invoice.memo": ACCENTS, "invoice.total": Decimal("12.34")}
    return Said(values, expect)


def refund_new(desk: Desk) -> Said:
    values = {"payment_intent": payment(desk), "amount": "107", "metadata": {"reason": ACCENTS}}
    return Said(values, {"refund.amount": Decimal("1.07"), "refund.reason": ACCENTS})


def refund_said(desk: Desk) -> Said:
    values = {"payment_intent": payment(desk), "_amount": "1.07", "currency": "cad", "_reason": ACCENTS}
    return Said(values, {"refund.amount": Decimal("1.07"), "refund.reason": ACCENTS})


ADAPTER = Adapter(
    connector=Stripe,
    accounts={FIRST: "Lacoste Plomberie inc."},
    key={"api_key": "sk_test_demo_lacoste"},
    bad_key={"api_key": "sk_test_inconnue"},
    api="/v1",
    exempt={
        "refunds.incremental_pull": FEED,
        "payments.delete_seen": NEVER,
        "payments.update_missing": NEVER,
        "refunds.delete_seen": NEVER,
        "customers.duplicate": "Stripe takes two customers of one address; the key alone guards a creation.",
        "invoices.duplicate": "Stripe gives the numbers itself and takes ours twice; the key alone guards a creation.",
        "refunds.duplicate": "Stripe takes several refunds of one payment; the key alone guards a creation.",
        "refunds.lookup": "A refund is found by our own reference only, which is no value of it; test_push.py has it.",
        "invoices.act": "Every act asks for another state of the invoice; test_push.py walks through all of them.",
        "payments.act": "Every act asks for another state of the payment; test_push.py walks through all of them.",
        "refunds.act": "Only a refund that waits for the customer can be cancelled; test_push.py has the refusal.",
    },
    subjects={
        "customers": Subject(
            kind="customer",
            record_requests=1,
            live=live,
            new=customer_said,
            change=Said({"phone": "+15145550199"}, {"customer.phone": "+15145550199"}),
            create=customer_said,
            update=Said({"phone": "+15145550188"}, {"customer.phone": "+15145550188"}),
            invalid=Said({"name": "N", "email": "pas une adresse"}, {"email": ""}),
            duplicate=customer_said,
            lookup={"email": "oe1@courriel.example"},
        ),
        "invoices": Subject(
            kind="invoice",
            record_requests=1,
            live=live,
            new=invoice_new,
            change=Said({"description": "À revoir"}, {"invoice.memo": "À revoir"}),
            create=invoice_said,
            update=Said({"description": "Été"}, {"invoice.memo": "Été"}),
            invalid=lambda desk: Said({**invoice_said(desk).values, "customer": "cus_404"}, {"customer": ""}),
            duplicate=invoice_said,
            lookup={"metadata.invoice_number": "Œ-12"},
            acts={"finalize": {"invoice.status": "sent"}},
        ),
        "payments": Subject(
            kind="payment_intent",
            record_requests=1,
            live=tried,
            new=Said({"amount": 2007, "metadata": {"payment_ref": ACCENTS}},
                     {"payment.amount": Decimal("20.07"), "payment.reference": ACCENTS}),
            change=Said({"metadata": {"payment_ref": "Chèque 7"}}, {"payment.reference": "Chèque 7"}),
            update=Said({"metadata": {"payment_ref": "Été"}}, {"payment.reference": "Été"}),
        ),
        "refunds": Subject(
            kind="refund",
            live=live,
            new=refund_new,
            change=Said({"metadata": {"reason": "À revoir"}}, {"refund.reason": "À revoir"}),
            create=refund_said,
            invalid=lambda desk: Said({**refund_said(desk).values, "_amount": "9999.00"}, {"amount": ""}),
            duplicate=refund_said,
        ),
    },
)  # fmt: skip
