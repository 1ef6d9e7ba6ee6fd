"""FreshBooks under the contract suite."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.freshbooks.connector import FreshBooks
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

GARDENS, REPAIRS = "6BApk", "Zx81q"
TAXED = {"taxName1": "TPS", "taxAmount1": "5", "taxName2": "TVQ", "taxAmount2": "9.975"}


def live(raw: Mapping[str, Any]) -> bool:
    """In the first business, and not deleted; archived ones live on."""
    return bool(raw["_account"] == GARDENS and raw["vis_state"] != 1)


def cad(amount: str) -> dict[str, str]:
    return {"amount": amount, "code": "CAD"}


def client_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"organization": name, "email": "oe@courriel.example"}, {"customer.name": name})


def client(desk: Desk) -> int:
    return int(desk.once("Client", organization="Client de l’essai")["id"])


def invoice_said(desk: Desk) -> Said:
    number = f"Œ-{desk.number()}"
    line = {"type": 0, "name": ACCENTS, "qty": "3", "unit_cost": cad("33.35"), **TAXED}
    values = {"customerid": client(desk), "create_date": "2026-06-01", "invoice_number": number, "notes": ACCENTS,
              "lines": [line]}  # fmt: skip
    # 100.05, TPS 5.00, TVQ 9.98.
    expect = {"invoice.number": number, "invoice.memo": ACCENTS, "invoice.total": Decimal("115.03")}
    return Said(values, expect)


def payable(desk: Desk) -> int:
    line = {"type": 0, "name": "Travaux", "qty": "1", "unit_cost": cad("5000.00")}
    return int(desk.once("Invoice", customerid=client(desk), status=2, lines=[line])["id"])


def payment_said(desk: Desk) -> Said:
    values = {"invoiceid": payable(desk), "amount": cad("20.07"), "date": "2026-06-15", "type": "Check",
              "note": "Virement Œ-12"}  # fmt: skip
    return Said(values, {"payment.amount": Decimal("20.07"), "payment.reference": "Virement Œ-12"})


def payment_sent(desk: Desk) -> Said:
    """As the engine sends it: what it pays in lines."""
    said = payment_said(desk)
    values = {name: value for name, value in said.values.items() if name != "invoiceid"}
    return Said({**values, "_allocations": [{"invoiceid": str(payable(desk)), "amount": "20.07"}]}, said.expect)


def with_(make: Callable[[Desk], Said], expect: Mapping[str, Any], **wrong: Any) -> Callable[[Desk], Said]:
    return lambda desk: Said({**make(desk).values, **wrong}, expect)


ADAPTER = Adapter(
    connector=FreshBooks,
    accounts={GARDENS: "Lacoste Paysagement inc.", REPAIRS: "Lacoste Rénovation inc."},
    api="/accounting",
    exempt={
        "clients.duplicate": "FreshBooks takes a second client of the same name and address.",
        "payments.duplicate": "FreshBooks takes a second payment of the same amount; what is too much makes a credit.",
    },
    subjects={
        "clients": Subject(
            kind="Client",
            live=live,
            new=client_said,
            change=Said({"fname": "Léo"}, {"customer.first_name": "Léo"}),
            create=client_said,
            update=Said({"lname": "Forêt"}, {"customer.last_name": "Forêt"}),
            invalid=Said({"organization": "N", "email": "pas un courriel"}, {"email": ""}),
            lookup={"_twin": f"oe@courriel.example|{ACCENTS} 1||"},
            acts={"remove": {}, "restore": {}},
        ),
        "invoices": Subject(
            kind="Invoice",
            keeps=("invoice.number",),
            live=live,
            new=invoice_said,
            change=Said({"notes": "À revoir"}, {"invoice.memo": "À revoir"}),
            create=invoice_said,
            update=Said({"notes": "Été"}, {"invoice.memo": "Été"}),
            invalid=with_(invoice_said, {"customerid": ""}, customerid=404),
            duplicate=with_(invoice_said, {}, invoice_number="Deux fois"),
            lookup={"invoice_number": "Œ-1"},
        ),
        "payments": Subject(
            kind="Payment",
            live=live,
            new=payment_said,
            change=Said({"note": "À revoir"}, {"payment.reference": "À revoir"}),
            create=payment_sent,
            update=Said({"note": "Été"}, {"payment.reference": "Été"}),
            invalid=with_(payment_sent, {"invoiceid": ""}, _allocations=[{"invoiceid": "404", "amount": "20.07"}]),
            lookup=lambda memory: {"_twin": f"{memory['Invoice']['id']}|2026-06-15|20.07|Virement Œ-12"},
        ),
    },
)
