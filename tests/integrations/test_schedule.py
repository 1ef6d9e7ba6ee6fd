"""When a synchronisation is next due."""

from datetime import UTC, datetime

import pytest

from integrations.schedule import next_run


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "hour", "weekday", "after", "expected"),
    [
        ("hourly", 0, 0, "2026-11-25 14:20", "2026-11-25 15:20"),
        ("daily", 3, 0, "2026-11-25 07:00", "2026-11-25 08:00"),
        ("daily", 3, 0, "2026-11-25 08:00", "2026-11-26 08:00"),
        ("weekly", 6, 0, "2026-11-25 12:00", "2026-11-30 11:00"),
        ("weekly", 6, 2, "2026-11-25 12:00", "2026-12-02 11:00"),
        # 8 March 2026: 2 h does not exist in Toronto; 1 November 2026: 1 h exists twice.
        ("daily", 2, 0, "2026-03-08 05:30", "2026-03-08 07:00"),
        ("daily", 1, 0, "2026-11-01 04:30", "2026-11-01 05:00"),
        ("daily", 3, 0, "2026-10-31 08:00", "2026-11-01 08:00"),
        ("daily", 3, 0, "2026-03-07 09:00", "2026-03-08 07:00"),
    ],
)
def test_the_next_run_follows_the_clock_of_toronto(
    frequency: str, hour: int, weekday: int, after: str, expected: str
) -> None:
    assert next_run(frequency, hour, weekday, utc(after)) == utc(expected)


def test_a_manual_integration_has_no_next_run() -> None:
    assert next_run("manual", 3, 0, utc("2026-11-25 12:00")) is None


def test_missed_runs_are_not_made_up_for() -> None:
    after_an_outage = utc("2026-12-24 12:00")
    assert next_run("daily", 3, 0, after_an_outage) == utc("2026-12-25 08:00")
