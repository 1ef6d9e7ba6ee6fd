"""What is kept of received calls for a time only; what waits is kept, however old."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from webhooks.models import InboundEvent, InboundRequest, InboundStatus, RefusedCall, RefusedSample

log = structlog.get_logger(__name__)

BATCH = 500
REFUSALS_DAYS = 90


def purge() -> None:
    """Delete calls and events older than WEBHOOK_INBOUND_RETENTION_DAYS, in small transactions; then the counters of
    refused calls, after three months."""
    now = timezone.now()
    limit = now - timedelta(days=settings.WEBHOOK_INBOUND_RETENTION_DAYS)
    waits = Q(status__in=[InboundStatus.PENDING, InboundStatus.WAITING], integration__deleted_at=None)
    old = InboundEvent.objects.filter(~waits, received_at__lt=limit)
    events = calls = 0
    while ids := list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH]):
        # Asked again: it may have been put back into the queue meanwhile.
        events += old.filter(pk__in=ids).delete()[0]
    left = InboundEvent.objects.filter(request=OuterRef("pk"))
    empty = InboundRequest.objects.filter(~Exists(left), received_at__lt=limit)
    while ids := list(empty.order_by("received_at").values_list("pk", flat=True)[:BATCH]):
        calls += InboundRequest.objects.filter(pk__in=ids).delete()[0]
    RefusedCall.objects.filter(day__lt=timezone.localdate(now) - timedelta(days=REFUSALS_DAYS)).delete()
    RefusedSample.objects.filter(at__lt=now - timedelta(days=REFUSALS_DAYS)).delete()
    if events or calls:
        log.info("inbound.purged", events=events, calls=calls)
