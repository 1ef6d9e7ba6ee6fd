"""Feels whether the cluster lives, through the database: the part of the watchdog that may wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from django.conf import settings

from integrations import queue
from integrations.models import JobStatus, SyncJob, WorkerHost
from integrations.worker.heartbeat import BEAT
from integrations.worker.hosts import HostLease, pid_of, recall_jobs

log = structlog.get_logger(__name__)

# Without a look for so long, the database is away: nothing can be said about the cluster.
BLIND_SECONDS = 5.0
UNREAD = object()


class Pulse:
    """Rings beats, reads the answers, and renews the lease of the machine; one `look` a second in a loop's thread.

    A sign of life is a beat done, or every worker process renewing the lease of its job (then none is free for beats).
    Signs are told by values that change, never by comparing clocks. The watchdog reads the attributes from its own
    thread: each is replaced as a whole.
    """

    def __init__(self, lease: HostLease, family: Callable[[], Collection[int]]) -> None:
        self.lease = lease
        self.lost = False
        self.has_beaten = False
        self.restarts = 0
        self._family = family
        self._clean = True
        self._sign_at = self._looked_at = time.monotonic()
        self._renewed_at = self._rang_at = float("-inf")
        self._beat: object = UNREAD
        self._leases: dict[str, datetime | None] = {}
        self._moved: dict[int, float] = {}

    @property
    def silent_for(self) -> float:
        """Seconds without a sign of life; 0 while the database cannot be asked."""
        now = time.monotonic()
        return 0.0 if now - self._looked_at > BLIND_SECONDS else now - self._sign_at

    def expect(self) -> None:
        """A new cluster was started: what the one before left is to be cleaned up, and its signs say nothing more."""
        self._clean = True
        self.has_beaten = False
        self._rang_at = float("-inf")
        self._sign_at = time.monotonic()

    def look(self) -> None:
        """One pass: renew, clean up, ring, read."""
        now = time.monotonic()
        if now - self._looked_at > BLIND_SECONDS:
            self._sign_at = now  # the database was away: the cluster gets its full time again
        if now - self._renewed_at > settings.LEASE_SECONDS / 4:
            if not self.lease.renew(self.restarts):
                self.lost = True
                return
            self._renewed_at = now
        if self._clean:
            self._clean = False
            bells, jobs = queue.silence(), recall_jobs()
            if bells or jobs:
                log.info("queue.cleaned", bells=bells, jobs=jobs)
        if now - self._rang_at >= settings.BEAT_SECONDS and not queue.rings_here():
            queue.ring_here(BEAT, self.lease.host)
            self._rang_at = now
        self._read(now)
        self._looked_at = now

    def _read(self, now: float) -> None:
        beat = WorkerHost.objects.values_list("beat_at", flat=True).get(host=self.lease.host)
        # The first reading only tells where an earlier worker stopped.
        if self._beat is not UNREAD and beat != self._beat:
            self.has_beaten = True
            self._sign_at = now
        self._beat = beat
        if self._busy(now) >= settings.WORKER_PROCESSES:
            self._sign_at = now

    def _busy(self, now: float) -> int:
        """How many processes of the cluster took a job or renewed its lease within the time that a beat may take."""
        family = self._family()
        held = SyncJob.objects.filter(status=JobStatus.RUNNING, lease_owner__startswith=f"{self.lease.host}:")
        leases = dict(held.values_list("lease_owner", "lease_until"))
        for owner, until in leases.items():
            if pid_of(owner) in family and self._leases.get(owner) != until:
                self._moved[pid_of(owner)] = now
        self._leases = leases
        self._moved = {pid: moved for pid, moved in self._moved.items() if now - moved <= settings.BEAT_TIMEOUT_SECONDS}
        return len(self._moved)
