"""Which events this follower may work on now: taken by compare-and-swap, on the database's clock, an integration at a
time; and those that must wait for their integration, or are nobody's business any more."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations import stop
from integrations.models import Credential, Integration
from webhooks.models import InboundEvent, InboundStatus

MOST_OBJECTS = 20
"""Objects of one integration in one batch: what a kill can repeat, and what a slow provider can hold up."""
LOOK_AHEAD = 400
WAITS = "L’intégration ne peut pas être lue pour l’instant. L’événement sera repris dès qu’elle sera reconnectée."
SWITCHED_OFF = "Les webhooks de cette intégration ont été désactivés."


@dataclass(frozen=True)
class Batch:
    """Events of one integration, held until their lease ends."""

    integration: Integration
    events: list[InboundEvent]
    owner: str


def readable() -> QuerySet[Integration]:
    """The integrations whose events can be followed."""
    return Integration.objects.runnable().filter(
        Exists(Credential.objects.filter(integration=OuterRef("pk"))), webhooks_enabled=True
    )


def due() -> QuerySet[InboundEvent]:
    """Events whose time has come; a claimed one is due again when its lease has run out."""
    return InboundEvent.objects.filter(status=InboundStatus.PENDING, next_at__lte=Now(), integration__isnull=False)


def claim(room: int, busy: Collection[UUID]) -> list[Batch]:
    """Take the due events of at most `room` integrations that are not `busy`; hints for one object come together."""
    mine = due().filter(~stop.in_force(), integration__in=readable()).exclude(integration__in=list(busy))
    # On SQLite a transaction locks everybody else out: none is opened for nothing.
    if connection.vendor == "sqlite" and not mine.exists():
        return []
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    with transaction.atomic():
        locked = mine.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "id")
        rows = locked.values_list("pk", "integration_id", "resource", "remote_id")[:LOOK_AHEAD]
        chosen = _choose(rows, room)
        if not chosen:
            return []
        taken = InboundEvent.objects.filter(pk__in=chosen, status=InboundStatus.PENDING, next_at__lte=Now())
        taken.update(lease_owner=owner, next_at=lease_end())
    held = list(InboundEvent.objects.filter(pk__in=chosen, lease_owner=owner).order_by("id"))
    integrations = Integration.objects.select_related("credential").in_bulk({each.integration_id for each in held})
    return [
        Batch(integration, [each for each in held if each.integration_id == pk], owner)
        for pk, integration in integrations.items()
    ]


def _choose(rows: Iterable[tuple[UUID, UUID, str, str]], room: int) -> list[UUID]:
    objects: dict[UUID, set[tuple[str, str]]] = {}
    chosen = []
    for pk, integration_id, resource, remote_id in rows:
        if integration_id not in objects and len(objects) >= room:
            continue
        mine = objects.setdefault(integration_id, set())
        if (resource, remote_id) in mine or len(mine) < MOST_OBJECTS:
            mine.add((resource, remote_id))
            chosen.append(pk)
    return chosen


def lease_end() -> object:
    """When what is claimed now may be claimed by another one."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


def renew(owners: Collection[str]) -> None:
    """Keep what these claims hold."""
    if owners:
        InboundEvent.objects.filter(status=InboundStatus.PENDING, lease_owner__in=list(owners)).update(
            next_at=lease_end()
        )


def sort_out() -> None:
    """Park the due events of integrations that cannot be read, take back those of integrations that can again, and
    close those of integrations that want none. Each statement only where there is something to write."""
    unreadable = due().exclude(integration__in=readable())
    _close(unreadable.filter(Q(integration__webhooks_enabled=False) | Q(integration__deleted_at__isnull=False)))
    _write(
        unreadable.filter(integration__webhooks_enabled=True, integration__deleted_at=None),
        status=InboundStatus.WAITING,
        code="waits",
        message=WAITS,
        lease_owner="",
        next_at=None,
    )
    take_back(readable())


def take_back(integrations: QuerySet[Integration]) -> int:
    """Let the waiting events of these integrations be followed; returns how many."""
    waiting = InboundEvent.objects.filter(status=InboundStatus.WAITING, integration__in=integrations)
    return _write(waiting, status=InboundStatus.PENDING, code="", message="", attempts=0, lease_owner="", next_at=Now())


def drop_waiting(integration: Integration) -> None:
    """Close what waits for an integration that wants no more calls."""
    open_ones = [InboundStatus.PENDING, InboundStatus.WAITING]
    _close(InboundEvent.objects.filter(integration=integration, status__in=open_ones))


def _close(rows: QuerySet[InboundEvent]) -> None:
    """Follow none of these: nobody wants them any more."""
    _write(
        rows,
        status=InboundStatus.IGNORED,
        code="switched_off",
        message=SWITCHED_OFF,
        processed_at=timezone.now(),
        lease_owner="",
        next_at=None,
    )


def _write(rows: QuerySet[InboundEvent], **values: object) -> int:
    """Update these rows in one statement, none when there are none."""
    return rows.update(**values) if rows.exists() else 0
