"""A synchronisation with ROVIDA's simulator over real HTTP, from the row to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Model

from integrations import services
from integrations.models import (
    Exchange,
    Integration,
    JobStatus,
    LinkState,
    RecordLink,
    Status,
    SyncCursor,
    SyncError,
    SyncJob,
)
from integrations.records.models import Contact, Event, Job, Property, RecordHistory, Tenant, Unit
from integrations.sync import runner
from integrations.sync.lease import claim
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = (Property, Unit, Tenant, Job)
WATCHED = (*KINDS, Contact, RecordLink, RecordHistory, Event)


def state() -> dict[str, list[dict[str, Any]]]:
    """Every row of every record, link, history and event."""
    models: tuple[type[Model], ...] = WATCHED
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}


def test_the_first_sync_brings_every_object_as_a_record(rovida: Integration, synchronise: Synchronise) -> None:
    job = synchronise(rovida)
    assert (job.status, job.processed, job.created, job.failed) == (JobStatus.COMPLETED, 362, 362, 0)
    assert [model.objects.count() for model in KINDS] == [12, 140, 150, 60]
    assert set(job.by_resource) == {"properties", "units", "tenants", "work_orders"} == set(job.done)
    assert job.duration_ms is not None and job.started_at is not None and job.finished_at is not None
    rovida.refresh_from_db()
    assert rovida.last_sync_at is not None


def test_records_refer_to_each_other_and_to_their_manager(rovida: Integration, synchronise: Synchronise) -> None:
    synchronise(rovida)
    unit = Unit.objects.exclude(tenants=None).select_related("property").first()
    assert unit is not None and unit.property is not None
    tenant = unit.tenants.first()
    assert tenant.property_id == unit.property_id
    managed = Property.objects.exclude(manager=None).select_related("manager").first()
    assert managed is not None and "@" in managed.manager.email


def test_a_change_at_the_provider_arrives_at_the_next_sync(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    synchronise(rovida)
    tenant = next(t for t in simulator.objects("tenants") if t["lease"])
    lease = tenant["lease"] | {"rent": {"amount": 123456, "currency": "CAD"}}
    simulator.edit("tenants", tenant["id"], family_name="Côté-Bélanger", lease=lease)
    job = synchronise(rovida)
    assert (job.updated, job.created) == (1, 0)
    link = RecordLink.objects.get(resource="tenants", remote_id=tenant["id"])
    record = Tenant.objects.get(pk=link.record_id)
    assert (record.family_name, str(record.rent), record.version) == ("Côté-Bélanger", "1234.56", 2)
    history = RecordHistory.objects.filter(record_id=record.pk).order_by("version").last()
    assert history is not None and history.changes["family_name"][1] == "Côté-Bélanger"
    assert history.origin == f"integration:{rovida.pk}" and history.job_id == job.pk


def test_a_third_sync_changes_no_record_link_history_or_event(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    synchronise(rovida)
    simulator.edit("properties", simulator.objects("properties")[0]["id"], name="Nouveau nom")
    synchronise(rovida)
    before = state()
    job = synchronise(rovida)
    assert state() == before
    assert (job.status, job.succeeded, job.failed) == (JobStatus.COMPLETED, 0, 0)
    full = synchronise(rovida, full=True)
    assert state() == before
    assert (full.processed, full.skipped) == (362, 362)


def test_a_sync_asks_once_per_page_and_nothing_more(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    simulator.forget_requests()
    job = synchronise(rovida)
    # 12 properties, 140 units, 150 tenants and 60 work orders in pages of 100.
    assert job.pages == 6
    assert len(simulator.requests()) == job.pages
    assert Exchange.objects.filter(job=job).count() == job.pages


def test_what_is_deleted_at_the_provider_is_archived_here_and_comes_back(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    synchronise(rovida)
    order = simulator.objects("work_orders")[0]["id"]
    simulator.delete("work_orders", order)
    job = synchronise(rovida)
    link = RecordLink.objects.get(resource="work_orders", remote_id=order)
    assert (job.archived, link.state) == (1, LinkState.TOMBSTONE)
    assert Job._base_manager.get(pk=link.record_id).archived_at is not None
    again = synchronise(rovida)
    assert again.archived == 0
    simulator.edit("work_orders", order, deleted_at=None)
    synchronise(rovida)
    link.refresh_from_db()
    assert link.state == LinkState.LIVE
    assert Job._base_manager.get(pk=link.record_id).archived_at is None


def test_a_sync_in_slices_goes_on_from_its_last_page(
    rovida: Integration, synchronise: Synchronise, simulator: Control, settings: Any
) -> None:
    rovida.batch_size = 20
    rovida.save()
    settings.SLICE_SECONDS = 0
    simulator.forget_requests()
    job = synchronise(rovida)
    assert (job.status, job.created, job.failed) == (JobStatus.COMPLETED, 362, 0)
    assert job.fencing > 4
    assert RecordLink.objects.filter(resource="tenants").count() == 150


def test_two_requests_for_a_sync_are_one_job(rovida: Integration, administrator: Any) -> None:
    first = services.request_sync(rovida, actor=administrator)
    assert services.request_sync(rovida, actor=administrator) == first
    assert SyncJob.objects.count() == 1


def test_a_job_that_somebody_holds_cannot_be_claimed(rovida: Integration) -> None:
    job = services.request_sync(rovida)
    held = claim(job.pk)
    assert held is not None
    assert claim(job.pk) is None
    assert runner.run_slice(job.pk) is None


def test_a_job_whose_worker_died_is_taken_over_when_its_lease_has_run_out(rovida: Integration) -> None:
    job = services.request_sync(rovida)
    dead = claim(job.pk)
    SyncJob.objects.filter(pk=job.pk).update(lease_until="2026-01-01T00:00:00Z")
    alive = claim(job.pk)
    assert dead is not None and alive is not None and alive.fencing == dead.fencing + 1
    assert not dead.held().exists()


def test_a_job_that_kills_its_workers_over_and_over_ends(rovida: Integration) -> None:
    job = services.request_sync(rovida)
    SyncJob.objects.filter(pk=job.pk).update(
        status=JobStatus.RUNNING, attempt=rovida.max_retries + 1, lease_until="2026-01-01T00:00:00Z"
    )
    assert runner.run_slice(job.pk) == JobStatus.FAILED
    job.refresh_from_db()
    assert "interrompue plusieurs fois" in job.error_message


def test_a_waiting_job_is_cancelled_at_once(rovida: Integration, administrator: Any) -> None:
    job = services.request_sync(rovida, actor=administrator)
    services.cancel_sync(job, actor=administrator)
    job.refresh_from_db()
    assert (job.status, job.is_open) == (JobStatus.CANCELLED, False)
    assert runner.run_slice(job.pk) is None


def test_a_running_job_is_cancelled_at_its_next_page_and_keeps_what_it_stored(
    rovida: Integration, administrator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rovida.batch_size = 10
    rovida.save()
    job = services.request_sync(rovida, actor=administrator)
    from integrations.sync.page import PageStore

    original, pages = PageStore.store_items, []

    def store(self: PageStore, *args: Any) -> None:
        original(self, *args)
        pages.append(1)
        if len(pages) == 3:
            services.cancel_sync(job, actor=administrator)

    monkeypatch.setattr(PageStore, "store_items", store)
    assert runner.run_slice(job.pk) == JobStatus.CANCELLED
    job.refresh_from_db()
    assert job.processed == 3 * 10 - 8
    assert RecordLink.objects.filter(resource__in=["properties", "units"]).count() == job.processed
    assert SyncCursor.objects.get(resource="units").cursor["page"]
    after = services.request_sync(rovida, actor=administrator)
    monkeypatch.undo()
    assert finish(after).status == JobStatus.COMPLETED
    assert Unit.objects.count() == 140


def test_disabling_stops_the_open_job_and_refuses_new_ones(rovida: Integration, administrator: Any) -> None:
    job = services.request_sync(rovida, actor=administrator)
    services.disable(rovida, actor=administrator)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    with pytest.raises(services.Refused, match="inactive"):
        services.request_sync(rovida, actor=administrator)
    services.enable(rovida, actor=administrator)
    assert services.request_sync(rovida, actor=administrator).is_open


def test_disconnecting_forgets_the_key_and_keeps_records_and_links(
    rovida: Integration, synchronise: Synchronise, administrator: Any
) -> None:
    synchronise(rovida)
    services.disconnect(rovida, actor=administrator)
    rovida = Integration.objects.get(pk=rovida.pk)
    assert not rovida.is_connected
    assert rovida.status == Status.INACTIVE
    assert Tenant.objects.count() == 150 == RecordLink.objects.filter(resource="tenants", state="live").count()
    with pytest.raises(services.Refused, match="Reconnectez"):
        services.enable(rovida, actor=administrator)


def test_deleting_keeps_records_archives_links_and_frees_the_account(
    rovida: Integration, synchronise: Synchronise, administrator: Any
) -> None:
    synchronise(rovida)
    services.delete(rovida, actor=administrator)
    assert Tenant.objects.count() == 150
    assert not RecordLink.objects.exclude(state=LinkState.ARCHIVED).exists()
    assert not Integration.objects.live().exists()
    again = services.connect(
        "rovida",
        name="ROVIDA",
        environment="simulator",
        auth_method="api_key",
        secrets={"api_key": "rov_test_demo_lacoste"},
        config={},
        actor=administrator,
    )
    assert again.account_id == rovida.account_id


def test_an_account_is_connected_once(rovida: Integration, administrator: Any) -> None:
    with pytest.raises(services.Refused, match="déjà relié"):
        services.connect(
            "rovida",
            name="Encore",
            environment="simulator",
            auth_method="api_key",
            secrets={"api_key": "rov_test_demo_lacoste"},
            config={},
            actor=administrator,
        )


def test_a_scheduled_sync_starts_once_and_plans_the_next(rovida: Integration, administrator: Any) -> None:
    services.change_options(rovida, {"frequency": "hourly"}, actor=administrator)
    assert services.enqueue_scheduled() == 0
    Integration.objects.update(next_sync_at="2026-01-01T00:00:00Z")
    assert services.enqueue_scheduled() == 1
    assert services.enqueue_scheduled() == 0
    rovida.refresh_from_db()
    assert rovida.next_sync_at is not None and rovida.next_sync_at.year >= 2026
    assert SyncJob.objects.get().trigger == "schedule"


def test_an_error_waits_for_what_it_refers_to_and_passes_without_a_request(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    unit = simulator.objects("units")[0]
    simulator.edit("units", unit["id"], status="hante")
    job = synchronise(rovida, resources=["properties", "units"])
    assert (job.status, job.failed) == (JobStatus.PARTIAL, 1)
    error = SyncError.objects.get()
    assert "« hante »" in error.message and error.payload["id"] == unit["id"]
    mapping = rovida.field_mappings.get(resource="units", local_field="unit.status")
    mapping.value_table["hante"] = "off_market"
    mapping.save()
    synchronise(rovida, resources=["units"])
    error.refresh_from_db()
    assert error.resolved_at is not None
    link = RecordLink.objects.get(resource="units", remote_id=unit["id"])
    assert Unit.objects.get(pk=link.record_id).status == "off_market"
