"""Following received events again, as an administrator asks; audited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.core import audit
from integrations.core.models import User
from integrations.models import Integration
from integrations.services import Refused
from webhooks.inbound import log
from webhooks.models import InboundEvent, InboundStatus
from webhooks.sending import wake


def replay(ids: Iterable[UUID], *, actor: User) -> int:
    """Follow these events again at once; returns how many. Refused when none of them can be."""
    return _again(InboundEvent.objects.filter(pk__in=list(ids)), {}, actor)


def replay_all(filters: log.Filters, *, actor: User) -> int:
    """The same for everything that the filters show."""
    return _again(log.events(filters), _told(filters), actor)


def _told(filters: log.Filters) -> dict[str, str]:
    """The filters in the journal's words."""
    told = {name: str(value) for name, value in vars(filters).items() if value}
    named = {
        "status": dict(InboundStatus.choices).get(filters.status),
        "integration": filters.integration and Integration.objects.filter(pk=filters.integration).first(),
    }
    return told | {name: str(label) for name, label in named.items() if name in told and label}


@transaction.atomic
def _again(rows: QuerySet[InboundEvent], told: dict[str, Any], actor: User) -> int:
    chosen = log.replayable(rows).order_by().values("pk")
    count = InboundEvent.objects.filter(pk__in=chosen).update(
        status=InboundStatus.PENDING, attempts=0, next_at=Now(), lease_owner="", code="", message="", processed_at=None
    )
    if not count:
        raise Refused(
            "Rien à rejouer : ces événements sont en cours de traitement, ne concernent aucune intégration, ou aucun "
            "objet que la plateforme suit."
        )
    audit.record("inbound.replayed", actor=actor, after={**told, "événements": count})
    wake.notify(wake.INBOUND)
    return count
