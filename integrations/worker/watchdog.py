"""`manage.py worker`: leads the machine, keeps a cluster alive, runs the resident loops.

The main thread looks after processes and asks no database, so that nothing keeps it from acting. If it dies, the
kernel kills the cluster (see `process`).
"""

from __future__ import annotations

import os
import signal
import threading
import time

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from integrations.worker import process
from integrations.worker.cluster import Cluster
from integrations.worker.hosts import HostLease
from integrations.worker.loops import Loop, Runner, registered
from integrations.worker.pulse import Pulse

log = structlog.get_logger(__name__)

TICK = 0.1
LONGEST_PAUSE = 5.0
SHORT_GRACE = 2.0  # seconds that a silent cluster gets to end by itself
REMIND_EVERY = 30.0


class Watchdog:
    """One worker of one machine; `run` returns the exit code."""

    def __init__(self) -> None:
        self.lease = HostLease()
        self.cluster: Cluster | None = None
        self.pulse = Pulse(self.lease, lambda: self.cluster.family if self.cluster else frozenset())
        self.loops = Runner([Loop("pulse", min(1.0, settings.BEAT_SECONDS), self.pulse.look), *registered()])
        self._signals = 0
        self._failures = 0  # restarts in a row without a sign of life in between
        self._start_at = 0.0

    def run(self) -> int:
        """Work until SIGTERM or SIGINT (0), or until another worker leads this machine (1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        process.show_role("watchdog")
        if not self._lead():
            return 0
        log.info("worker.started", host=self.lease.host, pid=os.getpid())
        self.loops.start()
        while not self._signals and not self.pulse.lost:
            self.loops.look_after()
            self._look_after_cluster()
            time.sleep(TICK)
        return self._give_up() if self.pulse.lost else self._stop()

    def _on_signal(self, number: int, frame: object) -> None:
        self._signals += 1

    def _lead(self) -> bool:
        """Wait until this machine is ours; False when asked to stop before."""
        next_try = next_word = 0.0
        while not self._signals:
            now = time.monotonic()
            if now >= next_try:
                leader, next_try = self._try_to_lead(), now + min(1.0, settings.LEASE_SECONDS / 4)
                if leader is None:
                    return True
                if now >= next_word:
                    log.warning("worker.waits", because=leader)
                    next_word = now + REMIND_EVERY
            time.sleep(TICK)
        return False

    def _try_to_lead(self) -> str | None:
        """None when the lease is ours, otherwise what is in the way."""
        try:
            other = self.lease.take()
        except (DatabaseError, InterfaceError) as error:
            connections.close_all()
            return f"the database says: {error}".strip()
        finally:
            # The main thread asks no database from here on.
            connections.close_all()
        return None if other is None else f"process {other.pid} leads {other.host} until {other.lease_until}"

    def _look_after_cluster(self) -> None:
        if self.cluster is None:
            if time.monotonic() >= self._start_at:
                self._start_cluster()
            return
        code = self.cluster.look()
        if code is not None:
            self._restart(f"main process ended with code {code}")
        elif self.pulse.silent_for > self._patience():
            self._restart(f"no sign of life for {self.pulse.silent_for:.0f} s")
        elif self.pulse.has_beaten:
            self._failures = 0

    def _start_cluster(self) -> None:
        self.pulse.expect()
        self.cluster = Cluster()
        log.info("cluster.started", pid=self.cluster.pid)

    def _patience(self) -> float:
        """A cluster that starts gets longer, and longer each time: a slow machine must not be restarted for ever."""
        if self.pulse.has_beaten:
            return settings.BEAT_TIMEOUT_SECONDS
        return settings.BEAT_TIMEOUT_SECONDS * 2 ** min(self._failures + 1, 4)

    def _restart(self, reason: str) -> None:
        assert self.cluster is not None
        self.cluster.stop(min(SHORT_GRACE, settings.STOP_GRACE_SECONDS), hurried=lambda: self._signals > 0)
        self.cluster = None
        self.pulse.restarts += 1
        pause = min(LONGEST_PAUSE, 0.25 * 2**self._failures) if self._failures else 0.0
        self._failures = min(self._failures + 1, 10)
        self._start_at = time.monotonic() + pause
        log.error("cluster.restarted", reason=reason, restarts=self.pulse.restarts, pause=pause)

    def _stop(self) -> int:
        log.info("worker.stopping", grace=settings.STOP_GRACE_SECONDS)
        deadline = time.monotonic() + settings.STOP_GRACE_SECONDS
        if self.cluster:
            clean = self.cluster.stop(settings.STOP_GRACE_SECONDS, hurried=lambda: self._signals > 1)
            log.info("cluster.stopped", clean=clean)
        self.loops.stop(0.0 if self._signals > 1 else max(1.0, deadline - time.monotonic()))
        # A thread: the database may not answer, and then the lease runs out by itself.
        release = threading.Thread(target=self.lease.release, name="release", daemon=True)
        release.start()
        release.join(2.0)
        log.info("worker.stopped")
        return 0

    def _give_up(self) -> int:
        log.error("worker.replaced", host=self.lease.host)
        if self.cluster:
            self.cluster.kill()
        self.loops.stop(1.0)
        return 1
