"""Several writes on their way at once: each thread has a connector of its own, all share one rate limiter."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence

from django.db import connection

from connectors.base.connector import Connector
from connectors.base.writes import PreparedWrite

Outcome = dict[str, object] | Exception


class Flight:
    """Writes that are on their way together."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._landed: queue.Queue[tuple[int, Outcome]] = queue.Queue()

    def land(self, number: int, outcome: Outcome) -> None:
        """One of them is back."""
        self._landed.put((number, outcome))

    def outcomes(self) -> list[Outcome]:
        """Answers and errors in the order of the writes, once all are back."""
        landed = dict(self._landed.get() for _ in range(self._size))
        return [landed[number] for number in range(self._size)]


class SendPool:
    """Threads that only talk to the provider; started when there is something to send."""

    def __init__(self, open_connector: Callable[[], Connector], size: int) -> None:
        self._open = open_connector
        self._size = size
        self._jobs: queue.Queue[tuple[Flight, int, PreparedWrite] | None] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._retries: list[int] = []

    @property
    def retries(self) -> int:
        """Requests that the threads had to send again so far."""
        return sum(self._retries)

    def start(self, writes: Sequence[PreparedWrite]) -> Flight:
        """Send all of them, as many at once as the pool has threads."""
        while len(self._threads) < min(self._size, len(writes)):
            self._start_thread()
        flight = Flight(len(writes))
        for number, write in enumerate(writes):
            self._jobs.put((flight, number, write))
        return flight

    def close(self) -> None:
        """Forget what no thread has begun to send, let the rest come back, end the threads."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start_thread(self) -> None:
        place = len(self._threads)
        self._retries.append(0)
        thread = threading.Thread(target=self._work, args=(place,), name=f"send-{place}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, place: int) -> None:
        connector = self._open()
        try:
            while (job := self._jobs.get()) is not None:
                flight, number, write = job
                outcome: Outcome
                try:
                    outcome = connector.send(write)
                except Exception as error:  # noqa: BLE001 - judged by whoever asked, in its own thread
                    outcome = error
                self._retries[place] = connector.retries
                flight.land(number, outcome)
        finally:
            connector.close()
            connection.close()
