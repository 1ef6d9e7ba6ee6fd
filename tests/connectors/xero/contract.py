"""Xero under the contract suite."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.xero.connector import Xero
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

COOLING, WIRING = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "8a1f6c37-2b90-4d0e-b6a4-55d1c0e7f9a2"
NOWHERE = "00000000-0000-0000-0000-000000000001"


def live(**like: str) -> Callable[[Mapping[str, Any]], bool]:
    """In the first organisation, of this type, neither archived, deleted nor void, and no mere supplier."""

    def is_live(raw: Mapping[str, Any]) -> bool:
        ended = raw.get("ContactStatus") == "ARCHIVED" or raw.get("Status") == "DELETED"
        supplier = raw.get("IsSupplier") and not raw.get("IsCustomer")
        same = all(raw.get(name) == value for name, value in like.items())
        return raw["tenant"] == COOLING and not ended and not supplier and same

    return is_live


def customer(desk: Desk) -> dict[str, str]:
    return {"ContactID": desk.once("Contact", Name="Client de l’essai")["ContactID"]}


def supplier(desk: Desk) -> dict[str, str]:
    return {"ContactID": desk.once("Contact", "supplier", Name="Fournisseur de l’essai")["ContactID"]}


def account(desk: Desk) -> dict[str, str]:
    return {"AccountCode": desk.once("Account", Code="777", Name="Essai", Type="REVENUE", Status="ACTIVE")["Code"]}


def contact_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"Name": name, "EmailAddress": "oe@courriel.example"}, {"customer.name": name})


def document(desk: Desk, kind: str, **own: Any) -> dict[str, Any]:
    line = {"Description": ACCENTS, "Quantity": 3, "UnitAmount": 0.35, **account(desk)}
    return {"Type": kind, "Date": "2026-06-01", "DueDate": "2026-07-01", "LineItems": [line], **own}


def invoice_said(desk: Desk) -> Said:
    number = f"Œ-{desk.number()}"
    values = document(desk, "ACCREC", Contact=customer(desk), InvoiceNumber=number, Reference=ACCENTS)
    expect = {"invoice.number": number, "invoice.reference": ACCENTS, "invoice.total": Decimal("1.05")}
    return Said(values, expect)


def bill_said(desk: Desk) -> Said:
    number = f"Œ-{desk.number()}"
    values = document(desk, "ACCPAY", Contact=supplier(desk), InvoiceNumber=number)
    return Said(values, {"expense.reference": number, "expense.total": Decimal("1.05")})


def bill_sent(desk: Desk) -> Said:
    """As the engine sends it: the supplier by the list of contacts."""
    said = bill_said(desk)
    values = {name: value for name, value in said.values.items() if name not in ("Type", "Contact")}
    return Said({**values, "_supplier": {"value": supplier(desk)["ContactID"]}}, said.expect)


def payable(desk: Desk) -> str:
    """An invoice that has still to be paid."""
    line = {"Description": "Travaux", "Quantity": 1, "UnitAmount": 5000, **account(desk)}
    own = {"Contact": customer(desk), "Status": "AUTHORISED", "LineItems": [line]}
    return str(desk.once("Invoice", **document(desk, "ACCREC", **own))["InvoiceID"])


def bank(desk: Desk) -> str:
    return str(desk.once("Account", "bank", Code="099", Name="Banque de l’essai", Type="BANK", Status="ACTIVE")["Code"])


def payment_said(desk: Desk) -> Said:
    values = {
        "Invoice": {"InvoiceID": payable(desk)}, "Account": {"Code": bank(desk)}, "Amount": 20.07,
        "Reference": "Virement Œ-12", "Date": "2026-06-15",
    }  # fmt: skip
    return Said(values, {"payment.amount": Decimal("20.07"), "payment.reference": "Virement Œ-12"})


def payment_sent(desk: Desk) -> Said:
    """As the engine sends it: what it pays in lines, the account by its slot."""
    said = payment_said(desk)
    values = {
        "_allocations": [{"InvoiceID": payable(desk), "Amount": "20.07"}], "Account": {"value": bank(desk)},
        "Amount": Decimal("20.07"), "Reference": "Virement Œ-12", "Date": "2026-06-15",
    }  # fmt: skip
    return Said(values, said.expect)


def with_(said: Said, expect: Mapping[str, Any], **wrong: Any) -> Said:
    return Said({**said.values, **wrong}, expect)


ADAPTER = Adapter(
    connector=Xero,
    accounts={COOLING: "Lacoste Climatisation inc.", WIRING: "Lacoste Électricité inc."},
    grant_param="tenant",
    api="/api.xro",
    silent_wait=60,
    exempt={
        "contacts.money": "The only amount, the balance, follows from invoices, whose own amounts are checked.",
        "bills.duplicate": "Two suppliers may use one number: Xero takes a second bill of the same number.",
        "payments.duplicate": "Xero takes a second payment of the same amount while the invoice is not paid in full.",
    },
    subjects={
        "contacts": Subject(
            kind="Contact",
            live=live(),
            missing=NOWHERE,
            new=contact_said,
            change=Said({"FirstName": "Léo"}, {"customer.first_name": "Léo"}),
            create=contact_said,
            update=Said({"LastName": "Forêt"}, {"customer.last_name": "Forêt"}),
            invalid=Said({"Name": "N", "EmailAddress": "pas un courriel"}, {"EmailAddress": ""}),
            duplicate=Said({"Name": "Deux fois"}),
            lookup={"ContactNumber": "NOTRE-1"},
            acts={"archive": {}, "restore": {}},
        ),
        "invoices": Subject(
            kind="Invoice",
            keeps=("invoice.number",),
            live=live(Type="ACCREC"),
            missing=NOWHERE,
            pass_requests=1,
            later_requests=1,
            new=invoice_said,
            change=Said({"Reference": "À revoir"}, {"invoice.reference": "À revoir"}),
            create=invoice_said,
            update=Said({"Reference": "Été"}, {"invoice.reference": "Été"}),
            invalid=lambda desk: with_(invoice_said(desk), {"LineItems": ""}, LineItems=[{"TaxType": "TAX999"}]),
            duplicate=lambda desk: with_(invoice_said(desk), {}, InvoiceNumber="Deux fois"),
            lookup={"InvoiceNumber": "Œ-1"},
            acts={"void": {"invoice.status": "void"}},
        ),
        "payments": Subject(
            kind="Payment",
            live=live(PaymentType="ACCRECPAYMENT"),
            missing=NOWHERE,
            new=payment_said,
            change=Said({"IsReconciled": True}),
            create=payment_sent,
            invalid=lambda desk: with_(
                payment_sent(desk), {"Amount": ""}, Amount=Decimal(9000),
                _allocations=[{"InvoiceID": payable(desk), "Amount": "9000"}],
            ),
            lookup=lambda memory: {"_twin": f"{memory['Invoice']['InvoiceID']}|2026-06-15|20.07|Virement Œ-12"},
        ),
        "bills": Subject(
            kind="Invoice",
            live=live(Type="ACCPAY"),
            missing=NOWHERE,
            pass_requests=1,
            later_requests=1,
            new=bill_said,
            change=Said({"InvoiceNumber": "À revoir"}, {"expense.reference": "À revoir"}),
            create=bill_sent,
            update=Said({"InvoiceNumber": "Été"}, {"expense.reference": "Été"}),
            invalid=lambda desk: with_(bill_sent(desk), {"LineItems": ""}, LineItems=[{"TaxType": "TAX999"}]),
            lookup=lambda memory: {"_twin": f"{memory['supplier']['ContactID']}|Œ-1"},
            acts={"void": {"expense.status": "void"}},
        ),
    },
)  # fmt: skip
