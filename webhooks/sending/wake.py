"""What wakes a resident loop: ended work, a commit (PostgreSQL tells, SQLite is asked), a retry that is due."""

from __future__ import annotations

import contextlib
import threading
import time

import structlog
from django.conf import settings
from django.db import connection

log = structlog.get_logger(__name__)

CHANNEL = "webhooks"
INBOUND = "webhooks_inbound"
POLL_SECONDS = 0.2
LISTEN_SECONDS = 5.0


class Bell:
    """Rung by anybody, waited for by the loop. `channel`: CHANNEL for what is to be sent, INBOUND for what came."""

    def __init__(self, channel: str = CHANNEL) -> None:
        self.channel = channel
        self._rung = threading.Event()
        self._closed = threading.Event()
        self._alarm = float("inf")
        self._listener: threading.Thread | None = None
        self.listening = False

    def ring(self) -> None:
        """Wake the loop."""
        self._rung.set()

    def ring_in(self, seconds: float) -> None:
        """Wake the loop then, at the latest."""
        self._alarm = min(self._alarm, time.monotonic() + seconds)

    def wait(self, longest: float) -> bool:
        """Sleep until somebody rings, the alarm goes or `longest` seconds passed; whether there was a reason."""
        until_alarm = max(0.0, self._alarm - time.monotonic())
        rung = self._rung.wait(min(longest, until_alarm))
        self._rung.clear()
        if time.monotonic() >= self._alarm:
            self._alarm = float("inf")
            return True
        return rung

    @property
    def period(self) -> float:
        """How often to look without being rung: seldom when the database tells by itself."""
        return settings.SWEEP_SECONDS if self.listening else POLL_SECONDS

    def listen(self) -> None:
        """On PostgreSQL, be rung at each commit that asks for it."""
        if connection.vendor == "postgresql" and (self._listener is None or not self._listener.is_alive()):
            self._listener = threading.Thread(target=self._listen, name="webhook-listen", daemon=True)
            self._listener.start()

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._hear()
            except Exception as error:  # noqa: BLE001 - the database may be away: the sweep goes on meanwhile
                self.listening = False
                log.warning("webhook.listen_failed", error=str(error).partition("\n")[0])
                self._closed.wait(1.0)

    def _hear(self) -> None:
        parameters = connection.get_connection_params() | {"autocommit": True}
        with contextlib.closing(connection.get_new_connection(parameters)) as raw:
            raw.autocommit = True
            raw.execute(f"LISTEN {self.channel}")
            self.listening = True
            self.ring()  # what was committed just before
            while not self._closed.is_set():
                for _ in raw.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self.ring()


def notify(channel: str = CHANNEL) -> None:
    """Wake the loops of every machine when the current transaction commits (SQLite's look every 0.2 s)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_notify('{channel}', '')")
