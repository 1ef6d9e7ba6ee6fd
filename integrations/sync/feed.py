"""The next page is fetched while this one is stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from django.db import connection
from django.utils import timezone


class AnyPage(Protocol):
    """A page, whatever is in it."""

    @property
    def last(self) -> bool:
        """Whether nothing follows."""


P = TypeVar("P", bound=AnyPage)


class PageFeed(Generic[P]):
    """Hands out pages, one ahead of the consumer, from a thread that talks to the provider (and to the
    database for a token that must be renewed).

    The thread asks for a page only once the page before it was taken, so that a kill wastes at most the page being
    stored and the one that is on its way. Errors of the connector are raised to the consumer, in their place.
    """

    def __init__(self, pages: Iterator[P], arrived: threading.Event) -> None:
        self._pages = pages
        self._arrived = arrived
        self._ready: queue.Queue[tuple[P | None, datetime] | Exception] = queue.Queue()
        self._taken = threading.Semaphore(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fetch, name="page-feed", daemon=True)

    def __enter__(self) -> PageFeed:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def is_working(self) -> bool:
        """Whether the thread may still talk to the provider."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Ask for nothing more and wait a moment for the thread."""
        self.finish_early()
        self._taken.release()
        # A request that hangs ends by its own timeout; the job does not wait for it.
        self._thread.join(timeout=0.2)

    def finish_early(self) -> None:
        """Ask for no further page; the one on its way still comes."""
        self._stop.set()

    def poll(self) -> tuple[P | None, datetime] | None:
        """A page that is there and when it was asked for, None when it is still on its way; (None, …) after the last
        one. The connector's error is raised in its place."""
        try:
            item = self._ready.get_nowait()
        except queue.Empty:
            return None
        self._taken.release()
        if isinstance(item, Exception):
            raise item
        return item

    def _fetch(self) -> None:
        try:
            while True:
                self._taken.acquire()
                if self._stop.is_set():
                    break
                asked_at = timezone.now()
                page = next(self._pages, None)
                if page is None:
                    break
                self._put((page, asked_at))
                if page.last:
                    break
        except Exception as error:  # noqa: BLE001  (raised again where the page was awaited)
            self._put(error)
            return
        finally:
            connection.close()
        self._put((None, timezone.now()))

    def _put(self, item: tuple[P | None, datetime] | Exception) -> None:
        self._ready.put(item)
        self._arrived.set()
