"""Bodies of writes. A prepared body is JSON in Square's own names; members with an underscore are for sending.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.base.connector import NOTHING
from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.square.codecs import MONEY, RATES, TORONTO

NAMES = ("given_name", "family_name", "company_name")
MOST_KEY = 45
DAYS = 30
FIXED = {
    "invoices": {"primary_recipient", "location_id"},
    "refunds": {"payment_id", "amount_money", "reason"},
}


def creation(resource: Resource, values: Mapping[str, Any], reference: str, key: str) -> dict[str, Any]:
    """Body of a creation: what has no value is left out. Rejected when Square would surely refuse."""
    body = _without_nothing(values)
    body["idempotency_key"] = key[:MOST_KEY]
    if resource.name == "customers":
        name = body.pop("_name", "")
        if name and not any(body.get(part) for part in NAMES):
            body["company_name"] = name
        return body | ({"reference_id": reference[:100]} if reference else {})
    if resource.name == "invoices":
        _check_invoice(body)
        return body
    _demand(body, "payment_id", "Un remboursement doit désigner le paiement qu’il rembourse.")
    return body


def change(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of an update: other fields stay, null clears. Rejected for what never changes."""
    fixed = FIXED.get(resource.name, set()) & values.keys()
    if fixed:
        sentence = "Square ne permet pas de changer cette valeur une fois l’élément créé."
        raise Rejected(
            f"{sentence} Remettez l’ancienne valeur sur la fiche, ou refaites l’élément.",
            field_errors=dict.fromkeys(sorted(fixed), sentence),
            code="immutable",
        )
    body = dict(values)
    if resource.name == "customers":
        name = body.pop("_name", None)
        if name and not body.keys() & set(NAMES):
            body["nickname"] = name
    return body


def prepared(
    resource: Resource, action: str, path: str, body: Mapping[str, Any] = NOTHING, **more: Any
) -> PreparedWrite:
    """A write. Creations carry their key; changes, the version that the object must have: neither does harm twice."""
    methods = {"create": "POST", "update": "PUT", "delete": "DELETE", "act:close_payment_link": "DELETE"}
    return PreparedWrite(
        method=methods.get(action, "POST"),
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={"Content-Type": "application/json"} if body else {},
        body=json.dumps(dict(body), ensure_ascii=False, separators=(",", ":")) if body else "",
        repeatable=True,
        **more,
    )


def act_path(resource: Resource, action: str, remote_id: str) -> str:
    """Where an act is asked for."""
    own = f"{resource.path}/{quote(remote_id, safe=':')}"
    if action == "refund":
        return "v2/refunds"
    if action == "close_payment_link":
        return f"v2/online-checkout/payment-links/{quote(remote_id, safe='')}"
    if action == "payment_link":
        return own if remote_id else "v2/online-checkout/payment-links"
    return f"{own}/{action}"


def act_body(action: str, remote_id: str, values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Parameters of an act. Amounts in `values` are in dollars ("12.50")."""
    own = {"idempotency_key": key[:MOST_KEY]}
    if action == "refund":
        amount = {"amount_money": money(values["amount"])} if values.get("amount") not in (None, "") else {}
        reason = {"reason": str(values["reason"])[:192]} if values.get("reason") else {}
        return {**own, "payment_id": remote_id, **amount, **reason}
    if action == "payment_link" and not remote_id:
        name = str(values.get("description") or values.get("reference") or "Facture")[:255]
        note = {"payment_note": str(values["reference"])[:500]} if values.get("reference") else {}
        return {**own, **note, "quick_pay": {"name": name, "price_money": money(values.get("amount"))}}
    return own if action in ("publish", "payment_link") else {}


def money(value: Any) -> dict[str, Any]:
    """A money object; Rejected when the value is no amount."""
    try:
        found: dict[str, Any] | None = MONEY.encode(value)
        if found is None:
            raise ValueError("Le montant manque.")
    except ValueError as error:
        sentence = f"{error} Corrigez la fiche, puis réessayez."
        raise Rejected(sentence, field_errors={"amount_money": str(error)}, code="bad_amount") from None
    return found


def order_of(body: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The order of an invoice to be: its lines, each with the taxes that its tax code names."""
    taxes = list(body.get("_taxes") or [])
    lines = [_line(line, taxes) for line in body.get("_lines") or []]
    order: dict[str, Any] = {
        "location_id": location,
        "customer_id": body["primary_recipient"]["customer_id"],
        "line_items": lines,
    }
    if body.get("invoice_number"):
        order["reference_id"] = str(body["invoice_number"])[:40]
    return order | ({"taxes": taxes} if taxes else {})


def invoice_of(body: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    """The invoice itself: shared by hand, as mailing it is a person's act."""
    own = {name: body[name] for name in ("primary_recipient", "invoice_number", "description") if body.get(name)}
    request = {"request_type": "BALANCE", "due_date": body["_due_date"]}
    return {
        **own,
        "location_id": order["location_id"],
        "order_id": order["id"],
        "payment_requests": [request],
        "delivery_method": "SHARE_MANUALLY",
        "accepted_payment_methods": {"card": True},
    }


def _line(line: Mapping[str, Any], taxes: list[dict[str, Any]]) -> dict[str, Any]:
    rates = RATES.get(str(line.get("_tax_code") or ""))
    applied = [{"tax_uid": tax["uid"]} for tax in taxes if rates is None or Decimal(tax["percentage"]) in rates]
    own = {name: value for name, value in line.items() if not name.startswith("_")}
    return own | ({"applied_taxes": applied} if applied else {})


def _check_invoice(body: dict[str, Any]) -> None:
    status = body.get("_status") or "draft"
    if status not in ("draft", "sent"):
        sentence = "Square ne reprend pas une facture annulée ou déjà payée ailleurs : elle ne lui est pas envoyée."
        raise Rejected(sentence, field_errors={"_status": sentence}, code="status_not_taken")
    _demand(body, "_lines", "Square n’accepte pas de facture sans ligne.")
    if not body.get("_due_date"):
        body["_due_date"] = (datetime.now(TORONTO).date() + timedelta(days=DAYS)).isoformat()


def _demand(body: Mapping[str, Any], name: str, sentence: str) -> None:
    if not body.get(name):
        raise Rejected(
            f"{sentence} Complétez la fiche, puis réessayez.", field_errors={name: sentence}, code="parameter_missing"
        )


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: _without_nothing(value) if isinstance(value, Mapping) else value for name, value in values.items()}
    return {name: value for name, value in kept.items() if value not in (None, "", {}, [])}
