"""HubSpot's search, as far as it is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.hubspot.simulator.problems import Fault
from connectors.hubspot.simulator.schema import PROPERTIES

MAXIMUM = 200
_OPERATORS = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN")
Body = dict[str, Any]


def run(entity: str, question: Mapping[str, Any], objects: list[Body], cap: int) -> tuple[list[Body], int, int, int]:
    """(page, total, position, limit). Raises Fault."""
    groups = question.get("filterGroups") or []
    limit, start = _whole(question.get("limit", 10), "limit"), _whole(question.get("after") or 0, "after")
    if not 0 < limit <= MAXIMUM:
        raise _refused(f"limit must be between 1 and {MAXIMUM}")
    if start + limit > cap and start >= cap:
        raise _refused(f"search results beyond {cap} cannot be read")
    if len(groups) > 5 or any(len(group.get("filters") or []) > 6 for group in groups):
        raise _refused("too many filters")
    found = [one for one in objects if not groups or any(_all(entity, group, one) for group in groups)]
    found.sort(key=lambda one: int(one["id"]))
    for sort in reversed(question.get("sorts") or []):
        name = _known(entity, sort.get("propertyName"))
        descending = sort.get("direction") == "DESCENDING"
        found.sort(key=lambda one, name=name: _comparable(one.get(name)), reverse=descending)  # type: ignore[misc]
    return found[start : min(start + limit, cap)], len(found), start, limit


def _all(entity: str, group: Mapping[str, Any], one: Body) -> bool:
    return all(_holds(entity, condition, one) for condition in group.get("filters") or [])


def _holds(entity: str, condition: Mapping[str, Any], one: Body) -> bool:
    value = one.get(_known(entity, condition.get("propertyName")))
    operator = condition.get("operator")
    if operator not in _OPERATORS:
        raise _refused(f"unknown operator {operator}")
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (value not in (None, "")) == (operator == "HAS_PROPERTY")
    if operator == "IN":
        return str(value).lower() in [str(each).lower() for each in condition.get("values") or []]
    wanted = condition.get("value")
    if operator == "CONTAINS_TOKEN":
        return str(wanted).strip("*").lower() in str(value or "").lower()
    left, right = _comparable(value), _comparable(wanted)
    if operator in ("EQ", "NEQ"):
        return (left == right) == (operator == "EQ")
    return value is not None and {
        "LT": left < right, "LTE": left <= right, "GT": left > right, "GTE": left >= right,
    }[str(operator)]  # fmt: skip


def _comparable(value: Any) -> tuple[int, Any]:
    """Instants and numbers by their figure (an instant in milliseconds), other texts without regard to case."""
    text = str(value or "")
    if text[4:5] == "-" and "T" in text:
        return 1, Decimal(round(datetime.fromisoformat(text).timestamp() * 1000))
    try:
        return 1, Decimal(text)
    except InvalidOperation:
        return 2, text.lower()


def _known(entity: str, name: Any) -> str:
    if name not in PROPERTIES[entity]:
        raise _refused(f"There was a problem with the request: {name} is not a property")
    return str(name)


def _whole(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _refused(f"{name} must be a whole number") from None


def _refused(message: str) -> Fault:
    return Fault(400, "VALIDATION_ERROR", message)
