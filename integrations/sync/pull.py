"""Reads one resource from where it stopped, page by page, until its end or the end of the slice."""

from __future__ import annotations

from dataclasses import replace

from integrations import signals
from integrations.models import Integration
from integrations.sync import cursors, seen_pages, sweep, trial
from integrations.sync.errors import ErrorBook
from integrations.sync.feed import PageFeed
from integrations.sync.mapping import CompiledResource
from integrations.sync.page import PageStore
from integrations.sync.plan import read_items
from integrations.sync.progress import Checkpoint
from integrations.sync.run import Run


def pull_resource(run: Run, compiled: CompiledResource) -> bool:
    """Store every page that is left; False when the slice ended first."""
    name = compiled.resource.name
    book = ErrorBook(run.integration.pk, name)
    store = PageStore(run.integration, run.job, run.claim, compiled, book, run.exchanges, run.retries, run.read_again)
    since = cursors.read_until(run.integration, name) if run.integration.webhooks_enabled and not run.job.full else None
    whole = sweep.is_generation(run, compiled)
    left = trial.left(run.integration, run.job, name)
    pages = run.connector.pull(
        name,
        cursors.start_of(run.job, name),
        page_size=min(run.integration.batch_size, compiled.resource.max_page_size, *([left] if left else [])),
        filters=run.integration.filters_of(compiled.resource),
    )
    with PageFeed(pages, run.claim) as feed:
        for page in feed:
            taken, checkpoint = trial.cut(page, left)
            left = left - len(taken) if left is not None else None
            if whole:
                checkpoint = replace(checkpoint, seen=seen_pages.seen_in(compiled, taken), read_at=feed.read_at)
            store.store(taken, checkpoint, feed.read_at)
            if since and store.written:
                signals.changes_pulled.send(
                    sender=Integration,
                    integration=run.integration,
                    resource=name,
                    remote_ids=store.written,
                    since=since,
                )
            run.claim.check()
            if checkpoint.last:
                _retry_errors(run, book, store)
                return True
            if run.out_of_time():
                feed.finish_early()
    return False


def _retry_errors(run: Run, book: ErrorBook, store: PageStore) -> None:
    """Try again, without a request, what failed in an earlier run and did not come in this one: what it refers to may
    have arrived since, or its value table been completed."""
    readings = [read_items(store.compiled, [row.payload], row.updated_at) for row in book.left_by_others(run.job)]
    if readings:
        # What was stored of one of these since is later than its content here.
        items = [item for found, _ in readings for item in found]
        store.store_items(items, [failure for _, failures in readings for failure in failures], Checkpoint(None))
