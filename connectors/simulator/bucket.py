"""The rate limit that a provider imposes, by key."""

from __future__ import annotations

import math
import threading
import time


class Buckets:
    """Token buckets: `rate` a second, `burst` at once. A rate of None lets everything through."""

    def __init__(self, rate: float | None, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def set(self, rate: float | None, burst: int) -> None:
        """Other limits, all buckets full again."""
        with self._lock:
            self.rate, self.burst = rate, burst
            self._levels.clear()

    def take(self, key: str) -> tuple[bool, dict[str, str]]:
        """Whether the request may pass, and the headers that tell the caller how it stands."""
        with self._lock:
            now = time.monotonic()
            level, since = self._levels.get(key, (float(self.burst), now))
            if self.rate is None:
                return True, self._headers(self.burst)
            level = min(self.burst, level + (now - since) * self.rate)
            passes = level >= 1
            level -= 1 if passes else 0
            self._levels[key] = (level, now)
            headers = self._headers(level)
            if not passes:
                headers["Retry-After"] = str(max(1, math.ceil((1 - level) / self.rate)))
            return passes, headers

    def idle_headers(self) -> dict[str, str]:
        """The headers of an answer that took no token."""
        return self._headers(self.burst)

    def _headers(self, level: float) -> dict[str, str]:
        reset = math.ceil((self.burst - level) / self.rate) if self.rate else 0
        return {
            "X-RateLimit-Limit": str(self.burst),
            "X-RateLimit-Remaining": str(int(level)),
            "X-RateLimit-Reset": str(reset),
        }
