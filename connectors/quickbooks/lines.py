"""Line arrays of invoices, payments and expenses.

An item of the platform has the field names of its line model, and `remote`, what the provider knows the line by: `id`,
and ids of the lists that account mapping fills before a line is sent (`item`, `account`, `tax_code`, `invoice`).
Lines that the platform has no word for (subtotal, discount, group, remark) are left to writing.py, which sends them
back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base.codecs import number
from connectors.base.resource import Codec, dig

SALES = "SalesItemLineDetail"
BY_ACCOUNT = "AccountBasedExpenseLineDetail"
BY_ITEM = "ItemBasedExpenseLineDetail"
OURS = frozenset({SALES, BY_ACCOUNT, BY_ITEM})
"""Detail types of the lines that the platform keeps."""

_CENT, _MILLIONTH = Decimal("0.01"), Decimal("0.000001")
_NOTHING = Decimal(0)


def _decode_invoice(raw: Any) -> list[dict[str, Any]]:
    return [_sale(line) for line in _checked(raw) if line.get("DetailType") == SALES]


def _sale(line: Mapping[str, Any]) -> dict[str, Any]:
    detail = line.get(SALES) or {}
    amount = number(line.get("Amount"), "Le montant de la ligne")
    quantity = number(detail.get("Qty"), "La quantité") if detail.get("Qty") is not None else Decimal(1)
    if detail.get("UnitPrice") is not None:
        price = number(detail["UnitPrice"], "Le prix unitaire")
    else:
        price = amount / quantity if quantity else amount
    return {
        "code": str(dig(detail, "ItemRef.name") or ""),
        "description": str(line.get("Description") or ""),
        "quantity": quantity,
        "unit_price": price,
        "subtotal": amount,
        "total": amount,
        "service_date": detail.get("ServiceDate"),
        "remote": {
            "id": str(line.get("Id") or ""),
            "item": str(dig(detail, "ItemRef.value") or ""),
            "tax_code": str(dig(detail, "TaxCodeRef.value") or ""),
        },
    }


def _encode_invoice(items: Any) -> list[dict[str, Any]]:
    return [_sold(item, place) for place, item in enumerate(_checked(items), start=1)]


def _sold(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    remote = item.get("remote") or {}
    if not remote.get("item"):
        raise ValueError(
            f"La ligne {place} n’a pas d’article QuickBooks. Choisissez-en un dans la correspondance des comptes."
        )
    detail: dict[str, Any] = {"ItemRef": {"value": str(remote["item"])}, **_tax(remote)}
    if item.get("service_date"):
        detail["ServiceDate"] = str(item["service_date"])
    amount, priced = _priced(item)
    return _line(item, SALES, {**detail, **priced}, amount)


def _priced(item: Mapping[str, Any]) -> tuple[Decimal, dict[str, str]]:
    """Amount, with quantity and price when they multiply to it to the cent: QuickBooks refuses any other amount."""
    quantity = number(item.get("quantity", 1), "La quantité")
    price = number(item.get("unit_price"), "Le prix unitaire")
    kept = (100 - number(item.get("discount_percent"), "Le rabais")) / 100
    amount = number(item.get("subtotal"), "Le sous-total")
    if not amount:
        amount = _cents(quantity * price * kept)
    for each in (price, (price * kept).quantize(_MILLIONTH)):
        if _cents(quantity * each) == amount:
            return amount, {"Qty": _plain(quantity), "UnitPrice": _plain(each)}
    return amount, {}


def _decode_expense(raw: Any) -> list[dict[str, Any]]:
    return [_cost(line) for line in _checked(raw) if line.get("DetailType") in (BY_ACCOUNT, BY_ITEM)]


def _cost(line: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(line["DetailType"])
    detail = line.get(kind) or {}
    taxed = detail.get("TaxAmount")
    return {
        "description": str(line.get("Description") or ""),
        "account": str(dig(detail, "AccountRef.name") or dig(detail, "ItemRef.name") or ""),
        "amount": number(line.get("Amount"), "Le montant de la ligne"),
        "tax_amount": None if taxed is None else number(taxed, "La taxe de la ligne"),
        "remote": {
            "id": str(line.get("Id") or ""),
            "account": str(dig(detail, "AccountRef.value") or ""),
            "item": str(dig(detail, "ItemRef.value") or ""),
            "tax_code": str(dig(detail, "TaxCodeRef.value") or ""),
        },
    }


def _encode_expense(items: Any) -> list[dict[str, Any]]:
    return [_spent(item, place) for place, item in enumerate(_checked(items), start=1)]


def _spent(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    remote = item.get("remote") or {}
    amount = number(item.get("amount"), "Le montant de la ligne")
    if remote.get("account"):
        return _line(item, BY_ACCOUNT, {"AccountRef": {"value": str(remote["account"])}, **_tax(remote)}, amount)
    if remote.get("item"):
        return _line(item, BY_ITEM, {"ItemRef": {"value": str(remote["item"])}, **_tax(remote)}, amount)
    raise ValueError(
        f"La ligne {place} n’a pas de compte de dépenses QuickBooks. Choisissez-en un dans la correspondance des "
        "comptes."
    )


def _decode_allocations(raw: Any) -> list[dict[str, Any]]:
    """The parts that pay invoices; credits and journal entries are not the platform's."""
    found = []
    for line in _checked(raw):
        for linked in line.get("LinkedTxn") or []:
            if dig(linked, "TxnType") == "Invoice":
                amount = number(line.get("Amount"), "Le montant affecté")
                found.append({"amount": amount, "remote": {"invoice": str(dig(linked, "TxnId") or "")}})
    return found


def _encode_allocations(items: Any) -> list[dict[str, Any]]:
    lines = []
    for place, item in enumerate(_checked(items), start=1):
        invoice = (item.get("remote") or {}).get("invoice")
        if not invoice:
            raise ValueError(
                f"La facture de l’affectation {place} n’est pas encore dans QuickBooks. Envoyez d’abord la facture."
            )
        amount = number(item.get("amount"), "Le montant affecté")
        linked = [{"TxnId": str(invoice), "TxnType": "Invoice"}]
        lines.append({"Amount": _plain(_cents(amount)), "LinkedTxn": linked})
    return lines


def _line(item: Mapping[str, Any], kind: str, detail: dict[str, Any], amount: Decimal) -> dict[str, Any]:
    remote_id = (item.get("remote") or {}).get("id")
    known = {"Id": str(remote_id)} if remote_id else {}
    return {
        **known,
        "Description": str(item.get("description") or ""),
        "Amount": _plain(_cents(amount)),
        "DetailType": kind,
        kind: detail,
    }


def _tax(remote: Mapping[str, Any]) -> dict[str, Any]:
    return {"TaxCodeRef": {"value": str(remote["tax_code"])}} if remote.get("tax_code") else {}


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _plain(value: Decimal) -> str:
    """Without exponent and without final zeros, except for the cents of an amount."""
    text = format(value, "f")
    if "." not in text:
        return text
    text = text.rstrip("0").rstrip(".")
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}" if len(part) == 1 else text


def _checked(raw: Any) -> list[Mapping[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(line, Mapping) for line in raw):
        raise ValueError("Les lignes n’ont pas la forme prévue (une liste d’objets).")
    return raw


INVOICE_LINES = Codec(_decode_invoice, _encode_invoice)
EXPENSE_LINES = Codec(_decode_expense, _encode_expense)
ALLOCATIONS = Codec(_decode_allocations, _encode_allocations)
