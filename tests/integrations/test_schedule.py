"""When a synchronisation is next due."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from integrations import services
from integrations.models import Integration, PushOperation, PushStatus, SyncJob, Trigger
from integrations.schedule import HOUR, LOCAL, SPREAD, next_run, offset
from integrations.services.syncing import plan
from tests.integrations import rows


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "hour", "weekday", "after", "expected"),
    [
        ("hourly", 0, 0, "2026-11-25 14:20", "2026-11-25 15:00"),
        ("hourly", 0, 0, "2026-11-25 15:00", "2026-11-25 16:00"),
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


# --- Spread out ---------------------------------------------------------------------------------------------------
KEYS = [UUID(int=number) for number in range(200)]


def test_integrations_of_one_hour_begin_at_their_own_moment_always_the_same() -> None:
    begun = [next_run("daily", 3, 0, utc("2026-11-25 12:00"), key=key) for key in KEYS]
    assert all(moment and utc("2026-11-26 08:00") <= moment < utc("2026-11-26 08:00") + SPREAD for moment in begun)
    assert len(set(begun)) > 100
    assert begun == [next_run("daily", 3, 0, utc("2026-11-25 12:00"), key=key) for key in KEYS]


def test_hourly_ones_are_spread_over_the_hour_and_stay_an_hour_apart() -> None:
    first = [next_run("hourly", 0, 0, utc("2026-11-25 14:20"), key=key) for key in KEYS]
    by_quarter = {moment.minute // 15 for moment in first if moment}
    assert by_quarter == {0, 1, 2, 3}
    for moment, key in zip(first, KEYS, strict=True):
        assert moment and next_run("hourly", 0, 0, moment, key=key) == moment + HOUR


# --- Across the changes of hour, through the services ---------------------------------------------------------------
def walk(integration: Integration, name: str, begin: str, days: int) -> list[datetime]:
    """Every planned time of some days, each planned at the time before."""
    at, found = utc(begin), []
    end = at + timedelta(days=days)
    while True:
        with time_machine.travel(at, tick=False):
            plan(integration)
        at = getattr(integration, name)
        if at is None or at >= end:
            return found
        found.append(at)


def local(moments: list[datetime], integration: Integration, within: timedelta = SPREAD) -> list[str]:
    """As a clock in Toronto shows them, without the integration's own offset."""
    return [f"{(m - offset(integration.pk, within)).astimezone(LOCAL):%m-%d %H:%M}" for m in moments]


@pytest.mark.django_db
def test_daily_at_two_passes_the_spring_change_once_a_day() -> None:
    made = rows.integration(frequency="daily", sync_hour=2)
    found = walk(made, "next_sync_at", "2026-03-06 12:00", 4)
    assert local(found, made) == ["03-07 02:00", "03-08 03:00", "03-09 02:00", "03-10 02:00"]


@pytest.mark.django_db
def test_daily_at_one_passes_the_autumn_change_once_a_day() -> None:
    made = rows.integration(frequency="daily", sync_hour=1)
    found = walk(made, "next_sync_at", "2026-10-30 12:00", 4)
    assert local(found, made) == ["10-31 01:00", "11-01 01:00", "11-02 01:00", "11-03 01:00"]
    assert [b - a for a, b in itertools.pairwise(found)] == [24 * HOUR, 25 * HOUR, 24 * HOUR]


@pytest.mark.django_db
@pytest.mark.parametrize("begin", ["2026-03-07 17:00", "2026-10-31 16:00"])
def test_hourly_neither_skips_nor_doubles_an_hour_at_a_change(begin: str) -> None:
    made = rows.integration(frequency="hourly")
    found = walk(made, "next_sync_at", begin, 1)
    assert len(found) == 24
    assert {b - a for a, b in itertools.pairwise(found)} == {HOUR}


@pytest.mark.django_db
def test_weekly_on_the_sundays_of_the_changes_keeps_its_hour_and_pushes_have_their_own() -> None:
    made = rows.integration(
        direction="both", frequency="weekly", sync_weekday=6, sync_hour=4, push_frequency="daily", push_hour=22
    )
    assert local(walk(made, "next_sync_at", "2026-03-02 12:00", 14), made) == ["03-08 04:00", "03-15 04:00"]
    assert local(walk(made, "next_sync_at", "2026-10-26 12:00", 14), made) == ["11-01 04:00", "11-08 04:00"]
    assert local(walk(made, "next_push_at", "2026-10-31 12:00", 3), made) == [
        "10-31 22:00",
        "11-01 22:00",
        "11-02 22:00",
    ]


# --- Not piling up, and sending apart from receiving ----------------------------------------------------------------
def due(integration: Integration, **fields: Any) -> Integration:
    long_ago = timezone.now() - timedelta(days=3)
    Integration.objects.filter(pk=integration.pk).update(**dict.fromkeys(fields or ["next_sync_at"], long_ago))
    integration.refresh_from_db()
    return integration


@pytest.mark.django_db
def test_after_an_outage_of_three_days_there_is_one_run_not_seventy_two() -> None:
    made = due(rows.integration(frequency="hourly"))
    assert [services.enqueue_scheduled() for _ in range(5)] == [1, 0, 0, 0, 0]
    assert SyncJob.objects.get().trigger == Trigger.SCHEDULE
    made.refresh_from_db()
    assert timezone.now() < made.next_sync_at <= timezone.now() + HOUR


@pytest.mark.django_db
def test_a_run_that_lasts_longer_than_the_hour_covers_the_one_that_falls_due() -> None:
    made = due(rows.integration(frequency="hourly"))
    rows.running_job(made, trigger="schedule")
    assert services.enqueue_scheduled() == 0
    made.refresh_from_db()
    assert made.next_sync_at > timezone.now()
    assert SyncJob.objects.count() == 1


@pytest.mark.django_db
def test_a_scheduled_push_waits_for_the_open_pull_and_then_only_sends() -> None:
    made = due(
        rows.integration(direction="both", push_frequency="daily", frequency="hourly", last_sync_at=timezone.now()),
        next_push_at=1,
    )
    pull = rows.running_job(made, trigger="schedule")
    assert services.enqueue_scheduled() == 0
    made.refresh_from_db()
    assert made.next_push_at < timezone.now(), "still due"
    SyncJob.objects.filter(pk=pull.pk).update(status="completed")
    assert services.enqueue_scheduled() == 1
    job = SyncJob.objects.get(status="pending")
    assert (job.trigger, job.reads) == (Trigger.PUSH, False)


@pytest.mark.django_db
@pytest.mark.parametrize(("planned", "asked"), [("change", 1), ("sync", 0), ("hourly", 0), ("manual", 0)])
def test_only_sending_at_once_follows_a_change_within_seconds(planned: str, asked: int) -> None:
    made = rows.integration(direction="both", push_frequency=planned, last_sync_at=timezone.now())
    person = rows.record("tenant", given_name="Zoé", family_name="Roy")
    PushOperation.objects.all().delete()
    PushOperation.objects.create(
        integration=made, resource="tenants", record_kind="tenant", record_id=person.pk, status=PushStatus.PENDING
    )
    assert services.enqueue_pushes() == asked
