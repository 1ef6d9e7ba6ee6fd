"""Bodies of writes: as they are planned, and as they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.zoho import quirks
from connectors.zoho.settings import Settings

NUMBERS = frozenset({"Amount", "Probability", "Annual_Revenue", "Employees", "Expected_Revenue"})
REQUIRED = {"accounts": "Account_Name", "contacts": "Last_Name", "deals": "Deal_Name"}


def creation(
    resource: Resource, values: Mapping[str, Any], *, path: str, reference: str, settings: Settings
) -> PreparedWrite:
    """An insertion, which is looked up before it is sent again when its outcome is unknown; where a unique field is set
    for our reference, an upsert on it: twice sent, once created."""
    row = {name: value for name, value in _row(resource, values).items() if value not in (None, "", [], {})}
    if resource.name == "deals":
        row.setdefault("Stage", settings.default_stage)
    name = REQUIRED[resource.name]
    if not str(row.get(name) or "").strip():
        sentence = "Zoho exige un nom."
        raise Rejected(
            f"{sentence} Remplissez-le sur la fiche, puis réessayez.", field_errors={name: sentence}, code="no_name"
        )
    body: dict[str, Any] = {"_twin": quirks.twin(resource.name, row)}
    marked = bool(reference and settings.reference_field)
    if marked:
        row[settings.reference_field] = reference
        body |= {"_reference": reference, "duplicate_check_fields": [settings.reference_field]}
    where = f"{path}/upsert" if marked else path
    return _write(resource, "POST", where, "create", {**body, "data": [row]}, settings=settings, repeatable=marked)


def change(
    resource: Resource, values: Mapping[str, Any], *, path: str, remote_id: str, version: str, settings: Settings
) -> PreparedWrite:
    """A change of the given fields, provided that the object was not modified since `version`."""
    body = {"data": [_row(resource, values)]}
    return _write(
        resource, "PUT", path, "update", body, settings=settings, repeatable=True, remote_id=remote_id, version=version
    )


def deletion(resource: str, *, path: str, remote_id: str, version: str, settings: Settings) -> PreparedWrite:
    """A deletion, into Zoho's recycle bin."""
    return PreparedWrite(
        method="DELETE",
        role="api",
        path=path,
        resource=resource,
        action="delete",
        params={} if settings.run_workflows else {"wf_trigger": "false"},
        headers={"If-Unmodified-Since": version} if version else {},
        repeatable=True,
        remote_id=remote_id,
        version=version,
    )


def finished(prepared: PreparedWrite) -> PreparedWrite:
    """The write as it is sent: without what only a search for a lost creation needs."""
    if not prepared.body:
        return prepared
    body = {name: value for name, value in json.loads(prepared.body).items() if not name.startswith("_")}
    return replace(prepared, body=_dumps(body))


def _write(
    resource: Resource,
    method: str,
    path: str,
    action: str,
    body: dict[str, Any],
    *,
    settings: Settings,
    repeatable: bool,
    remote_id: str = "",
    version: str = "",
) -> PreparedWrite:
    if not settings.run_workflows:
        body["trigger"] = []
    headers = {"Content-Type": "application/json", "If-Unmodified-Since": version}
    return PreparedWrite(
        method=method,
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={name: value for name, value in headers.items() if value},
        body=_dumps(body),
        repeatable=repeatable,
        remote_id=remote_id,
        version=version,
    )


def _row(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """The module's own fields."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        if name == "_billing":
            row |= {theirs: (value or {}).get(ours) for ours, theirs in quirks.ADDRESS.items()}
        elif name.startswith("_") or name == "Full_Name":
            continue
        elif isinstance(value, Mapping) and set(value) == {"id"}:
            row[name] = {"id": str(value["id"])} if value["id"] else None
        else:
            row[name] = _number(name, value) if name in NUMBERS or isinstance(value, Decimal) else value
    if resource.name == "contacts" and not row.get("Last_Name") and values.get("Full_Name"):
        row |= _names(str(values["Full_Name"]), row)
    return row


def _names(full: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """First and last name out of the whole one, which Zoho only reads: what follows the given first name, else what
    follows the first word."""
    first = str(row.get("First_Name") or "").strip()
    words = full.strip()
    if first and words.casefold().startswith(f"{first.casefold()} "):
        return {"Last_Name": words[len(first) :].strip()}
    head, _, rest = words.partition(" ")
    return {"First_Name": head, "Last_Name": rest.strip()} if rest.strip() else {"Last_Name": head}


def _number(name: str, value: Any) -> int | float | None:
    """The JSON number of exactly this value: a float serves up to 15 digits, which is more than any amount has."""
    if value is None:
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        exact = Decimal("NaN")
    if exact.is_finite():
        number: int | float = int(exact) if exact == exact.to_integral_value() else float(exact)
        if Decimal(repr(number)) == exact:
            return number
    sentence = f"« {value} » n’est pas un nombre que Zoho accepte."
    raise Rejected(f"{sentence} Corrigez la fiche, puis réessayez.", field_errors={name: sentence}, code="bad_number")


def _dumps(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
