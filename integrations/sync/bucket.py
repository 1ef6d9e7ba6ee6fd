"""One rhythm per connection, whoever asks: pulls, pushes, refetches and tests of connection in every process.

The row is a clock of free moments. A process reserves the next few of them by compare-and-swap (two short statements,
at most half a second ahead) and spends them without asking again, each at its own moment or shortly after. So no window
of time ever sees more requests than the connector's `Limits` allow, and a pause that one process is told reaches the
others with their next reservation.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from connectors.base.errors import BudgetSpent
from connectors.base.limiter import Limits
from integrations.models import RateBucket

AHEAD = 0.5
"""Seconds of free moments that one process may hold: how long another one may wait for it, or miss a pause."""
SHORTEST_HOLD = 0.1
DAY = timedelta(hours=24)
TOLD_LASTS = timedelta(hours=1)
"""How long a provider's word that nothing is left counts; one request may then ask anew."""
_HOUR = "%Y-%m-%dT%H"
_TRIES = 50


class SharedBucket:
    """A Limiter for the threads of one process that shares the row of an integration with all others."""

    def __init__(
        self, integration_id: UUID, label: str, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._id, self._label, self._limits, self._clock = integration_id, label, limits, clock
        self._lock = threading.Lock()
        self._interval = 1 / limits.rate
        # How late a moment may be spent; taken off the burst, so that late and early requests together keep the limit.
        self._hold = min(AHEAD, (limits.burst - 1) * self._interval) or SHORTEST_HOLD
        self._burst = timedelta(seconds=max(0.0, (limits.burst - 1) * self._interval - self._hold))
        self._most = max(1, math.ceil(limits.rate * AHEAD))
        self._size = 1
        self._moments: deque[float] = deque()
        self._reserved_at = 0.0
        self._closed_until = 0.0
        self._left: int | None = None

    def acquire(self) -> float:
        """Take a moment that has come and answer 0, or take nothing and answer the seconds to wait before asking again.

        BudgetSpent when the day's requests are used up.
        """
        with self._lock:
            now = self._clock()
            while self._moments and now > max(self._moments[0], self._reserved_at) + self._hold:
                # Too late to be spent: more was reserved than is used.
                self._moments.popleft()
                self._size = 1
            if now < self._closed_until:
                return self._closed_until - now
            if not self._moments and (wait := self._reserve()) > 0:
                return wait
            wait = self._moments[0] - self._clock()
            if wait > 0:
                return wait
            self._moments.popleft()
            return 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody through for this long, in any process."""
        with self._lock:
            self._moments.clear()
            self._closed_until = max(self._closed_until, self._clock() + seconds)
            for _ in range(_TRIES):
                row, now = self._read()
                until = now + timedelta(seconds=seconds)
                if self._swap(row, closed_until=max(row.closed_until or until, until)):
                    return

    def heard(self, headers: Mapping[str, str]) -> None:
        """Note what an answer says is left of the day's budget, where the connector reads it."""
        left = self._limits.left(headers) if self._limits.left else None
        if left is not None:
            with self._lock:
                self._left = left

    # --- The row ------------------------------------------------------------------------------------------------

    def _reserve(self) -> float:
        """Reserve the next moments; seconds to wait when the provider asked for a pause meanwhile."""
        for _ in range(_TRIES):
            row, now = self._read()
            read_at = self._clock()
            if row.closed_until is not None and row.closed_until > now:
                seconds = (row.closed_until - now).total_seconds()
                self._closed_until = read_at + seconds
                return seconds
            left = self._left_today(row, now)
            size = self._size if left is None else min(self._size, left)
            first = max(row.free_at or now - self._burst, now - self._burst)
            interval = timedelta(seconds=self._interval)
            written: dict[str, Any] = {"free_at": first + size * interval, "spent": _add(row.spent, now, size)}
            if self._left is not None:
                written |= {"told_left": self._left - size, "told_at": now}
            elif row.told_left is not None:
                written["told_left"] = row.told_left - size
            if self._swap(row, **written):
                start = read_at + (first - now).total_seconds()
                self._moments.extend(start + number * self._interval for number in range(size))
                self._reserved_at = read_at
                self._size, self._left = min(self._most, self._size * 2), None
                return 0.0
        return self._interval

    def _left_today(self, row: RateBucket, now: datetime) -> int | None:
        """Requests left of the day's budget, None when nobody limits it; BudgetSpent when there are none."""
        told, told_at = (self._left, now) if self._left is not None else (row.told_left, row.told_at)
        if told is not None and told_at is not None and now - told_at < TOLD_LASTS:
            left, again = told, told_at + TOLD_LASTS
        elif self._limits.daily:
            spent = _recent(row.spent, now)
            left, again = self._limits.daily - sum(spent.values()), _end_of(min(spent, default="")) + DAY
        else:
            return None
        if left <= 0:
            raise self._spent(again, now)
        return left

    def _spent(self, again: datetime, now: datetime) -> BudgetSpent:
        most = f" ({self._limits.daily} par 24 heures)" if self._limits.daily else ""
        hour = timezone.localtime(again).strftime("%H h %M")
        return BudgetSpent(
            f"Le nombre de demandes que {self._label} permet par jour{most} est épuisé. La suite reprendra d’elle-même "
            f"vers {hour}; espacez les synchronisations si cela se répète.",
            retry_after=(again - now).total_seconds(),
        )

    def _read(self) -> tuple[RateBucket, datetime]:
        rows = RateBucket.objects.filter(pk=self._id).annotate(now=Now())
        row = rows.first()
        if row is None:
            RateBucket.objects.bulk_create([RateBucket(integration_id=self._id)], ignore_conflicts=True)
            row = rows.get()
        return row, row.now

    def _swap(self, row: RateBucket, **written: Any) -> bool:
        """Write where nobody else has since the row was read."""
        mine = RateBucket.objects.filter(pk=self._id, version=row.version)
        return bool(mine.update(version=row.version + 1, **written))


def _add(spent: Mapping[str, int], now: datetime, size: int) -> dict[str, int]:
    hour = now.strftime(_HOUR)
    recent = _recent(spent, now)
    return {**recent, hour: recent.get(hour, 0) + size}


def _end_of(hour: str) -> datetime:
    begun = datetime.fromisoformat(f"{hour}:00:00+00:00") if hour else timezone.now()
    return begun + timedelta(hours=1)


def _recent(spent: Mapping[str, int], now: datetime) -> dict[str, int]:
    """The hours that the last day touches."""
    first = (now - DAY).strftime(_HOUR)
    return {hour: count for hour, count in spent.items() if hour >= first}


_buckets: dict[tuple[UUID, Limits], SharedBucket] = {}
_lock = threading.Lock()


def bucket_of(integration_id: UUID, label: str, limits: Limits) -> SharedBucket:
    """This process's share of an integration's rhythm."""
    with _lock:
        key = (integration_id, limits)
        if key not in _buckets:
            _buckets[key] = SharedBucket(integration_id, label, limits)
        return _buckets[key]


def forget(integration_id: UUID) -> None:
    """Start a rhythm anew, as if nothing had ever been asked: for tests, and for an account that was changed."""
    with _lock:
        for key in [key for key in _buckets if key[0] == integration_id]:
            del _buckets[key]
    RateBucket.objects.filter(pk=integration_id).delete()
