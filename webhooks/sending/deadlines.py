"""A hard end for an exchange: one thread shuts the socket of whatever is late.

A timeout of a socket counts from one read to the next, so a receiver that drips one byte a second would never end.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Iterator


class Guard:
    """One exchange under watch. `fresh`: a connection was opened for it, none was kept open before."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.expired = False
        self.fresh = False
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds until the end."""
        return self.until - time.monotonic()

    def holds(self, handle: socket.socket) -> None:
        """Name the connection to cut; cut at once when it is late already."""
        with self._lock:
            self._socket = handle
            if self.expired:
                self._cut()

    def end(self) -> None:
        """The exchange is over."""
        with self._lock:
            self._over, self._socket = True, None

    def expire(self) -> None:
        """The time is up."""
        with self._lock:
            if not self._over:
                self.expired = True
                self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Reaper:
    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Guard]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, guard: Guard) -> None:
        with self._changed:
            first = not self._waiting or guard.until < self._waiting[0][0]
            heapq.heappush(self._waiting, (guard.until, next(self._numbers), guard))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="webhook-deadlines", daemon=True)
                self._thread.start()
            if first:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                left = self._waiting[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                guard = heapq.heappop(self._waiting)[2]
            guard.expire()


_reaper = _Reaper()


@contextlib.contextmanager
def watch(seconds: float) -> Iterator[Guard]:
    """Keep an exchange under watch for `seconds`."""
    guard = Guard(seconds)
    _reaper.add(guard)
    try:
        yield guard
    finally:
        guard.end()
