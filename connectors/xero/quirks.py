"""What Xero says in a form that the mappings cannot read, said again beside it. Names begin with an underscore.

Two arrays become objects by type, so that a mapping can name one of their elements (`Phones.DEFAULT`,
`Addresses.POBOX`); writing.py makes arrays of them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.base.connector import Connection
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource, dig

Rates = Mapping[str, list[tuple[str, Decimal]]]
"""Tax type → (name, percent) of each of its components."""

CENT = Decimal("0.01")
BY_TYPE = {"Phones": "PhoneType", "Addresses": "AddressType"}
"""Array → member that tells its elements apart."""
TYPES = {"invoices": "ACCREC", "bills": "ACCPAY"}
GONE = {"ContactStatus": ("ARCHIVED", "GDPRREQUEST"), "Status": ("DELETED",)}
_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tenant(connection: Connection) -> str:
    """The organisation's id; Misconfigured when none was chosen."""
    found = connection.account_id or connection.credentials.get("account_id", "")
    if not found:
        raise Misconfigured(
            "L’organisation Xero de cette intégration n’est pas connue. Reconnectez l’intégration et choisissez "
            "l’organisation.",
            code="no_account",
        )
    return found


def instant(value: Any) -> datetime | None:
    """`/Date(1778850764230+0000)/` as an aware UTC datetime, None when it is anything else. The offset says nothing:
    the milliseconds count from the epoch in UTC."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return _EPOCH + timedelta(milliseconds=int(match[1])) if match else None
    except OverflowError:
        return None


def day(value: Any) -> date | None:
    """The plain date of a Date or DateString, None when there is none; ValueError when it cannot be read."""
    if value in (None, ""):
        return None
    moment = instant(value)
    return moment.date() if moment else date.fromisoformat(str(value)[:10])


def amount(value: Any) -> Decimal:
    """A JSON number as Decimal; 0 for nothing or nonsense (the field's own mapping complains of that)."""
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """A contact that was archived or merged, a document that was deleted. A void invoice stays, as void."""
    return bool(raw.get("MergedToContactID")) or any(raw.get(name) in states for name, states in GONE.items())


def merged_into(raw: Mapping[str, Any]) -> str:
    """The id of the contact that this one was merged into."""
    return str(raw.get("MergedToContactID") or "")


def is_of(resource: Resource, raw: Mapping[str, Any]) -> bool:
    """Whether a document is a sale or a purchase, as the resource wants it; both live at one address."""
    return resource.name not in TYPES or raw.get("Type") == TYPES[resource.name]


def is_supplier_only(raw: Mapping[str, Any]) -> bool:
    """A contact that only ever sent bills, and that we did not create (ours carry our number)."""
    return raw.get("IsSupplier") is True and raw.get("IsCustomer") is not True and not raw.get("ContactNumber")


def complete(resource: Resource, raw: Any, rates: Rates) -> dict[str, Any]:
    """The object with what follows from it. Malformed when there is no object."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"Xero n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    updated = instant(raw.get("UpdatedDateUTC"))
    whole = {**raw, "_updated": updated.isoformat().replace("+00:00", "Z") if updated else ""}
    return {**whole, **_DERIVED[resource.name](raw, rates)}


def account_key(account: Any) -> str:
    """What a line or a payment names an account by: its code, or its id where it has none (some bank accounts)."""
    found = dig(account, "Code") or dig(account, "AccountID")
    return str(found or "")


def _contact(raw: Mapping[str, Any], rates: Rates) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, key in BY_TYPE.items():
        rows = raw.get(name)
        if isinstance(rows, list):
            found[name] = {str(row[key]): row for row in rows if isinstance(row, Mapping) and row.get(key)}
    return found


def _document(raw: Mapping[str, Any], rates: Rates) -> dict[str, Any]:
    status = str(raw.get("Status") or "")
    if status == "AUTHORISED" and amount(raw.get("AmountPaid")) + amount(raw.get("AmountCredited")) > 0:
        status = "PARTIAL"
    return {"_status": status, "_taxes": taxes(raw, rates)}


def _bill(raw: Mapping[str, Any], rates: Rates) -> dict[str, Any]:
    found = _document(raw, rates)
    by_rate: dict[Decimal, Decimal] = {}
    for row in found["_taxes"]:
        rate = Decimal(row["Rate"]).normalize()
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + Decimal(row["Amount"])
    contact = raw.get("Contact") or {}
    return {
        **found,
        "_gst": str(by_rate.get(Decimal(5), Decimal("0.00"))),
        "_qst": str(by_rate.get(Decimal("9.975"), Decimal("0.00"))),
        "_supplier": {"value": str(contact.get("ContactID") or ""), "name": str(contact.get("Name") or "")},
    }


def _payment(raw: Mapping[str, Any], rates: Rates) -> dict[str, Any]:
    invoice = dig(raw, "Invoice.InvoiceID")
    return {
        "_account": {"value": account_key(raw.get("Account"))},
        "_allocations": [{"InvoiceID": str(invoice), "Amount": str(raw.get("Amount"))}] if invoice else [],
    }


def taxes(raw: Mapping[str, Any], rates: Rates) -> list[dict[str, str]]:
    """One row per component of each tax type of the document.

    Xero keeps one tax amount per line: it is split by the components' rates, the last one taking what is left, so that
    the rows add up to the amount to the cent.
    """
    totals: dict[str, tuple[Decimal, Decimal]] = {}
    for line in raw.get("LineItems") or []:
        kind, tax = str(line.get("TaxType") or ""), amount(line.get("TaxAmount"))
        net = amount(line.get("LineAmount")) - (tax if raw.get("LineAmountTypes") == "Inclusive" else 0)
        before = totals.get(kind, (Decimal(0), Decimal(0)))
        totals[kind] = (before[0] + net, before[1] + tax)
    rows = []
    for kind, (base, tax) in totals.items():
        components = rates.get(kind) or []
        left = tax
        for place, (name, percent) in enumerate(components, start=1):
            last = place == len(components)
            part = left if last else (base * percent / 100).quantize(CENT, ROUND_HALF_UP)
            left -= part
            if percent or part:
                rows.append({"Name": name, "Rate": str(percent), "Base": str(base), "Amount": str(part)})
        if not components and tax:
            rows.append({"Name": kind or "Taxe", "Rate": "0", "Base": str(base), "Amount": str(tax)})
    return rows


_DERIVED: Mapping[str, Callable[[Mapping[str, Any], Rates], dict[str, Any]]] = {
    "contacts": _contact,
    "invoices": _document,
    "bills": _bill,
    "payments": _payment,
}
