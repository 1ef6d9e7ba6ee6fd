"""Bodies of writes.

A stored body is the bare object, with what serves around the call under names that begin with an underscore: `_twin`
(what to look for when the outcome is unknown). wire() makes the bytes that Xero gets, always the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.base.errors import Conflict, Rejected
from connectors.base.resource import Resource
from connectors.xero.lines import account
from connectors.xero.quirks import BY_TYPE, amount
from connectors.xero.reading import payment_twin

KINDS = {"invoices": "ACCREC", "bills": "ACCPAY"}
MAX_KEY = 128
MAX_CONTACT_NUMBER = 50
# What Xero sets itself once payments are there: our word for it says only that the document is approved.
APPROVED = ("AUTHORISED", "PARTIAL", "PAID")


def key(idempotency_key: str) -> dict[str, str]:
    """Headers of a write."""
    return {"Content-Type": "application/json", "Idempotency-Key": idempotency_key[:MAX_KEY]}


def creation(resource: Resource, values: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """The object to create: what has no value is left out."""
    if resource.name == "payments":
        return _payment(values)
    given = _without_nothing(_wired(values))
    if resource.name == "contacts":
        return {**given, **({"ContactNumber": reference[:MAX_CONTACT_NUMBER]} if reference else {})}
    status = str(values.get("_status") or "DRAFT")
    if status == "VOIDED":
        raise Rejected(
            "Ce document est annulé et n’a jamais été dans Xero : il n’y est pas créé. Rétablissez-le pour l’envoyer.",
            code="void",
        )
    body = {
        "Type": KINDS[resource.name],
        "Status": "AUTHORISED" if status in APPROVED else status,
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": "CAD",
        **given,
    }
    if body.get("Date"):
        body.setdefault("DueDate", body["Date"])
    if resource.name == "bills" and body.get("InvoiceNumber"):
        body["_twin"] = f"{(body.get('Contact') or {}).get('ContactID', '')}|{body['InvoiceNumber']}"
    return body


def change(resource: Resource, values: Mapping[str, Any], remote_id: str) -> dict[str, Any]:
    """The fields to change. An empty text empties a field; null would leave it as it is."""
    if resource.name == "payments":
        raise Rejected(
            "Xero ne permet pas de modifier un paiement. Supprimez-le, puis créez-en un autre.", code="not_changeable"
        )
    body = {name: _emptied(value) for name, value in _wired(values).items()}
    status = values.get("_status")
    if status in APPROVED:
        body["Status"] = "AUTHORISED"
    elif status:
        body["Status"] = str(status)
    if status in ("PARTIAL", "PAID"):
        # Payments make it so, and Xero says it then.
        del body["Status"]
    return {resource.id_field: remote_id, **body}


def ending(resource: Resource, remote_id: str) -> dict[str, Any]:
    """The object archived, deleted or void. A document's last word is chosen by end_of() when its state is known."""
    field, state = {
        "contacts": ("ContactStatus", "ARCHIVED"),
        "payments": ("Status", "DELETED"),
    }.get(resource.name, ("Status", "VOIDED"))
    known = {} if resource.name == "payments" else {resource.id_field: remote_id}
    return {**known, field: state}


def end_of(resource: Resource, current: Mapping[str, Any]) -> str:
    """How an object in this state ends; empty when it has ended. Rejected while payments hang on a document."""
    status = str(current.get("Status") or "")
    if status in ("VOIDED", "DELETED"):
        return ""
    if resource.name == "payments":
        return "DELETED"
    if status in ("DRAFT", "SUBMITTED"):
        return "DELETED"
    if status == "PAID" or amount(current.get("AmountPaid")) or amount(current.get("AmountCredited")):
        raise Rejected(
            "Xero n’annule pas un document qui a des paiements ou des crédits. Retirez-les d’abord, puis réessayez.",
            code="has_payments",
        )
    return "VOIDED"


def demand_version(label: str, wanted: str, current: str) -> None:
    """Conflict when the object has moved on since the write was planned: Xero itself keeps no lock."""
    if wanted and wanted != current:
        raise Conflict(
            f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
            code="stale",
        )


def wire(resource: Resource, body: Mapping[str, Any]) -> bytes:
    """The bytes of a stored body: in its array, without what is only ours."""
    own = {name: value for name, value in body.items() if not name.startswith("_")}
    return dumps({resource.path: [own]}).encode()


def dumps(body: Any) -> str:
    """JSON text, amounts as exact numbers; Rejected when one of them has none."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: Any) -> int | float:
    """The JSON number of exactly this value: a float serves up to 15 digits, which is more than any amount has."""
    if isinstance(value, Decimal) and value.is_finite():
        number: int | float = int(value) if value == value.to_integral_value() else float(value)
        if Decimal(repr(number)) == value:
            return number
    raise Rejected(
        f"« {value} » n’est pas un nombre que Xero accepte. Corrigez la fiche, puis réessayez.", code="bad_number"
    )


def _payment(values: Mapping[str, Any]) -> dict[str, Any]:
    """One payment pays one invoice, wholly."""
    parts = values.get("_allocations") or []
    paid = amount(values.get("Amount"))
    if len(parts) != 1 or amount(parts[0].get("Amount")) != paid:
        raise Rejected(
            "Dans Xero, un paiement paie une seule facture, de tout son montant. Affectez ce paiement à une seule "
            "facture, ou faites-en un par facture.",
            field_errors={"_allocations": "Un paiement de Xero paie une seule facture, de tout son montant."},
            code="one_invoice",
        )
    body = _without_nothing(_wired({name: value for name, value in values.items() if name != "Invoice"}))
    invoice = str(parts[0].get("InvoiceID") or "")
    twin = payment_twin(invoice, body.get("Date"), paid, body.get("Reference"))
    return {"Invoice": {"InvoiceID": invoice}, **body, "_twin": twin}


def _wired(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our forms in Xero's: arrays again, references as objects, and without what it works out itself."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name in BY_TYPE:
            body[name] = [{BY_TYPE[name]: kind, **(one or _EMPTY[name])} for kind, one in (value or {}).items()]
        elif name == "Account" and isinstance(value, Mapping):
            body[name] = account(str(value["value"])) if "value" in value else dict(value)
        elif name == "_supplier":
            body["Contact"] = {"ContactID": str((value or {}).get("value") or "")}
        elif not name.startswith("_"):
            body[name] = value
    return body


_EMPTY: Mapping[str, Mapping[str, str]] = {
    "Phones": {"PhoneCountryCode": "", "PhoneAreaCode": "", "PhoneNumber": ""},
    "Addresses": dict.fromkeys(
        ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "City", "Region", "PostalCode", "Country"), ""
    ),
}


def _emptied(value: Any) -> Any:
    return "" if value is None else value


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _without_nothing(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, "", {})}
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value
