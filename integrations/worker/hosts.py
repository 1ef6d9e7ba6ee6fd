"""One worker per machine: a row taken by compare-and-swap, with the database's clock."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from integrations.models import JobStatus, SyncJob, WorkerHost
from integrations.worker import process

log = structlog.get_logger(__name__)


class HostLease:
    """The right to be the worker of this machine; good for LEASE_SECONDS after each `take` or `renew`."""

    def __init__(self) -> None:
        self.host = process.host()
        self.owner = f"{process.place()}:{uuid.uuid4().hex}"
        self.pid = os.getpid()
        self.pid_started = process.started(self.pid)

    def take(self) -> WorkerHost | None:
        """Take the row if nobody leads; otherwise return the row of the one who does.

        A leader that is dead is followed at once. One that lives but let its lease run out hangs: it is killed first,
        so that its processes never work beside ours.
        """
        WorkerHost.objects.bulk_create([WorkerHost(host=self.host)], ignore_conflicts=True)
        other = WorkerHost.objects.get(host=self.host)
        expired = Q(lease_until=None) | Q(lease_until__lt=Now())
        if self._is_dead(other):
            expired = Q()
        elif not WorkerHost.objects.filter(expired, host=self.host, owner=other.owner).exists():
            return other
        elif self._is_near(other) and other.pid is not None:
            log.warning("worker.predecessor_hangs", pid=other.pid)
            process.kill(other.pid, other.pid_started)
        taken = WorkerHost.objects.filter(expired, host=self.host, owner=other.owner).update(
            owner=self.owner,
            pid=self.pid,
            pid_started=self.pid_started,
            lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
            started_at=Now(),
            restarts=0,
        )
        return None if taken else WorkerHost.objects.get(host=self.host)

    def renew(self, restarts: int) -> bool:
        """Prolong the lease and note how often the cluster was restarted; False when somebody else leads now."""
        return bool(
            self._mine().update(lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS), restarts=restarts)
        )

    def release(self) -> None:
        """Leave the row to whoever comes next."""
        self._mine().update(owner="", pid=None, pid_started=None, lease_until=None)

    def _mine(self) -> QuerySet[WorkerHost]:
        return WorkerHost.objects.filter(host=self.host, owner=self.owner)

    def _is_near(self, other: WorkerHost) -> bool:
        """Whether process numbers of `other` mean anything here."""
        return other.owner.partition(":")[0] == process.place()

    def _is_dead(self, other: WorkerHost) -> bool:
        return self._is_near(other) and not process.same(other.pid, other.pid_started)


def recall_jobs() -> int:
    """After the death of a cluster: let go of the jobs that its processes held, and forget which jobs were rung for,
    so that the next sweep rings at once; returns how many were held.

    Needs no certainty: a job taken from a living process by mistake goes on elsewhere, and its fencing number keeps
    the first process from writing.
    """
    held = SyncJob.objects.filter(status=JobStatus.RUNNING, lease_owner__startswith=f"{process.host()}:")
    dead = [owner for owner in held.values_list("lease_owner", flat=True) if process.started(pid_of(owner)) is None]
    SyncJob.objects.filter(status=JobStatus.PENDING, rung_at__isnull=False).update(rung_at=None)
    return SyncJob.objects.filter(status=JobStatus.RUNNING, lease_owner__in=dead).update(
        lease_until=Now(), rung_at=None
    )


def pid_of(lease_owner: str) -> int:
    """The process number in a job's `lease_owner` ("host:pid:random")."""
    return int(lease_owner.split(":")[1])


def forget_gone_hosts() -> int:
    """Delete the rows of machines not seen for a day (each new container brings a new name)."""
    deleted, _ = WorkerHost.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=Now() - timedelta(days=1)), started_at__lt=Now() - timedelta(days=1)
    ).delete()
    return deleted
