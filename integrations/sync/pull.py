"""Reads resources from where they stopped, page by page, until their end or the end of the slice.

As many at once as the provider allows, each by a thread and a connector of its own; a resource begins when those that
it refers to are complete. Pages are stored one after the other by the slice's own thread, as they come: one page is one
transaction that moves the position of its own resource.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.base.connector import Connector
from integrations import signals
from integrations.models import Integration
from integrations.sync import cursors, seen_pages, sweep, trial
from integrations.sync.errors import ErrorBook
from integrations.sync.feed import PageFeed, ReadPage
from integrations.sync.mapping import CompiledResource
from integrations.sync.page import PageStore
from integrations.sync.plan import read_items
from integrations.sync.progress import Checkpoint
from integrations.sync.run import Run

LOOK_EVERY = 0.2
"""Seconds after which a slow provider no longer hides that the job was cancelled or lost."""


class Reading:
    """One resource that is being read."""

    def __init__(self, run: Run, compiled: CompiledResource, connector: Connector, arrived: threading.Event) -> None:
        name = compiled.resource.name
        self.name, self.connector, self._run = name, connector, run
        self._book = ErrorBook(run.integration.pk, name)
        self._store = PageStore(
            run.integration, run.job, run.claim, compiled, self._book, run.exchanges, run.retries, run.read_again
        )
        told = run.integration.webhooks_enabled and not run.job.full
        self._since = cursors.read_until(run.integration, name) if told else None
        self._whole = sweep.is_generation(run, compiled)
        self._left = trial.left(run.integration, run.job, name)
        pages = connector.pull(
            name,
            cursors.start_of(run.job, name),
            page_size=min(
                run.integration.batch_size,
                compiled.resource.max_page_size,
                *([self._left] if self._left else []),
            ),
            filters=run.integration.filters_of(compiled.resource),
        )
        self.feed = PageFeed(compiled, pages, arrived)

    def take(self, read: ReadPage, asked_at: datetime) -> bool:
        """Store a page, and after the last one what failed in an earlier run; whether the resource is complete."""
        taken, checkpoint = trial.cut(read.page, self._left)
        self._left = self._left - len(taken) if self._left is not None else None
        if self._whole:
            seen = seen_pages.seen_in(self._store.compiled, taken)
            checkpoint = replace(checkpoint, seen=seen, read_at=asked_at)
        items, failures = read.items, read.failures
        if len(taken) < len(read.page.records):
            items, failures = read_items(self._store.compiled, taken, asked_at)
        self._store.store_items(items, failures, checkpoint)
        if self._since and self._store.written:
            signals.changes_pulled.send(
                sender=Integration,
                integration=self._run.integration,
                resource=self.name,
                remote_ids=self._store.written,
                since=self._since,
            )
        self._run.claim.check()
        if checkpoint.last:
            self._retry_errors()
        return checkpoint.last

    def _retry_errors(self) -> None:
        """Try again, without a request, what failed in an earlier run and did not come in this one: what it refers to
        may have arrived since, or its value table been completed."""
        rows = self._book.left_by_others(self._run.job)
        readings = [read_items(self._store.compiled, [row.payload], row.updated_at) for row in rows]
        if readings:
            # What was stored of one of these since is later than its content here.
            items = [item for found, _ in readings for item in found]
            self._store.store_items(items, [each for _, failed in readings for each in failed], Checkpoint(None))


@dataclass
class Pull:
    """Everything that is left to read of a job; `left` is in the order of dependency."""

    run: Run
    left: list[CompiledResource]
    _active: list[Reading] = field(default_factory=list)
    _ended: list[Reading] = field(default_factory=list)
    _arrived: threading.Event = field(default_factory=threading.Event)

    def run_on(self) -> bool:
        """Store every page that is left; False when the slice ended first.

        Every slice stores at least one page, however short it is: a job always advances.
        """
        with ExitStack() as stack:
            self._begin(stack)
            whole = True
            while self._active:
                reading, page, asked_at = self._next()
                if page is None:
                    whole = False  # cut short: the slice is over
                if page is None or reading.take(page, asked_at):
                    reading.feed.close()
                    self._active.remove(reading)
                    self._ended.append(reading)
                if self.run.out_of_time():
                    for each in self._active:
                        each.feed.finish_early()
                else:
                    self._begin(stack)
            return whole and not self.left

    def _begin(self, stack: ExitStack) -> None:
        """Start what may start: within the provider's number, and when what it refers to is complete."""
        for compiled in list(self._startable()):
            if len(self._active) >= self.run.connector.reads_at_once:
                break
            # One that was cut short may have a request on its way still.
            busy = {id(each.connector) for each in (*self._active, *self._ended) if each.feed.is_working()}
            idle = (each for each in (self.run.connector, *self.run.readers) if id(each) not in busy)
            reading = Reading(self.run, compiled, next(idle, None) or self.run.reader(), self._arrived)
            stack.enter_context(reading.feed)
            self._active.append(reading)
            self.left.remove(compiled)

    def _startable(self) -> Iterator[CompiledResource]:
        unfinished = {each.resource.name for each in self.left} | {reading.name for reading in self._active}
        for compiled in self.left:
            if not (unfinished - {compiled.resource.name}) & set(compiled.resource.depends_on):
                yield compiled

    def _next(self) -> tuple[Reading, ReadPage | None, datetime]:
        """The next page that is there, in turns."""
        while True:
            self._arrived.clear()
            for reading in self._active:
                if (found := reading.feed.poll()) is not None:
                    # Whoever was served goes to the end of the line.
                    self._active.remove(reading)
                    self._active.append(reading)
                    return reading, *found
            self._arrived.wait(LOOK_EVERY)
            self.run.claim.check()
