"""Mass changes and deletions wait for a person: what a run may do by itself, and what it sets aside.

Counts are kept on the job, so that the slices of a run share them; a page that would pass the limit is set aside whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from integrations.core import audit
from integrations.models import (
    Approval,
    ApprovalReason,
    ApprovalState,
    DeletionPolicy,
    HeldChange,
    Integration,
    LinkState,
    RecordLink,
    RiskyAction,
    Side,
    SyncJob,
)
from integrations.records.kinds import KINDS, value_of
from integrations.sync.conflicts import BLANK
from integrations.sync.lines import canonical
from integrations.sync.links import LinkKey
from integrations.sync.plan import Plan, Step

UNWATCHED = timedelta(hours=1)
"""What webhooks delete within this time counts as one run."""
Locked = Mapping[tuple[str, UUID], Any]


@dataclass
class Sifted:
    """What a page may not do by itself, with what it adds to the job's counts."""

    rows: list[tuple[RiskyAction, ApprovalReason, HeldChange]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    """Remote ids that waited and no longer differ."""


@dataclass
class Guard:
    """The guard of one resource of one run; without a job, of what webhooks ask for."""

    integration: Integration
    resource: str
    job: SyncJob | None = None
    _limit: int | None = None
    _linked: int = 0

    def sift(self, plan: Plan, locked: Locked, known: Mapping[LinkKey, RecordLink], seen: set[str]) -> Sifted:
        """Take out of the plan what waits for a person; `seen`: every remote id of the page. No query where nothing
        is destroyed and nothing waits."""
        sifted = Sifted()
        waiting = self._waiting(known, seen)
        risky = [(step, action) for step in plan.steps if (action := self._risk(step, locked)) is not None]
        policy = self.integration.deletion_policy_of(self.resource)
        for action in RiskyAction:
            steps = [step for step, of in risky if of == action]
            many = bool(steps) and action != RiskyAction.REVIVE and self._too_many(action, len(steps), sifted)
            for step in steps:
                assert step.item is not None
                asks = policy == DeletionPolicy.ASK and action != RiskyAction.CHANGE
                reason = self._reason(many, asks, step.item.confirm, step.item.remote_id in waiting)
                if reason is not None:
                    sifted.rows.append((action, reason, self._row(step, locked)))
        sifted.over = waiting - {row.remote_id for _, _, row in sifted.rows}
        _take_out(plan, {row.remote_id for _, _, row in sifted.rows})
        if sifted.rows:
            sifted.counts["waiting"] = len(sifted.rows)
        return sifted

    def save(self, sifted: Sifted) -> None:
        """Set aside what waits, in the caller's transaction; a constant number of statements, none for nothing."""
        if sifted.over:
            HeldChange.objects.filter(
                integration=self.integration, resource=self.resource, remote_id__in=sifted.over
            ).delete()
        approvals: dict[RiskyAction, Approval] = {}
        for action, reason, row in sifted.rows:
            if action not in approvals:
                approvals[action] = self.ask(Side.IN, action, reason)
            row.approval = approvals[action]
        if sifted.rows:
            HeldChange.objects.bulk_create(
                [row for _, _, row in sifted.rows],
                update_conflicts=True,
                unique_fields=["integration", "resource", "remote_id"],
                update_fields=["approval", "record_kind", "record_id", "payload", "changes", "confirm", "read_at"],
            )

    def ask(self, side: Side, action: RiskyAction, reason: ApprovalReason) -> Approval:
        """The open approval of this sort, made where there is none; the administrators are told of a new one."""
        limit = self.limit
        approval, new = Approval.objects.get_or_create(
            integration=self.integration,
            resource=self.resource,
            side=side,
            action=action,
            state=ApprovalState.OPEN,
            defaults={
                "job": self.job,
                "reason": reason,
                "linked": self._linked,
                "limit": limit,
                "notice_due_at": timezone.now(),
            },
        )
        if new:
            about = {"resource": self.resource, "side": side.label, "changes": action.label, "reason": reason.label}
            audit.record("approval.asked", target=self.integration, after=about)
        return approval

    @property
    def limit(self) -> int:
        """How many changes of one sort pass without a person; one query, once."""
        if self._limit is None:
            rows = RecordLink.objects.filter(integration=self.integration, resource=self.resource, state=LinkState.LIVE)
            self._linked = rows.count()
            self._limit = max(settings.GUARD_MINIMUM, int(self._linked * settings.GUARD_SHARE))
        return self._limit

    def passes(self, name: str, more: int) -> bool:
        """Whether `more` changes of the sort `name` may follow those that the run has met already."""
        total = self.met(name) + more
        return total <= settings.GUARD_MINIMUM or total <= self.limit

    def met(self, name: str) -> int:
        """How many changes of this sort the run has met."""
        if self.job is not None:
            return int(self.job.by_resource.get(self.resource, {}).get(name, 0))
        if name != count_name(Side.IN, RiskyAction.DELETE):
            return 0
        rows = RecordLink.objects.filter(
            integration=self.integration,
            resource=self.resource,
            state__in=[LinkState.TOMBSTONE, LinkState.LOST],
            synced_at__gt=timezone.now() - UNWATCHED,
        )
        return rows.count()

    def _too_many(self, action: RiskyAction, count: int, sifted: Sifted) -> bool:
        name = count_name(Side.IN, action)
        sifted.counts[name] = count
        return not self.passes(name, count)

    @staticmethod
    def _reason(many: bool, asks: bool, unsure: bool, waits: bool) -> ApprovalReason | None:
        if unsure:
            return ApprovalReason.UNSURE
        if many or waits:
            return ApprovalReason.MANY
        return ApprovalReason.POLICY if asks else None

    def _waiting(self, known: Mapping[LinkKey, RecordLink], seen: set[str]) -> set[str]:
        """Those of the page's objects that wait already; no query where nothing waits at all."""
        first = next(iter(known.values()), None)
        if first is None or not getattr(first, "some_wait", True):
            return set()
        rows = HeldChange.objects.filter(integration=self.integration, resource=self.resource, remote_id__in=seen)
        return set(rows.values_list("remote_id", flat=True))

    @staticmethod
    def _risk(step: Step, locked: Locked) -> RiskyAction | None:
        if step.item is None:
            return None
        if step.item.deleted:
            return RiskyAction.DELETE
        if step.revives and step.change.action == "restore":
            return RiskyAction.REVIVE
        return RiskyAction.CHANGE if _overwritten(step, locked) else None

    def _row(self, step: Step, locked: Locked) -> HeldChange:
        assert step.item is not None
        return HeldChange(
            integration=self.integration,
            resource=self.resource,
            remote_id=step.item.remote_id,
            record_kind=step.link.record_kind,
            record_id=step.link.record_id,
            payload=step.item.raw,
            changes=_differences(step, locked),
            confirm=step.item.confirm,
            read_at=step.item.read_at,
        )


def count_name(side: Side, action: RiskyAction) -> str:
    """How the job calls what it met of this sort."""
    return f"risky_{side}_{action}"


def _overwritten(step: Step, locked: Locked) -> bool:
    """Whether a value that says something would be replaced by another one."""
    return any(old not in BLANK for old, _ in _differences(step, locked).values())


def _differences(step: Step, locked: Locked) -> dict[str, list[Any]]:
    record = locked.get((step.link.record_kind, step.link.record_id))
    if record is None:
        return {}
    fields = KINDS[step.link.record_kind].fields
    both = {
        name: [canonical(fields[name], value_of(record, fields[name])), canonical(fields[name], value)]
        for name, value in step.change.values.items()
    }
    return {name: [old, new] for name, (old, new) in both.items() if old != new}


def _take_out(plan: Plan, remote_ids: Iterable[str]) -> None:
    """Leave these objects as they are: nothing of them is written, their links included."""
    out = set(remote_ids)
    if not out:
        return
    gone = [step for step in plan.steps if step.item is not None and step.item.remote_id in out]
    links, ids = {step.link.pk for step in gone}, {step.link.record_id for step in gone}
    plan.steps = [step for step in plan.steps if step.item is None or step.item.remote_id not in out]
    plan.held = [held for held in plan.held if held.link.pk not in links]
    plan.overruled = [held for held in plan.overruled if held.link.pk not in links]
    plan.settled = {key for key in plan.settled if key[0] not in links}
    plan.owed -= ids
    plan.lost -= ids
    plan.skipped += len(gone)
