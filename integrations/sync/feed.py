"""The next page is fetched while this one is stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from connectors.base.connector import Page
from integrations.sync.lease import Claim

_END = object()


class PageFeed:
    """Iterates a connector's pages one ahead of the consumer, from a thread that talks to the provider (and to the
    database for a token that must be renewed).

    The thread asks for a page only once the page before it was taken, so that a kill wastes at most the page being
    stored and the one that is on its way. Errors of the connector are raised to the consumer, in their place.
    """

    def __init__(self, pages: Iterator[Page], claim: Claim) -> None:
        self._pages = pages
        self._claim = claim
        self._ready: queue.Queue[object] = queue.Queue(maxsize=1)
        self._taken = threading.Semaphore(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._fetch, name="page-feed", daemon=True)

    def __enter__(self) -> PageFeed:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.finish_early()
        self._taken.release()
        # A request that hangs ends by its own timeout; the job does not wait for it.
        self._thread.join(timeout=0.2)

    def finish_early(self) -> None:
        """Ask for no further page; the one on its way still comes."""
        self._stop.set()

    def __iter__(self) -> Iterator[Page]:
        while True:
            item = self._next()
            self._taken.release()
            if item is _END:
                return
            if isinstance(item, Exception):
                raise item
            assert isinstance(item, tuple)
            page, self.read_at = item
            yield page

    def _next(self) -> object:
        while True:
            try:
                return self._ready.get(timeout=0.2)
            except queue.Empty:
                # A slow provider must not hide that the job was cancelled or lost meanwhile.
                self._claim.check()

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
                self._ready.put((page, asked_at))
                if page.last:
                    break
        except Exception as error:  # noqa: BLE001  (raised again where the page was awaited)
            self._ready.put(error)
            return
        finally:
            connection.close()
        self._ready.put(_END)
