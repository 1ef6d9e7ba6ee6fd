"""The next page is fetched while this one is stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from connectors.base.connector import Page
from integrations.sync.mapping import CompiledResource
from integrations.sync.plan import Failure, Item, read_items


@dataclass(frozen=True)
class ReadPage:
    """A page with its objects read: by the thread that fetched it, while another page is being stored."""

    page: Page
    items: list[Item]
    failures: list[Failure]


class PageFeed:
    """Hands out a connector's pages, one ahead of the consumer, from a thread that talks to the provider (and to the
    database for a token that must be renewed).

    The thread asks for a page only once the page before it was taken, so that a kill wastes at most the page being
    stored and the one that is on its way. Errors of the connector are raised to the consumer, in their place.
    """

    def __init__(self, compiled: CompiledResource, pages: Iterator[Page], arrived: threading.Event) -> None:
        self._compiled, self._pages = compiled, pages
        self._arrived = arrived
        self._ready: queue.Queue[tuple[ReadPage | None, datetime] | Exception] = queue.Queue()
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

    def poll(self) -> tuple[ReadPage | None, datetime] | None:
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
                self._put((ReadPage(page, *read_items(self._compiled, page.records, asked_at)), asked_at))
                if page.last:
                    break
        except Exception as error:  # noqa: BLE001  (raised again where the page was awaited)
            self._put(error)
            return
        finally:
            connection.close()
        self._put((None, timezone.now()))

    def _put(self, item: tuple[ReadPage | None, datetime] | Exception) -> None:
        self._ready.put(item)
        self._arrived.set()
