"""Lists: parameters, order, cursors."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.financeit.simulator.problems import Problem
from connectors.financeit.simulator.schema import STATUSES
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.financeit.simulator.fake import Financeit

CURSOR_LIFE = timedelta(hours=24)
FILTERS = {"loans": ("status", "partner_id", "reference_id"), "partners": ()}
Rows = list[dict[str, Any]]


def page(fake: Financeit, kind: str, args: Mapping[str, str]) -> dict[str, Any]:
    """One page, as it is answered. Problem 400 for a bad query."""
    unknown = sorted(set(args) - {"limit", "cursor", "updated_since", "include_deleted", *FILTERS[kind]})
    if unknown:
        raise Problem(400, f"Unknown parameter: {', '.join(unknown)}")
    text = args.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 200):
        raise Problem(400, "limit must be between 1 and 200")
    where, values = _conditions(kind, args)
    if "cursor" in args:
        where += " AND (updated_at, id) > (?, ?)"
        values += _position(fake, kind, args)
    found = fake.store.select(fake.slug, kind, where, values, int(text) + 1)
    records, more = found[: int(text)], len(found) > int(text)
    return {"data": records, "has_more": more, "next_cursor": cursor(fake, kind, args, records[-1]) if more else None}


def cursor(fake: Financeit, kind: str, args: Mapping[str, str], last: dict[str, Any]) -> str:
    """What names the page behind an object."""
    content = [last["updated_at"], last["id"], _fingerprint(kind, args), int(fake.clock.now().timestamp())]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _conditions(kind: str, args: Mapping[str, str]) -> tuple[str, list[Any]]:
    where, values = "deleted_at IS NULL", []
    if args.get("include_deleted", "false") not in ("true", "false"):
        raise Problem(400, "include_deleted must be true or false")
    if args.get("status", "draft") not in STATUSES:
        raise Problem(400, "status must be one of the states")
    if "updated_since" in args:
        try:
            moment = datetime.fromisoformat(args["updated_since"])
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise Problem(400, "updated_since must be an RFC 3339 instant")
        where += " AND updated_at >= ?"
        values.append(stamp(moment))
    for name in FILTERS[kind]:
        if name in args:
            where += f" AND json_extract(body, '$.{name}') = ?"
            values.append(args[name])
    return where, values


def _fingerprint(kind: str, args: Mapping[str, str]) -> str:
    constant = sorted((name, value) for name, value in args.items() if name != "cursor")
    return hashlib.sha256(json.dumps([kind, constant]).encode()).hexdigest()[:16]


def _position(fake: Financeit, kind: str, args: Mapping[str, str]) -> list[str]:
    """Where the cursor points; Problem 400 invalid_cursor when it is broken, old, or from another query."""
    try:
        text = args["cursor"]
        updated_at, own_id, fingerprint, issued = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        age = fake.clock.now() - datetime.fromtimestamp(issued, UTC)
        good = fingerprint == _fingerprint(kind, args) and age <= CURSOR_LIFE
    except (ValueError, TypeError):
        good, updated_at, own_id = False, "", ""
    if not good:
        raise Problem(400, "The cursor is unknown, too old, or belongs to another query", code="invalid_cursor")
    return [updated_at, own_id]
