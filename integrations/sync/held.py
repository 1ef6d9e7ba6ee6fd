"""Conflicts that wait for a person: opened and refreshed by a page, closed when both sides agree again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.models import Conflict, ConflictState
from integrations.sync.conflicts import MISSING
from integrations.sync.plan import Held, Plan

FieldKey = tuple[UUID, str]
"""(link, field)"""


def open_fields(record_ids: Iterable[UUID]) -> set[FieldKey]:
    """The fields of these records that wait for a person; one query."""
    rows = Conflict.objects.filter(record_id__in=list(record_ids), state=ConflictState.OPEN, code="field")
    return set(rows.values_list("link_id", "field"))


def save(plan: Plan, waiting: set[FieldKey], now: datetime) -> None:
    """Write what a page means for conflicts; `waiting`: fields that waited before it. A quiet page costs nothing."""
    fresh = [_row(held, now) for held in plan.held if (held.link.pk, held.info.name) not in waiting]
    fresh += [_row(held, now, code="total") for held in plan.overruled]
    if fresh:
        # A review of an amount that is open already says enough.
        Conflict.objects.bulk_create(fresh, ignore_conflicts=True)
    for held in plan.held:
        if (held.link.pk, held.info.name) in waiting:
            values = {"local": held.sides.local, "remote": held.sides.incoming, "remote_raw": held.sides.remote}
            _open(held.link.pk, held.info.name).update(**values)
    for link_id, name in waiting & plan.settled:
        _open(link_id, name).update(state=ConflictState.RESOLVED, resolved_at=now, resolution="agreed")


def _open(link_id: UUID, name: str) -> Any:
    return Conflict.objects.filter(link_id=link_id, field=name, state=ConflictState.OPEN, code="field")


def _row(held: Held, now: datetime, code: str = "field") -> Conflict:
    return Conflict(
        integration_id=held.link.integration_id,
        link=held.link,
        record_kind=held.link.record_kind,
        record_id=held.link.record_id,
        field=held.info.name,
        code=code,
        base=None if held.sides.base_local is MISSING else held.sides.base_local,
        local=held.sides.local,
        remote=held.sides.incoming,
        remote_raw=held.sides.remote,
        created_at=now,
    )
