"""Synchronisations: asked for, cancelled, planned; and what becomes of the records they refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from integrations import queue, stop
from integrations.core import audit
from integrations.core.models import User
from integrations.models import (
    OPEN_STATUSES,
    Direction,
    Integration,
    JobStatus,
    PushFrequency,
    PushOperation,
    PushStatus,
    Status,
    SyncError,
    SyncJob,
    Trigger,
)
from integrations.schedule import next_run
from integrations.services.errors import Refused
from integrations.sync import cursors

RUN_SYNC = "integrations.tasks.run_sync"
REST_AFTER_FAILURE = timedelta(minutes=10)


def request_sync(
    integration: Integration,
    *,
    actor: User | None = None,
    trigger: Trigger = Trigger.MANUAL,
    full: bool = False,
    dry_run: bool = False,
    direction: str = "",
    resources: list[str] | None = None,
) -> SyncJob:
    """Queue a synchronisation, or return the one that is already open: there is one at a time per integration.

    direction: the one that a preview (dry_run) looks at.
    """
    if not integration.can_sync:
        raise Refused(_why_not(integration))
    # A person waits for the answer; what is planned waits for the end of the stop instead.
    if (actor is not None or trigger == Trigger.COMMAND) and stop.current() is not None:
        raise Refused(stop.EmergencyStopped.sentence)
    job = SyncJob(
        integration=integration,
        trigger=trigger,
        requested_by=actor.email if actor else "",
        full=full,
        dry_run=dry_run,
        direction=direction,
        resources=resources or [],
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            queue.ring(RUN_SYNC, str(job.pk))
    except IntegrityError:
        already = SyncJob.objects.filter(integration=integration, status__in=OPEN_STATUSES).first()
        # It may have ended since: then there is room for this one.
        return already or request_sync(
            integration,
            actor=actor,
            trigger=trigger,
            full=full,
            dry_run=dry_run,
            direction=direction,
            resources=resources,
        )
    if actor:
        after = {"job": str(job.pk), "full": full, **({"preview": True} if dry_run else {})}
        audit.record("sync.requested", actor=actor, target=integration, after=after)
    return job


def _why_not(integration: Integration) -> str:
    if not integration.is_connected:
        return "Cette intégration est déconnectée. Reconnectez-la pour la synchroniser."
    if integration.status == Status.RECONNECT:
        return "Le fournisseur refuse l’accès enregistré. Reconnectez l’intégration pour la synchroniser."
    return "Cette intégration est inactive. Activez-la pour la synchroniser."


def cancel_sync(job: SyncJob, *, actor: User) -> None:
    """Stop a job: at once when it waits, at its next page when it runs."""
    _cancel(SyncJob.objects.filter(pk=job.pk))
    audit.record("sync.cancelled", actor=actor, target=job.integration, after={"job": str(job.pk)})


def cancel_open_jobs(integration: Integration) -> None:
    _cancel(SyncJob.objects.filter(integration=integration))


def _cancel(jobs: Any) -> None:
    # First: a run that gives its job back meanwhile ends it itself.
    jobs.filter(status__in=OPEN_STATUSES).update(cancel_requested=True)
    for job in jobs.filter(status=JobStatus.PENDING).select_related("integration"):
        if jobs.filter(pk=job.pk, status=JobStatus.PENDING).update(status=JobStatus.CANCELLED, finished_at=Now()):
            cursors.hand_on(job)


def retry_error(error: SyncError, *, actor: User) -> SyncJob:
    """Try one refused record again: its next synchronisation takes it from the stored content."""
    audit.record(
        "sync.error_retried",
        actor=actor,
        target=error.integration,
        after={"resource": error.resource, "id": error.remote_id},
    )
    return request_sync(error.integration, actor=actor, resources=[error.resource])


def retry_errors(integration: Integration, *, actor: User) -> int:
    """Try every refused record of an integration again; returns how many. Refused when it cannot synchronise."""
    rows = SyncError.objects.filter(integration=integration, resolved_at=None)
    total = rows.count()
    if total:
        resources = sorted(set(rows.order_by().values_list("resource", flat=True)))
        with transaction.atomic():
            audit.record("sync.error_retried", actor=actor, target=integration, after={"records": total})
            request_sync(integration, actor=actor, resources=resources)
    return total


def dismiss_error(error: SyncError, *, actor: User) -> None:
    """Close an error without taking the record in; it opens again if the record fails again."""
    error.resolved_at = timezone.now()
    error.save(update_fields=["resolved_at"])
    audit.record(
        "sync.error_dismissed",
        actor=actor,
        target=error.integration,
        after={"resource": error.resource, "id": error.remote_id},
    )


def enqueue_scheduled() -> int:
    """Queue the synchronisations and the pushes whose time has come, plan their next one; returns how many. Safe to run
    anywhere. However long nobody looked, one run makes up for all that were missed."""
    return _enqueue_due("next_sync_at", Trigger.SCHEDULE) + _enqueue_due("next_push_at", Trigger.PUSH)


def _enqueue_due(name: str, trigger: Trigger) -> int:
    started = 0
    due = Integration.objects.runnable().filter(**{f"{name}__lte": Now()}, credential__isnull=False)
    # Between its first records and its release an integration waits for a person.
    due = due.filter(Q(released_at__isnull=False) | Q(last_sync_at=None))
    for integration in due.select_related("credential"):
        running = SyncJob.objects.filter(integration=integration, status__in=OPEN_STATUSES).first()
        if running and not _covers(running, trigger):
            continue  # It is still due once that job is over.
        # Compare-and-swap on the planned time: of two machines that sweep together, one starts it.
        planned = getattr(integration, name)
        plan(integration)
        mine = Integration.objects.filter(pk=integration.pk, **{name: planned})
        if mine.update(**{name: getattr(integration, name)}) and running is None:
            request_sync(integration, trigger=trigger)
            started += 1
    return started


def _covers(running: SyncJob, trigger: Trigger) -> bool:
    """Whether an open job does what this schedule asks for."""
    if running.dry_run:
        return False
    return running.reads if trigger == Trigger.SCHEDULE else running.trigger != Trigger.SCHEDULE


def enqueue_pushes() -> int:
    """Queue a push for each integration that is to send changes at once and has some; returns how many."""
    unsent = [PushStatus.PENDING, PushStatus.SENDING]
    waiting = PushOperation.objects.filter(integration=OuterRef("pk"), status__in=unsent, code="")
    jobs = SyncJob.objects.filter(integration=OuterRef("pk"))
    ready = Integration.objects.runnable().filter(
        Exists(waiting),
        ~Exists(jobs.filter(status__in=OPEN_STATUSES)),
        # A provider that is down is not asked again at every sweep.
        ~Exists(jobs.filter(status=JobStatus.FAILED, finished_at__gt=Now() - REST_AFTER_FAILURE)),
        push_frequency=PushFrequency.CHANGE,
        direction__in=[Direction.OUT, Direction.BOTH],
        credential__isnull=False,
        # The first synchronisation is a person's decision, after the preview.
        last_sync_at__isnull=False,
        released_at__isnull=False,
    )
    asked = [request_sync(integration, trigger=Trigger.CHANGE) for integration in ready.select_related("credential")]
    return len(asked)


def plan(integration: Integration) -> None:
    """Set (unsaved) when the integration is next due to synchronise, and to send."""
    now = timezone.now()
    reads = integration.receives or not integration.sends_apart
    integration.next_sync_at = (
        next_run(integration.frequency, integration.sync_hour, integration.sync_weekday, now, key=integration.pk)
        if reads
        else None
    )
    integration.next_push_at = (
        next_run(integration.push_frequency, integration.push_hour, integration.push_weekday, now, key=integration.pk)
        if integration.sends and integration.sends_apart
        else None
    )
