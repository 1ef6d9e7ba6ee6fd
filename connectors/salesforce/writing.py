"""Requests that change something."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from connectors.base.connector import NOTHING
from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.rest import parse_instant
from connectors.base.writes import PreparedWrite
from connectors.salesforce.quirks import ADDRESS_PARTS, ADDRESSES


def creation(resource: Resource, values: Mapping[str, Any], root: str, field: str, reference: str) -> PreparedWrite:
    """An upsert by our own reference in an external id: sent twice, it makes one object. The field stands in the
    address only."""
    body = {name: value for name, value in flat(values).items() if value not in (None, "")}
    path = f"{root}/sobjects/{resource.path}/{field}/{quote(reference, safe='')}"
    return _prepared(resource, "create", path, body)


def change(
    resource: Resource, values: Mapping[str, Any], root: str, remote_id: str, version: str, *, conditional: bool
) -> PreparedWrite:
    """A change of these fields, on the version that is known."""
    headers = unmodified_since(version) if conditional else NOTHING
    return _prepared(resource, "update", object_path(resource, root, remote_id), flat(values), headers)


def deletion(resource: Resource, root: str, remote_id: str, version: str, *, conditional: bool) -> PreparedWrite:
    """Into the recycle bin."""
    headers = unmodified_since(version) if conditional else NOTHING
    return _prepared(resource, "delete", object_path(resource, root, remote_id), None, headers)


def object_path(resource: Resource, root: str, remote_id: str) -> str:
    """Path of one object."""
    return f"{root}/sobjects/{resource.path}/{quote(remote_id, safe='')}"


def unmodified_since(version: str) -> dict[str, str]:
    """The condition of a write. The header tells whole seconds: rounded up, or every object would seem newer."""
    moment = parse_instant(version)
    if moment is None:
        return {}
    whole = datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC)
    return {"If-Unmodified-Since": format_datetime(whole, usegmt=True)}


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as Salesforce writes them: addresses in parts, the name of a person in two, choices by their value."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name in ADDRESSES:
            parts = value or {}
            body |= {f"{ADDRESSES[name]}{part}": parts.get(part) for part in ADDRESS_PARTS}
        elif isinstance(value, Mapping) and "value" in value:
            body[name] = value["value"]
        elif not name.startswith("_"):
            body[name] = value
    return body


def person(values: Mapping[str, Any]) -> dict[str, Any]:
    """A contact's whole name is read-only: it is written as first and last name, where these say nothing."""
    body = dict(values)
    whole = str(body.pop("Name", None) or "").split()
    if whole and not body.get("LastName"):
        body["LastName"] = whole[-1]
        if not body.get("FirstName"):
            body["FirstName"] = " ".join(whole[:-1]) or None
    return body


def _prepared(
    resource: Resource,
    action: str,
    path: str,
    body: Mapping[str, Any] | None,
    headers: Mapping[str, str] = NOTHING,
) -> PreparedWrite:
    return PreparedWrite(
        method="DELETE" if body is None else "PATCH",
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        headers={**headers, **({} if body is None else {"Content-Type": "application/json"})},
        body="" if body is None else dumps(body),
        # The same values on the same object: doing it again changes nothing more.
        repeatable=True,
    )


def dumps(body: Mapping[str, Any]) -> str:
    """JSON as it is sent; Rejected for a number that it cannot hold."""
    ready = {name: _number(value, name) if isinstance(value, Decimal) else value for name, value in body.items()}
    return json.dumps(ready, ensure_ascii=False, separators=(",", ":"))


def _number(value: Decimal, name: str) -> int | float:
    """The JSON number of exactly this value: a float serves up to 15 digits, which is more than any amount has."""
    if value.is_finite():
        number: int | float = int(value) if value == value.to_integral_value() else float(value)
        if Decimal(repr(number)) == value:
            return number
    sentence = f"« {value} » n’est pas un nombre que Salesforce accepte."
    raise Rejected(f"{sentence} Corrigez la fiche, puis réessayez.", field_errors={name: sentence}, code="bad_number")
