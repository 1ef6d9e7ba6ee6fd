"""Reads the provider's lists into RemoteOption rows, once a day and when asked."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from connectors.base.connector import Connector
from integrations.models import Integration, RemoteOption

FRESH_FOR = timedelta(days=1)


def refresh_if_old(integration: Integration, connector: Connector) -> None:
    """Read the lists again when they were never read, or not since a day."""
    if not connector.option_kinds:
        return
    since = timezone.now() - FRESH_FOR
    if not RemoteOption.objects.filter(integration=integration, updated_at__gte=since).exists():
        refresh(integration, connector)


def refresh(integration: Integration, connector: Connector) -> int:
    """Read every list; what the provider no longer shows becomes inactive, as rules may still name it. Returns how many
    elements there are. Raises ConnectorError with nothing changed for the lists not read yet."""
    total = 0
    for kind, _label in connector.option_kinds:
        options = connector.options(kind)
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
