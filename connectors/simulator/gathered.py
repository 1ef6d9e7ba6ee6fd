"""What one request does, told together once it is done: for providers that put many changes into one webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

from flask import Response


class Gathered(local):
    """The changes of this thread so far. `tell`: sends them; nothing is told of work that failed."""

    def __init__(self, tell: Callable[[list[Any]], None]) -> None:
        self._tell = tell
        self._changes: list[Any] = []

    def add(self, change: Any) -> None:
        """One more."""
        self._changes.append(change)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Around a transaction: what happens in it is told after it."""
        self._changes = []
        try:
            yield
        except BaseException:
            self._changes = []
            raise
        self.end()

    def before(self) -> None:
        """Before a request of the API."""
        self._changes = []

    def after(self, response: Response) -> Response:
        """After a request of the API."""
        if response.status_code < 400:
            self.end()
        return response

    def end(self) -> None:
        """Tell what there is."""
        changes, self._changes = self._changes, []
        if changes:
            self._tell(changes)
