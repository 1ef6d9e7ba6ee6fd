"""Mass changes and deletions wait for a person: what a run may do by itself, and what it sets aside.

Counts are kept on the job, so that the slices of a run share them; what webhooks bring is counted over time
(guard_counts). A page that would pass the limit is set aside whole: what came before it was done already, and the
approval says how much that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from integrations.core import audit
from integrations.models import (
    Approval,
    ApprovalReason,
    ApprovalRun,
    ApprovalState,
    DeletionPolicy,
    HeldChange,
    Integration,
    RecordLink,
    RiskyAction,
    Side,
    SyncJob,
)
from integrations.records.kinds import BLANK, KINDS, value_of
from integrations.sync.guard_counts import count_name, counts_of, limit_of
from integrations.sync.lines import canonical
from integrations.sync.links import LinkKey
from integrations.sync.plan import Plan, Step

Locked = Mapping[tuple[str, UUID], Any]


@dataclass
class Sifted:
    """What a page may not do by itself, with what it adds to the job's counts."""

    rows: list[tuple[RiskyAction, ApprovalReason, HeldChange]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    """Remote ids that were set aside and no longer differ, or were seen again."""


@dataclass
class Guard:
    """The guard of one resource of one run, for one page or batch; without a job, of what webhooks ask for."""

    integration: Integration
    resource: str
    job: SyncJob | None = None
    side: Side = Side.IN

    def __post_init__(self) -> None:
        self.counts = counts_of(self.integration.pk, self.resource, self.job, self.side)

    def sift(self, plan: Plan, locked: Locked, known: Mapping[LinkKey, RecordLink], seen: set[str]) -> Sifted:
        """Take out of the plan what waits for a person; `seen`: every remote id of the page. No query where nothing
        is destroyed and nothing waits."""
        sifted = Sifted(counts=self.counts.added)
        kept = self._kept(known, seen)
        risky = [(step, action) for step in plan.steps if (action := self._risk(step, locked)) is not None]
        policy = self.integration.deletion_policy_of(self.resource)
        for action in RiskyAction:
            steps = {step.item.remote_id: step for step, of in risky if of == action and step.item is not None}
            counted = bool(steps) and action != RiskyAction.REVIVE
            name = count_name(self.side, action)
            many = counted and not self.counts.passes(name, steps)
            asks = policy == DeletionPolicy.ASK and action != RiskyAction.CHANGE
            held: set[str] = set()
            for remote_id, step in steps.items():
                assert step.item is not None
                waits = kept.get(remote_id, ApprovalState.REFUSED) != ApprovalState.REFUSED
                reason = self._reason(many, asks, step.item.confirm, waits)
                if reason is not None:
                    held.add(remote_id)
                    sifted.rows.append((action, reason, self._row(step, locked)))
            if counted:
                self.counts.note(name, steps, held)
        sifted.over = kept.keys() - {row.remote_id for _, _, row in sifted.rows}
        _take_out(plan, {row.remote_id for _, _, row in sifted.rows})
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
                held = sum(of == action for of, _, _ in sifted.rows)
                approvals[action] = self.ask(action, reason, held)
            row.approval = approvals[action]
        if sifted.rows:
            HeldChange.objects.bulk_create(
                [row for _, _, row in sifted.rows],
                update_conflicts=True,
                unique_fields=["integration", "resource", "remote_id"],
                update_fields=["approval", "record_kind", "record_id", "payload", "changes", "confirm", "read_at"],
            )

    def ask(self, action: RiskyAction, reason: ApprovalReason, held: int) -> Approval:
        """The open approval of this sort, made where there is none, with `held` more changes of this run; the
        administrators are told of a new one."""
        # Only counted for a new one.
        facts: dict[str, Any] = {
            "linked": lambda: self.counts.linked,
            "limit": lambda: limit_of(self.counts.linked),
        }
        approval, new = Approval.objects.get_or_create(
            integration=self.integration,
            resource=self.resource,
            side=self.side,
            action=action,
            state=ApprovalState.OPEN,
            defaults={"reason": reason, "notice_due_at": timezone.now(), **facts},
        )
        if new:
            about = {
                "resource": self.resource,
                "side": self.side.label,
                "changes": action.label,
                "reason": reason.label,
            }
            audit.record("approval.asked", target=self.integration, after=about)
        ApprovalRun.objects.bulk_create([ApprovalRun(approval=approval, job=self.job)], ignore_conflicts=True)
        ApprovalRun.objects.filter(approval=approval, job=self.job).update(
            held=F("held") + held, applied=self.counts.applied(count_name(self.side, action))
        )
        return approval

    @staticmethod
    def _reason(many: bool, asks: bool, unsure: bool, waits: bool) -> ApprovalReason | None:
        if unsure:
            return ApprovalReason.UNSURE
        if many or waits:
            return ApprovalReason.MANY
        return ApprovalReason.POLICY if asks else None

    def _kept(self, known: Mapping[LinkKey, RecordLink], seen: set[str]) -> dict[str, str]:
        """Those of the page's objects that are set aside already, with the state of their approval; no query where
        nothing is."""
        first = next(iter(known.values()), None)
        if first is None or not getattr(first, "some_wait", True):
            return {}
        rows = HeldChange.objects.filter(integration=self.integration, resource=self.resource, remote_id__in=seen)
        return dict(rows.values_list("remote_id", "approval__state"))

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
