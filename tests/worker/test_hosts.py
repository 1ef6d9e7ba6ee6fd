"""One worker leads a machine: who may take over from whom, and when."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import Integration, JobStatus, SyncJob, WorkerHost
from integrations.worker import process
from integrations.worker.hosts import HostLease, forget_gone_hosts, pid_of, recall_jobs

pytestmark = pytest.mark.django_db

DEAD = 2**22 + 1
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def row() -> WorkerHost:
    return WorkerHost.objects.get(host=process.host())


def led_by(pid: int | None, *, owner: str | None = None, began: float | None = None, until: datetime = FAR) -> None:
    WorkerHost.objects.create(
        host=process.host(),
        owner=f"{process.place()}:other" if owner is None else owner,
        pid=pid,
        pid_started=process.started(pid) if began is None and pid else began,
        lease_until=until,
        restarts=3,
    )


def test_the_first_worker_takes_the_machine() -> None:
    lease = HostLease()
    assert lease.take() is None
    assert (row().owner, row().pid, row().restarts) == (lease.owner, os.getpid(), 0)
    assert timezone.now() < (row().lease_until or timezone.now())


def test_the_second_worker_is_told_who_leads() -> None:
    first = HostLease()
    first.take()
    other = HostLease().take()
    assert other is not None
    assert other.owner == first.owner
    assert row().owner == first.owner


def test_a_dead_leader_is_followed_at_once() -> None:
    led_by(DEAD, began=1.0)
    assert HostLease().take() is None
    assert row().pid == os.getpid()


def test_a_number_that_another_process_has_now_is_a_dead_leader() -> None:
    led_by(os.getpid(), began=1.0)
    assert HostLease().take() is None


def test_a_leader_that_counts_its_processes_elsewhere_keeps_its_lease() -> None:
    led_by(DEAD, owner="another-container:other", began=1.0)
    other = HostLease().take()
    assert other is not None
    assert other.pid == DEAD


def test_a_lease_that_ran_out_elsewhere_is_taken() -> None:
    led_by(DEAD, owner="another-container:other", began=1.0, until=timezone.now() - timedelta(seconds=1))
    assert HostLease().take() is None


def test_a_leader_that_lives_without_a_lease_is_killed_first() -> None:
    hanging = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    led_by(hanging.pid, until=timezone.now() - timedelta(seconds=1))
    assert HostLease().take() is None
    assert hanging.wait(5) < 0


def test_renewing_tells_whether_the_machine_is_still_ours() -> None:
    lease = HostLease()
    lease.take()
    before = row().lease_until
    time.sleep(0.01)  # SQLite's clock counts in milliseconds
    assert lease.renew(restarts=2)
    assert row().restarts == 2
    assert row().lease_until != before
    WorkerHost.objects.update(owner="another")
    assert not lease.renew(restarts=2)


def test_a_released_machine_is_free_and_keeps_its_last_beat() -> None:
    lease = HostLease()
    lease.take()
    WorkerHost.objects.update(beat_at=FAR)
    lease.release()
    assert (row().owner, row().pid, row().lease_until, row().beat_at) == ("", None, None, FAR)
    assert HostLease().take() is None


def test_releasing_what_another_leads_changes_nothing() -> None:
    lease = HostLease()
    lease.take()
    WorkerHost.objects.update(owner="another")
    lease.release()
    assert row().owner == "another"


def job_held_by(owner: str) -> SyncJob:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    return SyncJob.objects.create(
        integration=integration, status=JobStatus.RUNNING, lease_owner=owner, lease_until=FAR, rung_at=FAR
    )


def test_only_jobs_of_dead_processes_of_this_machine_are_let_go() -> None:
    dead = job_held_by(f"{process.host()}:{DEAD}:abc")
    alive = job_held_by(f"{process.host()}:{os.getpid()}:abc")
    elsewhere = job_held_by(f"another-machine:{DEAD}:abc")
    assert recall_jobs() == 1
    for job in (dead, alive, elsewhere):
        job.refresh_from_db()
    assert dead.lease_until is not None and dead.lease_until < FAR
    assert dead.rung_at is None
    assert alive.lease_until == elsewhere.lease_until == FAR


def test_the_owner_of_a_claim_names_its_process() -> None:
    from integrations.sync.lease import claim

    job = job_held_by("")
    SyncJob.objects.update(status=JobStatus.PENDING, lease_until=None)
    claimed = claim(job.pk)
    assert claimed is not None
    assert pid_of(claimed.owner) == os.getpid()
    assert claimed.owner.startswith(f"{process.host()}:")


def test_machines_gone_for_a_day_are_forgotten() -> None:
    now = timezone.now()
    for host, started, until in [
        ("gone", now - timedelta(days=3), now - timedelta(days=2)),
        ("stopped", now - timedelta(days=3), None),
        ("back soon", now - timedelta(days=3), now - timedelta(hours=2)),
        ("working", now - timedelta(days=3), now + timedelta(seconds=5)),
        ("new", now, None),
    ]:
        WorkerHost.objects.create(host=host, started_at=started, lease_until=until)
    assert forget_gone_hosts() == 2
    assert set(WorkerHost.objects.values_list("host", flat=True)) == {"back soon", "working", "new"}
