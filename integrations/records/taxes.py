"""Quebec sales taxes, to the cent. Each tax is computed on the taxable amount itself and rounded once, half up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")

# Tax code → the taxes that it stands for: (French name, rate in percent).
RATES: dict[str, tuple[tuple[str, Decimal], ...]] = {
    "gst_qst": (("TPS", Decimal("5.00000")), ("TVQ", Decimal("9.97500"))),
    "gst": (("TPS", Decimal("5.00000")),),
    "qst": (("TVQ", Decimal("9.97500")),),
    "zero": (),
    "exempt": (),
    "": (),
}


def round_cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, half up as tax authorities do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def tax_rows(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the tax rows of an invoice from its lines' `subtotal` and `tax_code`, one row per tax.

    KeyError for a code whose rate depends on another province (hst).
    """
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        for tax in RATES[line["tax_code"]]:
            bases[tax] = bases.get(tax, Decimal(0)) + line["subtotal"]
    return [
        {"name": name, "rate": rate, "base": base, "amount": round_cents(base * rate / 100)}
        for (name, rate), base in bases.items()
    ]


def invoice_amounts(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return `subtotal`, `taxes`, `total_tax` and `total` of an invoice whose lines do not include taxes."""
    taxes = tax_rows(lines)
    subtotal = sum((line["subtotal"] for line in lines), Decimal("0.00"))
    total_tax = sum((tax["amount"] for tax in taxes), Decimal("0.00"))
    return {"subtotal": subtotal, "taxes": taxes, "total_tax": total_tax, "total": subtotal + total_tax}
