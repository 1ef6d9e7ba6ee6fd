"""Rate limits towards a provider."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Limits:
    """What a provider allows: `rate` requests a second on average, `burst` at once, `daily` in 24 hours (None: no such
    limit is known). left: requests that are left of the day by the headers of an answer, None when they do not say;
    where they do, they count and `daily` does not: an account may have bought more, or others may use it too."""

    rate: float
    burst: int
    daily: int | None = None
    left: Callable[[Mapping[str, str]], int | None] | None = None


def number_in(header: str, *, cost: int = 1) -> Callable[[Mapping[str, str]], int | None]:
    """Reads what is left of the day out of a header that holds nothing else; cost: of one request, at most."""

    def left(headers: Mapping[str, str]) -> int | None:
        written = headers.get(header, "")
        return int(written) // cost if written.isdigit() else None

    return left


class Limiter(Protocol):
    """What the request loop asks for; a bucket shared by several processes offers the same methods. One that has a
    method `heard(headers)` is told the headers of every answer."""

    def acquire(self) -> float:
        """Take a token and answer 0, or take nothing and answer the seconds to wait before asking again."""

    def pause(self, seconds: float) -> None:
        """Let nobody through for this long (the provider said so)."""


class TokenBucket:
    """A token bucket for the threads of one process."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(limits.burst)
        self._filled_at = clock()
        self._closed_until = 0.0

    def acquire(self) -> float:
        """Take a token and answer 0, or take nothing and answer the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return self._closed_until - now
            self._tokens = min(self._limits.burst, self._tokens + (now - self._filled_at) * self._limits.rate)
            self._filled_at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._limits.rate

    def pause(self, seconds: float) -> None:
        """Let nobody through for this long."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)
