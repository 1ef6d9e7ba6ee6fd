"""ROVIDA's lists: parameters, order, cursors."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.rovida.simulator.problems import Problem
from connectors.rovida.simulator.schema import KINDS, is_instant
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.rovida.simulator.fake import Rovida

CURSOR_LIFE = timedelta(hours=24)
TOMBSTONE_LIFE = timedelta(days=90)


def list_page(fake: Rovida, kind: str, args: Mapping[str, str]) -> tuple[list[dict[str, Any]], str | None]:
    """The records that the query asks for, and the cursor of the next page or None. Problem 400 for a bad query."""
    known = {"limit", "cursor", "updated_since", "include_deleted", *KINDS[kind].filters}
    unknown = sorted(set(args) - known)
    if unknown:
        raise Problem(400, f"Unknown parameter: {', '.join(unknown)}")
    limit = _limit(args.get("limit", "100"))
    where, values = _conditions(fake, kind, args)
    if "cursor" in args:
        position = _position(fake, kind, args)
        where += " AND (updated_at, id) > (?, ?)"
        values += position
    found = fake.store.select(fake.slug, kind, where, values, limit + 1)
    records = found[:limit]
    more = len(found) > limit
    return records, _cursor(fake, kind, args, records[-1]) if more else None


def cursor_after(fake: Rovida, kind: str, args: Mapping[str, str], records: list[dict[str, Any]]) -> str:
    """A valid cursor behind the given records, though no page follows."""
    return _cursor(fake, kind, args, records[-1] if records else {"updated_at": "", "id": ""})


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 200):
        raise Problem(400, "limit must be between 1 and 200")
    return int(text)


def _conditions(fake: Rovida, kind: str, args: Mapping[str, str]) -> tuple[str, list[Any]]:
    deleted = args.get("include_deleted", "false")
    if deleted not in ("true", "false"):
        raise Problem(400, "include_deleted must be true or false")
    if deleted == "true":
        where, values = "(deleted_at IS NULL OR deleted_at > ?)", [stamp(fake.clock.now() - TOMBSTONE_LIFE)]
    else:
        where, values = "deleted_at IS NULL", []
    since = args.get("updated_since")
    if since is not None:
        if not is_instant(since):
            raise Problem(400, "updated_since must be an RFC 3339 instant")
        where += " AND updated_at >= ?"
        values.append(stamp(datetime.fromisoformat(since)))
    for name in KINDS[kind].filters:
        if name in args:
            where += f" AND json_extract(body, '$.{name}') = ? COLLATE NOCASE"
            values.append(args[name])
    return where, values


def _fingerprint(kind: str, args: Mapping[str, str]) -> str:
    constant = sorted((name, value) for name, value in args.items() if name != "cursor")
    return hashlib.sha256(json.dumps([kind, constant]).encode()).hexdigest()[:16]


def _cursor(fake: Rovida, kind: str, args: Mapping[str, str], last: dict[str, Any]) -> str:
    content = [last["updated_at"], last["id"], _fingerprint(kind, args), int(fake.clock.now().timestamp())]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _position(fake: Rovida, kind: str, args: Mapping[str, str]) -> list[str]:
    """Where the cursor points; Problem 400 invalid_cursor when it is broken, old, or from another query."""
    try:
        text = args["cursor"]
        updated_at, object_id, fingerprint, issued = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        age = fake.clock.now() - datetime.fromtimestamp(issued, UTC)
        good = fingerprint == _fingerprint(kind, args) and age <= CURSOR_LIFE
    except (ValueError, TypeError):
        good, updated_at, object_id = False, "", ""
    if not good:
        raise Problem(400, "The cursor is unknown, too old, or belongs to another query", code="invalid_cursor")
    return [updated_at, object_id]
