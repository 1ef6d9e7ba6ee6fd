"""What `/readyz` is told about the worker."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from integrations.models import Integration, JobStatus, SyncJob, WorkerHost
from integrations.worker import status

pytestmark = pytest.mark.django_db


def host(name: str, *, beat: float, leads: bool = True) -> None:
    WorkerHost.objects.create(host=name)
    WorkerHost.objects.filter(host=name).update(
        beat_at=Now() - timedelta(seconds=beat), lease_until=Now() + timedelta(seconds=20 if leads else -20)
    )


def job(**ages: float) -> None:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    running = "lease_until" in ages
    created = SyncJob.objects.create(
        integration=integration, status=JobStatus.RUNNING if running else JobStatus.PENDING
    )
    SyncJob.objects.filter(pk=created.pk).update(**{name: Now() - timedelta(seconds=age) for name, age in ages.items()})


def test_without_a_worker_nothing_lives() -> None:
    read = status.read()
    assert (read.beat_age, read.oldest_due, read.hosts, read.is_alive) == (None, None, 0, False)


def test_the_youngest_beat_of_all_machines_counts() -> None:
    host("one", beat=3)
    host("two", beat=300)
    host("gone", beat=4000, leads=False)
    read = status.read()
    assert read.beat_age == pytest.approx(3, abs=1)
    assert read.hosts == 2
    assert read.is_alive


def test_a_worker_without_beats_does_not_live() -> None:
    host("one", beat=300)
    assert not status.read().is_alive


def test_a_beat_of_a_worker_that_stopped_is_not_enough() -> None:
    host("one", beat=1, leads=False)
    assert not status.read().is_alive


@pytest.mark.parametrize(
    ("ages", "waited"),
    [
        ({"created_at": 60}, 60),
        ({"created_at": 600, "not_before": 30}, 30),
        ({"created_at": 600, "lease_until": 10}, 10),
        ({"created_at": 600, "not_before": -30}, None),
        ({"created_at": 600, "lease_until": -10}, None),
    ],
)
def test_the_oldest_due_job_is_measured_from_the_moment_it_became_due(
    ages: dict[str, float], waited: float | None
) -> None:
    job(**ages)
    job(created_at=5) if waited else None
    oldest = status.read().oldest_due
    assert oldest == (None if waited is None else pytest.approx(waited, abs=1))
