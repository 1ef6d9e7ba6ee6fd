"""The guard on what goes out: mass changes and deletions at the provider wait for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from connectors.base.resource import Act
from integrations.models import (
    Approval,
    ApprovalReason,
    ApprovalState,
    Integration,
    PushOperation,
    PushStatus,
    RecordLink,
    RiskyAction,
    Side,
    SyncJob,
)
from integrations.records.kinds import BLANK
from integrations.sync.guard import Guard
from integrations.sync.guard_counts import count_name
from integrations.sync.push_plan import Write

CODE = "approval"
WAITING = "Attend votre approbation : cet envoi fait partie d’un changement massif. Ouvrez l’onglet « À approuver »."
ENDINGS = frozenset({("archived", True), ("status", "void"), ("status", "cancelled")})
"""What an act undoes at the provider, as its `when` says it."""


@dataclass
class PushGuard:
    """The guard of one batch of writes to one resource."""

    integration: Integration
    resource: str
    job: SyncJob
    acts: Iterable[Act]
    counts: dict[str, int] = field(default_factory=dict)
    """What the batch adds to the job's counts."""

    def hold(
        self, operations: Iterable[PushOperation], planned: Mapping[UUID, Write], links: Mapping[UUID, RecordLink]
    ) -> set[UUID]:
        """Mark the operations that wait for a person, and return them; no query where nothing is overwritten."""
        guard = Guard(self.integration, self.resource, self.job, Side.OUT)
        self.counts = guard.counts.added
        states = self._states([each for each in operations if each.approval_id])
        held: set[UUID] = set()
        for action in (RiskyAction.DELETE, RiskyAction.CHANGE):
            risky = [
                each
                for each in operations
                if each.pk in planned
                and states.get(each.approval_id) != ApprovalState.APPROVED
                and self._risk(planned[each.pk], links.get(each.record_id)) == action
            ]
            if not risky:
                continue
            name, keys = count_name(Side.OUT, action), [str(each.record_id) for each in risky]
            passes = guard.counts.passes(name, keys)
            waiting = [each for each in risky if not passes or states.get(each.approval_id) == ApprovalState.OPEN]
            guard.counts.note(name, keys, [str(each.record_id) for each in waiting])
            if waiting:
                approval = guard.ask(action, ApprovalReason.MANY, len(waiting))
                for each in waiting:
                    _wait(each, approval, planned[each.pk])
                held |= {each.pk for each in waiting}
        return held

    @staticmethod
    def _states(operations: list[PushOperation]) -> dict[UUID | None, str]:
        if not operations:
            return {}
        rows = Approval.objects.filter(pk__in={each.approval_id for each in operations})
        return dict(rows.values_list("pk", "state"))

    def _risk(self, write: Write, link: RecordLink | None) -> RiskyAction | None:
        if write.action.startswith("act:"):
            ends = any(act.name == write.action[4:] and act.when in ENDINGS for act in self.acts)
            return RiskyAction.DELETE if ends else None
        if write.action != "update" or link is None:
            return None
        overwrites = any(link.base_local.get(name) not in BLANK for name in write.fields)
        return RiskyAction.CHANGE if overwrites else None


def _wait(operation: PushOperation, approval: Approval, write: Write) -> None:
    operation.status, operation.code, operation.message = PushStatus.HELD, CODE, WAITING
    operation.approval, operation.request, operation.planned = approval, None, operation.wanted
    operation.action, operation.fields, operation.sent_values = write.action, list(write.fields), dict(write.local)


def settle(integration: Integration) -> None:
    """Close the approvals of which nothing is left to apply; one statement."""
    rows = Approval.objects.filter(integration=integration, state=ApprovalState.APPROVED)
    left = PushOperation.objects.filter(status__in=[PushStatus.PENDING, PushStatus.SENDING], approval__isnull=False)
    rows = rows.exclude(pk__in=left.values("approval")).filter(held=None)
    Approval.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(state=ApprovalState.DONE)
