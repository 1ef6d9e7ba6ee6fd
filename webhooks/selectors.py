"""What the pages read, each list in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from integrations.models import Integration
from integrations.records.events import CATALOGUE, EventType
from webhooks import fanout
from webhooks.models import Attempt, Delivery, DeliveryStatus, Endpoint, InboundEvent, RefusedCall, Replay

RECENT = timedelta(days=7)


def count_active() -> int:
    """How many endpoints events are sent to (one query; part of the dashboard's figure)."""
    return Endpoint.objects.active().count()


def count_receiving() -> int:
    """How many integrations providers call us for (one query; part of the same figure)."""
    return Integration.objects.live().filter(webhooks_enabled=True).count()


def endpoints() -> QuerySet[Endpoint]:
    """The live endpoints, each with the end of its last delivery."""
    ended = Delivery.objects.filter(endpoint=OuterRef("pk"), finished_at__isnull=False).order_by("-id")
    return (
        Endpoint.objects.live()
        .defer("secret", "old_secret", "headers")
        .annotate(last_at=Subquery(ended.values("finished_at")[:1]))
    )


def recent_counts(shown: Iterable[Endpoint]) -> dict[UUID, dict[str, int]]:
    """How many deliveries of the last seven days are in which state, by endpoint."""
    since = timezone.now() - RECENT
    rows = Delivery.objects.filter(endpoint__in=list(shown), created_at__gte=since).order_by()
    counts: dict[UUID, dict[str, int]] = {}
    for endpoint_id, status, count in rows.values_list("endpoint", "status").annotate(count=Count("pk")):
        counts.setdefault(endpoint_id, {})[status] = count
    return counts


def catalogue() -> dict[str, list[EventType]]:
    """The catalogue by group, in its order."""
    groups: dict[str, list[EventType]] = {}
    for each in CATALOGUE.values():
        groups.setdefault(each.group, []).append(each)
    return groups


@dataclass(frozen=True)
class Filters:
    """What the delivery log is narrowed to; an empty value narrows nothing."""

    endpoint: UUID | None = None
    event: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""


def deliveries(filters: Filters) -> QuerySet[Delivery]:
    """The log, the newest first. The search looks in ids, addresses and errors."""
    rows = Delivery.objects.filter(endpoint__deleted_at=None).select_related("endpoint", "event")
    rows = rows.defer("endpoint__secret", "endpoint__old_secret", "endpoint__headers", "event__payload")
    if filters.endpoint:
        rows = rows.filter(endpoint=filters.endpoint)
    if filters.event:
        rows = rows.filter(event_type=filters.event)
    if filters.status == "retrying":
        rows = rows.filter(status=DeliveryStatus.PENDING, attempts__gt=0)
    elif filters.status:
        rows = rows.filter(status=filters.status)
    if filters.since:
        rows = rows.filter(created_at__gte=midnight(filters.since))
    if filters.until:
        rows = rows.filter(created_at__lt=midnight(filters.until + timedelta(days=1)))
    return rows.filter(_search(filters.search)) if filters.search else rows


def midnight(day: date) -> datetime:
    """When a day begins here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _search(text: str) -> Q:
    found: Any = Q(endpoint__url__icontains=text) | Q(last_error__icontains=text)
    attempt = Attempt.objects.filter(delivery=OuterRef("pk"), error__icontains=text)
    found |= Exists(attempt)
    bare = text.removeprefix("evt_").replace("-", "").lower()
    if len(bare) == 32 and all(character in "0123456789abcdef" for character in bare):
        dashed = f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"
        found |= Q(event=dashed) | Q(event__record_id=dashed)
    if text.isascii() and text.isdigit() and len(text) < 18:
        found |= Q(pk=int(text)) | (Q(last_code=int(text)) if len(text) < 5 else Q())
    return found


def attempts(delivery: Delivery) -> QuerySet[Attempt]:
    """What was tried, the newest first."""
    return Attempt.objects.filter(delivery=delivery).order_by("-id")


def replay_counts(endpoint: Endpoint, since: datetime, until: datetime) -> Mapping[str, int]:
    """What a replay would do: `missing` never queued, `failed` to be tried again, `delivered` only when asked for."""
    events = fanout.events_of(endpoint, since, until)
    of_events = Delivery.objects.filter(endpoint=endpoint, event__in=events.values("pk"))
    counts: dict[str, Any] = of_events.aggregate(
        failed=Count("pk", filter=Q(status=DeliveryStatus.FAILED)),
        delivered=Count("pk", filter=Q(status=DeliveryStatus.DELIVERED)),
        waiting=Count("pk", filter=Q(status=DeliveryStatus.PENDING)),
    )
    return counts | {"missing": events.count() - sum(counts.values())}


def open_replay(endpoint: Endpoint) -> Replay | None:
    """The replay that is under way, if any."""
    return Replay.objects.filter(endpoint=endpoint, finished_at=None).first()


# --- Received --------------------------------------------------------------------------------------------------------
def inbound_of(integration: Integration) -> QuerySet[InboundEvent]:
    """What was received for an integration, newest first."""
    return InboundEvent.objects.filter(integration=integration).defer("handshake_code").order_by("-id")


def refused_lately(integration: Integration) -> int:
    """How many calls for it were refused within the last seven days."""
    since = timezone.localdate() - RECENT
    rows = RefusedCall.objects.filter(integration=integration, day__gte=since)
    return rows.aggregate(total=Sum("count"))["total"] or 0
