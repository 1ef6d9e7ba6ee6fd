"""What subscribers and higher layers hear of a synchronisation's end; inside its transaction."""

from __future__ import annotations

from typing import Any

from integrations import signals
from integrations.models import Integration, JobStatus, SyncJob
from integrations.records import services as records
from integrations.records.kinds import to_json


def announce_end(job: SyncJob) -> None:
    """Write the event of a job that just ended and send `sync_finished`.

    A run that changed nothing says nothing, so that an hourly synchronisation does not flood its subscribers.
    """
    origin = integration_origin(job.integration, job)
    about = {"integration": integration_facts(job.integration), "job": _job(job)}
    if job.status == JobStatus.FAILED:
        error = {"code": job.error_code, "message": job.error_message}
        records.emit("sync.failed", {**about, "error": error}, origin)
    elif job.succeeded or job.failed or job.push_failed:
        records.emit("sync.completed", about, origin)
    signals.sync_finished.send(sender=SyncJob, job=job)


def integration_origin(integration: Integration, job: SyncJob | None = None) -> records.Origin:
    """The origin of everything that comes from this integration, in this job where there is one."""
    job_id = job.pk if job else None
    return records.Origin("integration", str(integration.pk), label=integration.name, job_id=job_id)


def integration_facts(integration: Integration) -> dict[str, Any]:
    """An integration as events tell it."""
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
