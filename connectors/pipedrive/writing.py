"""Bodies of writes: as they are planned, and as they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.errors import Conflict, Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.pipedrive import quirks

# Pipedrive is strict on types: a number as text is refused.
IDS = frozenset({"org_id", "person_id", "owner_id", "stage_id", "pipeline_id", "visible_to"})
NUMBERS = frozenset({"value", "probability", "annual_revenue", "employee_count"})
TITLES = {"deals": "title"}
ELEMENTS = {"_stage": "stage_id", "_pipeline": "pipeline_id", "_owner": "owner_id"}


def planned(
    resource: Resource, values: Mapping[str, Any], *, path: str, remote_id: str, version: str, reference: str
) -> PreparedWrite:
    """A write in terms of the mapped fields; finished() makes the provider's own out of it when it is sent."""
    body = {name: _sendable(name, value) for name, value in values.items()}
    if not remote_id:
        body = {name: value for name, value in body.items() if value not in (None, "", [], {})}
        _demand_title(resource, body)
        body["_twin"] = quirks.twin(resource.name, body)
        if reference:
            body["_reference"] = reference
    return PreparedWrite(
        method="PATCH" if remote_id else "POST",
        role="api",
        path=path,
        resource=resource.name,
        action="update" if remote_id else "create",
        headers={"Content-Type": "application/json"},
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        # The same change twice is one change; the same creation twice is two objects.
        repeatable=bool(remote_id),
        remote_id=remote_id,
        version=version,
    )


def deletion(resource: str, path: str, remote_id: str, version: str) -> PreparedWrite:
    """A deletion; a second one meets nothing."""
    return PreparedWrite(
        "DELETE", "api", path, resource, "delete", repeatable=True, remote_id=remote_id, version=version
    )


def finished(prepared: PreparedWrite, current: Mapping[str, Any], reference_field: str) -> PreparedWrite:
    """The write as it is sent. current: the object as it is, empty for a creation: lists are replaced whole."""
    if not prepared.body:
        return prepared
    body = json.loads(prepared.body)
    sent = {name: value for name, value in body.items() if not name.startswith("_")}
    if "_email" in body:
        emails = quirks.entries(current.get("emails"))
        sent["emails"] = quirks.with_value(emails, quirks.main(emails), body["_email"], "work")
    if {"_phone", "_mobile"} & set(body):
        sent["phones"] = _phones(body, quirks.entries(current.get("phones")))
    for alias, name in ELEMENTS.items():
        if alias in body:
            sent[name] = int(body[alias]["value"]) if body[alias] else None
    if reference_field and body.get("_reference"):
        sent["custom_fields"] = {**sent.get("custom_fields", {}), reference_field: body["_reference"]}
    if sent.get("status", current.get("status")) != "lost":
        # A reason goes with a lost deal only.
        sent.pop("lost_reason", None)
    return replace(prepared, body=json.dumps(sent, ensure_ascii=False, separators=(",", ":")))


def _phones(body: Mapping[str, Any], phones: quirks.Entries) -> quirks.Entries:
    if "_mobile" in body:
        phones = quirks.with_value(phones, quirks.mobile(phones), body["_mobile"], quirks.MOBILE)
    if "_phone" in body:
        phones = quirks.with_value(phones, quirks.main(phones), body["_phone"], "work")
    return phones


def demand_version(label: str, current: Mapping[str, Any], version: str) -> None:
    """Conflict when the object is no longer in the state that the write counts on: Pipedrive itself does not look."""
    if version and str(current.get("update_time") or "") != version:
        raise Conflict(
            f"L’élément a été modifié dans {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
            code="stale",
        )


def _demand_title(resource: Resource, body: Mapping[str, Any]) -> None:
    name = TITLES.get(resource.name, "name")
    if not str(body.get(name) or "").strip():
        sentence = "Pipedrive exige un nom."
        raise Rejected(
            f"{sentence} Remplissez-le sur la fiche, puis réessayez.", field_errors={name: sentence}, code="no_name"
        )


def _sendable(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in IDS:
        text = str(value)
        if not (text.isascii() and text.isdigit()):
            raise _bad(name, value)
        return int(text)
    return _number(name, value) if name in NUMBERS or isinstance(value, Decimal) else value


def _number(name: str, value: Any) -> int | float:
    """The JSON number of exactly this value: a float serves up to 15 digits, which is more than any amount has."""
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        exact = Decimal("NaN")
    if exact.is_finite():
        number: int | float = int(exact) if exact == exact.to_integral_value() else float(exact)
        if Decimal(repr(number)) == exact:
            return number
    raise _bad(name, value)


def _bad(name: str, value: Any) -> Rejected:
    sentence = f"« {value} » n’est pas un nombre que Pipedrive accepte."
    return Rejected(f"{sentence} Corrigez la fiche, puis réessayez.", field_errors={name: sentence}, code="bad_number")
