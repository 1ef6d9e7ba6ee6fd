"""What QuickBooks does not say of its objects and that follows from what it says. Names begin with an underscore."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.connector import Connection
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource, dig

METHOD_WORDS = (
    ("interac", "interac"),
    ("chèque", "cheque"),
    ("cheque", "cheque"),
    ("check", "cheque"),
    ("comptant", "cash"),
    ("espèces", "cash"),
    ("argent", "cash"),
    ("cash", "cash"),
    ("virement", "eft"),
    ("dépôt direct", "eft"),
    ("eft", "eft"),
    ("transfer", "eft"),
    ("financement", "financing"),
    ("visa", "card"),
    ("mastercard", "card"),
    ("american express", "card"),
    ("carte", "card"),
    ("card", "card"),
)


def realm(connection: Connection) -> str:
    """The company's id; Misconfigured when the consent did not give it."""
    found = connection.account_id or connection.credentials.get("account_id", "")
    if not found:
        raise Misconfigured(
            "L’entreprise QuickBooks de cette intégration n’est pas connue. Reconnectez l’intégration et choisissez "
            "l’entreprise.",
            code="no_account",
        )
    return found


def complete(resource: Resource, raw: Any) -> dict[str, Any]:
    """The object with what follows from it; a tombstone stays as it is."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"QuickBooks n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    derive = _DERIVED.get(resource.name)
    return {**raw, **derive(raw)} if derive and not is_deleted(raw) else raw


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """A transaction that is gone, or a name that was made inactive."""
    return raw.get("status") == "Deleted" or raw.get("Active") is False


def amount(value: Any) -> Decimal:
    """A JSON number as Decimal; 0 for nothing or nonsense (the field's own mapping complains of that)."""
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def method_of(name: str) -> str:
    """The platform's payment method that a QuickBooks name most likely means."""
    words = name.casefold()
    return next((method for word, method in METHOD_WORDS if word in words), "other")


def _voided(raw: Mapping[str, Any]) -> bool:
    return amount(raw.get("TotalAmt")) == 0 and "voided" in str(raw.get("PrivateNote") or "").casefold()


def _invoice(raw: Mapping[str, Any]) -> dict[str, Any]:
    total, balance = amount(raw.get("TotalAmt")), amount(raw.get("Balance"))
    if _voided(raw):
        status = "void"
    elif total > 0 and balance == 0:
        status = "paid"
    elif 0 < balance < total:
        status = "partial"
    else:
        # Whatever stands in the books counts as sent, unless it waits in the list of invoices to send.
        status = "draft" if raw.get("EmailStatus") == "NeedToSend" else "sent"
    lines = raw.get("Line") or []
    discount = sum(
        (amount(one.get("Amount")) for one in lines if one.get("DetailType") == "DiscountLineDetail"), Decimal(0)
    )
    tax = amount(dig(raw, "TxnTaxDetail.TotalTax"))
    return {"_status": status, "_discount": str(discount), "_subtotal": str(total - tax + discount)}


def _payment(raw: Mapping[str, Any]) -> dict[str, Any]:
    if _voided(raw):
        return {"_status": "failed", "_failure_reason": "Paiement annulé dans QuickBooks"}
    return {"_status": "cleared", "_failure_reason": ""}


def _expense(raw: Mapping[str, Any], *, paid: bool) -> dict[str, Any]:
    gst = qst = Decimal(0)
    for line in dig(raw, "TxnTaxDetail.TaxLine") or []:
        rate = amount(dig(line, "TaxLineDetail.TaxPercent"))
        gst += amount(line.get("Amount")) if rate == 5 else 0
        qst += amount(line.get("Amount")) if rate == Decimal("9.975") else 0
    total, tax = amount(raw.get("TotalAmt")), amount(dig(raw, "TxnTaxDetail.TotalTax"))
    if _voided(raw):
        status = "void"
    else:
        status = "paid" if paid or (total > 0 and amount(raw.get("Balance")) == 0) else "approved"
    return {"_status": status, "_gst": str(gst), "_qst": str(qst), "_subtotal": str(total - tax)}


_DERIVED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "invoices": _invoice,
    "payments": _payment,
    "purchases": lambda raw: _expense(raw, paid=True),
    "bills": lambda raw: _expense(raw, paid=False),
}
