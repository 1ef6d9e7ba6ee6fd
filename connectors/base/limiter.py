"""Rate limits towards a provider."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Limits:
    """What a provider allows: `rate` requests a second on average, `burst` at once, `daily` in 24 hours (None: no such
    limit is known)."""

    rate: float
    burst: int
    daily: int | None = None


class Limiter(Protocol):
    """What the request loop asks for; a bucket shared by several processes offers the same two methods."""

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
