"""Lists and searches: filters, order, cursors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.pipedrive.simulator.problems import Problem
from connectors.pipedrive.simulator.schema import KINDS

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
STATUSES = {"open", "won", "lost", "deleted"}
Body = dict[str, Any]


def page(rows: list[Body], args: Mapping[str, str], *, kind: str = "", archived: bool = False) -> Body:
    """A page of these objects, as the query wants it."""
    limit = _limit(args)
    kept = _filtered(rows, args, kind, archived)
    by = args.get("sort_by", "id")
    if by not in ("id", "update_time", "add_time"):
        raise Problem(400, "Validation failed: sort_by: invalid value")
    down = args.get("sort_direction", "asc") == "desc"
    kept.sort(key=lambda raw: _place(raw, by), reverse=down)
    asked = {name: value for name, value in args.items() if name not in ("cursor", "limit")}
    if args.get("cursor"):
        after = _decode(args["cursor"], asked)
        kept = [raw for raw in kept if (_place(raw, by) < after if down else _place(raw, by) > after)]
    shown = kept[:limit]
    following = _encode(_place(shown[-1], by), asked) if len(kept) > limit else None
    return {"success": True, "data": shown, "additional_data": {"next_cursor": following}}


def search(rows: list[Body], kind: str, args: Mapping[str, str]) -> Body:
    """A search's answer, which has a shape of its own."""
    term, exact = args.get("term", "").strip(), args.get("exact_match", "").lower() in ("true", "1")
    if len(term) < (1 if exact else 2):
        raise Problem(400, "Validation failed: term: too short")
    searchable = KINDS[kind].searchable
    fields = set(filter(None, args.get("fields", "").split(","))) or set(searchable)
    if not fields <= searchable:
        raise Problem(400, f"Validation failed: fields: {', '.join(sorted(fields - searchable))}")
    wanted = term.casefold()
    found = []
    for raw in rows:
        texts = [text.casefold() for name in fields for text in _texts(raw, name)]
        if not raw["is_deleted"] and any(wanted == text if exact else wanted in text for text in texts):
            found.append({"result_score": 1.2, "item": _item(kind, raw)})
    shown = found[: _limit(args)]
    return {"success": True, "data": {"items": shown}, "additional_data": {"next_cursor": None}}


def _texts(raw: Body, name: str) -> list[str]:
    if name in ("email", "phone"):
        return [one["value"] for one in raw.get(f"{name}s", [])]
    if name == "custom_fields":
        return [value for value in raw["custom_fields"].values() if isinstance(value, str)]
    value = raw.get(name)
    return [str((value or {}).get("value") or "")] if name == "address" else [str(value or "")]


def _item(kind: str, raw: Body) -> Body:
    title = KINDS[kind].title
    shown = {"id": raw["id"], "type": kind.rstrip("s"), title: raw[title], "visible_to": raw["visible_to"]}
    shown |= {"owner": {"id": raw["owner_id"]}, "custom_fields": _texts(raw, "custom_fields"), "notes": []}
    if kind == "persons":
        shown |= {"phones": _texts(raw, "phone"), "emails": _texts(raw, "email")}
    return shown


def _filtered(rows: list[Body], args: Mapping[str, str], kind: str, archived: bool) -> list[Body]:
    statuses = set(filter(None, args.get("status", "").split(",")))
    if not statuses <= STATUSES:
        raise Problem(400, "Validation failed: status: invalid value")
    since, until = _moment(args, "updated_since"), _moment(args, "updated_until")
    wanted = set(filter(None, args.get("ids", "").split(",")))
    if len(wanted) > 100:
        raise Problem(400, "Validation failed: ids: at most 100")
    kept = []
    for raw in rows:
        changed = raw.get("update_time") or ""
        fits = raw.get("is_archived", False) == archived and (not wanted or str(raw["id"]) in wanted)
        fits = fits and (not since or changed >= since) and (not until or changed < until)
        if kind == "deals" and statuses:
            fits = fits and raw["status"] in statuses
        elif raw.get("is_deleted"):
            fits = False
        if fits:
            kept.append(raw)
    return kept


def _moment(args: Mapping[str, str], name: str) -> str:
    value = args.get(name, "")
    if value and not MOMENT.fullmatch(value):
        raise Problem(400, f"Validation failed: {name}: must be an RFC 3339 date and time without milliseconds")
    return value


def _limit(args: Mapping[str, str]) -> int:
    text = args.get("limit", "100")
    if not text.isdigit() or not 1 <= int(text) <= 500:
        raise Problem(400, "Validation failed: limit: must be from 1 to 500")
    return int(text)


def _place(raw: Body, by: str) -> tuple[str, int]:
    return ("" if by == "id" else raw.get(by) or "", raw["id"])


def _encode(place: tuple[str, int], asked: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([place, dict(asked)], sort_keys=True).encode()).decode().rstrip("=")


def _decode(cursor: str, asked: Mapping[str, str]) -> tuple[str, int]:
    try:
        place, before = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise Problem(400, "Validation failed: cursor: invalid value") from None
    if before != dict(asked):
        raise Problem(400, "Validation failed: cursor: the parameters have changed")
    return place[0], place[1]
