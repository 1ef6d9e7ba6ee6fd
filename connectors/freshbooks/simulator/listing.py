"""Lists: filters, order, pages. What is not known is ignored without a word, as the real one does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
DEFAULT_SIZE, MAX_SIZE = 15, 100
_SEARCH = re.compile(r"search\[(\w+)\](\[\])?")
DATES = {"Invoice": "create_date", "Payment": "date"}
# Filter → test of a row with the value.
_SAME: Mapping[str, frozenset[str]] = {
    "Client": frozenset({"email", "userid"}),
    "Invoice": frozenset({"customerid", "invoiceid", "invoice_number", "v3_status"}),
    "Payment": frozenset({"invoiceid", "clientid", "type"}),
}
_SORTS: Mapping[str, Mapping[str, Callable[[Row], Any]]] = {
    "Client": {
        "updated": lambda row: row["updated"],
        "organization_name": lambda row: str(row.get("organization") or "").casefold(),
        "fullname": lambda row: f"{row.get('fname')} {row.get('lname')}".casefold(),
        "email": lambda row: str(row.get("email") or "").casefold(),
    },
    "Invoice": {"invoice_date": lambda row: row["create_date"]},
}


def matching(kind: str, rows: list[Row], args: Mapping[str, list[str]]) -> list[Row]:
    """Rows that the filters let through: active and archived ones, unless a state is asked for."""
    asked = {match[1]: values for name, values in args.items() if (match := _SEARCH.fullmatch(name))}
    states = asked.pop("vis_state", None)
    rows = [row for row in rows if (str(row["vis_state"]) in states if states else row["vis_state"] != 1)]
    for name, values in asked.items():
        rows = [row for row in rows if _passes(kind, row, name, values)]
    return rows


def _passes(kind: str, row: Row, name: str, values: list[str]) -> bool:
    value = values[0]
    if name == "updated_min":
        return bool(row["updated"][:10] >= value)
    if name == "updated_max":
        return bool(row["updated"][:10] < value)
    if name in ("date_min", "date_max") and kind in DATES:
        day = str(row.get(DATES[kind]))
        return day >= value if name == "date_min" else day <= value
    if name == "organization_like" and kind == "Client":
        return value.casefold() in str(row.get("organization") or "").casefold()
    if name in _SAME.get(kind, ()):
        return str(row.get(name) or "").casefold() in [one.casefold() for one in values]
    return True


def ordered(kind: str, rows: list[Row], sort: str) -> list[Row]:
    """By the one field that may be asked for, else the newest object first."""
    field, _, way = sort.rpartition("_")
    key = _SORTS.get(kind, {}).get(field)
    newest = sorted(rows, key=lambda row: -int(row["id"]))
    return sorted(newest, key=key, reverse=way == "desc") if key and way in ("asc", "desc") else newest


def page(rows: list[Row], args: Mapping[str, str]) -> tuple[list[Row], dict[str, int]]:
    """One page and its figures; nothing past the end."""
    number = max(1, _whole(args.get("page", ""), 1))
    size = min(max(1, _whole(args.get("per_page", ""), DEFAULT_SIZE)), MAX_SIZE)
    figures = {"page": number, "pages": -(-len(rows) // size), "per_page": size, "total": len(rows)}
    return rows[(number - 1) * size : number * size], figures


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default
