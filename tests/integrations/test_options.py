"""What single options of an integration do, end to end: pages, retries, waits, directions, hours, divisions."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from integrations import services
from integrations.models import Integration, JobStatus, SyncJob, Trigger
from integrations.records.models import Property, Tenant
from integrations.records.services import Change, Origin, apply
from integrations.sync.runner import run_slice
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1")


def set_options(integration: Integration, actor: Any, **values: Any) -> Integration:
    """As the settings page saves them."""
    services.change_options(integration, values, actor=actor)
    return integration


def asked(simulator: Control, path: str = "/v1/properties") -> list[dict[str, Any]]:
    return [r for r in simulator.requests() if r["path"] == path]


def test_the_page_size_decides_how_many_requests_there_are(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    total = len(simulator.objects("units"))
    for size in (20, 1000):
        set_options(rovida, administrator, batch_size=size)
        simulator.forget_requests()
        synchronise(rovida, resources=["properties", "units"], full=True)
        pages = asked(simulator, "/v1/units")
        # The provider never gives more than 200 at once, whatever is asked for.
        expected = min(size, 200)
        assert {parse_qs(page["query"])["limit"][0] for page in pages} == {str(expected)}
        assert len(pages) == -(-total // expected)


def test_so_many_retries_and_no_more(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    calls = {}
    for tries in (0, 1):
        set_options(rovida, administrator, max_retries=tries)
        rovida.refresh_from_db()
        simulator.fault("error", path="/v1/properties", times=None)
        simulator.forget_requests()
        job = synchronise(rovida, resources=["properties"])
        assert job.status == JobStatus.FAILED
        calls[tries] = len(asked(simulator))
        simulator.clear_faults()
    assert calls[0] == 1 < calls[1]


def test_the_wait_begins_with_the_delay_and_grows_by_the_multiplier(
    rovida: Integration, simulator: Control, administrator: Any
) -> None:
    set_options(rovida, administrator, retry_delay_ms=5000, backoff_multiplier=3, max_retries=5)
    simulator.fault("unavailable", path="/v1/properties", times=None)
    job = services.request_sync(rovida, resources=["properties"])
    waits = []
    for _ in range(3):
        begun = timezone.now()
        run_slice(job.pk)
        job.refresh_from_db()
        assert job.not_before is not None
        waits.append((job.not_before - begun).total_seconds())
        SyncJob.objects.filter(pk=job.pk).update(not_before=None)
    for wait, nominal in zip(waits, (5, 15, 45), strict=True):
        assert nominal - 1 < wait < nominal + 4


def test_a_request_is_given_up_after_the_time_out(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    set_options(rovida, administrator, timeout_seconds=1, max_retries=0)
    simulator.fault("slow", path="/v1/properties", seconds=2.5, times=1)
    begun = time.monotonic()
    job = synchronise(rovida, resources=["properties"])
    assert (job.status, job.error_code) == (JobStatus.FAILED, "timeout") and time.monotonic() - begun < 2.4
    set_options(Integration.objects.get(pk=rovida.pk), administrator, timeout_seconds=10)
    simulator.fault("slow", path="/v1/properties", seconds=1.5, times=1)
    assert synchronise(rovida, resources=["properties"]).status == JobStatus.COMPLETED


@pytest.mark.parametrize(("direction", "comes", "goes"), [("in", True, False), ("out", False, True)])
def test_the_direction_decides_which_side_is_written(
    rovida: Integration,
    synchronise: Synchronise,
    simulator: Control,
    administrator: Any,
    direction: str,
    comes: bool,
    goes: bool,
) -> None:
    synchronise(rovida)
    set_options(Integration.objects.get(pk=rovida.pk), administrator, direction=direction)
    here, there = rovida.links.filter(resource="tenants").order_by("remote_id")[:2]
    apply([Change("tenant", here.record_id, values={"given_name": "Maëlle"})], USER)
    simulator.edit("tenants", there.remote_id, given_name="Noémie")
    synchronise(rovida)
    theirs = {one["id"]: one["given_name"] for one in simulator.objects("tenants")}
    assert (Tenant.objects.get(pk=there.record_id).given_name == "Noémie") is comes
    assert (theirs[here.remote_id] == "Maëlle") is goes


def test_changes_wait_for_their_own_hour_while_receiving_goes_on(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    synchronise(rovida)
    set_options(
        Integration.objects.get(pk=rovida.pk),
        administrator,
        direction="both",
        frequency="hourly",
        push_frequency="daily",
    )
    here, there = rovida.links.filter(resource="tenants").order_by("remote_id")[:2]
    apply([Change("tenant", here.record_id, values={"given_name": "Maëlle"})], USER)
    simulator.edit("tenants", there.remote_id, given_name="Noémie")
    past = timezone.now() - timedelta(minutes=1)

    def due(name: str) -> SyncJob:
        Integration.objects.filter(pk=rovida.pk).update(**{name: past})
        assert services.enqueue_scheduled() == 1
        return finish(SyncJob.objects.get(status=JobStatus.PENDING))

    received = due("next_sync_at")
    assert (received.trigger, received.updated, received.pushed) == (Trigger.SCHEDULE, 1, 0)
    simulator.forget_requests()
    sent = due("next_push_at")
    assert (sent.trigger, sent.pushed, asked(simulator)) == (Trigger.PUSH, 1, [])


def test_what_is_received_gets_the_default_division(
    rovida: Integration, synchronise: Synchronise, administrator: Any
) -> None:
    made = apply([Change("division", action="create", values={"code": "nord", "name": "Nord"})], USER)[0].record
    set_options(rovida, administrator, default_division=made)
    synchronise(rovida, resources=["properties"])
    assert set(Property.objects.values_list("division_id", flat=True)) == {made.pk}
