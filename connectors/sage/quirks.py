"""What follows from an Intacct object and does not stand in it. Names begin with an underscore."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.resource import dig

TAX_NAMES = {Decimal(5): "TPS", Decimal("9.975"): "TVQ"}


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """A flat row of a query ("customer.id") as the object that a GET gives."""
    whole: dict[str, Any] = {}
    for name, value in row.items():
        *parents, last = name.split(".")
        place = whole
        for step in parents:
            below = place.setdefault(step, {})
            place = below if isinstance(below, dict) else {}
        place[last] = value
    return whole


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """A customer that was made inactive, or an object that is no longer there."""
    return bool(raw.get("_gone")) or raw.get("status") == "inactive"


def complete(resource: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object with what follows from it."""
    return {**raw, **_invoice(raw)} if resource == "invoices" and not raw.get("_gone") else dict(raw)


def amount(value: Any) -> Decimal:
    """An amount, 0 for nothing or nonsense (the field's own mapping complains of that)."""
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def customer_id(prefix: str, reference: str) -> str:
    """The number of a customer of ours, always the same for the same record."""
    digest = hashlib.sha256(reference.encode()).digest()
    return f"{prefix}{base64.b32encode(digest).decode()[:10]}"


def ranges(keys: Iterable[int]) -> str:
    """Many numbers as short text: "1-5,9"."""
    parts: list[list[int]] = []
    for key in sorted(set(keys)):
        if parts and key == parts[-1][1] + 1:
            parts[-1][1] = key
        else:
            parts.append([key, key])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def numbers(text: str) -> set[int]:
    """What ranges() wrote."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _invoice(raw: Mapping[str, Any]) -> dict[str, Any]:
    lines = [line for line in raw.get("lines") or () if isinstance(line, Mapping)]
    subtotal = sum((amount(line.get("txnAmount")) for line in lines), Decimal(0))
    # Lines by key leave out tax rows: what is missing to the total is tax, however it was entered.
    tax = amount(raw.get("totalTxnAmount")) - subtotal
    return {"_subtotal": str(subtotal), "_tax": str(tax), "_taxes": _taxes(lines)}


def _taxes(lines: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row per tax, as text, from the entries of all lines."""
    bases: dict[tuple[str, str], list[Decimal]] = {}
    for line in lines:
        for entry in line.get("taxEntries") or ():
            rate = amount(dig(entry, "taxRate")).normalize()
            name = TAX_NAMES.get(rate) or str(dig(entry, "orderEntryTaxDetail.id") or "Taxe")
            row = bases.setdefault((name, format(rate, "f")), [Decimal(0), Decimal(0)])
            row[0] += amount(line.get("txnAmount"))
            row[1] += amount(dig(entry, "txnTaxAmount"))
    return [
        {"name": name, "rate": rate, "base": str(base), "amount": str(tax)}
        for (name, rate), (base, tax) in bases.items()
    ]
