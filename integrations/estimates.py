"""How many calls a day an integration's options make, beside what its provider allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db.models import Count
from django.utils import timezone

from connectors.base.resource import Resource
from integrations.models import Frequency, Integration, LinkState, PushFrequency, PushOperation, RecordLink

OPTIONS = frozenset({"direction", "frequency", "push_frequency", "batch_size"})
"""The options that the estimate depends on."""
RUNS_A_DAY = {Frequency.REALTIME: 24.0, Frequency.HOURLY: 24.0, Frequency.DAILY: 1.0, Frequency.WEEKLY: 1 / 7}
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Estimate:
    """Calls a day; `budget` is the provider's, None when none is known.

    records: live links; objects: kinds of objects that are read; first: calls of one complete reading; pages_help:
    whether larger pages would make fewer calls.
    """

    reads: int
    writes: int
    budget: int | None
    records: int
    objects: int
    first: int
    pages_help: bool

    @property
    def calls(self) -> int:
        """All calls of a day."""
        return self.reads + self.writes

    @property
    def over(self) -> bool:
        """Whether the provider would refuse the last of them."""
        return self.budget is not None and self.calls > self.budget


def of(integration: Integration) -> Estimate:
    """The estimate of an integration's options as they stand on the object, saved or not; two queries."""
    connector = integration.connector
    rows = RecordLink.objects.filter(integration=integration, state=LinkState.LIVE).values("resource")
    links = {row["resource"]: row["n"] for row in rows.annotate(n=Count("pk")).order_by()}
    read = [r for r in connector.resources if "pull" in r.capabilities] if integration.receives else []
    pages = {r.name: _pages(integration, r, links.get(r.name, 0)) for r in read}
    habits = connector.habits
    whole = habits is not None and habits.changes == "none"
    a_run = sum(pages.values()) if whole else len(read)
    if habits is not None and habits.deletions == "feed":
        a_run += len(read)
    runs = RUNS_A_DAY.get(Frequency(integration.frequency), 0.0)
    # The provider's lists are read once a day, when there is a run.
    lists = min(runs, 1.0) * len(connector.option_kinds)
    return Estimate(
        reads=ceil(runs * a_run + lists),
        writes=_writes_a_day(integration),
        budget=connector.limits.daily if connector.limits else None,
        records=sum(links.values()),
        objects=len(read),
        first=sum(pages.values()),
        pages_help=whole and any(integration.batch_size < r.max_page_size for r in read),
    )


def _pages(integration: Integration, resource: Resource, count: int) -> int:
    return max(1, ceil(count / min(integration.batch_size, resource.max_page_size)))


def _writes_a_day(integration: Integration) -> int:
    """Calls that send, by what was sent lately and as if each record went alone, as most changes do; none where
    sending waits for a person."""
    planned = integration.push_frequency
    if planned == PushFrequency.SYNC and integration.frequency == Frequency.MANUAL:
        planned = PushFrequency.MANUAL
    if not integration.sends or planned == PushFrequency.MANUAL:
        return 0
    since = timezone.now() - LOOK_BACK
    sent = PushOperation.objects.filter(integration=integration, sent_at__gte=since).count()
    return ceil(sent / LOOK_BACK.days)
