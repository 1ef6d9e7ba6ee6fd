"""What became of events, written where the claim still holds; those with the same outcome in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import Integration, SyncJob, Trigger
from integrations.services import Refused, Result, Seen, request_sync
from webhooks.following.claims import Batch
from webhooks.inbound import alarms
from webhooks.models import InboundEvent, InboundStatus

LONGEST_WAIT = 3600.0
SYNC_WAIT = 2.0
TELL_AGAIN_AFTER = timedelta(hours=1)
HANDED_ON = "L’objet est relu par la synchronisation, selon les filtres de l’intégration."
LEFT_OUT = "L’intégration ne synchronise pas cet objet : son sens, ses filtres ou sa période l’écartent."
GIVEN_UP = "L’objet n’a pas pu être lu malgré les nouveaux essais. Corrigez la cause, puis choisissez « Rejouer »."


@dataclass(frozen=True)
class Outcome:
    """What is written to an event. `wait`: seconds until the next try of a pending one; `tried`: one more try."""

    status: InboundStatus
    code: str = ""
    message: str = ""
    wait: float | None = None
    tried: bool = False


def outcome_of(event: InboundEvent, seen: Seen, integration: Integration) -> Outcome:
    """What a look means for one of the events that asked for it."""
    if seen.result in (Result.STORED, Result.KNOWN):
        return Outcome(InboundStatus.DONE, seen.code, seen.sentence)
    if seen.result == Result.OUTSIDE:
        return Outcome(InboundStatus.IGNORED, "outside", LEFT_OUT)
    if seen.result == Result.BROKEN:
        return Outcome(InboundStatus.WAITING, seen.code, seen.sentence)
    if seen.result == Result.BY_SYNC:
        return _by_sync(event, integration)
    if not seen.counts:
        return Outcome(InboundStatus.PENDING, seen.code, seen.sentence, min(seen.wait or 1.0, LONGEST_WAIT))
    if event.attempts >= integration.max_retries:
        return Outcome(InboundStatus.DEAD, seen.code, seen.sentence or GIVEN_UP, tried=True)
    wait = min(integration.retry_wait(event.attempts, seen.wait), LONGEST_WAIT)
    return Outcome(InboundStatus.PENDING, seen.code, seen.sentence, wait, tried=True)


def _by_sync(event: InboundEvent, integration: Integration) -> Outcome:
    """Hand the event to a run that has not begun yet: one under way may have passed the object already."""
    try:
        job = request_sync(integration, trigger=Trigger.WEBHOOK, resources=[event.resource])
    except Refused as refused:
        return Outcome(InboundStatus.PENDING, "waits", str(refused), SYNC_WAIT)
    if _will_read(job, event.resource):
        return Outcome(InboundStatus.DONE, "by_sync", HANDED_ON)
    return Outcome(InboundStatus.PENDING, "by_sync", HANDED_ON, SYNC_WAIT)


def _will_read(job: SyncJob, resource: str) -> bool:
    wants = not job.resources or resource in job.resources
    return wants and job.started_at is None and not job.dry_run and job.trigger != Trigger.CHANGE


def write(batch: Batch, outcomes: Mapping[UUID, Outcome]) -> None:
    """Store the outcomes by event; one that somebody else holds by now is left to them."""
    groups: dict[Outcome, list[UUID]] = {}
    for pk, outcome in outcomes.items():
        groups.setdefault(outcome, []).append(pk)
    with transaction.atomic():
        if any(outcome.status == InboundStatus.DEAD for outcome in groups):
            _tell(batch.integration)
        for outcome, pks in groups.items():
            _write_group(batch.owner, outcome, pks)


def _tell(integration: Integration) -> None:
    """Have the administrators written to, unless they were a moment ago."""
    before = InboundEvent.objects.filter(
        integration=integration, status=InboundStatus.DEAD, processed_at__gte=timezone.now() - TELL_AGAIN_AFTER
    )
    if not before.exists():
        alarms.tell(integration.pk)


def _write_group(owner: str, outcome: Outcome, pks: Iterable[UUID]) -> None:
    rows = InboundEvent.objects.filter(pk__in=list(pks), status=InboundStatus.PENDING, lease_owner=owner)
    pending = outcome.status == InboundStatus.PENDING
    rows.update(
        status=outcome.status,
        code=outcome.code[:60],
        message=outcome.message,
        lease_owner="",
        next_at=Now() + timedelta(seconds=outcome.wait or 0.0) if pending else None,
        processed_at=None if pending or outcome.status == InboundStatus.WAITING else timezone.now(),
        **({"attempts": F("attempts") + 1} if outcome.tried else {}),
    )
