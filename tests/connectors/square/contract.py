"""Square under the contract suite."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.square.connector import Square
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

FIRST = "MLLACOSTERENO"
PLACES = "Square is read location by location, so that requests follow their number; test_pull.py has it."
ONLY_EVENTS = "Square tells deletions in its events only; test_pull.py reads them there."
ACTS = "Every act asks for another state of the object; test_push.py walks through all of them."
EXEMPT = {
    "delete_seen": ONLY_EVENTS,
    "customers.duplicate": "Square takes two customers of one address; the key alone guards a creation.",
    "refunds.duplicate": "Square takes several refunds of one payment; the key alone guards a creation.",
    "invoices.duplicate": "A taken number is a value that Square refuses, and no conflict; test_push.py has it.",
    "invoices.time_out": "Each try has another number in the facts of this suite; test_push.py has it at every step.",
    "invoices.act": ACTS,
    "payments.act": ACTS,
    "refunds.page_edges": "An empty account has no location for the payment that is refunded; test_pull.py has it.",
    **{
        f"{name}.{check}": PLACES
        for name in ("invoices", "payments")
        for check in ("full_pull", "page_edges", "incremental_pull", "accents", "money")
    },
    "invoices.resume": PLACES,
    "invoices.echo": PLACES,
}
CODECS = Square.resource("invoices").codecs


def live(raw: Mapping[str, Any]) -> bool:
    """Of the first seller and not deleted."""
    return raw["_merchant"] == FIRST and not raw["deleted_at"]


def customer(desk: Desk) -> str:
    return str(desk.once("customer", company_name="Client de l’essai")["id"])


def payment(desk: Desk) -> str:
    return str(desk.once("payment", amount=50000)["id"])


def cents(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CAD"}


def customer_said(desk: Desk) -> Said:
    values = {"company_name": ACCENTS, "email_address": f"oe{desk.number()}@courriel.example"}
    return Said(values, {"customer.name": ACCENTS, "customer.company_name": ACCENTS})


def refund_said(desk: Desk) -> Said:
    values = {"payment_id": payment(desk), "amount_money": cents(107), "reason": ACCENTS}
    return Said(values, {"refund.amount": Decimal("1.07"), "refund.reason": ACCENTS})


def invoice_new(desk: Desk) -> Said:
    values = {"customer": customer(desk), "location": "LPLATEAU0001"}
    return Said(values, {"invoice.total": Decimal("166.71")})


def invoice_said(desk: Desk) -> Said:
    line = {"description": "Pièce", "quantity": Decimal(3), "unit_price": Decimal("0.35"), "subtotal": Decimal("1.05")}
    number = f"F-{desk.number()}"
    values = {
        "primary_recipient": {"customer_id": customer(desk)}, "invoice_number": number, "_status": "draft",
        "description": ACCENTS, "_lines": CODECS["lines"].encode([line]), "_due_date": "2027-01-31",
    }  # fmt: skip
    return Said(values, {"invoice.number": number, "invoice.memo": ACCENTS, "invoice.total": Decimal("1.05")})


ADAPTER = Adapter(
    connector=Square,
    accounts={FIRST: "Lacoste Rénovation inc."},
    key={"api_key": "EAAAl-demo-lacoste-jeton-personnel"},
    bad_key={"api_key": "EAAAl-inconnu"},
    grant_param="merchant",
    api="/v2",
    reads=(r"POST /v2/(customers/search|orders/batch-retrieve|events)$", r"POST /oauth2/token/status$"),
    exempt=EXEMPT,
    subjects={
        "customers": Subject(
            kind="customer",
            live=live,
            new=customer_said,
            change=Said({"note": "x", "given_name": "Léo"}, {"customer.first_name": "Léo"}),
            create=customer_said,
            update=Said({"family_name": "Forêt"}, {"customer.last_name": "Forêt"}),
            invalid=Said({"company_name": "N", "email_address": "pas une adresse"}, {"email_address": ""}),
            duplicate=customer_said,
            lookup={"email_address": "oe1@courriel.example"},
        ),
        "invoices": Subject(
            kind="invoice",
            live=live,
            new=invoice_new,
            change=Said({"description": "À revoir"}, {"invoice.memo": "À revoir"}),
            create=invoice_said,
            update=Said({"description": "Été"}, {"invoice.memo": "Été"}),
            invalid=lambda desk: Said({**invoice_said(desk).values, "description": "x", "_lines": []}, {"_lines": ""}),
            duplicate=lambda desk: Said({**invoice_said(desk).values, "invoice_number": "Deux fois"}),
            lookup={"invoice_number": "F-1"},
            page_requests=2,
            pages="/v2/invoices",
        ),
        "payments": Subject(
            kind="payment",
            live=live,
            new=Said({"amount": 2007, "reference_id": "Virement Œ-12"},
                     {"payment.amount": Decimal("20.07"), "payment.reference": "Virement Œ-12"}),
            change=Said({"reference_id": "Chèque 7"}, {"payment.reference": "Chèque 7"}),
            pages="/v2/payments",
        ),
        "refunds": Subject(
            kind="refund",
            live=live,
            new=refund_said,
            change=Said({"reason": "À revoir"}, {"refund.reason": "À revoir"}),
            create=refund_said,
            invalid=lambda desk: Said(
                {**refund_said(desk).values, "amount_money": cents(999999)}, {"amount_money.amount": ""}
            ),
            duplicate=refund_said,
        ),
    },
)  # fmt: skip
