"""What the pages of a whole reading saw, for sync.sweep."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations.models import SeenPage, SyncJob
from integrations.sync.mapping import CompiledResource
from integrations.sync.progress import Checkpoint

UNTOLD = frozenset({"none", "archived"})
"""Habits of providers that do not tell of every deletion."""


def untold(job: SyncJob) -> bool:
    """Whether the job's provider leaves deletions to be concluded."""
    habits = job.integration.connector.habits
    return habits is not None and habits.deletions in UNTOLD


def note(job: SyncJob, resource: str, checkpoint: Checkpoint) -> None:
    """Keep what a page of a generation saw, in the page's transaction; one statement, none for any other page."""
    if checkpoint.seen is not None:
        SeenPage.objects.create(
            job=job,
            resource=resource,
            remote_ids=sorted(checkpoint.seen - {""}),
            readable="" not in checkpoint.seen,
            began_at=checkpoint.read_at or timezone.now(),
        )


def seen_in(compiled: CompiledResource, records: list[Any]) -> frozenset[str]:
    """The ids of a page's objects, whatever else is wrong with them; "" stands for one that has none."""
    ids = set()
    for raw in records:
        try:
            ids.add(compiled.resource.remote_id(raw))
        except Exception:  # noqa: BLE001  (an object that cannot be told by its id: nothing may be concluded)
            ids.add("")
    return frozenset(ids)


def forget(job: SyncJob) -> None:
    """Drop what a job that ends has seen."""
    if untold(job):
        SeenPage.objects.filter(job=job).delete()
