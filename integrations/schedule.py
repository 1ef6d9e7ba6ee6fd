"""When an integration is next due: hours and weekdays in America/Toronto, across the change of hour. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID
from zoneinfo import ZoneInfo

from integrations.models import Frequency

LOCAL = ZoneInfo("America/Toronto")
HOUR = timedelta(hours=1)
SPREAD = timedelta(minutes=10)
"""Runs of one hour of the day begin within this time after it, each integration at its own minute."""


def offset(key: UUID | None, within: timedelta) -> timedelta:
    """A part of `within` that is always the same for one key, in whole seconds; nothing without a key."""
    if key is None:
        return timedelta(0)
    number = int.from_bytes(blake2b(key.bytes, digest_size=8).digest())
    return timedelta(seconds=number % int(within.total_seconds()))


def next_run(frequency: str, hour: int, weekday: int, after: datetime, *, key: UUID | None = None) -> datetime | None:
    """The first instant (UTC) strictly after `after`; None for a frequency without a clock.

    Missed times are not made up for: after an outage there is one run, then the usual times. An hour that does not
    exist (spring) runs an hour later by the wall clock; one that exists twice (autumn) runs the first time. `key`
    spreads integrations out: over the hour for hourly ones, else over the first minutes of theirs.
    """
    # In real time, changes come by webhook; the hourly run finds what none announced.
    if frequency in (Frequency.HOURLY, Frequency.REALTIME):
        full = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + offset(key, HOUR)
        return full if full > after else full + HOUR
    if frequency not in (Frequency.DAILY, Frequency.WEEKLY):
        return None
    day = after.astimezone(LOCAL).date()
    while True:
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=LOCAL).astimezone(UTC) + offset(key, SPREAD)
        if moment > after and (frequency == Frequency.DAILY or day.weekday() == weekday):
            return moment
        day += timedelta(days=1)
