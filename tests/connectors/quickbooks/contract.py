"""QuickBooks under the contract suite."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.quickbooks.connector import QuickBooks
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

PLUMBING, ROOFING = "9341453212345678", "9341453287654321"


def live(raw: Mapping[str, Any]) -> bool:
    """In the first company, neither deleted nor inactive."""
    return raw["realm"] == PLUMBING and not raw["deleted_at"] and raw.get("Active") is not False


def ref(made: Mapping[str, Any]) -> dict[str, str]:
    return {"value": str(made["Id"])}


def customer(desk: Desk) -> dict[str, str]:
    return ref(desk.once("Customer", DisplayName="Client de l’essai"))


def vendor(desk: Desk) -> dict[str, str]:
    return ref(desk.once("Vendor", DisplayName="Fournisseur de l’essai"))


def account(desk: Desk) -> dict[str, str]:
    values = {"Name": "Dépenses de l’essai", "Classification": "Expense", "AccountType": "Expense"}
    return ref(desk.once("Account", **values))


def item(desk: Desk) -> dict[str, str]:
    return ref(desk.once("Item", Name="Article de l’essai", Type="Service"))


def customer_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"DisplayName": name, "PrimaryEmailAddr": {"Address": "oe@courriel.example"}}, {"customer.name": name})


def invoice_said(desk: Desk) -> Said:
    sale = {"ItemRef": item(desk), "Qty": 3, "UnitPrice": 0.35}
    lines = [{"DetailType": "SalesItemLineDetail", "Amount": 1.05, "SalesItemLineDetail": sale}]
    number = f"F-{desk.number()}"
    values = {"CustomerRef": customer(desk), "DocNumber": number, "PrivateNote": ACCENTS, "Line": lines}
    expect = {"invoice.number": number, "invoice.memo": ACCENTS, "invoice.total": Decimal("1.05")}
    return Said(values, expect)


def payment_said(desk: Desk) -> Said:
    values = {"CustomerRef": customer(desk), "TotalAmt": 20.07, "PaymentRefNum": "Virement Œ-12"}
    return Said(values, {"payment.amount": Decimal("20.07"), "payment.reference": "Virement Œ-12"})


def expense_said(desk: Desk, **own: Any) -> Said:
    cost = {"AccountRef": account(desk)}
    lines = [{"DetailType": "AccountBasedExpenseLineDetail", "Amount": 200.95, "AccountBasedExpenseLineDetail": cost}]
    number = f"D-{desk.number()}"
    values = {**own, "DocNumber": number, "PrivateNote": ACCENTS, "Line": lines}
    expect = {"expense.reference": number, "expense.memo": ACCENTS, "expense.total": Decimal("200.95")}
    return Said(values, expect)


def purchase_said(desk: Desk) -> Said:
    bank = desk.once("Account", "bank", Name="Banque de l’essai", Classification="Asset", AccountType="Bank")
    return expense_said(desk, PaymentType="Cash", AccountRef=ref(bank), EntityRef={**vendor(desk), "type": "Vendor"})


def bill_said(desk: Desk) -> Said:
    return expense_said(desk, VendorRef=vendor(desk))


def without(said: Said, **wrong: Any) -> Said:
    """The same values with wrong ones among them, each of which the error must name."""
    return Said({**said.values, **wrong}, dict.fromkeys(wrong))


def again(said: Said) -> Said:
    """The same values under a number that is then taken."""
    return Said({**said.values, "DocNumber": "Deux fois"})


ADAPTER = Adapter(
    connector=QuickBooks,
    accounts={PLUMBING: "Lacoste Plomberie inc.", ROOFING: "Lacoste Toitures inc."},
    grant_param="realm",
    api="/v3",
    silent_wait=60,
    exempt={
        "customers.money": "The only amount, the balance, follows from invoices, whose own amounts are checked.",
        "payments.duplicate": "QuickBooks takes two payments of the same reference; the key alone guards a creation.",
    },
    subjects={
        "customers": Subject(
            kind="Customer",
            live=live,
            new=customer_said,
            change=Said({"GivenName": "Léo"}, {"customer.first_name": "Léo"}),
            create=customer_said,
            update=Said({"CompanyName": "Forêt inc."}, {"customer.company_name": "Forêt inc."}),
            invalid=Said({"DisplayName": "N", "Couleur": "bleu"}, {"Couleur": ""}),
            duplicate=Said({"DisplayName": "Deux fois"}),
            lookup={"PrimaryEmailAddr.Address": "oe@courriel.example"},
            acts={"deactivate": {}, "reactivate": {}},
        ),
        "invoices": Subject(
            kind="Invoice",
            keeps=("invoice.number",),
            live=live,
            new=invoice_said,
            change=Said({"PrivateNote": "À revoir"}, {"invoice.memo": "À revoir"}),
            create=invoice_said,
            update=Said({"PrivateNote": "Été"}, {"invoice.memo": "Été"}),
            invalid=lambda desk: without(invoice_said(desk), CustomerRef={"value": "404"}),
            duplicate=lambda desk: again(invoice_said(desk)),
            lookup={"DocNumber": "F-1"},
            acts={"void": {"invoice.status": "void", "invoice.total": Decimal(0)}},
        ),
        "payments": Subject(
            kind="Payment",
            live=live,
            new=payment_said,
            change=Said({"PaymentRefNum": "Chèque 7"}, {"payment.reference": "Chèque 7"}),
            create=payment_said,
            update=Said({"TotalAmt": "30.01"}, {"payment.amount": Decimal("30.01")}),
            invalid=Said({"TotalAmt": "1.00"}, {"CustomerRef": ""}),
            duplicate=payment_said,
            lookup={"PaymentRefNum": "Virement Œ-12"},
            acts={"void": {"payment.status": "failed", "payment.amount": Decimal(0)}},
        ),
        "purchases": Subject(
            kind="Purchase",
            live=live,
            new=purchase_said,
            change=Said({"PrivateNote": "À revoir"}, {"expense.memo": "À revoir"}),
            create=purchase_said,
            update=Said({"PrivateNote": "Été"}, {"expense.memo": "Été"}),
            invalid=lambda desk: without(purchase_said(desk), AccountRef={"value": "404"}),
            duplicate=lambda desk: again(purchase_said(desk)),
            lookup={"DocNumber": "D-1"},
        ),
        "bills": Subject(
            kind="Bill",
            live=live,
            new=bill_said,
            change=Said({"PrivateNote": "À revoir"}, {"expense.memo": "À revoir"}),
            create=bill_said,
            update=Said({"PrivateNote": "Été"}, {"expense.memo": "Été"}),
            invalid=lambda desk: without(bill_said(desk), VendorRef={"value": "404"}),
            duplicate=lambda desk: again(bill_said(desk)),
            lookup={"DocNumber": "D-1"},
        ),
    },
)
