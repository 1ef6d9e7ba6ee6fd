"""Fields of Pipedrive's objects: which there are, of what type, and which may be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.pipedrive.simulator.problems import Problem

DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
CURRENCY = re.compile(r"[A-Z]{3}")
Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 255


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _ids(value: Any) -> bool:
    return isinstance(value, list) and all(map(_whole, value))


def _entries(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and set(one) <= {"value", "primary", "label"}
        and isinstance(one.get("value"), str)
        and isinstance(one.get("primary", False), bool)
        for one in value
    )


def _address(value: Any) -> bool:
    return isinstance(value, dict) and set(value) <= ADDRESS and all(v is None or _text(v) for v in value.values())


ADDRESS = {
    "value", "country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality", "route",
    "street_number", "subpremise", "postal_code",
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One sort of object. title: what is required; read: fields that nobody may write; refs: field → kind."""

    title: str
    fields: Mapping[str, Check]
    defaults: Mapping[str, Any]
    read: frozenset[str] = frozenset()
    refs: Mapping[str, str] = field(default_factory=dict)
    searchable: frozenset[str] = frozenset()


COMMON: Mapping[str, Check] = {"owner_id": _whole, "label_ids": _ids, "visible_to": _whole}
KINDS: Mapping[str, Kind] = {
    "persons": Kind(
        title="name",
        fields={**COMMON, "name": _text, "org_id": _whole, "emails": _entries, "phones": _entries, "job_title": _text},
        defaults={"org_id": None, "emails": [], "phones": [], "picture_id": None},
        read=frozenset({"first_name", "last_name"}),
        refs={"org_id": "organizations"},
        searchable=frozenset({"name", "email", "phone", "notes", "custom_fields"}),
    ),
    "organizations": Kind(
        title="name",
        fields={
            **COMMON, "name": _text, "address": _address, "website": _text, "linkedin": _text, "industry": _whole,
            "annual_revenue": _number, "employee_count": _whole,
        },
        defaults={
            "address": None, "website": None, "linkedin": None, "industry": None, "annual_revenue": None,
            "employee_count": None,
        },
        searchable=frozenset({"name", "address", "notes", "custom_fields"}),
    ),
    "deals": Kind(
        title="title",
        fields={
            **COMMON, "title": _text, "value": _number, "currency": lambda v: bool(CURRENCY.fullmatch(str(v))),
            "person_id": _whole, "org_id": _whole, "pipeline_id": _whole, "stage_id": _whole,
            "status": lambda v: v in ("open", "won", "lost"), "lost_reason": _text,
            "probability": lambda v: _number(v) and 0 <= v <= 100,
            "expected_close_date": lambda v: isinstance(v, str) and bool(DAY.fullmatch(v)),
            "is_archived": lambda v: isinstance(v, bool),
        },
        defaults={
            "value": 0, "person_id": None, "org_id": None, "status": "open", "lost_reason": None, "probability": None,
            "expected_close_date": None, "is_archived": False, "stage_change_time": None, "close_time": None,
            "won_time": None, "lost_time": None, "origin": "API", "origin_id": None, "channel": None,
            "channel_id": None,
        },
        refs={"person_id": "persons", "org_id": "organizations"},
        searchable=frozenset({"title", "notes", "custom_fields"}),
    ),
}  # fmt: skip
CONTACT_SYNC = frozenset({"job_title", "notes", "im", "birthday", "postal_address"})


def check_body(kind: str, body: Any, custom: frozenset[str], *, contact_sync: bool) -> dict[str, Any]:
    """The body, when a caller may write it; types are strict."""
    spec = KINDS[kind]
    if not isinstance(body, dict):
        raise Problem(400, "Validation failed: the body must be a JSON object")
    for name, value in body.items():
        if kind == "persons" and name in CONTACT_SYNC and not contact_sync:
            raise Problem(403, f"The field {name} is available with contact sync only")
        if name == "custom_fields":
            _check_custom(value, custom)
        elif name not in spec.fields or name in spec.read:
            raise Problem(400, f"Validation failed: {name}: unknown parameter")
        elif value is None and name in (spec.title, "emails", "phones", "label_ids", "status", "currency"):
            raise Problem(400, f"Validation failed: {name}: must not be null")
        elif value is not None and not spec.fields[name](value):
            raise Problem(400, f"Validation failed: {name}: invalid value")
    if body.get("lost_reason") and body.get("status", "lost") != "lost":
        raise Problem(400, "Validation failed: lost_reason: only with a lost deal")
    return body


def _check_custom(value: Any, known: frozenset[str]) -> None:
    if not isinstance(value, dict):
        raise Problem(400, "Validation failed: custom_fields: must be an object")
    for name in value:
        if name not in known:
            raise Problem(400, f"Validation failed: custom_fields.{name}: unknown field")
