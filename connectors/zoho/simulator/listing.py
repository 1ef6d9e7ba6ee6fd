"""Lists and searches: fields, order, pages and page tokens."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.zoho.simulator.problems import Problem
from connectors.zoho.simulator.schema import MODULES

TOKEN_LIFE = timedelta(hours=24)
DISCRETE_PAGES = 10
_CRITERIA = re.compile(r"\((\w+):equals:([^()]*)\)")
Row = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """How a list is asked for. user: a token serves who got it only; limit: records that tokens reach."""

    args: Mapping[str, str]
    since: str
    user: str
    now: datetime
    limit: int


def page(rows: list[Row], asked: Listing) -> Row | None:
    """A page of these records, None when there is none."""
    names = _fields(asked.args)
    by, down = _order(asked.args)
    kept = newer(rows, asked.since, "Modified_Time")
    kept.sort(key=lambda raw: (_moment(raw, by), int(raw["id"])), reverse=down)
    return sliced(kept, asked, lambda raw: {name: raw.get(name) for name in ("id", *names)}, by, down)


def sliced(rows: list[Row], asked: Listing, show: Any, by: str = "", down: bool = False) -> Row | None:
    """The part of a list that `page` or `page_token` names."""
    size, start = per_page(asked.args), _start(asked)
    shown = rows[start : start + size]
    if not shown:
        return None
    more = start + size < len(rows)
    token = _encode(asked, start + size) if more else None
    number = start // size + 1
    info = {
        "per_page": size,
        "count": len(shown),
        "page": number,
        "sort_by": by or None,
        "sort_order": ("desc" if down else "asc") if by else None,
        "more_records": more,
        "next_page_token": token,
        "previous_page_token": None,
        "page_token_expiry": (asked.now + TOKEN_LIFE).isoformat(timespec="seconds") if token else None,
    }
    return {"data": [show(raw) for raw in shown], "info": info}


def newer(rows: list[Row], since: str, name: str) -> list[Row]:
    """Those later than an instant; all of them without one."""
    if not since:
        return list(rows)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Problem("INVALID_DATA", "If-Modified-Since", details={"param_name": "If-Modified-Since"})
    return [raw for raw in rows if datetime.fromisoformat(raw[name]) > moment]


def search(rows: list[Row], module: str, args: Mapping[str, str]) -> list[Row]:
    """Records that a search finds."""
    if args.get("criteria"):
        match = _CRITERIA.fullmatch(args["criteria"])
        if match is None or match[1] not in MODULES[module].fields:
            raise Problem("INVALID_QUERY", "invalid query formed", details={"reason": "criteria"})
        return [raw for raw in rows if str(raw.get(match[1]) or "").casefold() == match[2].casefold()]
    for name, fields in (("email", ("Email",)), ("phone", ("Phone", "Mobile"))):
        if args.get(name):
            wanted = args[name].casefold()
            return [raw for raw in rows if wanted in [str(raw.get(one) or "").casefold() for one in fields]]
    if len(args.get("word", "")) < 2:
        raise Problem("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing")
    words = re.findall(r"\w+", args["word"].casefold())
    texts = [(raw, " ".join(str(value).casefold() for value in raw.values())) for raw in rows]
    return [raw for raw, text in texts if all(word in text for word in words)]


def per_page(args: Mapping[str, str]) -> int:
    """How many records a page has."""
    text = args.get("per_page", "200")
    if not text.isdigit() or not 1 <= int(text) <= 200:
        raise Problem("LIMIT_EXCEEDED", "per_page", details={"limit": 200, "param_name": "per_page"})
    return int(text)


def _fields(args: Mapping[str, str]) -> list[str]:
    names = [name for name in args.get("fields", "").split(",") if name]
    if not names or names == ["id"]:
        raise Problem("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details={"param": "fields"})
    if len(names) > 50:
        raise Problem("LIMIT_EXCEEDED", "fields", details={"limit": 50, "param_name": "fields"})
    return names


def _order(args: Mapping[str, str]) -> tuple[str, bool]:
    by, order = args.get("sort_by", "id"), args.get("sort_order", "desc")
    if by not in ("id", "Created_Time", "Modified_Time") or order not in ("asc", "desc"):
        raise Problem("INVALID_DATA", "sort_by", details={"param_name": "sort_by"})
    return by, order == "desc"


def _moment(raw: Row, by: str) -> datetime | int:
    return 0 if by == "id" else datetime.fromisoformat(raw[by])


def _start(asked: Listing) -> int:
    number, token = asked.args.get("page"), asked.args.get("page_token")
    if number and token:
        raise Problem("AMBIGUITY_DURING_PROCESSING", "page and page_token")
    if token:
        return _decode(asked, token)
    if not (number or "1").isdigit() or int(number or 1) < 1:
        raise Problem("INVALID_DATA", "page", details={"param_name": "page"})
    if int(number or 1) > DISCRETE_PAGES:
        raise Problem("DISCRETE_PAGINATION_LIMIT_EXCEEDED", "page", details={"limit": 2000})
    return (int(number or 1) - 1) * per_page(asked.args)


def _bound(asked: Listing) -> dict[str, str]:
    return {name: value for name, value in asked.args.items() if name not in ("page", "page_token")}


def _encode(asked: Listing, start: int) -> str:
    until = (asked.now + TOKEN_LIFE).isoformat()
    text = json.dumps([start, until, asked.user, asked.since, _bound(asked)], sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(asked: Listing, token: str) -> int:
    try:
        start, until, user, since, bound = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        raise Problem("INVALID_DATA", "page_token", details={"param_name": "page_token"}) from None
    if datetime.fromisoformat(until) < asked.now:
        raise Problem("EXPIRED_VALUE", "the page token has expired", details={"param_name": "page_token"})
    if user != asked.user or since != asked.since or bound != _bound(asked):
        raise Problem("TOKEN_BOUND_DATA_MISMATCH", "parameters differ from those of the token")
    if start >= asked.limit:
        raise Problem("PAGINATION_LIMIT_EXCEEDED", "too many records", details={"limit": asked.limit})
    return int(start)
