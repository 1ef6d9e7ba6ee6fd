"""Who may work on a job: claims by compare-and-swap, renewed by a thread, fenced by a number.

The clock is the database's, so that machines whose clocks differ agree on what has expired.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Case, F, PositiveIntegerField, Q, QuerySet, When
from django.db.models.functions import Coalesce, Now

from integrations import stop
from integrations.models import JobStatus, SyncJob

log = structlog.get_logger(__name__)


LOOK_EVERY = 0.5
MOMENT = 0.3
"""Seconds: a cancelled job is at rest within a second, whatever its provider does."""


class LeaseLost(Exception):
    """Another worker holds the job now: stop at once and write nothing more."""


class JobCancelled(Exception):
    """Somebody asked for the job to stop: end it at this page."""


@dataclass
class Claim:
    """A job held by this worker; `lost`, `cancelled` and `stopped` are set by the keeper's thread."""

    job_id: uuid.UUID
    owner: str
    fencing: int
    lost: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def held(self) -> QuerySet[SyncJob]:
        """The job's row, only while this claim holds it."""
        return SyncJob.objects.filter(
            pk=self.job_id, status=JobStatus.RUNNING, lease_owner=self.owner, fencing=self.fencing
        )

    def write(self, values: Mapping[str, Any]) -> bool:
        """Write columns of the job's row, only while this claim holds it and nobody asked for its end; whether it did.

        Written out, as every page does it: as a query set it would cost more than any other statement of a page.
        """
        given = [json.dumps(value) if isinstance(value, dict | list) else value for value in values.values()]
        job_id = self.job_id if connection.vendor == "postgresql" else self.job_id.hex
        with connection.cursor() as cursor:
            cursor.execute(_fenced_update(tuple(values)), [*given, job_id, self.owner, self.fencing])
            return bool(cursor.rowcount)

    def why_not_held(self) -> Exception:
        """The reason why a write that demands the claim found no row."""
        return JobCancelled() if self.held().filter(cancel_requested=True).exists() else LeaseLost()

    def check(self) -> None:
        """Raise when the job was lost or cancelled, or everything stopped, meanwhile; costs no query."""
        if self.lost.is_set():
            raise LeaseLost()
        if self.cancelled.is_set():
            raise JobCancelled()
        if self.stopped.is_set():
            raise stop.EmergencyStopped()


@cache
def _fenced_update(columns: tuple[str, ...]) -> str:
    written = ", ".join(f"{name} = %s" for name in columns)
    return (
        f"UPDATE integrations_syncjob SET {written} "  # noqa: S608 - names of columns
        "WHERE id = %s AND status = 'running' AND lease_owner = %s AND fencing = %s AND NOT cancel_requested"
    )


def due() -> Q:
    """Jobs that a worker may claim now: waiting ones whose time has come, running ones whose worker is gone; none
    while everything is stopped."""
    waiting = Q(status=JobStatus.PENDING) & (Q(not_before=None) | Q(not_before__lte=Now()))
    return ~stop.in_force() & (waiting | Q(status=JobStatus.RUNNING, lease_until__lt=Now()))


def claim(job_id: uuid.UUID | str) -> Claim | None:
    """Take the job if it is due and nobody holds it; None otherwise. One statement decides."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    taken = SyncJob.objects.filter(due(), pk=job_id).update(
        status=JobStatus.RUNNING,
        lease_owner=owner,
        lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        fencing=F("fencing") + 1,
        # Taken over from a worker that died: counted, so that a job that kills its workers ends; a page resets it.
        attempt=Case(
            When(status=JobStatus.RUNNING, then=F("attempt") + 1),
            default=F("attempt"),
            output_field=PositiveIntegerField(),
        ),
        started_at=Coalesce("started_at", Now()),
        not_before=None,
    )
    if not taken:
        return None
    fencing = SyncJob.objects.values_list("fencing", flat=True).get(pk=job_id, lease_owner=owner)
    return Claim(job_id=uuid.UUID(str(job_id)), owner=owner, fencing=fencing)


class LeaseKeeper(threading.Thread):
    """Renews a claim's lease every quarter of its life, and looks twice a second whether the job was cancelled.

    end_cancelled: ends the job in the place of a worker that waits for its provider and does not end it within
    `MOMENT`; that worker has lost the job then.
    """

    def __init__(self, held: Claim, end_cancelled: Callable[[], object] | None = None) -> None:
        super().__init__(name=f"lease-{held.job_id}", daemon=True)
        self.claim = held
        self._end_cancelled = end_cancelled
        self._stop_asked = threading.Event()

    def __enter__(self) -> LeaseKeeper:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop_asked.set()
        self.join()

    def run(self) -> None:
        look_every = min(LOOK_EVERY, settings.LEASE_SECONDS / 4)
        looks_per_renewal = max(1, round(settings.LEASE_SECONDS / 4 / look_every))
        look = 0
        while not self._stop_asked.wait(look_every):
            look += 1
            try:
                self._look(renew=look % looks_per_renewal == 0)
            except DatabaseError as error:
                # The database may be restarting: the lease still has time, and the next look opens a new connection.
                log.warning("lease.look_failed", job=str(self.claim.job_id), error=str(error))
                close_old_connections()
            if self.claim.lost.is_set():
                break
        connection.close()

    def _look(self, *, renew: bool) -> None:
        held = self.claim.held()
        if renew and not held.update(lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS)):
            self.claim.lost.set()
        elif held.filter(cancel_requested=True).exists():
            self.claim.cancelled.set()
            if self._end_cancelled and not self._stop_asked.wait(MOMENT):
                self._end_cancelled()
                self.claim.lost.set()
        if stop.current() is not None:
            self.claim.stopped.set()
