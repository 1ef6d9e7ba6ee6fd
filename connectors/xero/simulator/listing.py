"""Lists: filter, order, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.xero.simulator.problems import BadQuery

DEFAULT_SIZE, MAX_SIZE = 100, 1000
_TERM = re.compile(r"\s*([A-Za-z.]+)\s*(==|!=|>=|<=|>|<)\s*(.+?)\s*")
_DATE = re.compile(r"DateTime\((\d{4}),\s*(\d{1,2}),\s*(\d{1,2})\)")
_GUID = re.compile(r'Guid\("([0-9a-fA-F-]{36})"\)')
_MILLIS = re.compile(r"/Date\((-?\d+)(?:\+0000)?\)/")
Row = dict[str, Any]


def since(value: str) -> datetime | None:
    """If-Modified-Since: UTC unless it says otherwise."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadQuery(f"If-Modified-Since: {value}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def matching(rows: list[Row], where: str) -> list[Row]:
    """Rows that a `where` lets through: terms joined by AND (or &&), and those by OR (or ||)."""
    if not where.strip():
        return rows
    groups = [
        [_test(term) for term in re.split(r"\s+AND\s+|\s*&&\s*", group, flags=re.IGNORECASE)]
        for group in re.split(r"\s+OR\s+|\s*\|\|\s*", where, flags=re.IGNORECASE)
    ]
    return [row for row in rows if any(all(test(row) for test in group) for group in groups)]


def _test(term: str) -> Callable[[Row], bool]:
    match = _TERM.fullmatch(term)
    if match is None:
        raise BadQuery(f"Syntax error in where clause: {term}")
    path, operator, text = match.groups()
    wanted = _literal(text)

    def test(row: Row) -> bool:
        value = _comparable(_dig(row, path), wanted)
        if operator in ("==", "!="):
            return (value == wanted) == (operator == "==")
        if value is None:
            return False
        return {">=": value >= wanted, "<=": value <= wanted, ">": value > wanted, "<": value < wanted}[operator]

    return test


def _literal(text: str) -> Any:
    if match := _DATE.fullmatch(text):
        return date(*(int(part) for part in match.groups()))
    if match := _GUID.fullmatch(text):
        return match[1].lower()
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        raise BadQuery(f"Expression not understood: {text}") from None


def _comparable(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, date):
        millis = _MILLIS.fullmatch(str(value))
        return datetime.fromtimestamp(int(millis[1]) / 1000, UTC).date() if millis else None
    if isinstance(wanted, str):
        # The real one compares texts without regard to case.
        return wanted if str(value or "").casefold() == wanted.casefold() else value
    return value


def _dig(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row.get(step) if isinstance(row, dict) else None
    return row


def ordered(rows: list[Row], order: str) -> list[Row]:
    """By one field, ASC unless it says DESC."""
    if not order:
        return rows
    match = re.fullmatch(r"\s*([A-Za-z.]+)(?:\s+(ASC|DESC))?\s*", order, flags=re.IGNORECASE)
    if match is None:
        raise BadQuery(f"Syntax error in order clause: {order}")
    path, way = match[1], (match[2] or "ASC").upper()

    def key(row: Row) -> tuple[bool, Any]:
        value = _dig(row, path)
        millis = _MILLIS.fullmatch(str(value))
        return (value is not None, int(millis[1]) if millis else str(value or "").casefold())

    return sorted(rows, key=key, reverse=way == "DESC")


def page(rows: list[Row], args: Mapping[str, str]) -> tuple[list[Row], dict[str, int] | None]:
    """One page and its figures; everything and None where no page was asked for."""
    if "page" not in args:
        return rows, None
    number = max(1, _whole(args["page"], 1))
    size = min(max(1, _whole(args.get("pageSize", ""), DEFAULT_SIZE)), MAX_SIZE)
    shown = rows[(number - 1) * size : number * size]
    count = -(-len(rows) // size)
    return shown, {"page": number, "pageSize": size, "pageCount": count, "itemCount": len(rows)}


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default
