"""Signs of life: what counts, what does not, and what is said while the database is away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django_q.models import OrmQ

from integrations import queue
from integrations.models import Integration, JobStatus, SyncJob, WorkerHost
from integrations.worker import heartbeat, process, pulse
from integrations.worker.hosts import HostLease
from integrations.worker.pulse import Pulse

pytestmark = pytest.mark.django_db

FAR = datetime(2100, 1, 1, tzinfo=UTC)
FAMILY = (101, 102)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pulse, "time", clock)
    return clock


@pytest.fixture
def felt(clock: Clock, settings: Any) -> Pulse:
    """The pulse of a cluster with the processes 101 and 102, after its first look."""
    settings.BEAT_SECONDS, settings.BEAT_TIMEOUT_SECONDS = 3, 15
    settings.WORKER_PROCESSES, settings.LEASE_SECONDS = 2, 20
    lease = HostLease()
    lease.take()
    felt = Pulse(lease, lambda: FAMILY)
    felt.look()
    return felt


def look_for(felt: Pulse, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        clock.now += 1
        felt.look()


def answer() -> None:
    """What the cluster does with the beat that waits."""
    heartbeat.record(process.host())
    queue.silence()


def hold(pid: int, *, host: str = "", renewed: int = 0) -> SyncJob:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    owner = f"{host or process.host()}:{pid}:abc"
    return SyncJob.objects.create(
        integration=integration, status=JobStatus.RUNNING, lease_owner=owner, lease_until=FAR + timedelta(renewed)
    )


def renew(*jobs: SyncJob) -> None:
    for job in jobs:
        SyncJob.objects.filter(pk=job.pk).update(lease_until=F("lease_until") + timedelta(seconds=5))


def test_a_beat_is_a_sign_of_life(felt: Pulse, clock: Clock) -> None:
    look_for(felt, clock, 10)
    assert felt.silent_for == 10
    assert not felt.has_beaten
    answer()
    look_for(felt, clock, 1)
    assert felt.silent_for == 0
    assert felt.has_beaten


def test_the_last_beat_of_an_earlier_worker_is_none(clock: Clock) -> None:
    lease = HostLease()
    lease.take()
    heartbeat.record(process.host())
    felt = Pulse(lease, lambda: FAMILY)
    look_for(felt, clock, 2)
    assert not felt.has_beaten
    assert felt.silent_for == 2


def test_one_beat_at_a_time_is_rung_for(felt: Pulse, clock: Clock) -> None:
    look_for(felt, clock, 30)
    assert OrmQ.objects.count() == 1
    answer()
    look_for(felt, clock, 1)
    assert OrmQ.objects.count() == 1


def test_the_next_beat_waits_for_its_time(felt: Pulse, clock: Clock) -> None:
    answer()
    look_for(felt, clock, 2)
    assert OrmQ.objects.count() == 0
    look_for(felt, clock, 1)
    assert OrmQ.objects.count() == 1


def test_workers_that_are_all_busy_need_not_beat(felt: Pulse, clock: Clock) -> None:
    jobs = [hold(101), hold(102)]
    for _ in range(8):
        renew(*jobs)
        look_for(felt, clock, 5)
    assert felt.silent_for < 5
    look_for(felt, clock, 40)
    assert felt.silent_for > 15, "leases that nobody renews are no sign"


def test_one_busy_worker_does_not_speak_for_an_idle_one(felt: Pulse, clock: Clock) -> None:
    """The idle one may be dead with the lock of the queue in its hand."""
    job = hold(101)
    for _ in range(8):
        renew(job)
        look_for(felt, clock, 5)
    assert felt.silent_for == 40


def test_jobs_held_outside_the_cluster_are_no_sign(felt: Pulse, clock: Clock) -> None:
    jobs = [hold(500), hold(501), hold(101, host="another"), hold(102, host="another")]
    for _ in range(8):
        renew(*jobs)
        look_for(felt, clock, 5)
    assert felt.silent_for == 40


def test_nothing_is_said_while_the_database_is_away(felt: Pulse, clock: Clock) -> None:
    clock.now += 300
    assert felt.silent_for == 0
    felt.look()
    assert felt.silent_for == 0, "and then the cluster gets its full time"
    look_for(felt, clock, 16)
    assert felt.silent_for == 16


def test_a_new_cluster_gets_its_full_time_and_a_clean_queue(felt: Pulse, clock: Clock) -> None:
    look_for(felt, clock, 12)
    job = hold(2**22 + 1)
    queue.Bells().dequeue()
    felt.expect()
    assert felt.silent_for == 0
    look_for(felt, clock, 1)
    job.refresh_from_db()
    assert job.lease_until is not None and job.lease_until < FAR
    assert queue.waiting() == 0
    assert [bell.lock.year < 2100 for bell in OrmQ.objects.all()] == [True], "a fresh beat and nothing else"


def test_the_lease_is_renewed_and_its_loss_is_noticed(felt: Pulse, clock: Clock) -> None:
    WorkerHost.objects.update(lease_until=None)
    felt.restarts = 4
    look_for(felt, clock, 6)
    row = WorkerHost.objects.get()
    assert row.lease_until is not None
    assert row.restarts == 4
    assert not felt.lost
    WorkerHost.objects.update(owner="another")
    look_for(felt, clock, 6)
    assert felt.lost
