"""Values, lines and totals, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.xero.simulator.problems import Invalid

Row = dict[str, Any]
_CENT = Decimal("0.01")
_ADDRESS = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "City", "Region", "PostalCode", "Country")


def millis(moment: datetime) -> str:
    """As Xero writes instants."""
    return f"/Date({round(moment.timestamp() * 1000)}+0000)/"


def dated(value: Any, name: str) -> date:
    """A date that a caller wrote; Invalid when it is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Invalid(f"The {name} is not a valid date: {value}") from None


def number(value: Any, name: str) -> Decimal:
    """A figure that a caller wrote; Invalid when it is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise Invalid(f"{name} is not a valid number: {value}")
    return found


def cents(value: Decimal) -> Decimal:
    """Half up."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def settle(document: Row) -> None:
    """The figures of a document."""
    lines = document["LineItems"]
    amounts = sum((Decimal(str(line["LineAmount"])) for line in lines), Decimal(0))
    tax = sum((Decimal(str(line["TaxAmount"])) for line in lines), Decimal(0))
    net = amounts - tax if document["LineAmountTypes"] == "Inclusive" else amounts
    full = sum((cents(Decimal(str(line["Quantity"])) * Decimal(str(line["UnitAmount"]))) for line in lines), Decimal(0))
    ended = document["Status"] in ("VOIDED", "DELETED")
    paid = sum((Decimal(str(one["Amount"])) for one in document["Payments"]), Decimal(0))
    document |= {
        "SubTotal": float(net), "TotalTax": float(tax), "Total": float(net + tax),
        "AmountPaid": float(paid), "AmountCredited": 0.0,
        "AmountDue": 0.0 if ended else float(net + tax - paid),
    }  # fmt: skip
    if full != amounts:
        document["TotalDiscount"] = float(full - amounts)
    else:
        document.pop("TotalDiscount", None)


def set_date(row: Row, name: str, value: Any) -> None:
    """`/Date(…)/` and its twin."""
    if not value or str(value).startswith("/Date("):
        return
    day = dated(value, name)
    row[name] = millis(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=(day - date(1970, 1, 1)).days))
    row[f"{name}String"] = f"{day.isoformat()}T00:00:00"


def by_type(given: Any, before: Any, key: str) -> list[Row]:
    """Elements of a contact's array: those that are given take the place of those of the same type."""
    kinds = ("DDI", "DEFAULT", "FAX", "MOBILE") if key == "PhoneType" else ("STREET", "POBOX")
    blank = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""} if key == "PhoneType" else (
        dict.fromkeys(_ADDRESS, ""))  # fmt: skip
    found: dict[str, Row] = {kind: {key: kind, **blank} for kind in kinds}
    for rows in (before, given):
        for one in rows or []:
            found[str(one.get(key))] = {**found.get(str(one.get(key)), {}), **one}
    return list(found.values())
