"""When a synchronisation is next due: hours and weekdays in America/Toronto, across the change of hour. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.models import Frequency

LOCAL = ZoneInfo("America/Toronto")


def next_run(frequency: str, hour: int, weekday: int, after: datetime) -> datetime | None:
    """The first instant (UTC) strictly after `after`; None for a manual frequency.

    Missed times are not made up for: after an outage there is one run, then the usual times. An hour that does not
    exist (spring) runs an hour later by the wall clock; one that exists twice (autumn) runs the first time.
    """
    if frequency == Frequency.MANUAL:
        return None
    if frequency == Frequency.HOURLY:
        return after.astimezone(UTC) + timedelta(hours=1)
    local = after.astimezone(LOCAL)
    day = local.date()
    while True:
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=LOCAL).astimezone(UTC)
        if moment > after and (frequency == Frequency.DAILY or day.weekday() == weekday):
            return moment
        day += timedelta(days=1)
