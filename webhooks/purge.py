"""What is kept for a time only: finished deliveries with their attempts, then events that nothing refers to."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from integrations.records.models import Event
from integrations.records.writing import delete_rows
from webhooks.models import Attempt, Delivery, DeliveryStatus, PendingEvent, Replay

log = structlog.get_logger(__name__)

BATCH = 500


def purge() -> None:
    """Delete what is older than WEBHOOK_RETENTION_DAYS, in small transactions. What waits is kept, however old."""
    limit = timezone.now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
    deliveries = events = 0
    # Pending: also asked again lately (a retry, a replay).
    ended = Q(finished_at__lt=limit) & ~Q(status=DeliveryStatus.PENDING)
    old = Delivery.objects.filter(ended | Q(endpoint__deleted_at__lt=limit), created_at__lt=limit)
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        Attempt.objects.filter(delivery__in=ids).delete()
        # Asked again: it may have been put back into the queue meanwhile.
        deliveries += old.filter(pk__in=ids).delete()[0]
    told = Delivery.objects.filter(event=OuterRef("pk"))
    waits = PendingEvent.objects.filter(event_id=OuterRef("pk"))
    done = Event.objects.filter(~Exists(told), ~Exists(waits), occurred_at__lt=limit)
    while untold := list(done.values_list("pk", flat=True)[:BATCH]):
        delete_rows(Event, untold)
        events += len(untold)
    Replay.objects.filter(finished_at__lt=limit).delete()
    if deliveries or events:
        log.info("webhook.purged", deliveries=deliveries, events=events)
