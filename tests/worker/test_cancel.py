"""Cancelling: from the click to the job at rest in less than 2 s, whatever the provider is doing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations import services
from integrations.models import Integration, JobStatus, PushOperation, PushStatus, SyncJob
from integrations.records.models import Unit
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import connect_rovida, finish
from tests.simulator import Control, running_simulator
from tests.worker.running import Worker, until, wait_for_beats

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(180)]

PROMISE = 2.0
FOR_LONG = 25.0
"""Seconds that a slow answer takes: much more than the promise, less than a request may last."""
UNITS = 12


class SlowWire:
    """WSGI middleware that carries chosen requests out and keeps their answers back."""

    def __init__(self) -> None:
        self.app: Callable[..., Iterable[bytes]]
        self.slow: tuple[str, str] = ("", "")
        """Method and end of the path."""
        self.waiting = 0
        self.release = threading.Event()

    def wrap(self, app: Callable[..., Iterable[bytes]]) -> SlowWire:
        self.app = app
        return self

    def let_go(self) -> None:
        """Let what is on its way come back, and be quick from now on."""
        self.slow = ("", "")
        self.release.set()
        self.waiting, self.release = 0, threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self.app(environ, start_response)
        method, path = self.slow
        if method == environ["REQUEST_METHOD"] and environ["PATH_INFO"].endswith(path):
            self.waiting += 1
            self.release.wait(FOR_LONG)
        return answer


@pytest.fixture
def wire() -> SlowWire:
    return SlowWire()


@pytest.fixture
def fake(tmp_path: Path, wire: SlowWire) -> Iterator[Control]:
    with running_simulator(tmp_path / "state.sqlite3", wire.wrap) as control:
        yield control
        wire.let_go()


@pytest.fixture
def rovida(fake: Control, administrator: Any, settings: Any) -> Integration:
    """ROVIDA, synchronised once, both ways, with units that are to be created there."""
    settings.SIMULATOR_URL = fake.url
    integration = connect_rovida(administrator)
    assert finish(services.request_sync(integration)).status == JobStatus.COMPLETED
    by_hand = {"frequency": "manual", "push_frequency": "sync", "next_sync_at": None}
    Integration.objects.filter(pk=integration.pk).update(
        direction="both", create_missing=True, batch_size=10, **by_hand
    )
    new_units("P")
    return Integration.objects.get(pk=integration.pk)


def new_units(series: str) -> None:
    """Units that are to be created there."""
    some = Unit.objects.first()
    assert some is not None
    values = {"property": some.property_id, "kind": "parking"}
    changes = [Change("unit", action="create", values={**values, "number": f"{series}-{n}"}) for n in range(UNITS)]
    apply(changes, Origin("user", "1"))


def page_on_its_way(fake: Control, wire: SlowWire) -> Callable[[], Any]:
    wire.slow = ("GET", "/v1/tenants")
    return lambda: wire.waiting


def page_after_page(fake: Control, wire: SlowWire) -> Callable[[], Any]:
    fake.fault("slow", path="/v1/tenants", method="GET", times=None, seconds=0.05)
    return lambda: SyncJob.objects.filter(status=JobStatus.RUNNING, by_resource__tenants__processed__gt=20).exists()


def writes_on_their_way(fake: Control, wire: SlowWire) -> Callable[[], Any]:
    wire.slow = ("POST", "/v1/units")
    return lambda: wire.waiting >= 2


def wait_within_a_request(fake: Control, wire: SlowWire) -> Callable[[], Any]:
    fake.fault("unavailable", path="/v1/tenants", method="GET", times=None, retry_after=2)
    return lambda: any(request["status"] == 503 for request in fake.requests())


def wait_between_slices(fake: Control, wire: SlowWire) -> Callable[[], Any]:
    fake.fault("unavailable", path="/v1/tenants", method="GET", times=None, retry_after=60)
    return lambda: SyncJob.objects.filter(status=JobStatus.PENDING, attempt__gt=0).exists()


SITUATIONS = [page_on_its_way, page_after_page, writes_on_their_way, wait_within_a_request, wait_between_slices]


def posts(fake: Control) -> int:
    """Writes that reached the provider."""
    return sum(request["method"] == "POST" for request in fake.requests())


def cancelled(integration: Integration, client: Client, busy: Callable[[], Any]) -> tuple[SyncJob, float]:
    """Start a run, cancel it when it is busy, and wait until it is at rest; the run and the seconds that took."""
    job = services.request_sync(integration, full=True)
    until(busy, "the moment to cancel")
    client.get(reverse("integrations:job", args=[job.pk]))  # where the button is
    asked_at = time.monotonic()
    client.post(reverse("integrations:cancel", args=[job.pk]))
    until(lambda: not SyncJob.objects.get(pk=job.pk).is_open, "the job at rest")
    return job, time.monotonic() - asked_at


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
def test_a_cancelled_job_is_at_rest_within_two_seconds(
    situation: Callable[[Control, SlowWire], Callable[[], Any]],
    rovida: Integration,
    fake: Control,
    wire: SlowWire,
    start_worker: Callable[..., Worker],
    administrator_client: Client,
    tell: Callable[[str], None],
) -> None:
    start_worker(SIMULATOR_URL=fake.url, LEASE_SECONDS="20", SLICE_SECONDS="20")  # as in production
    wait_for_beats()
    fake.forget_requests()
    busy = situation(fake, wire)
    job, took = cancelled(rovida, administrator_client, busy)
    tell(f"cancelled during {situation.__name__.replace('_', ' ')}: at rest after {took:.2f} s")
    assert took < PROMISE
    job.refresh_from_db()
    assert (job.status, job.lease_owner) == (JobStatus.CANCELLED, "") and job.finished_at is not None

    if situation not in (page_on_its_way, writes_on_their_way):
        return
    before = posts(fake)
    wire.let_go()
    fake.clear_faults()
    # What was on its way is over; nothing was sent after the cancellation, and nothing is sent twice by the next run.
    again = services.request_sync(rovida, full=True)
    until(lambda: not SyncJob.objects.get(pk=again.pk).is_open, "the end of the next run")
    again.refresh_from_db()
    assert again.status == JobStatus.COMPLETED, again.error_message
    assert SyncJob.objects.get(pk=job.pk).status == JobStatus.CANCELLED
    numbers = Counter(unit["number"] for unit in fake.objects("units") if str(unit["number"]).startswith("P-"))
    assert numbers == Counter({f"P-{n}": 1 for n in range(UNITS)})
    assert before <= rovida.connector.writes_at_once
    assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()


@pytest.mark.soak
def test_twenty_cancellations_in_every_situation_keep_the_promise(
    rovida: Integration,
    fake: Control,
    wire: SlowWire,
    start_worker: Callable[..., Worker],
    administrator_client: Client,
    tell: Callable[[str], None],
) -> None:
    start_worker(SIMULATOR_URL=fake.url, LEASE_SECONDS="20", SLICE_SECONDS="20")
    wait_for_beats()
    seconds = []
    for number, situation in enumerate(SITUATIONS * 4):
        new_units(f"S{number}")
        fake.forget_requests()
        job, took = cancelled(rovida, administrator_client, situation(fake, wire))
        seconds.append(took)
        assert SyncJob.objects.get(pk=job.pk).status == JobStatus.CANCELLED
        wire.let_go()
        fake.clear_faults()
    tell(
        f"{len(seconds)} cancellations of runs, with pages or writes on their way, waits and pauses: at rest after "
        f"{median(seconds):.2f} s (median), {max(seconds):.2f} s (longest)"
    )
    assert max(seconds) < PROMISE
