"""The processes that answer bells, seen from outside: started, watched, stopped, killed without a rest."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from django.conf import settings

from integrations.worker import process

COUNT_EVERY = 1.0  # reads every process of the machine


class Cluster:
    """One run of `manage.py worker --cluster`, in a session of its own so that no signal to our group reaches it.

    Start it in the main thread: its processes die with the thread that created them.
    """

    def __init__(self) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--cluster", str(os.getpid())]
        self._main = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        self.pid = self._main.pid
        self.started_at = time.monotonic()
        self._seen: dict[int, float] = {}
        self._counted_at = float("-inf")

    def look(self) -> int | None:
        """Note once a second which processes there are; the exit code once the main process is gone, None before."""
        if time.monotonic() - self._counted_at >= COUNT_EVERY:
            self._count()
        return self._main.poll()

    def _count(self) -> None:
        self._counted_at = time.monotonic()
        self._seen |= process.descendants(self.pid)

    @property
    def family(self) -> frozenset[int]:
        """The numbers of all its processes, dead ones included."""
        return frozenset(self._seen)

    def stop(self, grace: float, hurried: Callable[[], bool] = lambda: False) -> bool:
        """Let running tasks end for at most `grace` seconds or until `hurried()`, then kill; True when all ended."""
        self._count()
        with contextlib.suppress(ProcessLookupError):
            self._main.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while (code := self.look()) is None and time.monotonic() < deadline and not hurried():
            time.sleep(0.05)
        self.kill()
        return code == 0

    def kill(self) -> None:
        """SIGKILL every process: the session's, and those seen before that left it or lost their parent."""
        self._count()
        # The group keeps its number as long as a member lives: nobody else can have got it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for pid, began in self._seen.items():
            process.kill(pid, began)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._main.wait(5)
