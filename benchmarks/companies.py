"""Companies of HubSpot's contract, for the bench's provider: read and changed up to 100 at once, changes are kept."""

from __future__ import annotations

import json
from typing import Any

CHANGED_AT = "2026-01-01T12:00:00.000Z"
_changed: dict[str, dict[str, str]] = {}


def company(remote_id: str) -> dict[str, Any]:
    """One company, as it was changed last."""
    kept = _changed.get(remote_id, {})
    properties = {
        "name": f"Entreprise {remote_id} inc.",
        "phone": "+15145550100",
        "address": f"{remote_id} rue Sherbrooke",
        "city": "Montréal",
        "state": "QC",
        "zip": "H3A 1H6",
        "country": "CA",
        "hs_lastmodifieddate": CHANGED_AT,
        "hs_object_id": remote_id,
        **kept,
    }
    return {
        "id": remote_id,
        "properties": properties,
        "createdAt": CHANGED_AT,
        "updatedAt": CHANGED_AT,
        "archived": False,
    }


def page(limit: int, start: int, total: int) -> bytes:
    """One page of the list."""
    end = min(start + limit, total)
    more = {"paging": {"next": {"after": str(end)}}} if end < total else {}
    return _answer([company(str(number)) for number in range(start, end)], **more)


def post(path: str, body: dict[str, Any]) -> bytes:
    """A batch that is read or changed; anything else finds nothing."""
    if path.endswith("/companies/batch/update"):
        for row in body["inputs"]:
            _changed.setdefault(row["id"], {}).update(row["properties"])
        traced = [{**company(row["id"]), "objectWriteTraceId": row["objectWriteTraceId"]} for row in body["inputs"]]
        return _answer(traced, status="COMPLETE")
    if path.endswith("/companies/batch/read"):
        return _answer([company(row["id"]) for row in body["inputs"]], status="COMPLETE")
    return _answer([])


def _answer(rows: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"results": rows, **more}).encode()
