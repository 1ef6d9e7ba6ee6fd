"""Reads one resource from where it stopped, page by page, until its end or the end of the slice."""

from __future__ import annotations

from integrations.sync import cursors
from integrations.sync.errors import ErrorBook
from integrations.sync.feed import PageFeed
from integrations.sync.mapping import CompiledResource
from integrations.sync.page import Checkpoint, PageStore
from integrations.sync.run import Run


def pull_resource(run: Run, compiled: CompiledResource) -> bool:
    """Store every page that is left; False when the slice ended first."""
    name = compiled.resource.name
    book = ErrorBook(run.integration.pk, name)
    store = PageStore(run.integration, run.job, run.claim, compiled, book, run.exchanges, run.retries)
    pages = run.connector.pull(
        name,
        cursors.start_of(run.job, name),
        page_size=min(run.integration.batch_size, compiled.resource.max_page_size),
        filters=run.integration.filters_of(compiled.resource),
    )
    with PageFeed(pages, run.claim) as feed:
        for page in feed:
            store.store(page.records, Checkpoint(page.cursor, page.last))
            run.claim.check()
            if page.last:
                _retry_errors(run, book, store)
                return True
            if run.out_of_time():
                feed.finish_early()
    return False


def _retry_errors(run: Run, book: ErrorBook, store: PageStore) -> None:
    """Try again, without a request, what failed in an earlier run and did not come in this one: what it refers to may
    have arrived since, or its value table been completed."""
    if payloads := book.payloads(other_than=run.job):
        store.store(payloads, Checkpoint(None))
