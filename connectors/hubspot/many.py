"""Up to a hundred writes in one request: rows are matched by objectWriteTraceId, for no order is promised."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import ConnectorError
from connectors.base.resource import dig
from connectors.base.writes import Outcome, PreparedWrite, unanswered
from connectors.hubspot import errors, writing
from connectors.hubspot.objects import Objects
from connectors.hubspot.reading import rows_of

Writes = Mapping[int, PreparedWrite]
"""Some of the writes, by their place among all."""


def joined(writes: Sequence[PreparedWrite]) -> PreparedWrite:
    """One request of the rows that each write would send alone."""
    first = writes[0]
    path = first.path if first.action == "create" else f"{first.path.rpartition('/')[0]}/batch/update"
    return PreparedWrite(
        "POST",
        "api",
        path,
        first.resource,
        first.action,
        headers=first.headers,
        body=writing.dumps({"inputs": [_row(one) for one in writes]}),
        repeatable=True,
    )


def send(
    label: str, mine: Objects, put: Callable[[PreparedWrite], Answer], writes: Sequence[PreparedWrite]
) -> list[Outcome]:
    """Write what nobody changed meanwhile, tie it to its company, and read it again; `put` sends a joined write."""
    before: dict[str, dict[str, Any]] = {}
    if writes[0].action == "update":
        before = mine.fetch_many([one.remote_id for one in writes])
    refused = _moved(label, mine, writes, before) if before or writes[0].action == "update" else {}
    left = {place: one for place, one in enumerate(writes) if place not in refused}
    ids = {place: one.remote_id for place, one in left.items() if writing.changes_nothing(one)}
    if rest := {place: one for place, one in left.items() if place not in ids}:
        answer = put(joined(list(rest.values()))).data
        ids |= _written(rest, answer)
        refused |= _refused(label, rest, ids, answer)
    refused |= _tied(mine, left, ids, before)
    after = mine.fetch_many([ids[place] for place in ids if place not in refused])
    return [refused.get(place) or after.get(ids[place]) or _gone(label) for place in range(len(writes))]


def _row(one: PreparedWrite) -> dict[str, Any]:
    body = json.loads(one.body)
    if one.action == "create":
        row: dict[str, Any] = body["inputs"][0]
        return row
    return {"id": one.remote_id, "objectWriteTraceId": one.remote_id, **body}


def _moved(
    label: str, mine: Objects, writes: Sequence[PreparedWrite], before: Mapping[str, dict[str, Any]]
) -> dict[int, ConnectorError]:
    """Rows whose object is gone or has another version."""
    found: dict[int, ConnectorError] = {}
    for place, one in enumerate(writes):
        if one.remote_id not in before:
            found[place] = _gone(label)
        elif problem := mine.stale(before[one.remote_id], one.version):
            found[place] = problem
    return found


def _written(rest: Writes, answer: Any) -> dict[int, str]:
    """The ids of the objects that the answer shows."""
    places = {_trace(one): place for place, one in rest.items()}
    shown = {str(row.get("objectWriteTraceId") or row.get("id")): str(row["id"]) for row in rows_of(answer)}
    return {places[trace]: remote_id for trace, remote_id in shown.items() if trace in places}


def _refused(label: str, rest: Writes, ids: Mapping[int, str], answer: Any) -> dict[int, ConnectorError]:
    """The errors of the rows; a row that the answer does not name may go alone, and then tells its own."""
    told: dict[str, Mapping[str, Any]] = {}
    for error in dig(answer, "errors") or []:
        told |= dict.fromkeys((str(one) for one in dig(error, "context.objectWriteTraceId") or []), error)
    found: dict[int, ConnectorError] = {}
    for place, one in rest.items():
        if place in ids:
            continue
        row = told.get(_trace(one))
        meant = errors.of_row(label, "POST", row) if row else unanswered(label)
        found[place] = errors.of_write(label, one.action, meant)
    return found


def _tied(
    mine: Objects, left: Writes, ids: Mapping[int, str], before: Mapping[str, dict[str, Any]]
) -> dict[int, ConnectorError]:
    """Tie the objects to the companies that their writes name; errors by place."""
    wanted = {place: left[place].links["companies"] for place in ids if "companies" in left[place].links}
    if not wanted:
        return {}
    old = {remote_id: raw.get("_company") for remote_id, raw in before.items()}
    old = old or mine.companies([ids[place] for place in wanted])
    failed = mine.tie_many([(ids[place], old.get(ids[place]), new) for place, new in wanted.items()])
    return {place: failed[ids[place]] for place in wanted if ids[place] in failed}


def _trace(one: PreparedWrite) -> str:
    return str(_row(one)["objectWriteTraceId"])


def _gone(label: str) -> ConnectorError:
    return errors.of_row(label, "POST", {"category": "OBJECT_NOT_FOUND"})
