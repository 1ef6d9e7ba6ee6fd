"""What is sent for an event: the same bytes at every attempt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from integrations.records.events import CATALOGUE
from integrations.records.models import Event

CONTENT_TYPE = "application/json; charset=utf-8"


def message_id(event_id: UUID) -> str:
    """The `webhook-id` of an event: the same at every attempt, so that a receiver knows what it already has."""
    return f"evt_{event_id.hex}"


def body_of(event: Event) -> bytes:
    """The body of the deliveries of an event."""
    return _dump(event.id, event.type, event.occurred_at, event.payload)


def sample_body(event_type: str, event_id: UUID, at: datetime) -> bytes:
    """The body that « Tester » sends: the sample of the catalogue under a fresh id. KeyError on an unknown type."""
    return _dump(event_id, event_type, at, CATALOGUE[event_type].sample)


def _dump(event_id: UUID, event_type: str, at: datetime, data: Any) -> bytes:
    content = {
        "id": message_id(event_id),
        "type": event_type,
        "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": data,
    }
    # Sorted: PostgreSQL's jsonb and SQLite's text would otherwise give the keys in different orders.
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
