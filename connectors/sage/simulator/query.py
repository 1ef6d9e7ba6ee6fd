"""The query service: conditions on dotted names, order, pages that are worked out afresh at each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.sage.simulator.problems import Refused

MAXIMUM = 4000
Row = dict[str, Any]
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda have, want: have == want,
    "$ne": lambda have, want: have != want,
    "$lt": lambda have, want: have is not None and have < want,
    "$lte": lambda have, want: have is not None and have <= want,
    "$gt": lambda have, want: have is not None and have > want,
    "$gte": lambda have, want: have is not None and have >= want,
    "$in": lambda have, want: have in want,
    "$contains": lambda have, want: want in (have or ""),
}


def flat(whole: Mapping[str, Any], prefix: str = "") -> Row:
    """An object as a row: members of members under dotted names, lists left out."""
    row: Row = {}
    for name, value in whole.items():
        if isinstance(value, Mapping):
            row |= flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            row[f"{prefix}{name}"] = value
    return row


def run(body: Mapping[str, Any], objects: list[Row]) -> dict[str, Any]:
    """The answer to a query over these objects. Refused when it makes no sense."""
    fields, start, size = body.get("fields"), body.get("start", 1), body.get("size", 100)
    if not isinstance(fields, list) or not fields:
        raise Refused(400, "fields is required")
    if not isinstance(size, int) or not 1 <= size <= MAXIMUM or not isinstance(start, int) or start < 1:
        raise Refused(400, f"size must be from 1 to {MAXIMUM} and start at least 1")
    rows = [flat(one) for one in objects]
    for condition in body.get("filters", []):
        rows = [row for row in rows if _holds(row, condition)]
    for order in reversed(body.get("orderBy", [])):
        [(name, way)] = order.items()
        rows.sort(key=lambda row, name=name: _rank(name, row.get(name)), reverse=way == "desc")  # type: ignore[misc]
    page = rows[start - 1 : start - 1 + size]
    following = start + size if start - 1 + size < len(rows) else None
    meta = {"totalCount": len(rows), "start": start, "pageSize": size, "next": following, "previous": None}
    return {"ia::result": [{name: row.get(name) for name in fields} for row in page], "ia::meta": meta}


def _holds(row: Row, condition: Any) -> bool:
    if not isinstance(condition, dict) or len(condition) != 1:
        raise Refused(400, "a filter has one operator")
    [(operator, wanted)] = condition.items()
    if operator not in _TESTS or not isinstance(wanted, dict):
        raise Refused(400, f"unknown operator {operator}")
    return all(_TESTS[operator](row.get(name), value) for name, value in wanted.items())


def _rank(name: str, value: Any) -> tuple[int, str]:
    if name == "key":
        return int(value), ""
    return 0, str(value or "")
