"""Bodies of writes. A prepared body is JSON in Stripe's own names; members with an underscore are for invoices.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.connector import NOTHING
from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.stripe.money import units
from connectors.stripe.quirks import REASONS

REFERENCES = {"customers": "customer_ref", "invoices": "invoice_ref", "refunds": "refund_ref"}
"""Metadata key under which an object keeps our own id of it."""
SETTLED = frozenset({"open", "paid"})
MOST_METADATA = 500


def creation(resource: Resource, values: Mapping[str, Any], reference: str, days: str) -> dict[str, Any]:
    """Body of a creation: what has no value is left out. Rejected when Stripe would surely refuse."""
    body = _translated(resource, values)
    if reference:
        body["metadata"] = {**(body.get("metadata") or {}), REFERENCES[resource.name]: reference}
    if resource.name == "invoices":
        _complete_invoice(body, days)
    if resource.name == "refunds" and not body.get("payment_intent"):
        sentence = "Un remboursement doit désigner le paiement qu’il rembourse. Choisissez-le sur la fiche."
        raise Rejected(sentence, field_errors={"payment_intent": sentence}, code="parameter_missing")
    if resource.name == "refunds":
        # The payment's own currency counts; ours only said how to read the amount.
        body.pop("currency", None)
    return _without_nothing(body)


def change(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of an update: other fields stay, an empty value clears. Rejected for what never changes."""
    body = _translated(resource, values)
    fixed = {
        "invoices": {"customer", "currency"},
        "refunds": {"payment_intent", "amount", "reason", "currency"},
        "payments": {"amount", "currency"},
    }.get(resource.name, set()) & body.keys()
    if fixed:
        sentence = "Stripe ne permet pas de changer cette valeur une fois l’élément créé."
        raise Rejected(
            f"{sentence} Remettez l’ancienne valeur sur la fiche, ou refaites l’élément.",
            field_errors=dict.fromkeys(sorted(fixed), sentence),
            code="immutable",
        )
    return {name: "" if value is None else value for name, value in body.items()}


def prepared(
    resource: Resource, action: str, path: str, key: str, body: Mapping[str, Any] = NOTHING, **more: Any
) -> PreparedWrite:
    """A write that Stripe does once for its key."""
    method = "DELETE" if action == "delete" else "POST"
    return PreparedWrite(
        method=method,
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={"Idempotency-Key": key[:200]} if method == "POST" else {},
        body=json.dumps(dict(body), ensure_ascii=False, separators=(",", ":")) if body else "",
        repeatable=True,
        **more,
    )


def act_path(resource: Resource, action: str, remote_id: str) -> str:
    """Where an act is asked for; steps of more than one request start from the object itself."""
    own = f"{resource.path}/{quote(remote_id, safe='')}"
    single = {"finalize", "pay", "void", "send", "mark_uncollectible", "capture", "cancel"}
    if action == "refund":
        return "refunds"
    if action == "close_payment_link":
        return f"payment_links/{quote(remote_id, safe='')}"
    if action == "payment_link" and not remote_id:
        return "payment_links"
    return f"{own}/{action}" if action in single else own


def act_body(action: str, remote_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an act. Amounts in `values` are in units of the currency ("12.50")."""
    currency = str(values.get("currency") or "cad").lower()
    if action == "pay":
        return {"paid_out_of_band": True}
    if action == "close_payment_link":
        return {"active": False}
    if action == "payment_link" and not remote_id:
        return _link(values, currency)
    if action in ("refund", "capture"):
        name = "amount" if action == "refund" else "amount_to_capture"
        body: dict[str, Any] = {"payment_intent": remote_id} if action == "refund" else {}
        if values.get("amount") not in (None, ""):
            body[name] = _units(values["amount"], currency, "amount")
        return body | ({"reason": values["reason"]} if values.get("reason") in REASONS else {})
    return {}


def _link(values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """What a payment link needs, for a document that lives in another system: its amount, and what to find it by."""
    reference = {"invoice_ref": str(values["reference"])[:MOST_METADATA]} if values.get("reference") else {}
    price = {
        "currency": currency,
        "unit_amount": _units(values.get("amount"), currency, "amount"),
        "product_data": {"name": str(values.get("description") or values.get("reference") or "Facture")[:250]},
    }
    return {"_price": price, "metadata": reference, "payment_intent_data": {"metadata": reference}}


def _translated(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """The derived fields that can be written, in Stripe's own; the others are left out."""
    body = {name: value for name, value in values.items() if not name.startswith("_")}
    currency = str(values.get("currency") or "cad")
    if resource.name == "invoices":
        return _invoice(values, body, currency)
    if resource.name == "refunds":
        if values.get("_amount") is not None:
            body["amount"] = _units(values["_amount"], currency, "amount")
        if values.get("_reason"):
            body |= _reason(str(values["_reason"]))
    return body


def _reason(text: str) -> dict[str, Any]:
    for code, label in REASONS.items():
        if text in (code, label) and code != "expired_uncaptured_charge":
            return {"reason": code}
    return {"reason": "requested_by_customer", "metadata": {"reason": text[:MOST_METADATA]}}


def _invoice(values: Mapping[str, Any], body: dict[str, Any], currency: str) -> dict[str, Any]:
    if values.get("_tax_inclusive"):
        sentence = (
            "Stripe reçoit les taxes comme des lignes : une facture aux prix taxes comprises ne lui est pas envoyée."
        )
        raise Rejected(
            f"{sentence} Saisissez des prix hors taxes.",
            field_errors={"_tax_inclusive": sentence},
            code="tax_inclusive",
        )
    if "_number" in values:
        body["metadata"] = {**(body.get("metadata") or {}), "invoice_number": values["_number"] or ""}
    if "_lines" in values:
        body["_lines"] = [_item(line, currency) for line in values["_lines"] or []]
    if "_taxes" in values:
        body["_taxes"] = [_tax_item(row, currency) for row in values["_taxes"] or []]
    if values.get("_status"):
        body["_status"] = values["_status"]
    return body


def _item(line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    kept = {"quantity": line["quantity"], "unit_price": line["unit_price"]}
    return {
        "id": line["id"],
        "amount": _units(line["amount"], currency, "_lines"),
        "description": line["description"],
        "metadata": kept,
    }


def _tax_item(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    rate = str(row["rate"]).replace(".", ",")
    return {
        "id": row["id"],
        "amount": _units(row["amount"], currency, "_taxes"),
        "description": f"{row['name']} ({rate} %)",
        "metadata": {"tax_name": row["name"], "tax_rate": row["rate"], "tax_base": row["base"]},
    }


def _complete_invoice(body: dict[str, Any], days: str) -> None:
    """Sent for payment by hand, never charged or mailed by itself: that is an act."""
    status = body.get("_status") or "draft"
    if status not in {"draft", *SETTLED}:
        sentence = (
            "Stripe ne reprend pas une facture annulée ou payée en partie ailleurs : elle ne lui est pas envoyée."
        )
        raise Rejected(sentence, field_errors={"_status": sentence}, code="status_not_taken")
    body |= {"collection_method": "send_invoice", "auto_advance": False, "pending_invoice_items_behavior": "exclude"}
    if not body.get("due_date"):
        body["days_until_due"] = int(days or 30)


def _units(value: Any, currency: str, name: str) -> int:
    try:
        return units(value, currency)
    except ValueError as error:
        raise Rejected(
            f"{error} Corrigez la fiche, puis réessayez.", field_errors={name: str(error)}, code="bad_amount"
        ) from None


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: _without_nothing(value) if isinstance(value, Mapping) else value for name, value in body.items()}
    return {name: value for name, value in kept.items() if value not in (None, "", {}, [])}
