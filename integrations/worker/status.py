"""Whether work is being done, for `/readyz`, `/metrics` and the health page."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Coalesce, Now

from integrations.models import SyncJob, WorkerHost
from integrations.sync import lease


@dataclass(frozen=True)
class WorkerStatus:
    """Ages in seconds: of the last sign of life of any machine, and of the job that has waited longest to be taken;
    None when there is none. `hosts` counts the machines that lead a worker now."""

    beat_age: float | None
    oldest_due: float | None
    hosts: int

    @property
    def is_alive(self) -> bool:
        """Whether a worker answers; a busy one may let a beat wait for one slice, a restart takes some seconds."""
        allowed = 2 * settings.BEAT_TIMEOUT_SECONDS + settings.SLICE_SECONDS
        return self.hosts > 0 and self.beat_age is not None and self.beat_age <= allowed


def read() -> WorkerStatus:
    """Two queries; all ages by the database's clock."""
    hosts = list(WorkerHost.objects.annotate(now=Now()).values_list("beat_at", "lease_until", "now"))
    beats = [(now - beat).total_seconds() for beat, _, now in hosts if beat]
    waits = SyncJob.objects.filter(lease.due()).annotate(
        # A job taken back from a dead worker, one that paused, one that was just asked for.
        since=Coalesce("lease_until", "not_before", "created_at"),
        now=Now(),
    )
    oldest = waits.order_by("since").values_list("since", "now").first()
    return WorkerStatus(
        beat_age=min(beats, default=None),
        oldest_due=(oldest[1] - oldest[0]).total_seconds() if oldest else None,
        hosts=sum(until is not None and until > now for _, until, now in hosts),
    )
