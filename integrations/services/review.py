"""What waits for a person: conflicts to resolve, writes to try again, account mapping to fill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations import routing
from integrations.core import audit
from integrations.core.models import User
from integrations.models import (
    Conflict,
    ConflictState,
    Integration,
    PushOperation,
    PushStatus,
    RecordLink,
    SlotRule,
    SyncJob,
)
from integrations.records import services as records
from integrations.records.kinds import KINDS, FieldInfo, from_json
from integrations.records.values import BadValue
from integrations.services.errors import Refused
from integrations.services.syncing import request_sync
from integrations.sync import option_lists
from integrations.sync.gateway import ExchangeLog, open_connector
from integrations.sync.lines import canonical

Side = Literal["platform", "provider"]


@transaction.atomic
def resolve_conflict(conflict: Conflict, side: Side, *, actor: User) -> None:
    """Let one side win: its value becomes the other's. Refused when the conflict was resolved meanwhile."""
    open_now = Conflict.objects.select_for_update().filter(pk=conflict.pk, state=ConflictState.OPEN)
    if not open_now.exists():
        raise Refused("Ce conflit est déjà résolu. Rechargez la page pour voir la valeur retenue.")
    if conflict.code == "field":
        link = RecordLink.objects.select_for_update().get(pk=conflict.link_id)
        if side == "provider":
            _take_provider(conflict, link, actor)
        else:
            # The provider's value counts as seen; ours differs from it, so the push sends ours.
            link.base_local[conflict.field] = conflict.remote
            routing.ask([routing.Wish(link.integration_id, link.resource, link.record_kind, link.record_id)])
        link.base_remote[conflict.field] = conflict.remote_raw
        link.save(update_fields=["base_local", "base_remote"])
    open_now.update(state=ConflictState.RESOLVED, resolved_at=timezone.now(), resolution=side)
    audit.record(
        "conflict.resolved",
        actor=actor,
        target=conflict.integration,
        before={"platform": conflict.local, "provider": conflict.remote},
        after={
            "kind": conflict.record_kind,
            "record": str(conflict.record_id),
            "field": conflict.field,
            "kept": side,
        },
    )


def _take_provider(conflict: Conflict, link: RecordLink, actor: User) -> None:
    info = KINDS[conflict.record_kind].fields[conflict.field]
    origin = records.Origin("user", str(actor.pk), label=actor.email)
    change = records.Change(conflict.record_kind, conflict.record_id)
    # The value is the provider's: it must not be sent back there.
    change.origins = {conflict.field: f"integration:{link.integration_id}"}
    try:
        value = change.values[conflict.field] = from_json(info, conflict.remote)
        records.apply([change], origin)
    except BadValue as bad:
        raise _unfit(info, bad.sentence) from None
    except records.InvalidChanges as invalid:
        raise _unfit(info, next(iter(invalid.problems[0].values()))) from None
    link.base_local[conflict.field] = canonical(info, value)


def _unfit(info: FieldInfo, reason: str) -> Refused:
    return Refused(
        f"La plateforme refuse la valeur du fournisseur pour « {info.label} » : {reason} Gardez celle de la "
        "plateforme, ou corrigez-la chez le fournisseur."
    )


@transaction.atomic
def retry_push(operation: PushOperation, *, actor: User) -> SyncJob:
    """Send a refused write again. Refused, with nothing changed, when the integration cannot synchronise."""
    PushOperation.objects.filter(pk=operation.pk, status__in=[PushStatus.REJECTED, PushStatus.HELD]).update(
        status=PushStatus.PENDING, code="", message="", attempts=0
    )
    audit.record(
        "push.retried",
        actor=actor,
        target=operation.integration,
        after={
            "resource": operation.resource,
            "kind": operation.record_kind,
            "record": str(operation.record_id),
        },
    )
    return request_sync(operation.integration, actor=actor)


@transaction.atomic
def retry_refused(integration: Integration, *, actor: User) -> int:
    """Send every refused write of an integration again; returns how many. Refused when it cannot synchronise."""
    rows = PushOperation.objects.filter(integration=integration, status=PushStatus.REJECTED)
    total = rows.update(status=PushStatus.PENDING, code="", message="", attempts=0)
    if total:
        audit.record("push.retried", actor=actor, target=integration, after={"records": total})
        request_sync(integration, actor=actor)
    return total


def refresh_options(integration: Integration, *, actor: User) -> int:
    """Read the provider's lists again; returns how many elements there are. Raises ConnectorError."""
    log = ExchangeLog(integration.pk)
    try:
        connector = open_connector(integration, log, patient=False)
        try:
            total = option_lists.refresh(integration, connector)
        finally:
            connector.close()
    finally:
        log.store()
    audit.record("integration.options_read", actor=actor, target=integration, after={"elements": total})
    return total


@dataclass(frozen=True)
class Rule:
    """One line of account mapping as a form gives it."""

    resource: str
    slot: str
    remote_id: str
    division_id: UUID | None = None
    job_type: str = ""
    local_value: str = ""


@transaction.atomic
def save_slot_rules(integration: Integration, rules: Iterable[Rule], *, actor: User) -> None:
    """Replace the whole account mapping; writes that waited for it are tried again."""
    before = list(map(str, SlotRule.objects.filter(integration=integration)))
    SlotRule.objects.filter(integration=integration).delete()
    rows = [
        SlotRule(
            integration=integration,
            resource=rule.resource,
            slot=rule.slot,
            division_id=rule.division_id,
            job_type=rule.job_type,
            local_value=rule.local_value,
            remote_id=rule.remote_id,
        )
        for rule in rules
        if rule.remote_id
    ]
    SlotRule.objects.bulk_create(rows)
    PushOperation.objects.filter(integration=integration, status=PushStatus.REJECTED, code="slot").update(
        status=PushStatus.PENDING, code="", message=""
    )
    audit.record(
        "integration.slots_changed",
        actor=actor,
        target=integration,
        before={"rules": before},
        after={"rules": list(map(str, rows))},
    )
