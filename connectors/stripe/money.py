"""Amounts and instants: Stripe counts in the smallest unit of a currency, and in Unix seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

TORONTO = ZoneInfo("America/Toronto")
# Currencies without cents, and those with mills.
WHOLE = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
})  # fmt: skip
MILLS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def places(currency: str) -> int:
    """How many decimals an amount of this currency has."""
    code = currency.lower()
    return 0 if code in WHOLE else 3 if code in MILLS else 2


def amount(units: Any, currency: Any) -> Decimal:
    """125000 cents → Decimal("1250.00"); 0 for nothing or nonsense."""
    if isinstance(units, bool) or not isinstance(units, (int, str)):
        return Decimal(0)
    try:
        return Decimal(units).scaleb(-places(str(currency or "")))
    except InvalidOperation:
        return Decimal(0)


def units(value: Any, currency: str) -> int:
    """Decimal("1250.00") → 125000. ValueError, in French, for anything that is no whole number of units."""
    try:
        found = Decimal(str(value)).scaleb(places(currency))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"« {value} » n’est pas un montant.")
    if found != found.to_integral_value():
        raise ValueError(f"Le montant {value} a des fractions de cent : arrondissez-le à deux décimales.")
    return int(found)


def day(seconds: Any) -> str | None:
    """The day of an instant in Toronto, as ISO text."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    return datetime.fromtimestamp(seconds, UTC).astimezone(TORONTO).date().isoformat()


def first_second(text: str) -> int:
    """Unix seconds at which a day begins in Toronto; ValueError when it is no date."""
    return int(datetime.combine(date.fromisoformat(text), time.min, TORONTO).timestamp())


def last_second(text: str) -> int:
    """Unix seconds at which a day ends in Toronto; ValueError when it is no date."""
    return int(datetime.combine(date.fromisoformat(text), time(23, 59, 59), TORONTO).timestamp())
