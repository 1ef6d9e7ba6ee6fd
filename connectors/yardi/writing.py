"""Writing work orders: create and edit are one operation, which takes the whole record and knows no key and no version.

A prepared write is JSON without any credential: what to change, and in which state of the record. The envelope is made
when it is sent, after the record was read once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.base.errors import Conflict, Malformed, Misconfigured, NotFound, Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.yardi import errors, soap
from connectors.yardi.quirks import Manners, split
from connectors.yardi.reading import Call, Row, work_orders

OPERATION = "CreateOrEditServiceRequests"
BRIEF, FULL, NOTES = "ServiceRequestBriefDescription", "ServiceRequestFullDescription", "TechnicianNotes"
MAX_BRIEF = 35
# What Voyager keeps itself, or answers with beside the record.
NOT_SENT = frozenset({"StatusHistory", "UpdateDate", "UpdatedBy", "CreatedBy", "ErrorMessages"})


def prepared(resource: Resource, action: str, body: Mapping[str, Any]) -> PreparedWrite:
    """A write to be sent later. An edit is done again without harm: it is bound to a state of the record."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    path = f"webservices/{soap.SERVICE_REQUESTS}.asmx"
    return PreparedWrite("POST", "api", path, resource.name, action, body=text, repeatable=action != "create")


def creation(values: Mapping[str, Any], reference: str, manners: Manners, *, tagged: bool) -> dict[str, Any]:
    """Body of a creation. `tagged`: the client agrees to find our reference in the technician's notes."""
    fields = _fields(values)
    place = fields.get("PropertyCode", "")
    title = fields.get(BRIEF, "")
    if not place or not title:
        missing = "PropertyCode" if not place else BRIEF
        raise Rejected(
            "Yardi exige l’immeuble et une courte description pour créer un bon de travail. Remplissez ces champs, "
            "puis "
            "réessayez.",
            field_errors={missing: "Yardi exige une valeur."},
            code="required",
        )
    if len(title) > MAX_BRIEF and not fields.get(FULL):
        fields[FULL] = title
    fields[BRIEF] = title[:MAX_BRIEF].rstrip()
    fields.setdefault("HasPermissionToEnter", "false")
    fields["ServiceRequestDate"] = datetime.now(manners.zone).date().isoformat()
    tag = f"[{reference}]" if tagged and reference else ""
    if tag:
        fields[NOTES] = tag
    twin = {"place": place, "unit": fields.get("UnitCode", ""), "brief": fields[BRIEF], "tag": tag}
    return {"fields": fields, "_twin": json.dumps(twin | {"day": fields["ServiceRequestDate"]}, ensure_ascii=False)}


def change(remote_id: str, version: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of an edit of these fields only."""
    place, own_id = split(remote_id)
    fields = _fields(values)
    if fields.get("PropertyCode", place) != place:
        sentence = "Un bon de travail ne change pas d’immeuble dans Yardi."
        raise Rejected(
            f"{sentence} Remettez l’ancien immeuble sur la fiche, puis réessayez.",
            field_errors={"PropertyCode": sentence},
            code="immutable",
        )
    if BRIEF in fields:
        fields[BRIEF] = fields[BRIEF][:MAX_BRIEF].rstrip()
    return {"place": place, "id": own_id, "version": version, "fields": fields}


def lookup(call: Call, keys: Mapping[str, str]) -> list[tuple[str, Row]]:
    """(property, work order) of those that a creation's `_twin` describes: our tag, else same day, unit and words."""
    if set(keys) != {"_twin"}:
        searched = ", ".join(sorted(keys)) or "rien"
        raise Misconfigured(f"Yardi ne permet pas de chercher « Bons de travail » par {searched}.", code="no_lookup")
    try:
        twin = json.loads(keys["_twin"])
        place, on = twin["place"], twin["day"]
    except (KeyError, ValueError, TypeError):
        return []
    ask = {"YardiPropertyId": place, "FromDate": on, "ToDate": on}
    document = call(soap.SERVICE_REQUESTS, "GetServiceRequest_Search", ask).document
    return [(place, row) for row in soap.every(document, "ServiceRequest") if _same(row, twin)]


def send(call: Call, label: str, prepared: PreparedWrite) -> tuple[str, Row]:
    """Do it; (property, work order) as it now is. NotFound, Conflict, Rejected as for any write."""
    body = json.loads(prepared.body)
    if "id" not in body:
        return _create(call, label, body)
    return _edit(call, label, body)


def _create(call: Call, label: str, body: Mapping[str, Any]) -> tuple[str, Row]:
    place = body["fields"]["PropertyCode"]
    answered = _write(call, label, place, body["fields"], repeatable=False)
    own_id = next((found for row in answered if (found := soap.text(row.get("ServiceRequestId")))), "")
    if own_id:
        made = work_orders(call, place, own_id)
        if made:
            return place, made[0]
    twins = lookup(call, {"_twin": body["_twin"]})
    if len(twins) != 1:
        raise Malformed(
            f"{label} a accepté le bon de travail sans dire son numéro, et la recherche ne le retrouve pas. Vérifiez "
            "dans "
            "Yardi s’il existe, puis réessayez.",
            code="not_found_again",
        )
    return twins[0]


def _edit(call: Call, label: str, body: Mapping[str, Any]) -> tuple[str, Row]:
    place, own_id = body["place"], body["id"]
    before = work_orders(call, place, own_id)
    if not before:
        raise NotFound(f"{label} ne trouve pas le bon de travail {own_id}. Relancez une synchronisation.")
    if body["version"] and soap.text(before[0].get("UpdateDate")) != body["version"]:
        raise Conflict(
            f"Le bon de travail {own_id} a changé dans {label} depuis la dernière lecture. Il sera relu avant un "
            "nouvel "
            "envoi.",
            code="stale",
        )
    kept = {name: value for name, value in before[0].items() if name not in NOT_SENT and isinstance(value, str)}
    _write(call, label, place, {**kept, **body["fields"]}, repeatable=True)
    after = work_orders(call, place, own_id)
    if not after:
        raise NotFound(f"{label} ne trouve plus le bon de travail {own_id}. Relancez une synchronisation.")
    return place, after[0]


def _write(call: Call, label: str, place: str, fields: Mapping[str, str], *, repeatable: bool) -> list[Row]:
    document = soap.elements({"ServiceRequests": {"ServiceRequest": fields}}, namespace=True)
    found = call(
        soap.SERVICE_REQUESTS,
        OPERATION,
        {"YardiPropertyId": place},
        xml={"ServiceRequestXml": document},
        repeatable=repeatable,
    )
    texts = soap.error_texts(found.document) or [said for said in [soap.text(found.document)] if said]
    if texts:
        raise errors.rejected(label, texts)
    return soap.every(found.document, "ServiceRequest")


def _fields(values: Mapping[str, Any]) -> dict[str, str]:
    """Elements for the provider's fields; our joined ids become plain codes."""
    plain = {"_unit": "UnitCode", "_tenant": "TenantCode"}
    fields: dict[str, str] = {}
    for name, value in values.items():
        if name in plain:
            fields[plain[name]] = split(str(value))[1] if value else ""
        elif not name.startswith("_"):
            fields[name] = "" if value is None else str(value)
    return fields


def _same(row: Row, twin: Mapping[str, str]) -> bool:
    if twin["tag"]:
        return twin["tag"] in soap.text(row.get(NOTES))
    told = (soap.text(row.get("UnitCode")), soap.text(row.get(BRIEF)).casefold())
    return told == (twin["unit"], twin["brief"].casefold())
