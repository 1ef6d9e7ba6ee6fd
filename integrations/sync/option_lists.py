"""Reads the provider's lists into RemoteOption rows, once a day and when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from connectors.base.connector import Connector
from connectors.base.writes import Option
from integrations.models import Integration, RemoteOption

FRESH_FOR = timedelta(days=1)
Lists = Mapping[str, Sequence[Option]]
"""Elements of the provider's lists, by kind."""


def refresh_if_old(integration: Integration, connector: Connector) -> None:
    """Read the lists again when they were never read, or not since a day."""
    if _old(integration, connector):
        refresh(integration, connector)


def read_if_old(integration: Integration, connector: Connector) -> Lists:
    """What refresh_if_old would store, without storing it; empty when the lists are fresh."""
    return {kind: connector.options(kind) for kind, _ in connector.option_kinds} if _old(integration, connector) else {}


def _old(integration: Integration, connector: Connector) -> bool:
    if not connector.option_kinds:
        return False
    since = timezone.now() - FRESH_FOR
    return not RemoteOption.objects.filter(integration=integration, updated_at__gte=since).exists()


def refresh(integration: Integration, connector: Connector) -> int:
    """Read every list; what the provider no longer shows becomes inactive, as rules may still name it. Returns how many
    elements there are. Raises ConnectorError with nothing changed for the lists not read yet."""
    return sum(store(integration, {kind: connector.options(kind)}) for kind, _label in connector.option_kinds)


def store(integration: Integration, lists: Lists) -> int:
    """Keep these lists; returns how many elements they have."""
    total = 0
    for kind, options in lists.items():
        now = timezone.now()
        rows = [
            RemoteOption(
                integration=integration,
                kind=kind,
                remote_id=option.id,
                label=option.label[:255],
                data=dict(option.data),
                active=option.active,
                updated_at=now,
            )
            for option in options
        ]
        with transaction.atomic():
            RemoteOption.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["integration", "kind", "remote_id"],
                update_fields=["label", "data", "active", "updated_at"],
            )
            RemoteOption.objects.filter(integration=integration, kind=kind, updated_at__lt=now).update(active=False)
        total += len(rows)
    return total
