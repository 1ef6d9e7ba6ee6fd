"""What Square does not say of its objects and that follows from what it says. Names begin with an underscore."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.base.errors import Malformed
from connectors.base.resource import Resource, dig
from connectors.square.codecs import cents

SINGULAR = {"customers": "customer", "payments": "payment", "refunds": "refund", "invoices": "invoice"}
"""Member that holds one object of the resource."""
EXTERNAL = {
    "CHECK": "cheque", "BANK_TRANSFER": "eft", "SQUARE_CASH": "eft", "CARD": "card", "FOOD_VOUCHER": "other",
}  # fmt: skip
METHODS = {
    "CARD": "card",
    "WALLET": "card",
    "SQUARE_ACCOUNT": "card",
    "BANK_ACCOUNT": "eft",
    "CASH": "cash",
    "BUY_NOW_PAY_LATER": "financing",
}
WAITING = frozenset({"APPROVED", "PENDING"})
INVOICE_STATES = {
    "DRAFT": "draft",
    "UNPAID": "sent",
    "SCHEDULED": "sent",
    "PAYMENT_PENDING": "sent",
    "FAILED": "sent",
    "PARTIALLY_PAID": "partial",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "paid",
    "REFUNDED": "paid",
    "CANCELED": "void",
}


def complete(resource: Resource, raw: Any) -> dict[str, Any]:
    """The object with what follows from it; a tombstone stays as it is, and what has no id."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"Square n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    return raw if raw.get("is_deleted") or not raw.get("id") else {**raw, **_DERIVED[resource.name](raw)}


def tombstone(remote_id: str, into: str = "") -> dict[str, Any]:
    """What stands for an object that is gone, perhaps merged into another one."""
    return {"id": remote_id, "is_deleted": True} | ({"_merged_into": into} if into else {})


def merged_into(raw: Mapping[str, Any]) -> str:
    """The id of the customer that a tombstone says it became."""
    return str(raw.get("_merged_into") or "")


def _customer(raw: Mapping[str, Any]) -> dict[str, Any]:
    person = " ".join(str(raw[name]) for name in ("given_name", "family_name") if raw.get(name))
    others = (raw.get(name) for name in ("nickname", "email_address", "phone_number", "id"))
    name = raw.get("company_name") or person or next(str(found) for found in others if found)
    return {"_name": str(name)[:200]}


def _payment(raw: Mapping[str, Any]) -> dict[str, Any]:
    status = _payment_status(raw)
    fees = sum((cents(dig(one, "amount_money")) for one in raw.get("processing_fee") or []), Decimal(0))
    failure = next((dig(one, "detail") or dig(one, "code") for one in dig(raw, "card_details.errors") or []), None)
    return {
        "_status": status,
        "_fee": str(fees) if raw.get("processing_fee") else None,
        "_method": _method(raw),
        "_processor": "Square",
        "_reference": str(raw.get("reference_id") or raw.get("receipt_number") or ""),
        "_failure_reason": str(failure or "Paiement refusé ou annulé")[:255] if status == "failed" else "",
    }


def _payment_status(raw: Mapping[str, Any]) -> str:
    status = raw.get("status")
    if status in WAITING:
        return "pending"
    if status != "COMPLETED":
        return "failed"
    back, total = cents(raw.get("refunded_money")), cents(raw.get("total_money"))
    if not back:
        return "cleared"
    return "refunded" if back >= total else "partially_refunded"


def _method(raw: Mapping[str, Any]) -> str:
    kind = str(raw.get("source_type") or "")
    if kind == "EXTERNAL":
        return EXTERNAL.get(str(dig(raw, "external_details.type") or ""), "other")
    if dig(raw, "card_details.card.card_brand") == "INTERAC":
        return "interac"
    return METHODS.get(kind, "other")


def _refund(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"_processor": "Square"}


def _invoice(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`_order`: the invoice's order, put there by reading.py: Square keeps lines, taxes and totals in it."""
    order = raw.get("_order") or {}
    requests = raw.get("payment_requests") or []
    asked = sum((cents(dig(one, "computed_amount_money")) for one in requests), Decimal(0))
    paid = sum((cents(dig(one, "total_completed_amount_money")) for one in requests), Decimal(0))
    total = cents(order.get("total_money")) or asked
    tax, discount = cents(order.get("total_tax_money")), cents(order.get("total_discount_money"))
    status = INVOICE_STATES.get(str(raw.get("status") or ""), "sent")
    return {
        "_status": status,
        "_due_date": next((dig(one, "due_date") for one in reversed(requests) if dig(one, "due_date")), None),
        "_lines": order.get("line_items") or [],
        "_taxes": [{**row, "_base": _base(row, order.get("line_items") or [])} for row in order.get("taxes") or []],
        "_total": str(total),
        "_total_tax": str(tax),
        "_discount": str(discount),
        "_subtotal": str(total - tax + discount),
        "_balance": "0" if status in ("paid", "void") else str(total - paid),
        "_currency": dig(order, "total_money.currency") or "CAD",
    }


def _base(row: Mapping[str, Any], lines: list[Any]) -> str:
    """What a tax was computed from: the lines that it applies to, all of them when none says so."""
    taxed = [
        line for line in lines if any(dig(one, "tax_uid") == row.get("uid") for one in line.get("applied_taxes") or [])
    ]
    amounts = [cents(x.get("gross_sales_money")) - cents(x.get("total_discount_money")) for x in taxed or lines]
    return str(sum(amounts, Decimal(0)))


_DERIVED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "customers": _customer,
    "payments": _payment,
    "refunds": _refund,
    "invoices": _invoice,
}
