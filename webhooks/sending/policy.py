"""What an outcome means: delivered, tried again and when, or failed. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

JITTER = 0.1
LONGEST_RETRY_AFTER = 24 * 3600.0
SLOW_FOR = timedelta(days=3)
# After the quick retries: 1, 5, 15, 30 minutes, 1, 2 hours, then every 3 hours.
SLOW_STEPS = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0)


@dataclass(frozen=True)
class Schedule:
    """How an endpoint wants failures to be tried again."""

    max_retries: int
    delay_ms: int
    multiplier: float
    slow_retry: bool


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery; `delay` in seconds until it is tried again, `gone` closes the endpoint."""

    status: Literal["delivered", "pending", "failed"]
    delay: float = 0.0
    gone: bool = False


def is_success(code: int | None) -> bool:
    """Only 2xx is a success; a redirect is none, since nobody followed it."""
    return code is not None and 200 <= code < 300


def judge(
    schedule: Schedule,
    tries: int,
    asked_at: datetime,
    *,
    code: int | None,
    error: str,
    retry_after: float | None,
    now: datetime,
) -> Verdict:
    """Decide after the attempt number `tries` (from 1). `error` is empty for an answer that arrived as a whole."""
    if is_success(code) and not error:
        return Verdict("delivered")
    if code == 410:
        return Verdict("failed", gone=True)
    delay = _delay(schedule, tries, asked_at, now)
    if delay is None:
        return Verdict("failed")
    delay *= 1 + random.uniform(-JITTER, JITTER)  # noqa: S311 - spreads load, guards nothing
    return Verdict("pending", delay=max(delay, min(retry_after or 0.0, LONGEST_RETRY_AFTER)))


def _delay(schedule: Schedule, tries: int, asked_at: datetime, now: datetime) -> float | None:
    if tries <= schedule.max_retries:
        return min(schedule.delay_ms / 1000 * schedule.multiplier ** (tries - 1), LONGEST_RETRY_AFTER)
    if not schedule.slow_retry:
        return None
    step = SLOW_STEPS[min(tries - schedule.max_retries, len(SLOW_STEPS)) - 1]
    return step if now + timedelta(seconds=step) <= asked_at + SLOW_FOR else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the receiver asks to wait (Retry-After in seconds or as a date); None when it says nothing."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
