"""ROVIDA's objects as its proposed contract describes them, and the checks it makes on what it receives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Errors = dict[str, tuple[str, str]]
"""Dotted path → (code, message)."""


@dataclass(frozen=True)
class Field:
    """One field. `on`: in which bodies it may stand; `target`: collection that a reference points to."""

    type: str = "string"
    required: bool = False
    nullable: bool = True
    longest: int = 0
    choices: tuple[str, ...] = ()
    default: Any = None
    target: str = ""
    on: tuple[str, ...] = ("create", "update")


@dataclass(frozen=True)
class Kind:
    """One collection: `object` its singular name, `filters` its own list parameters, `referrers` (collection, field)
    that point to it."""

    object: str
    prefix: str
    fields: dict[str, Field]
    filters: tuple[str, ...] = ()
    referrers: tuple[tuple[str, str], ...] = ()
    breakable: dict[str, str] = field(default_factory=dict)


def _text(longest: int, *, required: bool = False) -> Field:
    return Field(longest=longest, required=required, nullable=not required)


def _choice(*choices: str, default: str = "", required: bool = False) -> Field:
    return Field("enum", choices=choices, default=default or None, required=required, nullable=False)


COMMON = {"reference_id": _text(100), "metadata": Field("metadata", nullable=False, default={})}
CREATE_ONLY = ("create",)

LEASE = {
    "start_date": Field("date", required=True, nullable=False),
    "end_date": Field("date"),
    "rent": Field("money", required=True, nullable=False),
    "rent_period": _choice("monthly", "weekly", required=True),
    "status": _choice("future", "active", "notice_given", "ended", required=True),
}

EVENT_TYPES = (
    *(
        f"{name}.{act}"
        for name in ("property", "unit", "tenant", "work_order")
        for act in ("created", "updated", "deleted")
    ),
    "*",
)

KINDS: dict[str, Kind] = {
    "properties": Kind(
        "property",
        "prop_",
        {
            "name": _text(200, required=True),
            "code": _text(40),
            "type": _choice("rental", "condominium", "commercial", "mixed", required=True),
            "status": _choice("active", "inactive", default="active"),
            "address": Field("address", required=True, nullable=False),
            "unit_count": Field("count", nullable=False, default=0),
            "year_built": Field("integer"),
            "manager_name": Field(),
            "manager_email": Field("email"),
            "timezone": Field(nullable=False, default="America/Toronto"),
            **COMMON,
        },
        filters=("status",),
        referrers=(("units", "property_id"), ("tenants", "property_id"), ("work_orders", "property_id")),
        breakable={"missing_field": "name", "unknown_value": "status"},
    ),
    "units": Kind(
        "unit",
        "unit_",
        {
            "property_id": Field("reference", required=True, nullable=False, target="properties", on=CREATE_ONLY),
            "number": _text(40, required=True),
            "floor": Field("integer"),
            "type": _choice("apartment", "condo", "commercial", "parking", "storage", required=True),
            "status": _choice("occupied", "vacant", "notice_given", "under_renovation", "off_market", default="vacant"),
            "bedrooms": Field("count"),
            "bathrooms": Field("number"),
            "area_sqft": Field("number"),
            "market_rent": Field("money"),
            **COMMON,
        },
        filters=("property_id",),
        referrers=(("tenants", "unit_id"), ("work_orders", "unit_id")),
        breakable={"missing_field": "number", "unknown_reference": "property_id", "unknown_value": "status"},
    ),
    "tenants": Kind(
        "tenant",
        "ten_",
        {
            "property_id": Field("reference", required=True, nullable=False, target="properties"),
            "unit_id": Field("reference", target="units"),
            "given_name": _text(100, required=True),
            "family_name": _text(100, required=True),
            "company_name": _text(200),
            "email": Field("email"),
            "phone": Field("phone"),
            "language": _choice("fr", "en", default="fr"),
            "status": _choice("prospect", "current", "notice", "past", default="current"),
            "move_in_date": Field("date"),
            "move_out_date": Field("date"),
            "balance": Field("money", on=()),
            "lease": Field("lease"),
            **COMMON,
        },
        filters=("property_id", "unit_id", "email"),
        referrers=(("work_orders", "tenant_id"),),
        breakable={"missing_field": "family_name", "unknown_reference": "property_id", "unknown_value": "status"},
    ),
    "work_orders": Kind(
        "work_order",
        "wo_",
        {
            "number": Field(on=()),
            "property_id": Field("reference", required=True, nullable=False, target="properties", on=CREATE_ONLY),
            "unit_id": Field("reference", target="units"),
            "tenant_id": Field("reference", target="tenants"),
            "title": _text(200, required=True),
            "description": _text(10000),
            "category": _text(60),
            "priority": _choice("low", "medium", "high", "urgent", default="medium"),
            "status": _choice(
                "open", "scheduled", "in_progress", "pending_parts", "completed", "cancelled", default="open"
            ),
            "permission_to_enter": Field("boolean"),
            "assigned_to": Field(),
            "requested_at": Field("datetime", nullable=False),
            "scheduled_at": Field("datetime"),
            "due_at": Field("datetime"),
            "completed_at": Field("datetime", on=("update",)),
            "estimated_cost": Field("money"),
            "actual_cost": Field("money"),
            **COMMON,
        },
        filters=("property_id", "status"),
        breakable={"missing_field": "title", "unknown_reference": "property_id", "unknown_value": "status"},
    ),
    "webhook_endpoints": Kind(
        "webhook_endpoint",
        "we_",
        {
            "url": Field("url", required=True, nullable=False),
            "event_types": Field("events", required=True, nullable=False),
            "enabled": Field("boolean", nullable=False, default=True),
            "description": _text(200),
        },
    ),
}


def blank(kind: Kind) -> dict[str, Any]:
    """Every field with its value before anything was said."""
    return {name: dict(f.default) if isinstance(f.default, dict) else f.default for name, f in kind.fields.items()}


def check(
    fields: dict[str, Field], body: dict[str, Any], mode: str, exists: Callable[[str, str], bool], path: str = ""
) -> Errors:
    """What is wrong with a body, for mode "create" or "update" (a merge patch).

    `exists(collection, id)`: whether there is such a live object.
    """
    errors: Errors = {}
    for name in body:
        if name not in fields or mode not in fields[name].on:
            errors[path + name] = ("unknown", "unknown or read-only field")
    for name, spec in fields.items():
        if name not in body:
            if spec.required and mode == "create":
                errors[path + name] = ("required", "is required")
        elif path + name not in errors:
            errors |= _check_value(spec, body[name], mode, exists, path + name)
    return errors


def _check_value(spec: Field, value: Any, mode: str, exists: Callable[[str, str], bool], path: str) -> Errors:
    if value is None:
        return {} if spec.nullable else {path: ("required", "must not be null")}
    if spec.type == "lease" and isinstance(value, dict):
        return check(LEASE, value, mode, exists, f"{path}.")
    if spec.type == "enum":
        problem = None if value in spec.choices else ("enum", f"must be one of {', '.join(spec.choices)}")
    elif spec.type == "reference":
        problem = None if isinstance(value, str) and exists(spec.target, value) else ("not_found", "no such object")
    elif not _TYPES[spec.type](value):
        problem = ("format", f"must be a valid {spec.type}")
    elif spec.longest and len(value) > spec.longest:
        problem = ("too_long", f"at most {spec.longest} characters")
    else:
        problem = None
    return {path: problem} if problem else {}


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and bool(compiled.fullmatch(value))


def _is_date(value: Any) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def is_instant(value: Any) -> bool:
    """Whether this is an RFC 3339 text with its offset."""
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_money(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"amount", "currency"}
        and _is_integer(value["amount"])
        and _matches("[A-Z]{3}")(value["currency"])
    )


def _is_address(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(part is None or isinstance(part, str) for part in value.values())
        and ("country" not in value or _matches("[A-Z]{2}")(value["country"]))
        and len(value.get("province") or "") <= 2
    )


def _is_metadata(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= 50
        and all(text is None or (isinstance(text, str) and len(text) <= 500) for text in value.values())
    )


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "count": lambda value: _is_integer(value) and value >= 0,
    "number": lambda value: (_is_integer(value) or isinstance(value, float)) and value >= 0,
    "date": _is_date,
    "datetime": is_instant,
    "email": _matches(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": _matches(r"\+[1-9][0-9]{6,14}"),
    "url": _matches(r"https?://\S+"),
    "lease": lambda value: isinstance(value, dict),
    "money": _is_money,
    "address": _is_address,
    "metadata": _is_metadata,
    "events": lambda value: isinstance(value, list) and bool(value) and all(e in EVENT_TYPES for e in value),
}
