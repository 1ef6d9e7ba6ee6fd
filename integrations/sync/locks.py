"""Closed books: nothing dated on or before the lock date is written at the provider."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from django.utils import timezone

from connectors.base.connector import Connector
from integrations.models import Integration, PushOperation, PushStatus, RecordLink
from integrations.sync.outbound import OutboundResource
from integrations.sync.problems import FieldProblem

CODE = "locked"
FRESH_FOR = timedelta(hours=1)
DAYS = {"invoice": "issue_date", "payment": "date", "refund": "date", "expense": "date"}
"""The day of a document by kind, where the resource does not name it."""


def refresh_if_old(integration: Integration, connector: Connector) -> None:
    """Ask the provider for its own lock date, where it tells one, unless that was done within the hour."""
    before = integration.provider_lock_date
    if not read_if_old(integration, connector):
        return
    integration.save(update_fields=["provider_lock_date", "provider_lock_read_at"])
    if integration.provider_lock_date != before:
        release(integration)


def read_if_old(integration: Integration, connector: Connector) -> bool:
    """The same with nothing saved: the integration carries what the provider said. Returns whether it was asked."""
    read = integration.provider_lock_read_at
    if not connector.tells_lock_date or (read is not None and timezone.now() - read < FRESH_FOR):
        return False
    integration.provider_lock_date = connector.lock_date()
    integration.provider_lock_read_at = timezone.now()
    return True


def release(integration: Integration) -> int:
    """Look again at what waited for the books to open, as the lock date changed; returns how many."""
    held = PushOperation.objects.filter(integration=integration, status=PushStatus.HELD, code=CODE)
    return held.update(status=PushStatus.PENDING, code="", message="")


def demand_open(integration: Integration, outbound: OutboundResource, record: Any, link: RecordLink | None) -> None:
    """FieldProblem for a document that lies, or lay when both sides last agreed, in the closed books."""
    until = integration.locked_until
    name = outbound.resource.date_field or DAYS.get(outbound.kind.slug, "")
    if until is None or not name:
        return
    known = link.base_local.get(name) if link else None
    days = [getattr(record, name), date.fromisoformat(known) if known else None]
    earliest = min((day for day in days if day), default=None)
    if earliest is not None and earliest <= until:
        raise FieldProblem(
            CODE,
            name,
            f"Ce document est daté du {_day(earliest)} et les livres sont verrouillés jusqu’au {_day(until)} : rien "
            "n’est écrit chez le fournisseur. Repoussez la date de verrouillage dans les paramètres, ou datez le "
            "document d’une période ouverte.",
        )


def _day(day: date) -> str:
    return format_date(day, "d MMMM y", locale="fr_CA")
