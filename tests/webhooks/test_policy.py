"""What an outcome means, and how many deliveries an endpoint may have under way."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.sending import policy
from webhooks.sending.policy import Schedule, judge, retry_after
from webhooks.sending.slots import Slots

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DEFAULT = Schedule(max_retries=5, delay_ms=1000, multiplier=2, slow_retry=False)
SLOW = Schedule(max_retries=5, delay_ms=1000, multiplier=2, slow_retry=True)


def after(tries: int, schedule: Schedule = DEFAULT, code: int | None = 500, **values):
    given_values = {"error": "", "retry_after": None, "now": NOW} | values
    return judge(schedule, tries, NOW, code=code, **given_values)


def test_the_default_waits_are_1_2_4_8_16_seconds_then_it_failed():
    waits = [after(tries) for tries in range(1, 7)]
    assert [each.status for each in waits] == ["pending"] * 5 + ["failed"]
    assert [each.delay for each in waits[:5]] == pytest.approx([1, 2, 4, 8, 16], rel=policy.JITTER)


def test_the_waits_differ_from_one_delivery_to_the_next():
    assert len({after(5).delay for _ in range(20)}) > 10


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (299, "delivered"),
        (199, "pending"),
        (300, "pending"),
        (304, "pending"),
        (301, "pending"),
        (400, "pending"),
        (404, "pending"),
        (410, "failed"),
        (429, "pending"),
        (None, "pending"),
    ],
)
def test_only_2xx_is_a_success_and_only_410_ends_at_once(code, status):
    assert after(1, code=code).status == status
    assert after(1, code=code).gone is (code == 410)


def test_a_2xx_whose_answer_broke_off_is_no_success():
    assert after(1, code=200, error="coupée").status == "pending"


def test_slow_retries_take_longer_and_longer_until_three_days_are_over():
    clock, tries, waits = NOW, 6, []
    while (verdict := judge(SLOW, tries, NOW, code=500, error="", retry_after=None, now=clock)).status == "pending":
        waits.append(verdict.delay)
        clock += timedelta(seconds=verdict.delay)
        tries += 1
    assert waits[:7] == pytest.approx(policy.SLOW_STEPS, rel=policy.JITTER)
    assert timedelta(days=2.8) < clock - NOW <= timedelta(days=3, hours=1)


@given(st.integers(1, 21), st.floats(0, 1e9), st.integers(100, 600_000), st.floats(1, 10))
def test_a_wait_is_never_shorter_than_asked_and_never_much_longer_than_a_day(tries, asked, delay_ms, multiplier):
    schedule = Schedule(20, delay_ms, multiplier, slow_retry=True)
    verdict = after(tries, schedule, 503, retry_after=asked)
    assert min(asked, 86_400) <= verdict.delay <= 86_400 * (1 + policy.JITTER)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 0),
        ("Mon, 02 Mar 2026 14:06:00 GMT", 60),
        ("Mon, 02 Mar 2026 14:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("bientôt", None),
        ("", None),
        ("²", None),
        ("9" * 50, 999999999),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(text, seconds):
    assert retry_after({"Retry-After": text}, NOW) == seconds


def test_no_retry_after_means_nothing_asked():
    assert retry_after({"Content-Type": "text/plain"}, NOW) is None


def test_an_endpoint_that_answers_gets_more_slots_but_never_all():
    slots, one = Slots(64), uuid.uuid4()
    assert slots.room(one) == 8
    for _ in range(200):
        slots.take(one)
        slots.give_back(one, healthy=True)
    assert slots.room(one) == 48


def test_one_that_fails_keeps_a_single_slot_and_recovers():
    slots, one = Slots(64), uuid.uuid4()
    for _ in range(10):
        slots.take(one)
        slots.give_back(one, healthy=False)
    assert slots.room(one) == 1
    slots.take(one)
    assert slots.full() == [one]
    slots.give_back(one, healthy=True)
    assert slots.room(one) == 2


def test_one_that_asked_to_wait_is_full_until_then():
    slots, one = Slots(8), uuid.uuid4()
    slots.take(one)
    slots.give_back(one, healthy=False, pause=60)
    assert slots.full() == [one]
