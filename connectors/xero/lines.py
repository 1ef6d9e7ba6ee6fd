"""Line arrays of invoices and bills, and the one invoice that a payment pays.

An item of the platform has the field names of its line model, and `remote`, what Xero knows the line by: `id`, and what
account mapping fills before a line is sent (`account`: a code, or an id; `tax_code`: a tax type).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base.codecs import number
from connectors.base.resource import Codec

_CENT, _TEN_THOUSANDTH = Decimal("0.01"), Decimal("0.0001")
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def account(key: str) -> dict[str, str]:
    """An account as a line or a payment names it; code and id look different."""
    return {"AccountID": key} if ID.fullmatch(key) else {"Code": key}


def _decode_invoice(raw: Any) -> list[dict[str, Any]]:
    return [_sale(line) for line in _checked(raw)]


def _sale(line: Mapping[str, Any]) -> dict[str, Any]:
    net = number(line.get("LineAmount"), "Le montant de la ligne")
    quantity = number(line.get("Quantity"), "La quantité") if line.get("Quantity") is not None else Decimal(1)
    return {
        "code": str(line.get("ItemCode") or ""),
        "description": str(line.get("Description") or ""),
        "quantity": quantity,
        "unit_price": number(line.get("UnitAmount"), "Le prix unitaire"),
        "discount_percent": number(line.get("DiscountRate"), "Le rabais"),
        "subtotal": net,
        "tax_amount": number(line.get("TaxAmount"), "La taxe de la ligne"),
        "total": net,
        "remote": _remote(line),
    }


def _decode_expense(raw: Any) -> list[dict[str, Any]]:
    return [
        {
            "description": str(line.get("Description") or ""),
            "amount": number(line.get("LineAmount"), "Le montant de la ligne"),
            "tax_amount": number(line.get("TaxAmount"), "La taxe de la ligne"),
            "remote": _remote(line),
        }
        for line in _checked(raw)
    ]


def _remote(line: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(line.get("LineItemID") or ""),
        "account": str(line.get("AccountCode") or line.get("AccountID") or ""),
        "tax_code": str(line.get("TaxType") or ""),
    }


def _encode_invoice(items: Any) -> list[dict[str, Any]]:
    return [{**_common(item), **_priced(item)} for item in _checked(items)]


def _encode_expense(items: Any) -> list[dict[str, Any]]:
    lines = []
    for item in _checked(items):
        price = number(item.get("amount"), "Le montant de la ligne")
        lines.append({**_common(item), "Quantity": Decimal(1), "UnitAmount": _cents(price)})
    return lines


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    remote = item.get("remote") or {}
    line: dict[str, Any] = {"Description": str(item.get("description") or item.get("code") or "")}
    if remote.get("id"):
        line["LineItemID"] = str(remote["id"])
    if remote.get("account"):
        named = account(str(remote["account"]))
        line |= {"AccountID": named["AccountID"]} if "AccountID" in named else {"AccountCode": named["Code"]}
    if remote.get("tax_code"):
        line["TaxType"] = str(remote["tax_code"])
    return line


def _priced(item: Mapping[str, Any]) -> dict[str, Any]:
    """Quantity, price and discount when they make the subtotal to the cent; otherwise one piece of that amount.

    Xero works the amount out from them, the price rounded to four decimals.
    """
    quantity = number(item.get("quantity", 1), "La quantité")
    price = number(item.get("unit_price"), "Le prix unitaire").quantize(_TEN_THOUSANDTH, ROUND_HALF_UP)
    discount = number(item.get("discount_percent"), "Le rabais")
    made = _cents(quantity * price * (100 - discount) / 100)
    wanted = number(item.get("subtotal"), "Le sous-total")
    if wanted and _cents(wanted) != made:
        return {"Quantity": Decimal(1), "UnitAmount": _cents(wanted), "DiscountRate": Decimal(0)}
    return {"Quantity": quantity, "UnitAmount": price, "DiscountRate": discount}


def _decode_allocations(raw: Any) -> list[dict[str, Any]]:
    return [
        {
            "amount": number(one.get("Amount"), "Le montant affecté"),
            "remote": {"invoice": str(one.get("InvoiceID") or "")},
        }
        for one in _checked(raw)
    ]


def _encode_allocations(items: Any) -> list[dict[str, Any]]:
    return [
        {
            "InvoiceID": str((item.get("remote") or {}).get("invoice") or ""),
            "Amount": str(number(item.get("amount"), "Le montant affecté")),
        }
        for item in _checked(items)
    ]


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _checked(raw: Any) -> list[Mapping[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(line, Mapping) for line in raw):
        raise ValueError("Les lignes n’ont pas la forme prévue (une liste d’objets).")
    return raw


INVOICE_LINES = Codec(_decode_invoice, _encode_invoice)
EXPENSE_LINES = Codec(_decode_expense, _encode_expense)
ALLOCATIONS = Codec(_decode_allocations, _encode_allocations)
