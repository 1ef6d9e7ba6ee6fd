"""Undoing a run: looked at first, then done by the worker, a batch at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from integrations import routing, stop
from integrations.core import audit
from integrations.core.models import User
from integrations.models import (
    FieldMapping,
    Integration,
    PushOperation,
    PushStatus,
    RunUndo,
    SentChange,
    SyncJob,
)
from integrations.records import services as records
from integrations.records.kinds import KINDS, Kind
from integrations.records.models import RecordHistory
from integrations.services.errors import Refused
from integrations.sync import links, undo
from integrations.sync.parts import compiled_resources, push_planners
from integrations.sync.problems import FieldProblem
from integrations.sync.push_plan import PushPlanner, Wait, Write

log = structlog.get_logger(__name__)

BATCH = 200
PREVIEWED = 1_000
"""Records that a preview goes through one by one; of the others it tells the number."""
LEASE = timedelta(seconds=60)
Batch = tuple[Kind, list[UUID]]


@dataclass(frozen=True)
class Compensation:
    """A write that a provider would get, with the values that it has and would have, as canonical JSON by field."""

    integration: Integration
    kind: str
    record_id: UUID
    action: str
    changes: list[tuple[str, Any, Any]]
    sentence: str = ""


@dataclass
class UndoPreview:
    """What undoing a run would do, on both sides."""

    restored: list[records.Applied] = field(default_factory=list)
    archived: list[records.Applied] = field(default_factory=list)
    left: list[undo.Left] = field(default_factory=list)
    writes: list[Compensation] = field(default_factory=list)
    beyond: int = 0
    """Records of the run that the preview did not go through."""

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to undo (any more)."""
        return not (self.restored or self.archived or self.beyond)


def preview_undo(job: SyncJob, kinds: Iterable[str] = ()) -> UndoPreview:
    """Do it all in a transaction that is rolled back; nothing is written, no provider is called."""
    preview, seen = UndoPreview(), 0
    wanted = list(kinds)
    with transaction.atomic():
        for kind, ids in _batches(job, wanted, []):
            if seen >= PREVIEWED:
                preview.beyond += len(ids)
                continue
            seen += len(ids)
            undone = undo.undo_batch(job, kind, ids, records.Origin("user"))
            preview.restored += undone.of("updated", "restored")
            preview.archived += undone.of("archived")
            preview.left += undone.left
        preview.writes = list(_compensations([*preview.restored, *preview.archived]))
        transaction.set_rollback(True)
    return preview


def request_undo(job: SyncJob, kinds: Iterable[str] = (), *, actor: User) -> RunUndo:
    """Let the worker undo a run, or the records of some kinds; the one that is under way already is returned."""
    if job.dry_run or job.is_open:
        raise Refused("Seule une synchronisation terminée peut être annulée. Attendez qu’elle finisse.")
    if stop.current() is not None:
        raise Refused(stop.EmergencyStopped.sentence)
    asked = RunUndo(job=job, kinds=sorted(kinds), actor_id=str(actor.pk), requested_by=actor.email)
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
            named = [KINDS[slug].plural for slug in asked.kinds]
            after = {"job": str(job.pk), **({"kinds": named} if named else {})}
            audit.record("sync.undo_requested", actor=actor, target=job.integration, after=after)
    except IntegrityError:
        return RunUndo.objects.filter(job=job, finished_at=None).first() or request_undo(job, kinds, actor=actor)
    return asked


def work_undos() -> int:
    """Do what is left of every undoing that nobody works on; returns how many ended. Nothing while all is stopped."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    ended = 0
    for pk in list(RunUndo.objects.filter(free, finished_at=None).order_by("created_at").values_list("pk", flat=True)):
        if stop.current() is not None:
            break
        if RunUndo.objects.filter(free, pk=pk, finished_at=None).update(lease_until=Now() + LEASE):
            ended += _work(RunUndo.objects.select_related("job__integration").get(pk=pk))
    return ended


def _work(asked: RunUndo) -> bool:
    """Batch after batch, each with its position in one transaction; False when everything was stopped meanwhile."""
    origin = records.Origin("user", asked.actor_id, label=f"{asked.requested_by} (annulation)")
    for kind, ids in _batches(asked.job, asked.kinds, asked.position):
        if stop.current() is not None:
            RunUndo.objects.filter(pk=asked.pk).update(lease_until=None)
            return False
        with transaction.atomic():
            # The row is locked first: of two workers, should a lease have run out, one waits and finds the batch done.
            RunUndo.objects.select_for_update().get(pk=asked.pk)
            undone = undo.undo_batch(asked.job, kind, ids, origin)
            RunUndo.objects.filter(pk=asked.pk).update(
                position=[kind.slug, str(ids[-1])],
                restored=F("restored") + len(undone.of("updated", "restored")),
                archived=F("archived") + len(undone.of("archived")),
                left=F("left") + len(undone.left),
                lease_until=Now() + LEASE,
            )
    with transaction.atomic():
        if not RunUndo.objects.filter(pk=asked.pk, finished_at=None).update(finished_at=Now(), lease_until=None):
            return False
        asked.refresh_from_db()
        after = {"job": str(asked.job_id), "restored": asked.restored, "archived": asked.archived, "left": asked.left}
        audit.record("sync.undone", target=asked.job.integration, after=after)
    log.info("sync.undone", job=str(asked.job_id), restored=asked.restored, archived=asked.archived)
    return True


def _batches(job: SyncJob, kinds: list[str], position: list[str]) -> Iterator[Batch]:
    """The records that a run touched, by kind from the last to the first (what refers to others comes before them),
    after `position`."""
    here = RecordHistory.objects.filter(job_id=job.pk).order_by().values_list("kind", flat=True).distinct()
    there = SentChange.objects.filter(job=job).order_by().values_list("record_kind", flat=True).distinct()
    found = {*here, *there}
    order = [slug for slug in reversed(KINDS) if slug in found and (not kinds or slug in kinds)]
    after = ""
    if position and position[0] in order:
        order, after = order[order.index(position[0]) :], position[1]
    for slug in order:
        ids = _touched(job, slug)
        left = [pk for pk in ids if not (slug == order[0] and after) or str(pk) > after]
        parts = iter(left)
        while batch := list(islice(parts, BATCH)):
            yield KINDS[slug], batch


def _touched(job: SyncJob, slug: str) -> list[UUID]:
    here = RecordHistory.objects.filter(job_id=job.pk, kind=slug).order_by().values_list("record_id", flat=True)
    there = SentChange.objects.filter(job=job, record_kind=slug).order_by().values_list("record_id", flat=True)
    return sorted({*here.distinct(), *there.distinct()}, key=str)


def _compensations(applied: list[records.Applied]) -> Iterator[Compensation]:
    """What the push engine would send of these changes, planned by its own code."""
    touched: dict[str, list[UUID]] = defaultdict(list)
    for each in applied:
        touched[each.kind].append(each.id)
    for integration in routing.senders() if touched else ():
        rows = list(FieldMapping.objects.filter(integration=integration))
        for compiled, planner in push_planners(integration, compiled_resources(integration, [], rows), rows):
            kind = planner.outbound.kind.slug
            if kind not in touched:
                continue
            pending = {"resource": compiled.resource.name, "status": PushStatus.PENDING}
            mine = {"integration": integration, "record_kind": kind, "record_id__in": touched[kind]}
            asked = list(PushOperation.objects.filter(**mine, **pending).defer("request"))
            for start in range(0, len(asked), BATCH):
                yield from _planned(integration, planner, asked[start : start + BATCH])


def _planned(integration: Integration, planner: PushPlanner, asked: list[PushOperation]) -> Iterator[Compensation]:
    kind, resource = planner.outbound.kind, planner.outbound.resource
    needed = {each.record_id: each.needed for each in asked}
    found = records.lock({kind.slug: list(needed)})
    known = links.of_records(integration, resource.name, kind.slug, needed)
    pairs = [(record, known.get(pk)) for (_, pk), record in found.items()]
    facts = planner.gather(pairs) if pairs else None
    acts = {f"act:{act.name}": act.label for act in resource.acts}
    for record, link in pairs:
        try:
            write = planner.plan(record, link, needed=needed[record.pk], facts=facts)
        except FieldProblem as problem:
            yield Compensation(integration, kind.slug, record.pk, "refused", [], problem.sentence)
            continue
        if isinstance(write, Wait):
            yield Compensation(integration, kind.slug, record.pk, "create", [])
        elif isinstance(write, Write):
            agreed = link.base_local if link else {}
            changes = [(name, agreed.get(name), write.local.get(name)) for name in write.fields]
            yield Compensation(
                integration, kind.slug, record.pk, write.action.partition(":")[0], changes, acts.get(write.action, "")
            )
