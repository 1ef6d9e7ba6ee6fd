"""The emergency stop: nothing advances, nothing is asked of a provider, nothing is lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from integrations import services, stop
from integrations.core.models import AuditEvent
from integrations.models import EmergencyStop, Integration, JobStatus, PushOperation, PushStatus, SyncJob
from integrations.records.models import Tenant
from integrations.records.services import Change, Origin, apply
from integrations.services import Refused
from integrations.sync.runner import run_slice
from integrations.worker import sweep
from tests.integrations import rows
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from tests.simulator import Control
from tests.worker.running import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def test_a_stopped_job_is_not_claimed_and_goes_on_after_the_resumption(
    rovida: Integration, administrator: Any, simulator: Control
) -> None:
    job = services.request_sync(rovida)
    services.stop_everything(actor=administrator)
    simulator.forget_requests()
    assert run_slice(job.pk) is None
    assert simulator.requests() == []
    services.resume_everything(actor=administrator)
    assert finish(job).status == JobStatus.COMPLETED


def test_a_running_pull_pauses_within_two_seconds_and_loses_nothing(
    rovida: Integration, administrator: Any, simulator: Control
) -> None:
    rovida.batch_size = 1
    rovida.save()
    simulator.fault("slow", seconds=0.2, times=500)
    job = services.request_sync(rovida)
    thread = threading.Thread(target=lambda: _slice(job))
    thread.start()
    until(lambda: SyncJob.objects.get(pk=job.pk).pages > 0, "a first page", 10)
    services.stop_everything(actor=administrator)
    asked_to_stop = time.monotonic()
    until(lambda: SyncJob.objects.get(pk=job.pk).status == JobStatus.PENDING, "the pause", 10)
    assert time.monotonic() - asked_to_stop < 2
    thread.join(10)
    simulator.forget_requests()
    assert sweep.ring_due() == 0 and simulator.requests() == []
    job.refresh_from_db()
    assert job.error_message == stop.EmergencyStopped.sentence
    simulator.clear_faults()
    services.resume_everything(actor=administrator)
    assert finish(job).status == JobStatus.COMPLETED
    assert Tenant.objects.count() == len(simulator.objects("tenants"))


def test_a_write_that_is_ready_is_not_sent(
    rovida: Integration, synchronise: Synchronise, administrator: Any, simulator: Control, monkeypatch: Any
) -> None:
    rovida.direction = "both"
    rovida.save()
    synchronise(rovida)
    person = Tenant.objects.order_by("pk")[0]
    apply([Change("tenant", person.pk, values={"given_name": "Maëlle"})], Origin("user", "1"))
    job = services.request_sync(rovida)

    from integrations.sync.push import Pusher

    whole = Pusher._start

    def stopped_in_between(self: Pusher, prepared: Any, **options: Any) -> Any:
        EmergencyStop.objects.update_or_create(pk=1, defaults={"stopped_at": job.created_at})
        time.sleep(stop.LOOK_EVERY)
        return whole(self, prepared, **options)

    monkeypatch.setattr(Pusher, "_start", stopped_in_between)
    simulator.forget_requests()
    assert run_slice(job.pk) == JobStatus.PENDING
    assert [r for r in simulator.requests() if r["method"] != "GET"] == []
    assert PushOperation.objects.get().status == PushStatus.SENDING
    monkeypatch.setattr(Pusher, "_start", whole)
    services.resume_everything(actor=administrator)
    assert finish(job).status == JobStatus.COMPLETED
    assert len([r for r in simulator.requests() if r["method"] != "GET"]) == 1


def test_the_sweep_plans_nothing_while_stopped(rovida: Integration, administrator: Any) -> None:
    services.change_options(rovida, {"frequency": "hourly"}, actor=administrator)
    Integration.objects.update(next_sync_at=rovida.created_at)
    services.stop_everything(actor=administrator)
    sweep.sweep()
    assert not SyncJob.objects.exists()
    services.resume_everything(actor=administrator)
    sweep.sweep()
    assert SyncJob.objects.count() == 1


def test_a_person_is_refused_with_the_reason(rovida: Integration, administrator: Any) -> None:
    services.stop_everything(actor=administrator)
    with pytest.raises(Refused, match="arrêt d’urgence"):
        services.request_sync(rovida, actor=administrator)
    with pytest.raises(CommandError, match="arrêt d’urgence"):
        call_command("sync", str(rovida.pk))


def test_the_stop_is_confirmed_shown_on_every_page_ended_and_audited(
    administrator_client: Client, support_client: Client
) -> None:
    rows.integration()
    dashboard = reverse("integrations:dashboard")
    assert "Arrêt d’urgence" in administrator_client.get(dashboard).content.decode()
    assert "Tout arrêter maintenant" in administrator_client.get(reverse("integrations:stop")).content.decode()
    assert stop.current() is None
    assert support_client.post(reverse("integrations:stop")).status_code == 403
    administrator_client.post(reverse("integrations:stop"))
    for address in (
        dashboard,
        reverse("integrations:records"),
        reverse("webhooks:endpoints"),
        reverse("integrations:audit"),
    ):
        assert "stop-banner" in administrator_client.get(address).content.decode()
    assert support_client.post(reverse("integrations:resume")).status_code == 403
    administrator_client.post(reverse("integrations:resume"))
    assert "stop-banner" not in administrator_client.get(dashboard).content.decode()
    actions = AuditEvent.objects.filter(action__startswith="emergency").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["emergency.stopped", "emergency.resumed"]


def test_stopping_twice_and_resuming_twice_is_once(administrator: Any) -> None:
    assert services.stop_everything(actor=administrator) and not services.stop_everything(actor=administrator)
    assert services.resume_everything(actor=administrator) and not services.resume_everything(actor=administrator)


def _slice(job: SyncJob) -> None:
    run_slice(job.pk)
    connection.close()
