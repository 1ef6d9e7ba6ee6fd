"""Which deliveries this sender may send now: taken by compare-and-swap, on the database's clock."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from integrations.core.keys import DecryptionError
from webhooks.models import Delivery, DeliveryStatus, Endpoint

log = structlog.get_logger(__name__)

LOOK_AHEAD = 4  # an endpoint with many due deliveries must not hide the others


@dataclass
class Claimed:
    """A delivery held by this sender until its lease ends, and where it goes."""

    delivery: Delivery
    endpoint: Endpoint
    owner: str


def due() -> Q:
    """Deliveries whose time has come; a claimed one is due again when its lease has run out."""
    return Q(status=DeliveryStatus.PENDING, next_at__lte=Now(), endpoint__active=True, endpoint__deleted_at=None)


def claim(limit: int, full: Collection[UUID], room: Callable[[UUID], int]) -> list[Claimed]:
    """Take at most `limit` due deliveries of endpoints that are not `full`, at most `room(endpoint)` for each."""
    candidates = Delivery.objects.filter(due()).exclude(endpoint__in=list(full)).order_by("next_at")
    # On SQLite a transaction locks everybody else out: none is opened for nothing.
    if connection.vendor == "sqlite" and not candidates.exists():
        return []
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    with transaction.atomic():
        locked = candidates.select_for_update(skip_locked=True, of=("self",))
        rows = locked.values_list("pk", "endpoint_id", "endpoint__timeout_seconds")[: limit * LOOK_AHEAD]
        chosen = _choose(rows, limit, room)
        if not chosen:
            return []
        until = Now() + timedelta(seconds=max(chosen.values()) + settings.LEASE_SECONDS)
        Delivery.objects.filter(due(), pk__in=list(chosen)).update(lease_owner=owner, next_at=until)
    held = Delivery.objects.filter(pk__in=list(chosen), lease_owner=owner)
    deliveries = list(held.select_related("event").order_by("event_id"))
    endpoints = _endpoints({each.endpoint_id for each in deliveries})
    return [Claimed(each, endpoints[each.endpoint_id], owner) for each in deliveries if each.endpoint_id in endpoints]


def _endpoints(ids: Collection[UUID]) -> dict[UUID, Endpoint]:
    """The endpoints, secrets included; one whose secrets cannot be read keeps none of the others from being sent to."""
    try:
        return Endpoint.objects.in_bulk(ids)
    except DecryptionError:
        found = {}
        for pk in ids:
            with contextlib.suppress(DecryptionError):
                found[pk] = Endpoint.objects.get(pk=pk)
        log.error("webhook.secret_unreadable", endpoints=[str(pk) for pk in ids if pk not in found])
        return found


def _choose(rows: Iterable[tuple[int, UUID, int]], limit: int, room: Callable[[UUID], int]) -> dict[int, int]:
    """The deliveries to take, each with the seconds that its endpoint may need."""
    taken: Counter[UUID] = Counter()
    chosen: dict[int, int] = {}
    for pk, endpoint_id, seconds in rows:
        if len(chosen) < limit and taken[endpoint_id] < room(endpoint_id):
            taken[endpoint_id] += 1
            chosen[pk] = seconds
    return chosen
