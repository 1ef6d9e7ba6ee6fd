"""Square's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base.codecs import address_of, cents_object, number, objects, read_only
from connectors.base.resource import Codec, dig
from connectors.base.rest import parse_instant

MONEY = cents_object("CAD")
TORONTO = ZoneInfo("America/Toronto")
_PARTS = {
    "line1": "address_line_1",
    "line2": "address_line_2",
    "city": "locality",
    "province": "administrative_district_level_1",
    "postal_code": "postal_code",
    "country": "country",
}
_CENT = Decimal("0.01")
# What the platform's tax codes of a line stand for, in percent.
RATES: Mapping[str, frozenset[Decimal]] = {
    "gst_qst": frozenset({Decimal(5), Decimal("9.975")}),
    "gst": frozenset({Decimal(5)}),
    "qst": frozenset({Decimal("9.975")}),
    "hst": frozenset({Decimal(13), Decimal(14), Decimal(15)}),
    "exempt": frozenset(),
    "zero": frozenset(),
}


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    parts = {ours: raw.get(theirs) for ours, theirs in _PARTS.items()}
    return parts | {"line2": ", ".join(str(raw[n]) for n in ("address_line_2", "address_line_3") if raw.get(n))}


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    return {theirs: part[ours] for ours, theirs in _PARTS.items() if part[ours]} | {"address_line_3": ""}


def day_of(value: Any) -> str | None:
    """The day of an instant in Toronto, as ISO text."""
    moment = parse_instant(value)
    return moment.astimezone(TORONTO).date().isoformat() if moment else None


def cents(raw: Any) -> Decimal:
    """A money object as Decimal, whatever its currency; 0 for none."""
    amount = dig(raw, "amount")
    return Decimal(amount).scaleb(-2) if isinstance(amount, int) and not isinstance(amount, bool) else Decimal(0)


def _decode_lines(raw: Any) -> list[dict[str, Any]]:
    found = []
    for line in objects(raw):
        quantity = number(line.get("quantity", "1"), "La quantité")
        gross = MONEY.decode(line.get("gross_sales_money")) or Decimal(0)
        note = str(line.get("note") or "")
        item = {
            "description": str(line.get("name") or note),
            "quantity": quantity,
            "unit_price": MONEY.decode(line.get("base_price_money")) or Decimal(0),
            "subtotal": gross,
            "total": gross,
            "remote": {"id": str(line.get("uid") or "")},
        }
        found.append(item)
    return found


def _encode_lines(items: Any) -> list[dict[str, Any]]:
    return [_sold(item) for item in objects(items)]


def _sold(item: Mapping[str, Any]) -> dict[str, Any]:
    """Quantity and price where they multiply to the amount, else one piece of it: Square computes the amount itself."""
    quantity = number(item.get("quantity", 1), "La quantité")
    price = number(item.get("unit_price"), "Le prix unitaire")
    kept = (100 - number(item.get("discount_percent"), "Le rabais")) / 100
    amount = number(item.get("subtotal"), "Le sous-total") or quantity * price * kept
    amount = amount.quantize(_CENT, ROUND_HALF_UP)
    whole = price == price.quantize(_CENT) and (quantity * price).quantize(_CENT, ROUND_HALF_UP) == amount
    if not whole or quantity <= 0:
        quantity, price = Decimal(1), amount
    return {
        "name": str(item.get("description") or item.get("code") or "Service")[:512],
        "quantity": format(quantity.normalize(), "f"),
        "base_price_money": MONEY.encode(price),
        "_tax_code": str(item.get("tax_code") or ""),
    }


def _decode_taxes(raw: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": str(row.get("name") or "Taxe"),
            "rate": number(row.get("percentage"), "Le taux de taxe"),
            "base": number(row.get("_base"), "Le montant taxable"),
            "amount": MONEY.decode(row.get("applied_money")) or Decimal(0),
            "remote": {"id": str(row.get("uid") or "")},
        }
        for row in objects(raw)
    ]


def _encode_taxes(items: Any) -> list[dict[str, Any]]:
    return [
        {
            "uid": f"tax-{place}",
            "name": str(item.get("name") or "Taxe")[:255],
            "percentage": format(number(item.get("rate"), "Le taux de taxe").normalize(), "f"),
            "type": "ADDITIVE",
            "scope": "LINE_ITEM",
        }
        for place, item in enumerate(objects(items), start=1)
    ]


CODECS = {
    "money": MONEY,
    "address": address_of(_read_address, _write_address),
    "day": Codec(day_of, read_only("Square")),
    "lines": Codec(_decode_lines, _encode_lines),
    "taxes": Codec(_decode_taxes, _encode_taxes),
}
