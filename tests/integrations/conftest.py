"""An integration connected to ROVIDA's simulator, and a way to synchronise it without a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations import services
from integrations.models import Integration, SyncJob
from integrations.sync import bucket
from integrations.sync.runner import run_slice
from tests.integrations.consents import books, intuit  # noqa: F401 - fixtures
from tests.simulator import Control

KEY = "rov_test_demo_lacoste"

Synchronise = Callable[..., SyncJob]


def connect_rovida(actor: Any, key: str = KEY, **config: str) -> Integration:
    """ROVIDA at the simulator, released at once."""
    return services.connect(
        "rovida",
        name="ROVIDA",
        environment="simulator",
        auth_method="api_key",
        secrets={"api_key": key},
        config=config,
        actor=actor,
        trial=False,
    )


@pytest.fixture
def rovida(simulator: Control, administrator: Any, settings: Any) -> Integration:
    """ROVIDA, connected with the demonstration key; the simulator holds its demonstration data and no rate limit."""
    settings.SIMULATOR_URL = simulator.url
    integration = connect_rovida(administrator)
    integration.retry_delay_ms = 100
    integration.save(update_fields=["retry_delay_ms"])
    return integration


@pytest.fixture
def synchronise(transactional_db: None) -> Synchronise:
    """synchronise(integration, **options): queue a synchronisation and run its slices to the end; returns the job."""

    def run(integration: Integration, **options: Any) -> SyncJob:
        integration.refresh_from_db()
        job = services.request_sync(integration, **options)
        return finish(job)

    return run


def finish(job: SyncJob) -> SyncJob:
    """Run every slice that is left, without waiting for pauses."""
    for _ in range(200):
        bucket.forget(job.integration_id)
        SyncJob.objects.filter(pk=job.pk).update(not_before=None)
        run_slice(job.pk)
        job.refresh_from_db()
        if not job.is_open:
            return job
    raise AssertionError(f"the job never ended: {job.status} {job.error_message}")
