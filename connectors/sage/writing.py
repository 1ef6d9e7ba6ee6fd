"""Writes: our own numbers guard creations, and what has changed meanwhile is looked at before it is written over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.base.errors import Rejected
from connectors.base.resource import Resource, dig
from connectors.base.writes import PreparedWrite
from connectors.sage import errors, quirks
from connectors.sage.reading import Send, fetch, lookup


def creation(
    resource: Resource, values: Mapping[str, Any], reference: str, config: Mapping[str, str]
) -> dict[str, Any]:
    """Body of a creation; Rejected when what guards it, or what Intacct demands, is missing."""
    body = {name: _plain(value) for name, value in values.items() if not name.startswith("_")}
    if resource.name == "customers":
        if config.get("customer_ids") != "sage" and reference and not body.get("id"):
            body["id"] = quirks.customer_id(config.get("customer_prefix") or "L-", reference)
        contact = (body.get("contacts") or {}).get("default") or {}
        body["contacts"] = {"default": {"printAs": body.get("name"), **contact}}
        return body
    if not body.get("invoiceNumber") or not body.get("lines"):
        missing = "invoiceNumber" if not body.get("invoiceNumber") else "lines"
        raise Rejected(
            "Sage exige un numéro et au moins une ligne pour créer une facture. Remplissez-les sur la fiche, puis "
            "réessayez.",
            field_errors={missing: "Sage exige une valeur."},
            code="required",
        )
    return {"currency": {"txnCurrency": "CAD", "baseCurrency": "CAD"}, **body}


def change(values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of a change: fields left out stay."""
    return {name: _plain(value) for name, value in values.items() if not name.startswith("_")}


def prepared(
    resource: Resource, action: str, body: Mapping[str, Any], *, remote_id: str = "", version: str = ""
) -> PreparedWrite:
    """A write to an object, or the reversal of one. A change is done again without harm, a creation is not."""
    path = f"objects/{resource.path}" + (f"/{remote_id}" if remote_id else "")
    if action == "act:reverse":
        path = f"workflows/{resource.path}/reverse"
    return PreparedWrite(
        method="PATCH" if remote_id and action != "act:reverse" else "POST",
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={"Content-Type": "application/json"},
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        repeatable=action not in ("create", "act:reverse"),
        remote_id=remote_id,
        version=version,
    )


def act(action: str, remote_id: str, today: date) -> dict[str, Any]:
    """Body of an act."""
    if action == "reverse":
        return {"key": remote_id, "reversedDate": today.isoformat(), "memo": "Annulée sur la plateforme"}
    return {"status": "inactive" if action == "deactivate" else "active"}


def send(call: Send, label: str, resource: Resource, write: PreparedWrite) -> dict[str, Any]:
    """Do it; the object as it now is."""
    if write.remote_id:
        _demand_version(call, label, resource, write)
    else:
        _demand_absence(call, label, resource, json.loads(write.body))
    answer = call(
        write.method, write.path, body=write.body.encode(), headers=write.headers, repeatable=write.repeatable
    )
    key = write.remote_id or str(dig(answer.data, "ia::result.key") or "")
    return fetch(call, resource, key)


def _demand_version(call: Send, label: str, resource: Resource, write: PreparedWrite) -> None:
    """Intacct compares no versions: the last writer would win."""
    now = fetch(call, resource, write.remote_id)
    if write.version and resource.version(now) != write.version:
        raise errors.stale(label)


def _demand_absence(call: Send, label: str, resource: Resource, body: Mapping[str, Any]) -> None:
    """There is no idempotency key: what carries our number already is not made again."""
    for name in resource.lookup_fields[:1]:
        if body.get(name) and lookup(call, resource, {name: str(body[name])}):
            raise errors.duplicate(label, f"le numéro « {body[name]} »")


def _plain(value: Any) -> Any:
    """A choice of account mapping is written as a reference by id."""
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return {"id": value["value"]}
    return value
