"""From events to deliveries: nothing is skipped, nothing is doubled.

The event's own transaction writes a PendingEvent per event. A sender later takes markers, writes the deliveries of
every subscribed endpoint and deletes the markers, all in one transaction. There is no cursor over ids or times, hence
nothing that a transaction which commits late could fall behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from integrations.records.events import NewEvent
from integrations.records.models import Event
from integrations.records.writing import write_rows
from webhooks.models import Delivery, DeliveryStatus, Endpoint, PendingEvent, Replay

BATCH = 500


def note_events(sender: Any, events: Sequence[NewEvent], **kwargs: Any) -> None:
    """Remember, in the transaction that wrote them, that these events are to be handed on: one statement."""
    write_rows(PendingEvent, [[event.id] for event in events])


def fan_out(limit: int = BATCH) -> int:
    """Write the deliveries of at most `limit` new events; returns how many events were handled."""
    if not PendingEvent.objects.exists():
        return 0
    with transaction.atomic():
        markers = PendingEvent.objects.select_for_update(skip_locked=True).order_by("event_id")
        ids = list(markers.values_list("event_id", flat=True)[:limit])
        if ids:
            endpoints = list(Endpoint.objects.active().defer("secret", "old_secret", "headers"))
            events = list(Event.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "type"))
            _write((endpoint.pk, pk, name) for pk, name in events for endpoint in endpoints if endpoint.wants(name))
            PendingEvent.objects.filter(pk__in=ids).delete()
    return len(ids)


# One statement for any number of rows; the columns that are not named have defaults in the database. "Nothing": a
# replay may have written the same delivery meanwhile.
_INSERT = """
INSERT INTO webhooks_delivery (endpoint_id, event_id, event_type, status, lease_owner, tries, attempts, last_error)
SELECT {columns}, 'pending', '', 0, 0, '' FROM {source}
ON CONFLICT (event_id, endpoint_id) DO NOTHING
"""
_POSTGRESQL = _INSERT.format(
    columns="(v->>0)::uuid, (v->>1)::uuid, v->>2", source="jsonb_array_elements(%s::jsonb) AS given(v)"
)
_SQLITE = _INSERT.format(
    columns=", ".join(f"json_extract(given.value, '$[{n}]')" for n in range(3)),
    source="json_each(%s) AS given WHERE true",
)


def _write(rows: Iterable[tuple[UUID, UUID, str]]) -> None:
    """Write deliveries (endpoint, event, type) that do not exist yet, due now."""
    given = [(endpoint_id.hex, event_id.hex, event_type) for endpoint_id, event_id, event_type in rows]
    if given:
        with connection.cursor() as cursor:
            cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE, [json.dumps(given)])


# --- Replays ------------------------------------------------------------------------------------------------------
def events_of(endpoint: Endpoint, since: Any, until: Any) -> QuerySet[Event]:
    """The events of a period that the endpoint is subscribed to."""
    wanted = Event.objects.filter(occurred_at__gte=since, occurred_at__lte=until)
    rows: QuerySet[Event] = wanted if endpoint.all_events else wanted.filter(type__in=endpoint.event_types)
    return rows


def done_or_waiting(endpoint: Endpoint, *, with_delivered: bool) -> QuerySet[Delivery]:
    """The deliveries that a replay leaves alone: those that wait, and the delivered ones unless asked for."""
    kept = [DeliveryStatus.PENDING] + ([] if with_delivered else [DeliveryStatus.DELIVERED])
    return Delivery.objects.filter(endpoint=endpoint, status__in=kept)


def replay(limit: int = BATCH) -> int:
    """Do one slice of the oldest open replay of an active endpoint; returns how many events were looked at.

    A slice is one transaction that also moves the cursor: killed at any moment, the replay goes on from there.
    """
    open_ones = Replay.objects.filter(finished_at=None, endpoint__active=True, endpoint__deleted_at=None)
    if not open_ones.exists():
        return 0
    with transaction.atomic():
        chosen = open_ones.select_for_update(skip_locked=True, of=("self",)).order_by("created_at").first()
        if chosen is None:
            return 0
        rows = events_of(chosen.endpoint, chosen.since, chosen.until)
        if chosen.cursor_at:
            later = Q(occurred_at__gt=chosen.cursor_at)
            rows = rows.filter(later | Q(occurred_at=chosen.cursor_at, pk__gt=chosen.cursor_id))
        events = list(rows.order_by("occurred_at", "pk").values_list("pk", "type", "occurred_at")[:limit])
        chosen.queued = F("queued") + _ask_again(chosen, events)
        if len(events) < limit:
            chosen.finished_at = Now()
        if events:
            chosen.cursor_id, _, chosen.cursor_at = events[-1]
        chosen.save(update_fields=["queued", "finished_at", "cursor_at", "cursor_id"])
    return len(events)


def _ask_again(chosen: Replay, events: Sequence[tuple[Any, str, Any]]) -> int:
    """Put deliveries back into the queue, and write those that never existed; how many wait now because of it."""
    ids = [pk for pk, _, _ in events]
    known = set(Delivery.objects.filter(endpoint=chosen.endpoint, event__in=ids).values_list("event_id", flat=True))
    missing = [(pk, name) for pk, name, _ in events if pk not in known]
    _write((chosen.endpoint_id, pk, name) for pk, name in missing)
    left = done_or_waiting(chosen.endpoint, with_delivered=chosen.with_delivered)
    again = Delivery.objects.filter(endpoint=chosen.endpoint, event__in=known & set(ids))
    return len(missing) + ask(again.exclude(pk__in=left.filter(event__in=ids).values("pk")))


def ask(rows: QuerySet[Delivery]) -> int:
    """Put deliveries (none of them waiting) at the start of their schedule, due now; returns how many."""
    return rows.exclude(status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.PENDING, tries=0, next_at=Now(), asked_at=Now(), finished_at=None, lease_owner=""
    )
