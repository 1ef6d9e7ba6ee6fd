"""What subscribers and higher layers hear of a synchronisation's end; inside its transaction."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations import signals
from integrations.models import Integration, JobStatus, Status, SyncJob
from integrations.records import services as records
from integrations.records.kinds import to_json


def announce_end(job: SyncJob, broken: Status | None) -> None:
    """Write the events of a job that just ended and send `sync_finished`.

    A run that changed nothing says nothing, so that an hourly synchronisation does not flood its subscribers.
    `broken`: the status that the failure gave to the integration.
    """
    origin = integration_origin(job)
    about = {"integration": _integration(job.integration), "job": _job(job)}
    if job.status == JobStatus.FAILED:
        error = {"code": job.error_code, "message": job.error_message}
        records.emit("sync.failed", {**about, "error": error}, origin)
        if broken is not None and job.integration.status != broken:
            occurred = {"integration": about["integration"], "error": error, "occurred_at": to_json(timezone.now())}
            records.emit("integration.error", occurred, origin)
    elif job.succeeded or job.failed:
        records.emit("sync.completed", about, origin)
    signals.sync_finished.send(sender=SyncJob, job=job)


def integration_origin(job: SyncJob) -> records.Origin:
    """The origin of everything that this job writes."""
    return records.Origin("integration", str(job.integration_id), label=job.integration.name, job_id=job.pk)


def _integration(integration: Integration) -> dict[str, Any]:
    return {
        "id": str(integration.pk),
        "name": integration.name,
        "provider": integration.provider,
        "environment": integration.environment,
    }


def _job(job: SyncJob) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "status": str(job.status),
        "trigger": job.trigger,
        "started_at": to_json(job.started_at),
        "finished_at": to_json(job.finished_at),
        "duration_ms": job.duration_ms,
        "records": {
            "total": job.processed,
            "created": job.created,
            "updated": job.updated,
            "unchanged": job.skipped,
            "archived": job.archived,
            "failed": job.failed,
        },
    }
