"""Resources that refer to nothing of each other are read at the same time, where the provider allows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base.connector import Page
from connectors.base.errors import Transient
from connectors.quickbooks.connector import QuickBooks
from integrations import services
from integrations.models import Integration, JobStatus, RecordLink, SyncCursor, SyncJob
from integrations.sync.runner import run_slice
from tests.integrations.conftest import Synchronise, finish
from tests.integrations.quickbooks import connected

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

APART = {"customers", "purchases", "bills"}


@pytest.fixture
def quickbooks(simulator: Control, settings: Any) -> Integration:
    settings.SIMULATOR_URL = simulator.url
    return connected(simulator, direction="in", batch_size=5)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Three at once; the independent ones wait for each other before their first page. Lists what began and ended."""
    meeting, seen, pull = threading.Barrier(len(APART)), [], QuickBooks.pull

    def met(self: QuickBooks, resource: str, cursor: Any, **options: Any) -> Iterator[Page]:
        seen.append(("begun", resource))
        if resource in APART and cursor is None:
            meeting.wait(20)
        for page in pull(self, resource, cursor, **options):
            if page.last:
                seen.append(("last page", resource))
            yield page

    monkeypatch.setattr(QuickBooks, "reads_at_once", 3)
    monkeypatch.setattr(QuickBooks, "pull", met)
    return seen


def test_independent_resources_are_on_their_way_together(
    quickbooks: Integration, synchronise: Synchronise, at_once: list[tuple[str, str]]
) -> None:
    job = synchronise(quickbooks)
    assert (job.status, job.failed) == (JobStatus.COMPLETED, 0)
    assert set(job.done) == {resource.name for resource in QuickBooks.resources}
    # What refers to a resource begins when that is complete.
    assert at_once.index(("begun", "invoices")) > at_once.index(("last page", "customers"))
    assert at_once.index(("begun", "payments")) > at_once.index(("last page", "invoices"))


def test_reading_together_brings_what_reading_in_turn_brings(
    quickbooks: Integration, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts() -> dict[str, Any]:
        told = synchronise(quickbooks).by_resource
        return {name: {what: n for what, n in tally.items() if n} for name, tally in told.items()}

    monkeypatch.setattr(QuickBooks, "reads_at_once", 4)
    together = counts()
    SyncCursor.objects.all().delete()
    monkeypatch.setattr(QuickBooks, "reads_at_once", 1)
    again = counts()
    assert {name: tally["processed"] for name, tally in together.items()} == {
        name: tally["processed"] for name, tally in again.items()
    }
    # And nothing of it was news.
    assert all(set(tally) == {"processed", "skipped"} for tally in again.values())


def test_each_resource_goes_on_from_its_own_page_in_the_next_slice(
    quickbooks: Integration, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(QuickBooks, "reads_at_once", 3)
    settings.SLICE_SECONDS = 0
    job = services.request_sync(quickbooks)
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.PENDING and set(job.positions) | set(job.done) <= APART
    # The page of each that was on its way came in too.
    assert len(set(job.positions) | set(job.done)) == 3
    job = finish(job)
    assert (job.status, job.failed) == (JobStatus.COMPLETED, 0)
    assert job.created == RecordLink.objects.filter(integration=quickbooks).count() == job.processed - job.skipped


def test_the_trouble_of_one_resource_ends_the_slice_of_all_and_loses_no_page(
    quickbooks: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull, broken = QuickBooks.pull, [True]

    def troubled(self: QuickBooks, resource: str, cursor: Any, **options: Any) -> Iterator[Page]:
        if resource == "bills" and broken:
            broken.clear()
            raise Transient("Rien ne va plus.", retry_after=0.0)
        yield from pull(self, resource, cursor, **options)

    monkeypatch.setattr(QuickBooks, "reads_at_once", 3)
    monkeypatch.setattr(QuickBooks, "pull", troubled)
    job = services.request_sync(quickbooks)
    run_slice(job.pk)
    assert SyncJob.objects.get(pk=job.pk).status == JobStatus.PENDING
    job = finish(job)
    assert (job.status, job.failed) == (JobStatus.COMPLETED, 0)
    assert job.created == RecordLink.objects.filter(integration=quickbooks).count() == job.processed - job.skipped
