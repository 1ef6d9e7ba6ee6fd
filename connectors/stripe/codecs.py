"""Stripe's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base.codecs import address_of, number, objects, read_only
from connectors.base.resource import Codec
from connectors.stripe.money import day, last_second

_PARTS = {
    "line1": "line1",
    "line2": "line2",
    "city": "city",
    "province": "state",
    "postal_code": "postal_code",
    "country": "country",
}
_CENT = Decimal("0.01")


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {ours: raw.get(theirs) for ours, theirs in _PARTS.items()}


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    """All six parts: an empty one clears what stood there."""
    return {theirs: part[ours] for ours, theirs in _PARTS.items()}


def _decode_language(raw: Any) -> str | None:
    """The first preferred locale that is French or English."""
    for locale in raw if isinstance(raw, list) else []:
        language = str(locale)[:2].lower()
        if language in ("fr", "en"):
            return language
    return None


def _encode_language(value: Any) -> list[str] | None:
    return [f"{value}-CA"] if value else None


def _decode_exempt(raw: Any) -> bool | None:
    return None if raw is None else raw in ("exempt", "reverse")


def _encode_exempt(value: Any) -> str | None:
    return None if value is None else "exempt" if value else "none"


def _decode_currency(raw: Any) -> str | None:
    return str(raw).upper() if raw else None


def _encode_currency(value: Any) -> str | None:
    return str(value).lower() if value else None


def _encode_due(value: Any) -> int | None:
    """The last second of the day in Toronto: the customer has that whole day to pay."""
    if value is None:
        return None
    return last_second(value.isoformat() if isinstance(value, date) else str(value))


def _decode_lines(raw: Any) -> list[dict[str, Any]]:
    return [
        {
            "description": line["description"],
            "quantity": number(line["quantity"], "La quantité"),
            "unit_price": number(line["unit_price"], "Le prix unitaire"),
            "subtotal": number(line["amount"], "Le montant de la ligne"),
            "total": number(line["amount"], "Le montant de la ligne"),
            "remote": {"id": line["id"]},
        }
        for line in objects(raw)
    ]


def _encode_lines(items: Any) -> list[dict[str, str]]:
    return [_sold(item) for item in objects(items)]


def _sold(item: Mapping[str, Any]) -> dict[str, str]:
    """Stripe's quantities are whole: the amount is sent, and quantity and price go along as notes."""
    quantity = number(item.get("quantity", 1), "La quantité")
    price = number(item.get("unit_price"), "Le prix unitaire")
    kept = (100 - number(item.get("discount_percent"), "Le rabais")) / 100
    amount = number(item.get("subtotal"), "Le sous-total") or quantity * price * kept
    return {
        "id": str((item.get("remote") or {}).get("id") or ""),
        "description": str(item.get("description") or item.get("code") or ""),
        "quantity": format(quantity.normalize(), "f"),
        "unit_price": format(price.normalize(), "f"),
        "amount": str(amount.quantize(_CENT, ROUND_HALF_UP)),
    }


def _decode_taxes(raw: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "rate": number(row["rate"], "Le taux de taxe"),
            "base": number(row["base"], "Le montant taxable"),
            "amount": number(row["amount"], "Le montant de taxe"),
            "remote": {"id": row.get("id", "")},
        }
        for row in objects(raw)
    ]


def _encode_taxes(items: Any) -> list[dict[str, str]]:
    return [
        {
            "id": str((item.get("remote") or {}).get("id") or ""),
            "name": str(item.get("name") or "Taxe"),
            "rate": format(number(item.get("rate"), "Le taux de taxe").normalize(), "f"),
            "base": str(number(item.get("base"), "Le montant taxable")),
            "amount": str(number(item.get("amount"), "Le montant de taxe").quantize(_CENT, ROUND_HALF_UP)),
        }
        for item in objects(items)
    ]


def _decode_allocations(raw: Any) -> list[dict[str, Any]]:
    return [
        {"amount": number(one["amount"], "Le montant affecté"), "remote": {"invoice": one["invoice"]}}
        for one in objects(raw)
    ]


CODECS = {
    "address": address_of(_read_address, _write_address),
    "language": Codec(_decode_language, _encode_language),
    "exempt": Codec(_decode_exempt, _encode_exempt),
    "currency": Codec(_decode_currency, _encode_currency),
    "due": Codec(day, _encode_due),
    "lines": Codec(_decode_lines, _encode_lines),
    "taxes": Codec(_decode_taxes, _encode_taxes),
    "allocations": Codec(_decode_allocations, read_only("Stripe")),
}
