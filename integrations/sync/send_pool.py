"""Several writes on their way at once: each thread has a connector of its own, all share one rate limiter."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

from connectors.base.connector import Connector
from connectors.base.errors import Conflict, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from integrations.core.ids import uuid7

Outcome = dict[str, object] | Exception


class Unanswered(Exception):
    """A row among others whose fate the answer does not tell, or that may go again: it is sent alone."""


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


@dataclass(frozen=True)
class _Parcel:
    """Writes of one flight that go in one request, by their numbers."""

    flight: Flight
    writes: dict[int, PreparedWrite]


class SendPool:
    """Threads that only talk to the provider; started when there is something to send."""

    def __init__(self, open_connector: Callable[[], Connector], size: int) -> None:
        self._open = open_connector
        self._size = size
        self._jobs: queue.Queue[_Parcel | None] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._retries: list[int] = []

    @property
    def retries(self) -> int:
        """Requests that the threads had to send again so far."""
        return sum(self._retries)

    def start(self, writes: Sequence[PreparedWrite], parcels: Sequence[Sequence[int]]) -> Flight:
        """Send all of them, as many requests at once as the pool has threads; parcels: the places of those that go in
        one request."""
        while len(self._threads) < min(self._size, len(parcels)):
            self._start_thread()
        flight = Flight(len(writes))
        for places in parcels:
            self._jobs.put(_Parcel(flight, {place: writes[place] for place in places}))
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
            while (parcel := self._jobs.get()) is not None:
                outcomes = self._send(connector, parcel)
                self._retries[place] = connector.retries
                for number, outcome in outcomes.items():
                    parcel.flight.land(number, outcome)
        finally:
            connector.close()
            connection.close()

    def _send(self, connector: Connector, parcel: _Parcel) -> dict[int, Outcome]:
        """What became of a parcel; nothing yet of one that was refused as a whole, whose writes go one by one."""
        writes = list(parcel.writes.values())
        try:
            if len(writes) == 1:
                return dict.fromkeys(parcel.writes, connector.send(writes[0]))
            rows = connector.push_many(writes, idempotency_key=str(uuid7()))
            return {number: _of_row(row) for number, row in zip(parcel.writes, rows, strict=True)}
        except (Rejected, Conflict, NotFound) as error:
            if len(writes) == 1:
                return dict.fromkeys(parcel.writes, error)
            for number, write in parcel.writes.items():
                self._jobs.put(_Parcel(parcel.flight, {number: write}))
            return {}
        except Exception as error:  # noqa: BLE001 - judged by whoever asked, in its own thread
            return dict.fromkeys(parcel.writes, error)


def _of_row(outcome: dict[str, object] | Exception) -> Outcome:
    return Unanswered() if isinstance(outcome, Transient) else outcome
