"""The emergency stop: everything at once, and on again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from integrations import stop
from integrations.core import audit
from integrations.core.models import User
from integrations.models import EmergencyStop, JobStatus, SyncJob


@transaction.atomic
def stop_everything(*, actor: User) -> bool:
    """Let no run advance and no provider be called from now on; False when that is so already."""
    row, _ = EmergencyStop.objects.select_for_update().get_or_create(pk=1)
    if row.stopped_at is not None:
        return False
    row.stopped_at, row.stopped_by = timezone.now(), actor.email
    row.save()
    audit.record("emergency.stopped", actor=actor)
    return True


@transaction.atomic
def resume_everything(*, actor: User) -> bool:
    """Let everything go on where it was; False when nothing was stopped. Jobs that waited are rung for by the sweep."""
    row = EmergencyStop.objects.select_for_update().filter(stopped_at__isnull=False).first()
    if row is None:
        return False
    audit.record("emergency.resumed", actor=actor, before={"stopped_by": row.stopped_by, "since": row.stopped_at})
    row.stopped_at, row.stopped_by = None, ""
    row.save()
    SyncJob.objects.filter(status=JobStatus.PENDING, error_message=stop.EmergencyStopped.sentence).update(
        error_message="", rung_at=None
    )
    return True
