"""What an administrator decides: mass changes and deletions, and the release of a new integration."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from integrations.core import audit
from integrations.core.audit import Actor
from integrations.core.models import User
from integrations.models import (
    Approval,
    ApprovalState,
    HeldChange,
    Integration,
    PushOperation,
    PushStatus,
    SyncJob,
)
from integrations.services.errors import Refused
from integrations.services.syncing import request_sync
from integrations.sync import approved, guard_counts
from integrations.sync.parts import compiled_resources

LEFT = "Refusé par l’administration : rien n’est envoyé tant que l’enregistrement ne change pas."


@transaction.atomic
def approve(approval: Approval, *, actor: User) -> SyncJob:
    """Let the next synchronisation, which is asked for at once, apply exactly what waits. Refused when it was decided
    meanwhile, or when the integration cannot synchronise."""
    total = _decide(approval, ApprovalState.APPROVED, actor)
    PushOperation.objects.filter(approval=approval, status=PushStatus.HELD).update(
        status=PushStatus.PENDING, code="", message="", attempts=0
    )
    guard_counts.begin_anew(approval)
    _audit("approval.approved", approval, total, actor)
    return request_sync(approval.integration, actor=actor)


@transaction.atomic
def refuse(approval: Approval, *, actor: User) -> int:
    """Leave both sides as they are; returns how many changes that concerns. What changes again is looked at anew."""
    total = _decide(approval, ApprovalState.REFUSED, actor)
    compiled = compiled_resources(approval.integration, [approval.resource])
    if compiled:
        approved.leave(approval, compiled[0])
    PushOperation.objects.filter(approval=approval, status=PushStatus.HELD).update(
        code="refused", message=LEFT, approval=None
    )
    _audit("approval.refused", approval, total, actor)
    return total


def _decide(approval: Approval, state: ApprovalState, actor: User) -> int:
    """Close an open approval; returns how many changes it holds."""
    held = HeldChange.objects.filter(approval=approval).count()
    total = held + PushOperation.objects.filter(approval=approval, status=PushStatus.HELD).count()
    still_open = Approval.objects.filter(pk=approval.pk, state=ApprovalState.OPEN)
    decided = {"state": state, "total": total, "decided_at": timezone.now(), "decided_by": actor.email}
    if not still_open.update(**decided, notice_due_at=None):
        raise Refused("Cette approbation est déjà décidée. Rechargez la page pour voir ce qui reste.")
    return total


def _audit(action: str, approval: Approval, total: int, actor: User) -> None:
    after = {
        "resource": approval.resource,
        "side": approval.get_side_display(),
        "changes": approval.get_action_display(),
        "records": total,
    }
    audit.record(action, actor=actor, target=approval.integration, after=after)


@transaction.atomic
def release(integration: Integration, *, actor: User | Actor) -> bool:
    """Let an integration take everything from now on; False when it was released already."""
    rows = Integration.objects.filter(pk=integration.pk, released_at=None)
    integration.released_at = integration.released_at or timezone.now()
    if not rows.update(released_at=integration.released_at):
        return False
    audit.record("integration.released", actor=actor, target=integration)
    return True


def release_and_sync(integration: Integration, *, actor: User) -> SyncJob:
    """Release an integration and start its first whole synchronisation. Refused when it cannot synchronise."""
    with transaction.atomic():
        release(integration, actor=actor)
        return request_sync(integration, actor=actor)
