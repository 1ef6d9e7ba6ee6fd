"""What pages read: each function costs a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations import panels
from integrations.core.models import User
from integrations.models import (
    OPEN_STATUSES,
    Approval,
    ApprovalRun,
    ApprovalState,
    Conflict,
    ConflictState,
    Credential,
    Exchange,
    FieldMapping,
    HeldChange,
    Integration,
    LinkState,
    PushOperation,
    PushStatus,
    RecordLink,
    RecordMerge,
    RemoteOption,
    SentChange,
    SlotRule,
    Status,
    SyncError,
    SyncJob,
)
from integrations.records.kinds import KINDS
from integrations.records.models import RecordHistory


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
        syncs_today=SyncJob.objects.filter(created_at__gte=midnight, dry_run=False).count(),
        synchronised_records=live_links.count(),
        active_webhooks=panels.figure("active_webhooks"),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    """A subquery that counts the rows of the outer integration."""
    counted = rows.filter(integration=OuterRef("pk")).order_by().values("integration").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def integrations() -> QuerySet[Integration]:
    """Live integrations with `records`, `open_errors`, `open_conflicts`, `open_approvals`, `refused_pushes`,
    `connected` and `open_job_id`, by name; one query."""
    open_jobs = SyncJob.objects.filter(integration=OuterRef("pk"), status__in=OPEN_STATUSES)
    return (
        Integration.objects.live()
        .select_related("default_division")
        .annotate(
            records=_count(RecordLink.objects.filter(state=LinkState.LIVE)),
            open_errors=_count(SyncError.objects.filter(resolved_at=None)),
            open_conflicts=_count(Conflict.objects.filter(state=ConflictState.OPEN)),
            open_approvals=_count(Approval.objects.filter(state=ApprovalState.OPEN)),
            refused_pushes=_count(PushOperation.objects.filter(status=PushStatus.REJECTED)),
            connected=Exists(Credential.objects.filter(integration=OuterRef("pk"))),
            open_job_id=Subquery(open_jobs.values("pk")[:1]),
        )
    )


def last_jobs(rows: Iterable[Integration]) -> dict[UUID, SyncJob]:
    """The newest job of each of these integrations; one query."""
    newest = SyncJob.objects.filter(integration=OuterRef("integration")).order_by("-created_at", "-id").values("pk")[:1]
    jobs = SyncJob.objects.filter(integration__in=[row.pk for row in rows], pk=Subquery(newest)).defer("report")
    return {job.integration_id: job for job in jobs}


def jobs_of(integration: Integration) -> QuerySet[SyncJob]:
    """The integration's synchronisations, newest first; with `asks`, whether something of it waits for an approval."""
    waiting = ApprovalRun.objects.filter(job=OuterRef("pk"), approval__state=ApprovalState.OPEN)
    rows = SyncJob.objects.filter(integration=integration).annotate(asks=Exists(waiting))
    return rows.defer("report").order_by("-created_at", "-id")


def set_aside_by(job: SyncJob) -> QuerySet[ApprovalRun]:
    """What a synchronisation set aside for a person, with its approvals, what waits first; one query."""
    return ApprovalRun.objects.filter(job=job, held__gt=0).select_related("approval").order_by("-approval__state", "id")


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


def links_of(kinds: Iterable[str], record_ids: Iterable[UUID]) -> QuerySet[RecordLink]:
    """The links of these records, of any of these kinds, to every system, with their integration."""
    # The kind is in the index, too: without it every link there is would be looked at.
    return (
        RecordLink.objects.filter(record_kind__in=list(kinds), record_id__in=list(record_ids))
        .exclude(state=LinkState.ARCHIVED)
        .select_related("integration")
        .order_by("integration__name", "resource", "remote_id")
    )


def sent_of(kind: str, record_id: UUID, field: str = "") -> QuerySet[SentChange]:
    """What was written of a record at providers, newest first; of one field only where `field` names it."""
    rows = SentChange.objects.filter(record_kind=kind, record_id=record_id).order_by("-id")
    return rows.filter(changes__has_key=field) if field else rows


def changes_of_job(job: SyncJob, kind: str = "") -> QuerySet[RecordHistory]:
    """What a synchronisation changed on the platform, newest first."""
    rows = RecordHistory.objects.filter(job_id=job.pk).order_by("-id")
    return rows.filter(kind=kind) if kind else rows


def sent_by_job(job: SyncJob, kind: str = "") -> QuerySet[SentChange]:
    """What a synchronisation wrote at its provider, newest first."""
    rows = SentChange.objects.filter(job=job).order_by("-id")
    return rows.filter(record_kind=kind) if kind else rows


def live_jobs() -> QuerySet[SyncJob]:
    """The synchronisations of integrations that are not deleted."""
    return SyncJob.objects.filter(integration__deleted_at=None).select_related("integration")


def ids_by_remote_id(remote_id: str) -> dict[str, set[UUID]]:
    """The records that some system knows under this identifier, by kind; one query."""
    found: dict[str, set[UUID]] = {}
    rows = RecordLink.objects.filter(remote_id=remote_id).exclude(state=LinkState.ARCHIVED)
    for kind, record_id in rows.values_list("record_kind", "record_id"):
        found.setdefault(kind, set()).add(record_id)
    return found


def twins(kinds: Iterable[str], record_ids: Iterable[UUID]) -> dict[UUID, list[RecordLink]]:
    """The links of these records to every system, by record; one query."""
    found: dict[UUID, list[RecordLink]] = {}
    for link in links_of(kinds, record_ids):
        found.setdefault(link.record_id, []).append(link)
    return found


def survivor_of(kind: str, record_id: UUID) -> Any | None:
    """The record into which this one was merged, None when it was not; two queries."""
    merge = RecordMerge.objects.filter(kind=kind, loser_id=record_id).first()
    return None if merge is None else KINDS[kind].model.objects.filter(pk=merge.survivor_id).first()


def conflicts_of(
    integration: Integration, *, resolved: bool = False, kind: str = "", field: str = ""
) -> QuerySet[Conflict]:
    """The conflicts that wait for a decision, newest first; or those that were settled, the last settled first. kind,
    field: only those of this kind of record, of this field."""
    rows = Conflict.objects.filter(integration=integration).select_related("link")
    rows = rows.filter(record_kind=kind) if kind else rows
    rows = rows.filter(field=field) if field else rows
    if resolved:
        return rows.filter(state=ConflictState.RESOLVED).order_by("-resolved_at", "-id")
    return rows.filter(state=ConflictState.OPEN)


def approvals_of(integration: Integration, *, decided: bool = False) -> QuerySet[Approval]:
    """The approvals that wait, newest first, or those that were decided on, the last first; with `waiting`, how many
    changes each one holds now, `asked_by`, the id of the run that asked first, and `before`, the runs that had made
    some of these changes before (ApprovalRun). Two queries."""
    rows = Approval.objects.filter(integration=integration).annotate(
        incoming=Count("held", distinct=True), outgoing=Count("pushes", distinct=True)
    )
    runs = ApprovalRun.objects.filter(approval=OuterRef("pk")).order_by("id")
    rows = rows.annotate(
        waiting=F("incoming") + F("outgoing"), asked_by=Subquery(runs.values("job")[:1], output_field=UUIDField())
    )
    before = ApprovalRun.objects.filter(applied__gt=0).select_related("job").defer("job__report")
    rows = rows.prefetch_related(Prefetch("runs", before, to_attr="before"))
    if decided:
        return rows.exclude(state=ApprovalState.OPEN).order_by("-decided_at", "-id")
    return rows.filter(state=ApprovalState.OPEN).order_by("-created_at", "-id")


def approval_samples(approvals: Iterable[Approval], most: int) -> dict[UUID, list[HeldChange | PushOperation]]:
    """The first `most` changes of each of these approvals, whichever way they go; two queries an approval."""
    found: dict[UUID, list[HeldChange | PushOperation]] = {}
    for approval in approvals:
        held = HeldChange.objects.filter(approval=approval).defer("payload").order_by("pk")[:most]
        pushes = PushOperation.objects.filter(approval=approval, status=PushStatus.HELD).defer("request")
        found[approval.pk] = [*held, *pushes.order_by("pk")[:most]]
    return found


def conflict_fields(integration: Integration) -> list[tuple[str, str, int]]:
    """(kind of record, field, number) of the open conflicts, the most frequent first; one query."""
    rows = Conflict.objects.filter(integration=integration, state=ConflictState.OPEN)
    counted = (
        rows.order_by().values("record_kind", "field").annotate(n=Count("pk")).order_by("-n", "record_kind", "field")
    )
    return [(row["record_kind"], row["field"], row["n"]) for row in counted]


def pushes_of(integration: Integration, status: str = "") -> QuerySet[PushOperation]:
    """What is sent or to be sent, last moved first, without the encrypted requests; `status` keeps one state."""
    rows = _pushes(integration).defer("request", "sent_values")
    return (rows.filter(status=status) if status else rows).order_by("-updated_at", "-id")


def push_counts(integration: Integration) -> dict[str, int]:
    """The number of pushes by state; one query."""
    rows = _pushes(integration).order_by().values("status").annotate(n=Count("pk"))
    return {row["status"]: row["n"] for row in rows}


def _pushes(integration: Integration) -> QuerySet[PushOperation]:
    """Without the records that were looked at and had nothing to send: no action was ever planned for them."""
    return PushOperation.objects.filter(integration=integration).exclude(status=PushStatus.DONE, action="")


def options_of(integration: Integration) -> dict[str, list[RemoteOption]]:
    """The provider's lists by kind, inactive elements too; one query."""
    lists: dict[str, list[RemoteOption]] = {}
    for option in RemoteOption.objects.filter(integration=integration).order_by("kind", "label", "id"):
        lists.setdefault(option.kind, []).append(option)
    return lists


def slot_rules_of(integration: Integration) -> QuerySet[SlotRule]:
    """The account mapping, in the order in which rules of the same precision count."""
    return SlotRule.objects.filter(integration=integration).order_by("id")


def last_preview(integration: Integration) -> SyncJob | None:
    """The newest preview that was not cancelled."""
    rows = SyncJob.objects.filter(integration=integration, dry_run=True).exclude(status="cancelled").defer("report")
    return rows.order_by("-created_at", "-id").first()


def origin_names(codes: Iterable[str]) -> dict[str, str]:
    """The name of each origin that is a person or an integration ("user:<id>", "integration:<id>"); two queries."""
    wanted = set(codes)
    people = [code.partition(":")[2] for code in wanted if code.startswith("user:")]
    rows = User.objects.filter(pk__in=[pk for pk in people if pk.isdigit()])
    named = {f"user:{person.pk}": person.get_full_name() or person.email for person in rows}
    return named | {f"integration:{pk}": name for pk, name in integration_names().items()}


def integration_names() -> dict[str, str]:
    """The name of every integration by its id as text, deleted ones too: histories still speak of them."""
    return {str(pk): name for pk, name in Integration.objects.values_list("pk", "name")}
