"""What FreshBooks does not say of its objects and that follows from what it says. Names begin with an underscore."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base.connector import Connection
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.fingerprint import fingerprint
from connectors.base.resource import Resource, dig

CENT = Decimal("0.01")
EASTERN = ZoneInfo("America/New_York")
ADDRESS_PARTS = {
    "street": "line1", "street2": "line2", "city": "city", "province": "province", "code": "postal_code",
    "country": "country",
}  # fmt: skip
"""FreshBooks' part, after `p_` or `s_` → ours."""

# What tells one state of an object from another: `updated` counts whole seconds, and two changes may share one.
STATE = {
    "clients": ("organization", "fname", "lname", "email", "bus_phone", "mob_phone", "vat_number", "language"),
    "invoices": ("invoice_number", "create_date", "due_date", "notes", "po_number", "status", "amount.amount",
                 "paid.amount"),
    "payments": ("amount.amount", "date", "note", "type"),
}  # fmt: skip


def account(connection: Connection) -> str:
    """The account's id; Misconfigured when none was chosen."""
    found = connection.account_id or connection.credentials.get("account_id", "")
    if not found:
        raise Misconfigured(
            "L’entreprise FreshBooks de cette intégration n’est pas connue. Reconnectez l’intégration et choisissez "
            "l’entreprise.",
            code="no_account",
        )
    return found


def businesses(data: Any) -> dict[str, str]:
    """Account id → name, of the businesses of a person that have books."""
    found = [dig(one, "business") or {} for one in dig(data, "response.business_memberships") or []]
    return {str(one["account_id"]): str(one.get("name") or one["account_id"]) for one in found if one.get("account_id")}


def instant(value: Any) -> datetime | None:
    """`2026-05-15 09:12:44`, of the clocks of New York and Montréal, as UTC; None when it is anything else. In the hour
    that comes twice in autumn it is the second one, so that nothing is taken for older than it is."""
    try:
        local = datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=EASTERN, fold=1)
    except ValueError:
        return None
    return local.astimezone(UTC)


def amount(value: Any) -> Decimal:
    """A figure as Decimal, out of `{"amount": "1379.70", "code": "CAD"}` or alone; 0 for nothing or nonsense (the
    field's own mapping complains of that)."""
    value = value.get("amount") if isinstance(value, Mapping) else value
    try:
        found = Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """vis_state 1. An archived object (2) lives on."""
    return str(raw.get("vis_state")) == "1"


def complete(resource: Resource, raw: Any) -> dict[str, Any]:
    """The object with what follows from it. Malformed when there is no object."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"FreshBooks n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    moment = instant(raw.get("updated"))
    lines = [(line.get("name"), line.get("qty"), line.get("unit_cost")) for line in _lines(raw)]
    state = [[str(dig(raw, name)) for name in STATE[resource.name]], lines]
    return {
        **raw,
        "_updated": moment.isoformat().replace("+00:00", "Z") if moment else "",
        "_version": f"{raw.get('updated') or ''} {fingerprint(state, 6)}",
        **_DERIVED[resource.name](raw),
    }


def name_of(raw: Mapping[str, Any]) -> str:
    """The organisation, else the person, else the e-mail address."""
    person = f"{raw.get('fname') or ''} {raw.get('lname') or ''}".strip()
    return str(raw.get("organization") or person or raw.get("email") or "").strip()


def _client(raw: Mapping[str, Any]) -> dict[str, Any]:
    language = str(raw.get("language") or "")[:2].lower()
    return {
        "_name": name_of(raw),
        "_language": language if language in ("fr", "en") else "",
        "_billing": {part: raw.get(f"p_{part}") for part in ADDRESS_PARTS},
        "_shipping": {part: raw.get(f"s_{part}") for part in ADDRESS_PARTS},
    }


def _invoice(raw: Mapping[str, Any]) -> dict[str, Any]:
    subtotal = sum((amount(line.get("amount")) for line in _lines(raw)), Decimal(0))
    discount = abs(amount(raw.get("discount_total")))
    tax = amount(raw.get("amount")) - subtotal + discount
    return {
        "_status": status_of(raw),
        "_subtotal": str(subtotal),
        "_discount": str(discount),
        "_total_tax": str(tax),
        "_taxes": taxes(raw, tax),
    }


def status_of(raw: Mapping[str, Any]) -> str:
    """draft, sent, partial or paid: by what was paid, else by whether it is a draft still."""
    paid = str(raw.get("payment_status") or "")
    if paid in ("paid", "auto-paid"):
        return "paid"
    if paid == "partial":
        return "partial"
    draft = raw.get("v3_status") in ("draft", "created") or str(raw.get("status")) == "1"
    return "draft" if draft else "sent"


def _payment(raw: Mapping[str, Any]) -> dict[str, Any]:
    invoice = raw.get("invoiceid")
    parts = [{"invoiceid": str(invoice), "amount": str(dig(raw, "amount.amount"))}] if invoice else []
    return {"_allocations": parts, "_status": "cleared"}


def taxes(raw: Mapping[str, Any], total: Decimal) -> list[dict[str, str]]:
    """One row per tax of the lines. FreshBooks gives percents only: the amounts are worked out on what is left after
    the discount, and the last one takes the cents by which they miss the document's own total."""
    kept = (100 - amount(raw.get("discount_value"))) / 100
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in _lines(raw):
        net = amount(line.get("amount")) * kept
        for place in ("1", "2"):
            name, percent = str(line.get(f"taxName{place}") or ""), amount(line.get(f"taxAmount{place}"))
            if not name or not percent:
                continue
            bases[name, percent] = bases.get((name, percent), Decimal(0)) + net
            if line.get("compounded_tax") is True:
                net += net * percent / 100
    rows = [(key, base, (base * key[1] / 100).quantize(CENT, ROUND_HALF_UP)) for key, base in bases.items()]
    left = total - sum((part for _, _, part in rows), Decimal(0))
    return [
        {
            "name": name,
            "rate": str(percent),
            "base": str(base.quantize(CENT, ROUND_HALF_UP)),
            "amount": str(part + left if place == len(rows) else part),
        }
        for place, ((name, percent), base, part) in enumerate(rows, start=1)
    ]


def _lines(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = raw.get("lines")
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


_DERIVED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "clients": _client,
    "invoices": _invoice,
    "payments": _payment,
}
