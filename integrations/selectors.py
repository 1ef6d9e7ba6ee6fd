"""What pages read: each function costs a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import panels
from integrations.models import (
    OPEN_STATUSES,
    Credential,
    Exchange,
    FieldMapping,
    Integration,
    LinkState,
    RecordLink,
    Status,
    SyncError,
    SyncJob,
)


@dataclass(frozen=True)
class Figures:
    """The four figures of the dashboard."""

    active_integrations: int
    syncs_today: int
    synchronised_records: int
    active_webhooks: int


def figures() -> Figures:
    """Count what the dashboard shows; "today" is the day in America/Toronto."""
    midnight = datetime.combine(timezone.localdate(), time.min, tzinfo=timezone.get_current_timezone())
    live_links = RecordLink.objects.filter(state=LinkState.LIVE, integration__deleted_at=None)
    return Figures(
        active_integrations=Integration.objects.live().filter(status=Status.ACTIVE).count(),
        syncs_today=SyncJob.objects.filter(created_at__gte=midnight).count(),
        synchronised_records=live_links.count(),
        active_webhooks=panels.figure("active_webhooks"),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    """A subquery that counts the rows of the outer integration."""
    counted = rows.filter(integration=OuterRef("pk")).order_by().values("integration").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def integrations() -> QuerySet[Integration]:
    """Live integrations with `records`, `open_errors`, `connected`, `open_job_id`, by name; one query."""
    open_jobs = SyncJob.objects.filter(integration=OuterRef("pk"), status__in=OPEN_STATUSES)
    return (
        Integration.objects.live()
        .select_related("default_division")
        .annotate(
            records=_count(RecordLink.objects.filter(state=LinkState.LIVE)),
            open_errors=_count(SyncError.objects.filter(resolved_at=None)),
            connected=Exists(Credential.objects.filter(integration=OuterRef("pk"))),
            open_job_id=Subquery(open_jobs.values("pk")[:1]),
        )
    )


def last_jobs(rows: Iterable[Integration]) -> dict[UUID, SyncJob]:
    """The newest job of each of these integrations; one query."""
    newest = SyncJob.objects.filter(integration=OuterRef("integration")).order_by("-created_at", "-id").values("pk")[:1]
    jobs = SyncJob.objects.filter(integration__in=[row.pk for row in rows], pk=Subquery(newest))
    return {job.integration_id: job for job in jobs}


def jobs_of(integration: Integration) -> QuerySet[SyncJob]:
    """The integration's synchronisations, newest first."""
    return SyncJob.objects.filter(integration=integration).order_by("-created_at", "-id")


def errors_of(integration: Integration) -> QuerySet[SyncError]:
    """The integration's open errors, newest first."""
    return SyncError.objects.filter(integration=integration, resolved_at=None)


def errors_of_job(job: SyncJob) -> QuerySet[SyncError]:
    """The errors that this synchronisation met last, open ones first."""
    return SyncError.objects.filter(job=job).order_by(F("resolved_at").asc(nulls_first=True), "-updated_at", "-id")


def exchanges_of(integration: Integration, *, only_errors: bool = False) -> QuerySet[Exchange]:
    """The requests to the provider and their answers, newest first."""
    rows = Exchange.objects.filter(integration=integration)
    return rows.filter(Q(status=None) | Q(status__gte=400) | ~Q(error="")) if only_errors else rows


@dataclass(frozen=True)
class ResourceProgress:
    """How far a synchronisation is with one resource: `state` is "done", "running" or "waiting"."""

    label: str
    state: str
    counts: Mapping[str, int]


def progress(job: SyncJob) -> list[ResourceProgress]:
    """The resources of a synchronisation in their order, with what became of their records; no query."""
    rows: list[ResourceProgress] = []
    for resource in job.integration.connector.resources:
        if job.resources and resource.name not in job.resources:
            continue
        if resource.name in job.done:
            state = "done"
        elif job.is_open and all(row.state == "done" for row in rows):
            state = "running"
        else:
            state = "waiting"
        rows.append(ResourceProgress(resource.label, state, job.by_resource.get(resource.name, {})))
    return rows


def mappings_of(integration: Integration) -> QuerySet[FieldMapping]:
    """The integration's field mappings, in their order."""
    return FieldMapping.objects.filter(integration=integration).order_by("position", "id")


def links_of(kind: str, record_ids: Iterable[UUID]) -> QuerySet[RecordLink]:
    """The links of these records to every system, with their integration."""
    return (
        RecordLink.objects.filter(record_kind=kind, record_id__in=list(record_ids))
        .exclude(state=LinkState.ARCHIVED)
        .select_related("integration")
        .order_by("integration__name", "resource", "remote_id")
    )


def integration_names() -> dict[str, str]:
    """The name of every integration by its id as text, deleted ones too: histories still speak of them."""
    return {str(pk): name for pk, name in Integration.objects.values_list("pk", "name")}


def oldest_due_job() -> SyncJob | None:
    """The job that has waited longest for a worker, for /readyz."""
    waiting = Q(status="pending") & (Q(not_before=None) | Q(not_before__lte=timezone.now()))
    return SyncJob.objects.filter(waiting).order_by("created_at").first()
