"""Requests that change something. Every value is written as text, and an empty one clears a property."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.base.connector import NOTHING
from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.hubspot.quirks import ADDRESS_PARTS
from connectors.hubspot.resources import UNIQUE


def creation(resource: Resource, values: Mapping[str, Any], root: str, reference: str) -> PreparedWrite:
    """An upsert by our own reference in a unique property: sent twice, it makes one object."""
    properties = {name: value for name, value in properties_of(values).items() if value != ""}
    row = {"idProperty": UNIQUE, "id": reference, "objectWriteTraceId": reference, "properties": properties}
    return PreparedWrite(
        "POST",
        "api",
        f"{root}/{resource.path}/batch/upsert",
        resource.name,
        "create",
        headers={"Content-Type": "application/json"},
        body=dumps({"inputs": [row]}),
        repeatable=True,
        links=links_of(values),
    )


def change(resource: Resource, values: Mapping[str, Any], root: str, remote_id: str, version: str) -> PreparedWrite:
    """A change of these properties."""
    return PreparedWrite(
        "PATCH",
        "api",
        f"{root}/{resource.path}/{quote(remote_id, safe='')}",
        resource.name,
        "update",
        headers={"Content-Type": "application/json"},
        body=dumps({"properties": properties_of(values)}),
        repeatable=True,
        remote_id=remote_id,
        version=version,
        links=links_of(values),
    )


def deletion(resource: Resource, root: str, remote_id: str, version: str) -> PreparedWrite:
    """Into the recycle bin."""
    return PreparedWrite(
        "DELETE",
        "api",
        f"{root}/{resource.path}/{quote(remote_id, safe='')}",
        resource.name,
        "delete",
        repeatable=True,
        remote_id=remote_id,
        version=version,
    )


def changes_nothing(prepared: PreparedWrite) -> bool:
    """Whether only associations change."""
    return prepared.action == "update" and json.loads(prepared.body) == {"properties": {}}


def links_of(values: Mapping[str, Any]) -> Mapping[str, str]:
    """The company that the object is tied to, where the values say so."""
    return {"companies": str(values["_company"] or "")} if "_company" in values else NOTHING


def properties_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The properties as HubSpot writes them."""
    found: dict[str, str] = {}
    for name, value in _person(values).items():
        if name == "_address":
            found |= {part: text(part, (value or {}).get(part)) for part in ADDRESS_PARTS}
        elif isinstance(value, Mapping) and "value" in value:
            found[name] = text(name, value["value"])
        elif not name.startswith("_"):
            found[name] = text(name, value)
    return found


def text(name: str, value: Any) -> str:
    """A value as text; Rejected when there is no text for it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, (str, int, date)):
        return str(value)
    sentence = f"« {value} » n’est pas une valeur que HubSpot accepte."
    raise Rejected(f"{sentence} Corrigez la fiche, puis réessayez.", field_errors={name: sentence}, code="bad_value")


def _person(values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole name of a contact is ours: it is written as first and last name, where these say nothing."""
    body = dict(values)
    whole = str(body.pop("_name", None) or "").split()
    if whole and not body.get("lastname") and not body.get("firstname") and "@" not in whole[0]:
        body |= {"firstname": " ".join(whole[:-1]) or whole[0], "lastname": whole[-1] if len(whole) > 1 else ""}
    return body


def dumps(body: Mapping[str, Any]) -> str:
    """JSON as it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
