"""What every worker looks at again and again: schedules, jobs that wait, things to throw away."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from integrations import queue, services, stop
from integrations.models import Exchange, SyncJob
from integrations.oauth import attempts
from integrations.records import services as records
from integrations.sync import guard_counts, lease
from integrations.sync.runner import RUN_SYNC
from integrations.worker.hosts import forget_gone_hosts

log = structlog.get_logger(__name__)

# More bells than that would wait in the queue, and be rung again meanwhile: the rest comes with a later sweep.
MOST_BELLS = 20
PURGE_BATCH = 1000


def sweep() -> None:
    """One pass: create the jobs whose time has come, ring for every job that waits; nothing while all is stopped."""
    if stop.current() is not None:
        return
    scheduled = services.enqueue_scheduled() + services.enqueue_pushes()
    rang = ring_due()
    if scheduled or rang:
        log.info("sweep.rang", scheduled=scheduled, count=rang)


def ring_due() -> int:
    """Ring for jobs that a worker may claim and that were not rung for lately, the longest unheard first."""
    unheard = Q(rung_at=None) | Q(rung_at__lt=Now() - timedelta(seconds=settings.LEASE_SECONDS / 2))
    due = SyncJob.objects.filter(lease.due(), unheard)
    room = max(0, MOST_BELLS - queue.waiting())
    oldest = due.order_by(F("rung_at").asc(nulls_first=True), "created_at").values_list("pk", flat=True)
    rang = 0
    for pk in list(oldest[:room]):
        with transaction.atomic():
            # Asked again in the same statement that answers: of two machines, one rings.
            if due.filter(pk=pk).update(rung_at=Now()):
                queue.ring(RUN_SYNC, str(pk))
                rang += 1
    return rang


def mark_overdue() -> None:
    """Tell which invoices are overdue today, in America/Toronto."""
    changed = records.mark_overdue(timezone.localdate())
    if changed:
        log.info("invoices.overdue", count=changed)


def purge() -> None:
    """Throw away what is kept for a time only: exchanges, consents, notes of the queue, machines that are gone, counts
    of the guard."""
    exchanges = _purge_exchanges()
    notes = queue.purge(settings.EXCHANGE_RETENTION_DAYS)
    hosts = forget_gone_hosts()
    consents = attempts.forget_old()
    marks = guard_counts.forget_old()
    if exchanges or notes or hosts or consents or marks:
        log.info("purge.done", exchanges=exchanges, queue=notes, hosts=hosts, consents=consents, marks=marks)


def _purge_exchanges() -> int:
    """In batches, each its own transaction, so that no lock lasts."""
    limit = timezone.now() - timedelta(days=settings.EXCHANGE_RETENTION_DAYS)
    old = Exchange.objects.filter(at__lt=limit).order_by("pk").values_list("pk", flat=True)
    total = 0
    while batch := list(old[:PURGE_BATCH]):
        deleted, _ = Exchange.objects.filter(pk__in=batch).delete()
        total += deleted
    return total
