"""Several writes on their way at once: each thread has a connector of its own, all share one rate limiter."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from django.db import connection

from connectors.base.connector import Connector
from connectors.base.writes import PreparedWrite

Outcome = dict[str, object] | Exception
_Job = tuple[int, PreparedWrite]


class SendPool:
    """Threads that only talk to the provider; started at the first batch of more than one write."""

    def __init__(self, open_connector: Callable[[], Connector], size: int) -> None:
        self._open = open_connector
        self._size = size
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._done: queue.Queue[tuple[int, Outcome]] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._retries: list[int] = []

    @property
    def retries(self) -> int:
        """Requests that the threads had to send again so far."""
        return sum(self._retries)

    def send(self, writes: Sequence[PreparedWrite]) -> list[Outcome]:
        """Send all of them; answers and errors come back in the order of the writes."""
        while len(self._threads) < min(self._size, len(writes)):
            self._start()
        for number, write in enumerate(writes):
            self._jobs.put((number, write))
        outcomes = dict(self._done.get() for _ in writes)
        return [outcomes[number] for number in range(len(writes))]

    def close(self) -> None:
        """End the threads; none is in a request when `send` has returned."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self) -> None:
        place = len(self._threads)
        self._retries.append(0)
        thread = threading.Thread(target=self._work, args=(place,), name=f"send-{place}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, place: int) -> None:
        connector = self._open()
        try:
            while (job := self._jobs.get()) is not None:
                number, write = job
                outcome: Outcome
                try:
                    outcome = connector.send(write)
                except Exception as error:  # noqa: BLE001 - judged by whoever asked, in its own thread
                    outcome = error
                self._retries[place] = connector.retries
                self._done.put((number, outcome))
        finally:
            connector.close()
            connection.close()
