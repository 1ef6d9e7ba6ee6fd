"""How far each resource was read. While a job runs its row carries that; what outlives the job is a SyncCursor.

So a page costs one write for counters and position together, and a job that ends early hands on where it stopped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.models import Integration, SyncCursor, SyncJob

Cursor = dict[str, Any]


def start_of(job: SyncJob, resource: str) -> Cursor | None:
    """Where to read on: where this job is, else where the last one ended; None reads everything."""
    if resource in job.positions:
        return dict(job.positions[resource])
    if job.full:
        return None
    row = SyncCursor.objects.filter(integration=job.integration_id, resource=resource).first()
    return row.cursor if row else None


def read_until(integration: Integration, resource: str) -> datetime | None:
    """When the resource was last read to its end; None when it never was."""
    rows = SyncCursor.objects.filter(integration=integration, resource=resource)
    return rows.values_list("completed_at", flat=True).first()


def save(integration: Integration, resource: str, cursor: Cursor, *, complete: bool) -> None:
    """Keep a position beyond its job; one statement."""
    now = timezone.now()
    row = SyncCursor(
        integration=integration,
        resource=resource,
        cursor=cursor,
        updated_at=now,
        completed_at=now if complete else None,
    )
    SyncCursor.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["integration", "resource"],
        update_fields=["cursor", "updated_at", *(["completed_at"] if complete else [])],
    )


def hand_on(job: SyncJob) -> None:
    """Keep the positions of a job that ends before its resources do."""
    for resource, cursor in job.positions.items():
        save(job.integration, resource, cursor, complete=False)
