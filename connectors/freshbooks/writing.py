"""Bodies of writes. A stored body is the bare object, in our forms where they need the object as it now is: finished()
makes what FreshBooks gets of it. `_twin` says what to look for when the outcome of a creation is unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.base.errors import Conflict, Rejected
from connectors.base.resource import Resource
from connectors.freshbooks.codecs import CURRENCY, UNKNOWN
from connectors.freshbooks.quirks import ADDRESS_PARTS, amount
from connectors.freshbooks.reading import twin_of

ACTIVE, DELETED = {"vis_state": 0}, {"vis_state": 1}
SENT = ("sent", "partial", "paid")
DRAFT_STATUS, SENT_STATUS = 1, 2
IDS = ("customerid", "invoiceid")


def creation(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """The object to create: what has no value is left out."""
    refuse_unknown_tax(values)
    given = {name: value for name, value in values.items() if value not in (None, "", [])}
    if resource.name == "payments":
        given["invoiceid"] = _the_invoice(values)
    body = {**given, "_twin": ""}
    whole = finished(resource, body, {})
    body["_twin"] = "" if whole.get("invoice_number") else twin_of(resource, whole)
    return body


def change(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields to change, as they are: what FreshBooks gets of them follows from the object as it then is."""
    refuse_unknown_tax(values)
    return values


def finished(resource: Resource, body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """The object as FreshBooks takes it; `current`: as it now is, nothing for a new one."""
    wired = {name: "" if value is None else value for name, value in body.items() if not name.startswith("_")}
    if resource.name == "clients":
        return {**_client(body, wired, current), **({} if current else {"currency_code": CURRENCY})}
    for name in IDS:
        if name in wired:
            wired[name] = _whole(wired[name], name)
    if resource.name == "payments":
        return _payment(body, wired, current)
    return _invoice(body, wired, current)


def refuse_unknown_tax(values: Mapping[str, Any]) -> None:
    """Rejected when a line has a harmonised tax that nobody has chosen: it never goes without its tax."""
    if any(line.get("taxAmount1") == UNKNOWN for line in values.get("lines") or []):
        sentence = "Aucune taxe harmonisée (TVH) n’est choisie dans la correspondance des comptes."
        raise Rejected(f"{sentence} Choisissez-la, puis réessayez.", field_errors={"lines": sentence}, code="slot")


def demand_version(label: str, wanted: str, current: str) -> None:
    """Conflict when the object has moved on since the write was planned: FreshBooks itself keeps no version."""
    if wanted and wanted != current:
        raise Conflict(
            f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
            code="stale",
        )


def dumps(body: Any) -> str:
    """JSON text; amounts that stand alone are texts here."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_text)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in a body")


def _client(body: Mapping[str, Any], wired: dict[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    for name, prefix in (("_billing", "p"), ("_shipping", "s")):
        if name in body:
            parts = body[name] or {}
            wired |= {f"{prefix}_{part}": parts.get(part) or "" for part in ADDRESS_PARTS}
    if "_language" in body:
        wired["language"] = body["_language"] or ""
    named = any(wired.get(name) for name in ("organization", "fname", "lname"))
    if body.get("_name") and not named:
        # The name is the organization's, or else the person's.
        if current and not current.get("organization") and (current.get("fname") or current.get("lname")):
            wired["fname"], _, wired["lname"] = str(body["_name"]).partition(" ")
        else:
            wired["organization"] = body["_name"]
    return wired


def _invoice(body: Mapping[str, Any], wired: dict[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    if "due_date" in wired:
        # Not writable itself.
        issued = wired.get("create_date") or current.get("create_date")
        due = wired.pop("due_date")
        if issued and due:
            days = (date.fromisoformat(str(due)[:10]) - date.fromisoformat(str(issued)[:10])).days
            if days < 0:
                raise Rejected(
                    "L’échéance précède la date de la facture. Corrigez l’une des deux dates, puis réessayez.",
                    field_errors={"due_date": "L’échéance précède la date de la facture."},
                    code="bad_due_date",
                )
            wired["due_offset_days"] = days
    status = body.get("_status")
    if status == "draft":
        wired["status"] = DRAFT_STATUS
    elif status in SENT and not current:
        wired["status"] = SENT_STATUS
    elif status == "sent" and current.get("_status") == "draft":
        wired["action_mark_as_sent"] = True
    return wired if current else {"currency_code": CURRENCY, **wired}


def _payment(body: Mapping[str, Any], wired: dict[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    if current and "_allocations" in body and str(_the_invoice(body)) != str(current.get("invoiceid")):
        raise Rejected(
            "FreshBooks ne déplace pas un paiement d’une facture à l’autre. Supprimez-le, puis créez-en un autre.",
            code="not_movable",
        )
    return wired


def _the_invoice(values: Mapping[str, Any]) -> str:
    """One payment pays one invoice."""
    parts = values.get("_allocations") or []
    paid = values.get("amount")
    if len(parts) != 1 or (paid is not None and amount(parts[0].get("amount")) != amount(paid)):
        raise Rejected(
            "Dans FreshBooks, un paiement paie une seule facture, de tout son montant. Affectez ce paiement à une "
            "seule facture, ou faites-en un par facture.",
            field_errors={"_allocations": "Un paiement de FreshBooks paie une seule facture, de tout son montant."},
            code="one_invoice",
        )
    return str(parts[0].get("invoiceid") or "")


def _whole(value: Any, name: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        sentence = f"« {value} » n’est pas un identifiant de FreshBooks."
        raise Rejected(
            f"{sentence} Synchronisez d’abord l’élément désigné, puis réessayez.", field_errors={name: sentence}
        ) from None
