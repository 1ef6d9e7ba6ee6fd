"""The one door through which records are written, and the small tasks built on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, Q

from integrations.core.ids import uuid7
from integrations.records import events
from integrations.records.changes import Applied, Change, InvalidChanges, Origin, StaleVersion
from integrations.records.door import Batch, Records, Values, check_versions, clean_changes, ids_by_kind
from integrations.records.events import NewEvent
from integrations.records.kinds import KINDS
from integrations.records.models import Event, Invoice, Record, RecordHistory
from integrations.records.signals import events_written, records_changed
from integrations.records.writing import write_rows

__all__ = [
    "Applied",
    "Change",
    "InvalidChanges",
    "Origin",
    "StaleVersion",
    "apply",
    "check",
    "emit",
    "lock",
    "mark_overdue",
    "purge_events",
    "purge_history",
]


def lock(wanted: Mapping[str, Iterable[UUID]]) -> Records:
    """Read records for writing: kinds in the order of KINDS, rows in id order, so that two callers never deadlock.

    Returns `{(kind, id): record}` of those that exist, child collections loaded: a query per kind and per collection.
    Raises TransactionManagementError outside a transaction. After a rollback the records must be read again.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("lock() needs a transaction")
    found: Records = {}
    for slug, kind in KINDS.items():
        ids = sorted(set(wanted.get(slug, ())))
        if not ids:
            continue
        # "No key": rows that refer to these stay writable meanwhile, since ids never change.
        query = kind.model.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        for record in query.prefetch_related(*(info.name for info in kind.collections)):
            found[slug, record.pk] = record
    return found


def apply(
    changes: Sequence[Change], origin: Origin, *, locked: Mapping[tuple[str, UUID], Record] | None = None
) -> list[Applied]:
    """Write changes and return what became of each, in the same order.

    Joins the caller's transaction or opens one. `locked` (what `lock` returned) saves the read; its records are changed
    in place. Fields whose value stays the same are dropped; a change without any is "unchanged" and writes nothing.
    Raises InvalidChanges and StaleVersion before any write, in which case the caller's transaction stays usable;
    IntegrityError when the database refuses a row.
    """
    with _joined():
        return check(changes, origin, locked=locked).write()


@dataclass(frozen=True)
class Checked:
    """Changes that the door accepts, their records locked; what is written before write() goes with them or not at
    all."""

    changes: Sequence[Change]
    cleaned: Sequence[Values]
    origin: Origin
    records: Records

    def write(self) -> list[Applied]:
        """Write them, in the transaction that locked their records; see apply()."""
        batch = Batch(self.origin, self.records)
        answers = [batch.take(change, values) for change, values in zip(self.changes, self.cleaned, strict=True)]
        written = [each for each in answers if each.action != "unchanged"]
        if written:
            batch.write(written)
            _write_events(events.derive(written, self.origin, batch.now))
            records_changed.send(sender=Record, changes=written, origin=self.origin)
        return answers


def check(
    changes: Sequence[Change], origin: Origin, *, locked: Mapping[tuple[str, UUID], Record] | None = None
) -> Checked:
    """The first half of apply(), for a caller who has something to write in between. Needs a transaction."""
    cleaned = clean_changes(changes)
    records = dict(locked or {})
    records.update(lock(ids_by_kind(changes, records)))
    check_versions(changes, records)
    return Checked(changes, cleaned, origin, records)


def _joined() -> AbstractContextManager[Any]:
    # No savepoint inside a caller's transaction: what fails here fails before the first write or breaks all of it.
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


def _write_events(rows: list[NewEvent]) -> None:
    if rows:
        write_rows(Event, [tuple(row) for row in rows])
        events_written.send(sender=Event, events=rows)


def emit(
    event_type: str, payload: Mapping[str, Any], origin: Origin, *, kind: str = "", record_id: UUID | None = None
) -> NewEvent:
    """Write an event that no record change tells (sync.completed, sync.failed, integration.error).

    `payload` is plain JSON with every key that the catalogue requires; ValueError otherwise.
    """
    events.check_payload(event_type, payload)
    event = NewEvent(uuid7(), event_type, kind, record_id, payload, origin.code, datetime.now(UTC))
    with _joined():
        _write_events([event])
    return event


def mark_overdue(today: date, *, origin: Origin | None = None) -> int:
    """Set `overdue_since` on unpaid invoices past their due date and clear it where that is over.

    `today` is the date in America/Toronto. Returns how many invoices changed. Meant to run once a day.
    """
    owed = Q(status__in=["sent", "partial"], balance__gt=0, due_date__lt=today)
    late = owed & (Q(overdue_since__isnull=True) | ~Q(overdue_since=F("due_date")))
    over = Q(overdue_since__isnull=False) & ~owed
    wanted = {"invoice": list(Invoice.objects.live().filter(late | over).values_list("pk", flat=True))}
    with transaction.atomic():
        locked = lock(wanted)
        changes = [
            # Decided again under the lock: a payment may have arrived since the query.
            Change("invoice", invoice.pk, values={"overdue_since": _overdue_since(invoice, today)})
            for invoice in locked.values()
        ]
        applied = apply(changes, origin or Origin("system", label="Échéances"), locked=locked)
    return sum(each.action != "unchanged" for each in applied)


def _overdue_since(invoice: Any, today: date) -> date | None:
    late = invoice.due_date is not None and invoice.due_date < today
    owed = invoice.status in ("sent", "partial") and invoice.balance > 0 and invoice.archived_at is None
    return invoice.due_date if late and owed else None


def purge_history(before: datetime) -> int:
    """Delete history older than `before` and return how many rows went."""
    return _purge(RecordHistory, Q(at__lt=before))


def purge_events(before: datetime) -> int:
    """Delete events older than `before` and return how many went."""
    return _purge(Event, Q(occurred_at__lt=before))


def _purge(model: type[models.Model], older: Q) -> int:
    return models.QuerySet(model).filter(older).delete()[0]
