"""Up to two hundred writes in one request: one outcome a row, in the order of the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import Conflict, ConnectorError
from connectors.base.resource import Resource
from connectors.base.rest import parse_instant
from connectors.base.writes import Outcome, PreparedWrite, unanswered
from connectors.salesforce import errors, writing
from connectors.salesforce.asking import Asking
from connectors.salesforce.quirks import id18


def joined(writes: Sequence[PreparedWrite]) -> PreparedWrite:
    """One request of the rows that each write would send alone; each stands for itself (allOrNone false)."""
    first = writes[0]
    collection, entity, *field, _ = _place(first)
    path = f"{collection.rpartition('/sobjects')[0]}/composite/sobjects"
    if field:
        path = f"{path}/{entity}/{field[0]}"
    return PreparedWrite(
        "PATCH",
        "api",
        path,
        first.resource,
        first.action,
        headers={"Content-Type": "application/json"},
        body=writing.dumps({"allOrNone": False, "records": [_row(one) for one in writes]}),
        repeatable=True,
    )


def send(
    label: str, declared: Resource, ask: Asking, put: Callable[[PreparedWrite], Answer], writes: Sequence[PreparedWrite]
) -> list[Outcome]:
    """Write what nobody changed meanwhile, for a collection knows no If-Unmodified-Since, and read it again; `put`
    sends a joined write."""
    refused = _moved(label, declared, ask, writes)
    left = {place: one for place, one in enumerate(writes) if place not in refused}
    results = put(joined(list(left.values()))).data if left else []
    ids: dict[int, str] = {}
    if len(results) != len(left):
        return [refused.get(place) or unanswered(label) for place in range(len(writes))]
    for (place, one), result in zip(left.items(), results, strict=True):
        if result.get("success") and (remote_id := str(result.get("id") or _place(one)[-1])):
            ids[place] = id18(remote_id)
        else:
            refused[place] = _error(label, one, result)
    after = ask.by_id(declared, list(ids.values()))
    return [refused.get(place) or after.get(ids[place]) or errors.gone(label) for place in range(len(writes))]


def _place(one: PreparedWrite) -> list[str]:
    """The address of a write in its parts: collection, object, and for a creation the external id's field; the last
    part is the id or the reference."""
    parts = one.path.rsplit("/", 3 if one.action == "create" else 2)
    return [*parts[:-1], unquote(parts[-1])]


def _row(one: PreparedWrite) -> dict[str, Any]:
    """A row holds what a single write has in its address."""
    _, entity, *field, key = _place(one)
    return {"attributes": {"type": entity}, (field[0] if field else "id"): key, **json.loads(one.body)}


def _moved(label: str, declared: Resource, ask: Asking, writes: Sequence[PreparedWrite]) -> dict[int, ConnectorError]:
    """Rows whose object is gone or was changed after the time that its write names."""
    named = {
        place: (_place(one)[-1], one.headers["If-Unmodified-Since"])
        for place, one in enumerate(writes)
        if "If-Unmodified-Since" in one.headers
    }
    now = ask.changed_at(declared, [remote_id for remote_id, _ in named.values()]) if named else {}
    found: dict[int, ConnectorError] = {}
    for place, (remote_id, until) in named.items():
        changed = parse_instant(now.get(remote_id))
        if remote_id not in now:
            found[place] = errors.gone(label)
        elif changed is None or changed > parsedate_to_datetime(until):
            found[place] = Conflict(
                f"L’élément a changé chez {label} depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
                code="stale",
            )
    return found


def _error(label: str, one: PreparedWrite, result: Mapping[str, Any]) -> ConnectorError:
    """The error of a row, as if it had gone alone."""
    told = [{**each, "errorCode": each.get("statusCode")} for each in errors.fault_list(result.get("errors"))]
    meant = errors.classify(label, Answer(one.method, 400, CaseInsensitiveDict(), told))
    assert meant is not None, "a refusal's status is no success"
    return errors.of_write(label, one.action, meant)
