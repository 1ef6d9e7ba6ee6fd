"""/healthz and /readyz: what a monitor and a load balancer are told."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from integrations.models import Integration, JobStatus, SyncJob, WorkerHost
from lacoste_integrations import health


@pytest.fixture
def worker(db: None) -> WorkerHost:
    return WorkerHost.objects.create(host="machine-1", beat_at=timezone.now())


@pytest.fixture
def job(db: None) -> SyncJob:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    return SyncJob.objects.create(integration=integration)


def test_healthz_answers_without_a_database(client: Client) -> None:
    # No `db` fixture: a query would fail the test.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_readyz_is_well_while_a_worker_beats(client: Client, worker: WorkerHost) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    checks = response.json()["checks"]
    assert checks["database"] and checks["migrations"] and checks["worker"]
    assert checks["worker_beat_seconds"] < 5
    assert checks["oldest_due_job_seconds"] is None


def test_readyz_is_unwell_without_a_worker(client: Client, db: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker"] is False


def test_readyz_is_unwell_after_the_last_beat_has_aged(client: Client, worker: WorkerHost) -> None:
    WorkerHost.objects.update(beat_at=timezone.now() - timedelta(minutes=2))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker_beat_seconds"] == pytest.approx(120, abs=5)


def test_a_renewed_lease_counts_as_a_sign_of_life(client: Client, worker: WorkerHost, job: SyncJob) -> None:
    now = timezone.now()
    WorkerHost.objects.update(beat_at=now - timedelta(minutes=2))
    SyncJob.objects.update(status=JobStatus.RUNNING, lease_until=now + timedelta(seconds=1))
    assert client.get("/readyz").status_code == 200


def test_readyz_says_how_long_the_oldest_due_job_waits(client: Client, worker: WorkerHost, job: SyncJob) -> None:
    now = timezone.now()
    SyncJob.objects.update(not_before=now + timedelta(minutes=1))
    assert client.get("/readyz").json()["checks"]["oldest_due_job_seconds"] is None
    SyncJob.objects.update(not_before=now - timedelta(minutes=1))
    assert client.get("/readyz").json()["checks"]["oldest_due_job_seconds"] == pytest.approx(60, abs=5)


def test_readyz_tells_nothing_about_a_database_that_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise OperationalError("connection to server at db.internal failed for user lacoste")

    monkeypatch.setattr(health, "migrations_are_applied", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "checks": {"database": False}})


def test_readyz_is_unwell_while_migrations_are_missing(
    client: Client, worker: WorkerHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_seen_up_to_date", [])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "migrations": False}
