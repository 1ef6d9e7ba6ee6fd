"""A pull of 5,000 tenants whose worker is killed in the middle finishes by itself, and reads almost nothing twice."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Count

from integrations import services
from integrations.models import Integration, JobStatus, RecordLink, SyncJob
from integrations.records.models import RecordHistory, Tenant
from tests.integrations.conftest import connect_rovida
from tests.worker.running import Worker, until, wait_for_beats

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(180)]

TENANTS = 5_000
PAGES = TENANTS // 100
PROMISE = 45.0


@pytest.fixture
def rovida(simulator: Control, administrator: Any, settings: Any) -> Integration:
    """ROVIDA with 5,000 tenants; each page of them takes a moment."""
    settings.SIMULATOR_URL = simulator.url
    integration = connect_rovida(administrator)
    simulator.seed("tenants", TENANTS - len(simulator.objects("tenants")))
    simulator.fault("slow", path="/v1/tenants", times=None, seconds=0.03)
    return integration


@pytest.fixture
def start(start_worker: Callable[..., Worker], simulator: Control) -> Callable[[], Worker]:
    return lambda: start_worker(SIMULATOR_URL=simulator.url)


def half_way(job: SyncJob) -> SyncJob | None:
    job.refresh_from_db()
    return (
        job
        if job.status == JobStatus.RUNNING and job.by_resource.get("tenants", {}).get("processed", 0) > 1500
        else None
    )


def finished_whole(job: SyncJob, simulator: Control, since: float) -> None:
    """The job ended within the promise with every tenant once; prints what the kill cost."""
    until(lambda: not SyncJob.objects.get(pk=job.pk).is_open, "the end of the job", PROMISE)
    took = time.monotonic() - since
    job.refresh_from_db()
    asked = Counter(r["query"] for r in simulator.requests() if r["path"] == "/v1/tenants" and r["status"] == 200)
    again = sum(asked.values()) - len(asked)
    print(
        f"\nfinished {took:.1f} s after the kill; {sum(asked.values())} requests for {PAGES} pages, {again} asked twice"
    )
    assert job.status == JobStatus.COMPLETED, job.error_message
    # Not one record was stored twice; the page fetched ahead may be asked for again with the one being stored.
    assert Tenant.objects.count() == TENANTS
    assert job.created == job.processed == RecordLink.objects.exclude(resource="property_managers").count()
    twice = RecordLink.objects.values("resource", "remote_id").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
    assert not RecordHistory.objects.filter(version__gt=1).exists()
    assert again <= 2


def test_a_pull_whose_worker_process_is_killed_finishes_by_itself(
    start: Callable[[], Worker], rovida: Integration, simulator: Control
) -> None:
    start()
    wait_for_beats()
    simulator.forget_requests()
    job = services.request_sync(rovida)
    held = until(lambda: half_way(job), "the middle of the pull")
    killed_at = time.monotonic()
    os.kill(int(held.lease_owner.split(":")[1]), signal.SIGKILL)
    finished_whole(job, simulator, killed_at)


def test_a_pull_whose_whole_worker_is_killed_finishes_once_a_worker_is_back(
    start: Callable[[], Worker], rovida: Integration, simulator: Control
) -> None:
    first = start()
    wait_for_beats()
    simulator.forget_requests()
    job = services.request_sync(rovida)
    until(lambda: half_way(job), "the middle of the pull")
    first.send(signal.SIGKILL)
    until(lambda: not first.living(), "the end of every process", 5)
    start()
    finished_whole(job, simulator, time.monotonic())
