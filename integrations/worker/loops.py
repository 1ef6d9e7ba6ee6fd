"""Resident loops of the worker: work that is looked at again and again, each in a thread of its own.

An app registers its loops in `AppConfig.ready()`; `manage.py worker` runs them on every machine, so each pass must take
what it works on by compare-and-swap. A pass that fails is tried again; one that hangs is given up and replaced, and
disturbs no other loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 5.0
KEEP_CONNECTION_BELOW = 30.0


@dataclass(frozen=True)
class Loop:
    """One loop: its name in the logs, the pause after a pass (seconds or the name of a setting), what a pass does,
    after how many seconds a pass counts as hanging, and what ends the loop when the worker stops."""

    name: str
    every: float | str
    function: Callable[[], object]
    patience: float = 60.0
    finish: Callable[[], object] | None = None

    @property
    def seconds(self) -> float:
        """The pause after a pass."""
        return float(getattr(settings, self.every)) if isinstance(self.every, str) else self.every


_registry: dict[str, Loop] = {}


def register(
    name: str,
    every: float | str,
    function: Callable[[], object],
    *,
    patience: float = 60.0,
    finish: Callable[[], object] | None = None,
) -> None:
    """Add a loop to the worker; a name can be taken once. `finish` is called once, in the loop's thread, at the end."""
    loop = Loop(name, every, function, patience, finish)
    if _registry.setdefault(name, loop) != loop:
        raise ValueError(f"two loops are called {name!r}")


def registered() -> list[Loop]:
    """Every loop, in the order of registration."""
    return list(_registry.values())


class Runner:
    """Runs loops in threads; `look_after` must be called now and then."""

    def __init__(self, loops: Iterable[Loop]) -> None:
        self._stopping = threading.Event()
        self._threads = [_LoopThread(loop, self._stopping) for loop in loops]

    def start(self) -> None:
        """Start every loop with a first pass."""
        for thread in self._threads:
            thread.start()

    def look_after(self) -> None:
        """Replace the threads that hang or ended."""
        for index, thread in enumerate(self._threads):
            if thread.is_lost():
                log.error("loop.replaced", loop=thread.loop.name, seconds=thread.busy_for())
                thread.dismissed = True
                self._threads[index] = _LoopThread(thread.loop, self._stopping)
                self._threads[index].start()

    def stop(self, timeout: float) -> None:
        """Ask every loop to end, and wait at most `timeout` seconds in all for passes that are under way."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class _LoopThread(threading.Thread):
    def __init__(self, loop: Loop, stopping: threading.Event) -> None:
        super().__init__(name=f"loop-{loop.name}", daemon=True)
        self.loop = loop
        self.dismissed = False
        self._stopping = stopping
        self._began: float | None = None
        self._failures = 0

    def busy_for(self) -> float:
        """Seconds since the pass under way began; 0 between two passes."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def is_lost(self) -> bool:
        """Whether this thread hangs, or ended without being asked to."""
        return self.busy_for() > self.loop.patience or not (self.is_alive() or self._stopping.is_set())

    def run(self) -> None:
        while not (self._stopping.is_set() or self.dismissed):
            self._began = time.monotonic()
            self._pass(self.loop.function)
            self._began = None
            pause = self.loop.seconds
            if self._failures:
                pause = max(pause, min(LONGEST_PAUSE, 0.25 * 2 ** min(self._failures, 10)))
            self._stopping.wait(pause)
        if self.loop.finish and not self.dismissed:
            self._pass(self.loop.finish)
        connections.close_all()

    def _pass(self, function: Callable[[], object]) -> None:
        try:
            close_old_connections()
            function()
        except (DatabaseError, InterfaceError) as error:
            self._failed("loop.database_failed", error=str(error).partition("\n")[0])
        except Exception:  # noqa: BLE001 - whatever one pass stumbles over, the next one must come
            self._failed("loop.failed", exc_info=True)
        else:
            self._failures = 0
            if self.loop.seconds >= KEEP_CONNECTION_BELOW:
                connections.close_all()

    def _failed(self, event: str, **details: object) -> None:
        self._failures += 1
        # The first one, the second, the fourth, the eighth: an outage of hours is not told every five seconds.
        if self._failures & (self._failures - 1) == 0:
            log.error(event, loop=self.loop.name, failures=self._failures, **details)
        # The next pass begins on a new connection: this one may be broken, or inside a failed transaction.
        connections.close_all()
