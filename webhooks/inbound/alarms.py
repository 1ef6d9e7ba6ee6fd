"""What the administrators are told of incoming webhooks: what was given up or stays silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import Integration
from webhooks.models import InboundEvent, InboundStatus, InboundSubscription, SubscriptionState, UnannouncedChange

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=5)
"""How late a call may be: a pull may well find a change before the provider tells of it."""
ANNOUNCED_WITHIN = timedelta(days=1)
ALARM_FOR = timedelta(days=1)
"""How long the page warns after the last change that nobody announced."""
NOTICE_FROM = 3
"""Changes without a call that are worth a message: one alone may be an object of an odd sort."""
RECENT = timedelta(days=7)


def note_pulled(
    sender: Any, integration: Integration, resource: str, remote_ids: Collection[str], since: datetime, **_: Any
) -> None:
    """Keep the changes that a call should have announced; they are judged when its grace is over."""
    webhooks = integration.connector.webhooks
    if webhooks is None or resource not in webhooks.resources:
        return
    listening = InboundSubscription.objects.filter(
        integration=integration, state=SubscriptionState.ACTIVE, active_since__lte=since
    )
    if listening.exists():
        UnannouncedChange.objects.bulk_create(
            [UnannouncedChange(integration=integration, resource=resource, remote_id=each) for each in remote_ids]
        )


def judge() -> int:
    """Count the changes that no call announced; returns how many. Safe to run anywhere."""
    due = UnannouncedChange.objects.filter(seen_at__lte=Now() - GRACE)
    if not due.exists():
        return 0
    announced = InboundEvent.objects.filter(
        integration=OuterRef("integration"),
        resource=OuterRef("resource"),
        remote_id=OuterRef("remote_id"),
        received_at__gte=OuterRef("seen_at") - ANNOUNCED_WITHIN,
    )
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True, of=("self",)).annotate(told=Exists(announced)))
        for integration_id, count in Counter(row.integration_id for row in rows if not row.told).items():
            _count(integration_id, count)
        UnannouncedChange.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return sum(not row.told for row in rows)


def _count(integration_id: UUID, count: int) -> None:
    row = InboundSubscription.objects.filter(integration=integration_id)
    quiet = timezone.now() - ALARM_FOR
    row.filter(silent_at__lt=quiet).update(silent_count=0)
    row.update(silent_count=F("silent_count") + count, silent_at=Now())
    if row.filter(silent_count__gte=NOTICE_FROM, silent_count__lt=NOTICE_FROM + count).exists():
        tell(integration_id)
    log.warning("inbound.silent", integration=str(integration_id), changes=count)


def tell(integration_id: UUID) -> None:
    """Have the administrators written to about an integration's webhooks (inbound.notices)."""
    untold = InboundSubscription.objects.filter(integration=integration_id, notice_due_at=None)
    untold.update(notice_due_at=timezone.now())


def is_silent(row: InboundSubscription) -> bool:
    """Whether the page warns of changes that nobody announced."""
    return bool(row.silent_count and row.silent_at and row.silent_at > timezone.now() - ALARM_FOR)


def dead_lately(integration: Integration) -> QuerySet[InboundEvent]:
    """Events that were given up within the last days."""
    since = timezone.now() - RECENT
    return InboundEvent.objects.filter(integration=integration, status=InboundStatus.DEAD, received_at__gte=since)
