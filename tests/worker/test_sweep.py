"""The sweep rings for what is due, once, and the purge throws away what is old."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from integrations import queue
from integrations.models import Credential, Exchange, Frequency, Integration, JobStatus, SyncJob
from integrations.worker import sweep

pytestmark = pytest.mark.django_db

PAST = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def job(**fields: Any) -> SyncJob:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    return SyncJob.objects.create(integration=integration, **fields)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs rung for; no bell waits in the queue, as if a worker answered each at once."""
    jobs: list[str] = []
    monkeypatch.setattr(queue, "ring", lambda task, job_id: jobs.append(job_id))
    return jobs


@pytest.mark.parametrize(
    ("fields", "rings"),
    [
        ({}, True),
        ({"not_before": PAST}, True),
        ({"not_before": FAR}, False),
        ({"rung_at": PAST}, True),
        ({"rung_at": FAR}, False),
        ({"status": JobStatus.RUNNING, "lease_until": FAR}, False),
        ({"status": JobStatus.RUNNING, "lease_until": PAST}, True),
        ({"status": JobStatus.COMPLETED}, False),
    ],
)
def test_the_sweep_rings_for_jobs_that_a_worker_may_claim(
    fields: dict[str, object], rings: bool, rung: list[str]
) -> None:
    waiting = job(**fields)
    assert sweep.ring_due() == rings
    assert rung == ([str(waiting.pk)] if rings else [])


def test_a_job_is_not_rung_for_again_at_once(rung: list[str]) -> None:
    job()
    sweep.ring_due()
    sweep.ring_due()
    assert len(rung) == 1


def test_a_job_whose_bell_was_lost_is_rung_for_again(rung: list[str], settings: Any) -> None:
    waiting = job()
    sweep.ring_due()
    late = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS / 2 + 1)
    SyncJob.objects.filter(pk=waiting.pk).update(rung_at=late)
    sweep.ring_due()
    assert len(rung) == 2


def test_two_machines_ring_once(rung: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read the job as due; this one comes to write after the other."""
    waiting = job()
    atomic = transaction.atomic

    def after_the_other() -> Any:
        SyncJob.objects.filter(pk=waiting.pk).update(rung_at=timezone.now())
        return atomic()

    monkeypatch.setattr("django.db.transaction.atomic", after_the_other)
    assert sweep.ring_due() == 0
    assert rung == []


def test_bells_do_not_pile_up_when_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_BELLS", 3)
    for _ in range(5):
        job()
    assert sweep.ring_due() == 3
    SyncJob.objects.filter(rung_at__isnull=False).update(rung_at=PAST)
    assert sweep.ring_due() == 0
    assert queue.waiting() == 3


def test_the_job_that_waited_longest_is_rung_for_first(rung: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_BELLS", 2)
    heard, older, never = job(rung_at=PAST + timedelta(days=1)), job(rung_at=PAST), job()
    sweep.ring_due()
    assert rung == [str(never.pk), str(older.pk)]
    assert str(heard.pk) not in rung


def test_an_integration_whose_time_has_come_gets_a_job_that_is_rung_for(
    rung: list[str], connected: Integration
) -> None:
    Integration.objects.filter(pk=connected.pk).update(frequency=Frequency.HOURLY, next_sync_at=PAST)
    sweep.sweep()
    scheduled = SyncJob.objects.get(integration=connected)
    assert str(scheduled.pk) in rung
    sweep.sweep()
    assert SyncJob.objects.count() == 1


@pytest.fixture
def connected() -> Integration:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    Credential.objects.create(integration=integration, auth_method="api_key", secrets={"api_key": "k"})
    return integration


def test_old_exchanges_are_thrown_away_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PURGE_BATCH", 2)
    integration = job().integration
    now = timezone.now()
    for age in (1, 29, 31, 32, 33, 400, 500):
        Exchange.objects.create(
            integration=integration, at=now - timedelta(days=age), method="GET", url="https://x", duration_ms=1
        )
    sweep.purge()
    ages = sorted((now - at).days for at in Exchange.objects.values_list("at", flat=True))
    assert ages == [1, 29]
