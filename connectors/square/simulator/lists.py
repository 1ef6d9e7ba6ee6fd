"""Lists and searches, with cursors that live for minutes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.simulator.clock import stamp
from connectors.square.simulator.books import Body, Books, public
from connectors.square.simulator.problems import Problem
from connectors.square.simulator.sales import main_location

CURSOR_LIFE = timedelta(minutes=15)
REPEATED = "toujours-le-même"
"""The cursor of the fault that names the same page for ever."""
SORTS = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"}
PAYMENT_PARAMS = (
    "begin_time", "end_time", "sort_order", "cursor", "location_id", "limit", "updated_at_begin_time",
    "updated_at_end_time", "sort_field", "status", "source_type", "total", "last_4", "card_brand",
)  # fmt: skip
EVENTS_MEMORY = timedelta(days=28)


def paged(found: list[Body], name: str, asked: Mapping[str, Any], now: datetime, most: int = 100) -> Body:
    """One page under the name of the list, and a cursor when more follow."""
    limit = _limit(asked.get("limit"), most)
    question = {key: value for key, value in asked.items() if key != "cursor"}
    mark = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]
    start = _start(asked.get("cursor"), mark, now)
    page = [public(one) for one in found[start : start + limit]]
    body: Body = {name: page} if page else {}
    if start + limit < len(found):
        told = json.dumps({"n": start + limit, "q": mark, "until": stamp(now + CURSOR_LIFE)})
        body["cursor"] = base64.urlsafe_b64encode(told.encode()).decode()
    return body


def _limit(value: Any, most: int) -> int:
    if value in (None, ""):
        return most
    try:
        limit = int(value)
    except (TypeError, ValueError):
        raise Problem("EXPECTED_INTEGER", "Expected an integer value.", field="limit") from None
    if limit < 1:
        raise Problem("VALUE_TOO_LOW", "The limit is at least 1.", field="limit")
    if limit > most:
        raise Problem("VALUE_TOO_HIGH", f"The limit is at most {most}.", field="limit")
    return limit


def _start(cursor: Any, mark: str, now: datetime) -> int:
    if not cursor or cursor == REPEATED:
        return 0
    invalid = Problem("INVALID_CURSOR", "The cursor is not valid, or no longer.", field="cursor")
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor))
        good, start = told["q"] == mark and told["until"] > stamp(now), int(told["n"])
    except (ValueError, KeyError, TypeError):
        raise invalid from None
    if not good:
        raise invalid
    return start


def instant(value: Any, field: str) -> str:
    """A moment as the books write it."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Problem("INVALID_TIME", "Expected an RFC 3339 time.", field=field) from None
    if moment.tzinfo is None:
        raise Problem("INVALID_TIME", "Expected an RFC 3339 time.", field=field)
    return stamp(moment)


def changed(books: Books, kind: str, asked: Mapping[str, str], now: datetime) -> Body:
    """GET /v2/payments and /v2/refunds."""
    for name in asked:
        if name not in PAYMENT_PARAMS:
            raise Problem("UNKNOWN_QUERY_PARAMETER", f"Unknown parameter `{name}`.", field=name)
    begin = instant(asked.get("begin_time") or stamp(now - timedelta(days=365)), "begin_time")
    end = instant(asked["end_time"], "end_time") if asked.get("end_time") else "9"
    low = instant(asked["updated_at_begin_time"], "updated_at_begin_time") if asked.get("updated_at_begin_time") else ""
    high = instant(asked["updated_at_end_time"], "updated_at_end_time") if asked.get("updated_at_end_time") else "9"
    place = asked.get("location_id") or (main_location(books) if kind == "payment" else "")
    found = [
        one
        for one in books.every(kind)
        if begin <= one["created_at"] < end
        and low <= one["updated_at"] < high
        and (not place or one.get("location_id") == place)
    ]
    field = SORTS.get(asked.get("sort_field") or "CREATED_AT")
    if field is None:
        raise Problem("INVALID_ENUM_VALUE", "Unknown sort field.", field="sort_field")
    found.sort(key=lambda one: (one[field], one["_seq"]), reverse=asked.get("sort_order") != "ASC")
    return paged(found, f"{kind}s", asked, now)


def customers(books: Books, asked: Mapping[str, Any], now: datetime, visible: str) -> Body:
    """POST /v2/customers/search; `visible`: what changed later is not indexed yet."""
    for name in asked:
        if name not in ("limit", "cursor", "query", "count"):
            raise Problem("UNKNOWN_BODY_PARAMETER", f"Unknown parameter `{name}`.", field=name)
    query = asked.get("query") or {}
    tests = [_customer_test(name, value) for name, value in (query.get("filter") or {}).items()]
    found = [one for one in books.every("customer") if one["updated_at"] <= visible and all(t(one) for t in tests)]
    sort = query.get("sort") or {}
    down = sort.get("order") == "DESC"
    if sort.get("field") == "CREATED_AT":
        found.sort(key=lambda one: (one["created_at"], one["_seq"]), reverse=down)
    else:
        found.sort(key=lambda one: (one.get("given_name") or "", one.get("family_name") or ""), reverse=down)
    return paged(found, "customers", asked, now)


def _customer_test(name: str, wanted: Mapping[str, Any]) -> Callable[[Body], bool]:
    if name in ("created_at", "updated_at"):
        low = instant(wanted["start_at"], name) if wanted.get("start_at") else ""
        high = instant(wanted["end_at"], name) if wanted.get("end_at") else "9"
        return lambda one: bool(low <= one[name] < high)
    if name not in ("reference_id", "email_address", "phone_number"):
        raise Problem("INVALID_VALUE", f"Unknown filter `{name}`.", field="query.filter")
    if "exact" in wanted:
        return lambda one: (one.get(name) or "").casefold() == wanted["exact"].casefold()
    return lambda one: str(wanted.get("fuzzy") or "").casefold() in (one.get(name) or "").casefold()


def invoices(books: Books, asked: Mapping[str, str], now: datetime) -> Body:
    """GET /v2/invoices of a location."""
    if not asked.get("location_id"):
        raise Problem("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field="location_id")
    found = [one for one in books.every("invoice") if one["location_id"] == asked["location_id"]]
    return paged(found[::-1], "invoices", asked, now, most=200)


def events(books: Books, asked: Mapping[str, Any], now: datetime) -> Body:
    """POST /v2/events: 28 days of them."""
    chosen = (asked.get("query") or {}).get("filter") or {}
    window = chosen.get("created_at") or {}
    oldest = stamp(now - EVENTS_MEMORY)
    low = max(instant(window["start_at"], "start_at") if window.get("start_at") else "", oldest)
    high = instant(window["end_at"], "end_at") if window.get("end_at") else "9"
    types = chosen.get("event_types") or []
    found = [
        {name: value for name, value in one.items() if name not in ("id", "updated_at")}
        for one in books.every("event")
        if low <= one["created_at"] < high and (not types or one["type"] in types)
    ]
    return paged(found, "events", asked, now)
