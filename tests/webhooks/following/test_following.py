"""What providers told us becomes records, whatever the order, the doubles and the failures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import services
from integrations.models import (
    Credential,
    Integration,
    PushOperation,
    RateBucket,
    RecordLink,
    Status,
    SyncCursor,
    SyncError,
    SyncJob,
)
from integrations.records.models import Job, Property, RecordHistory
from integrations.services import follow
from integrations.services.following import Look, Result
from integrations.sync import bucket
from integrations.sync.follow import STORED
from tests.integrations.conftest import Synchronise
from tests.simulator import Control
from tests.webhooks.following.conftest import follow_due, make_due, received, state_of
from webhooks.following import follower as follower_module
from webhooks.models import InboundStatus, InboundSubscription

pytestmark = pytest.mark.django_db(transaction=True)


def a_property(integration: Integration) -> tuple[RecordLink, Property]:
    link = RecordLink.objects.filter(integration=integration, resource="properties").order_by("remote_id")[0]
    return link, Property._base_manager.get(pk=link.record_id)


@pytest.fixture
def synced(listening: Integration, synchronise: Synchronise) -> Integration:
    assert synchronise(listening).status == "completed"
    listening.refresh_from_db()
    return listening


def test_a_hint_brings_the_change_with_its_history_and_event(synced: Integration, simulator: Control) -> None:
    link, record = a_property(synced)
    cursors = list(SyncCursor.objects.order_by("resource").values_list("resource", "cursor"))
    simulator.edit("properties", link.remote_id, name="Résidence du Canal")
    event = received(synced, "properties", link.remote_id)
    follow_due()
    record.refresh_from_db()
    assert record.name == "Résidence du Canal"
    assert state_of(event) == (InboundStatus.DONE, 0, "")
    history = RecordHistory.objects.filter(record_id=record.pk).latest("at")
    assert (history.origin, history.job_id) == (f"integration:{synced.pk}", None)
    assert record.provenance["name"]["by"] == f"integration:{synced.pk}"
    assert list(SyncCursor.objects.order_by("resource").values_list("resource", "cursor")) == cursors
    assert not SyncJob.objects.filter(status__in=["pending", "running"]).exists()


def test_many_hints_for_one_object_cost_one_request(synced: Integration, simulator: Control) -> None:
    link, _ = a_property(synced)
    simulator.edit("properties", link.remote_id, name="Une fois")
    events = [received(synced, "properties", link.remote_id) for _ in range(5)]
    simulator.forget_requests()
    follow_due()
    assert len(simulator.requests()) == 1
    assert {state_of(event)[0] for event in events} == {InboundStatus.DONE}


def test_a_hint_of_what_is_stored_already_asks_nothing(synced: Integration, simulator: Control) -> None:
    link, _ = a_property(synced)
    event = received(synced, "properties", link.remote_id, version=link.remote_version)
    simulator.forget_requests()
    follow_due()
    assert (simulator.requests(), state_of(event)[0]) == ([], InboundStatus.DONE)


def test_a_new_object_comes_with_what_it_refers_to(listening: Integration, simulator: Control) -> None:
    order = simulator.objects("work_orders")[0]
    event = received(listening, "work_orders", order["id"])
    follow_due()
    assert state_of(event) == (InboundStatus.DONE, 0, "")
    job = Job._base_manager.get()
    assert str(job.property_id) == str(RecordLink.objects.get(resource="properties").record_id)
    assert not SyncError.objects.exists()


@pytest.mark.parametrize("told", [True, False])
def test_a_deleted_object_is_archived_whether_the_hint_says_so_or_not(
    synced: Integration, simulator: Control, told: bool
) -> None:
    link, record = a_property(synced)
    simulator.delete("properties", link.remote_id)
    event = received(synced, "properties", link.remote_id, deleted=told)
    follow_due()
    record.refresh_from_db()
    assert record.archived_at is not None
    assert state_of(event)[0] == InboundStatus.DONE


def test_deletions_are_left_alone_where_the_integration_does_not_follow_them(
    synced: Integration, simulator: Control
) -> None:
    synced.include_deleted = False
    synced.save(update_fields=["include_deleted"])
    link, record = a_property(synced)
    simulator.delete("properties", link.remote_id)
    received(synced, "properties", link.remote_id, deleted=True)
    follow_due()
    record.refresh_from_db()
    assert record.archived_at is None


def test_a_deletion_that_is_told_late_does_not_take_away_a_living_object(
    synced: Integration, simulator: Control
) -> None:
    link, record = a_property(synced)
    event = received(synced, "properties", link.remote_id, deleted=True)
    for _ in range(5):
        follow_due()
        make_due(event)
    record.refresh_from_db()
    assert record.archived_at is None
    assert state_of(event)[0] in (InboundStatus.DONE, InboundStatus.DEAD)


def test_an_integration_that_only_sends_takes_nothing(synced: Integration, simulator: Control) -> None:
    synced.direction = "out"
    synced.save(update_fields=["direction"])
    link, record = a_property(synced)
    simulator.edit("properties", link.remote_id, name="Ailleurs")
    event = received(synced, "properties", link.remote_id)
    simulator.forget_requests()
    follow_due()
    record.refresh_from_db()
    assert (record.name != "Ailleurs", simulator.requests()) == (True, [])
    assert state_of(event)[0] == InboundStatus.IGNORED


def test_where_a_filter_decides_a_pull_of_that_object_is_asked_for(synced: Integration) -> None:
    services.change_options(synced, {"filters": {"properties": {"status": "active"}}}, actor=_anyone())
    link, _ = a_property(synced)
    event = received(synced, "properties", link.remote_id)
    follow_due()
    job = SyncJob.objects.get(trigger="webhook")
    assert (job.resources, job.status) == (["properties"], "pending")
    assert state_of(event) == (InboundStatus.DONE, 0, "by_sync")


def test_a_record_that_cannot_be_taken_opens_an_error_and_ends_the_event(
    synced: Integration, simulator: Control
) -> None:
    link, _ = a_property(synced)
    simulator.edit("properties", link.remote_id, status="inconnu")
    event = received(synced, "properties", link.remote_id)
    follow_due()
    assert state_of(event) == (InboundStatus.DONE, 0, "enum")
    error = SyncError.objects.get(resolved_at=None)
    assert (error.remote_id, error.job_id) == (link.remote_id, None)
    simulator.edit("properties", link.remote_id, status="active")
    received(synced, "properties", link.remote_id)
    follow_due()
    error.refresh_from_db()
    assert error.resolved_at is not None


def test_an_object_of_a_creation_under_way_is_not_taken_for_a_stranger(
    listening: Integration, simulator: Control
) -> None:
    operation = PushOperation.objects.create(
        integration=listening,
        resource="properties",
        record_kind="property",
        record_id="0190a000-0000-7000-8000-000000000001",
        status="sending",
        action="create",
    )
    event = received(listening, "properties", simulator.objects("properties")[0]["id"])
    follow_due()
    assert state_of(event) == (InboundStatus.PENDING, 0, "own_write")
    assert not Property._base_manager.exists()
    operation.delete()
    make_due(event)
    follow_due()
    assert (state_of(event)[0], Property._base_manager.count()) == (InboundStatus.DONE, 1)


def test_following_costs_the_same_statements_for_any_number_of_objects(
    synced: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    simulator.seed("properties", 24)
    synchronise(synced)
    # The last ones: all seeded, and alike.
    rows = RecordLink.objects.filter(resource="properties").order_by("-synced_at", "-pk")[:24]
    ids = [link.remote_id for link in rows]
    costs = []
    for part in (ids[:4], ids[4:]):
        for remote_id in part:
            simulator.edit("properties", remote_id, name=f"Autre {remote_id}")
        with CaptureQueriesContext(connection) as seen:
            results = follow(synced, [Look("properties", remote_id) for remote_id in part])
        assert {one.result for one in results.values()} == {Result.STORED}
        # The emergency stop and the rhythm of requests are looked at by the clock, whatever is asked.
        by_clock = ("emergencystop", "ratebucket")
        costs.append([one["sql"] for one in seen.captured_queries if not any(name in one["sql"] for name in by_clock)])
    assert len(costs[1]) <= len(costs[0]) <= 22, [sql[:90] for sql in costs[0] + ["—"] + costs[1]]


def test_what_a_webhook_asks_takes_its_place_in_the_rhythm_of_all(synced: Integration, simulator: Control) -> None:
    link, _ = a_property(synced)
    simulator.edit("properties", link.remote_id, name="Autre")
    bucket.forget(synced.pk)
    assert follow(synced, [Look("properties", link.remote_id)])["properties", link.remote_id].result == Result.STORED
    assert sum(RateBucket.objects.get(integration=synced).spent.values()) >= 1


def test_a_credential_that_is_gone_breaks_the_integration(synced: Integration) -> None:
    Credential.objects.all().delete()
    synced = Integration.objects.get(pk=synced.pk)
    seen = follow(synced, [Look("properties", "prop_1"), Look("properties", "prop_2")])
    assert {one.result for one in seen.values()} == {Result.BROKEN}


# --- Failures -------------------------------------------------------------------------------------------------------
def test_a_failure_waits_on_the_row_and_becomes_a_dead_letter_that_is_told(
    synced: Integration, simulator: Control
) -> None:
    link, _ = a_property(synced)
    event = received(synced, "properties", link.remote_id)
    simulator.fault("error", times=None)
    states = []
    for _ in range(3):
        follow_due()
        states.append(state_of(event)[:2])
        make_due(event)
    assert states == [("pending", 1), ("pending", 2), ("dead", 3)]
    assert InboundSubscription.objects.get().notice_due_at is not None
    synced.refresh_from_db()
    assert synced.status == Status.ACTIVE


def test_a_limit_that_is_reached_waits_as_long_as_asked_and_is_no_try(synced: Integration, simulator: Control) -> None:
    link, _ = a_property(synced)
    events = [received(synced, "properties", link.remote_id), received(synced, "units", "unit_1")]
    simulator.fault("rate_limit", times=None, retry_after=40)
    follow_due()
    assert {state_of(event)[:2] for event in events} == {("pending", 0)}
    waits = [(event.next_at - event.received_at).total_seconds() for event in events]
    assert min(waits) > 30


def test_a_broken_integration_keeps_its_events_until_it_is_reconnected(
    synced: Integration, simulator: Control, administrator: Any
) -> None:
    link, record = a_property(synced)
    simulator.edit("properties", link.remote_id, name="Entre-temps")
    simulator.fault("revoked_key", times=None)
    first = received(synced, "properties", link.remote_id)
    follow_due()
    synced.refresh_from_db()
    assert (synced.status, state_of(first)[0]) == (Status.RECONNECT, InboundStatus.WAITING)
    second = received(synced, "properties", link.remote_id)
    follow_due()
    assert state_of(second)[0] == InboundStatus.WAITING
    simulator.clear_faults()
    secrets = Credential.objects.get(integration=synced).values()
    services.reconnect(synced, auth_method="api_key", secrets=secrets, config={}, actor=administrator)
    assert {state_of(first)[0], state_of(second)[0]} == {InboundStatus.PENDING}
    follow_due()
    record.refresh_from_db()
    assert record.name == "Entre-temps"
    assert {state_of(first)[0], state_of(second)[0]} == {InboundStatus.DONE}


def test_events_of_an_integration_that_was_switched_off_are_closed(synced: Integration, administrator: Any) -> None:
    link, _ = a_property(synced)
    event = received(synced, "properties", link.remote_id)
    Integration.objects.filter(pk=synced.pk).update(webhooks_enabled=False)
    follow_due()
    assert state_of(event) == (InboundStatus.IGNORED, 0, "switched_off")


def test_nothing_is_followed_during_an_emergency_stop(
    synced: Integration, simulator: Control, administrator: Any
) -> None:
    link, _ = a_property(synced)
    event = received(synced, "properties", link.remote_id)
    services.stop_everything(actor=administrator)
    simulator.forget_requests()
    follow_due()
    assert (state_of(event)[:2], simulator.requests()) == (("pending", 0), [])
    services.resume_everything(actor=administrator)
    follow_due()
    assert state_of(event)[0] == InboundStatus.DONE


# --- Order ----------------------------------------------------------------------------------------------------------
def test_events_in_any_order_and_twice_end_in_the_same_state(synced: Integration, simulator: Control) -> None:
    link, record = a_property(synced)
    versions = [simulator.edit("properties", link.remote_id, name=f"Nom {n}")["version"] for n in range(3)]
    for version in (versions[2], versions[0], versions[1], versions[0], versions[2]):
        received(synced, "properties", link.remote_id, version=str(version))
        follow_due()
    record.refresh_from_db()
    link.refresh_from_db()
    assert (record.name, link.remote_version) == ("Nom 2", str(versions[2]))
    assert RecordHistory.objects.filter(record_id=record.pk).count() == 2  # created, changed once


def test_an_object_that_lags_behind_its_announcement_is_read_again(synced: Integration) -> None:
    link, _ = a_property(synced)
    ahead = str(int(link.remote_version) + 1)
    event = received(synced, "properties", link.remote_id, version=ahead)
    follow_due()
    assert state_of(event) == (InboundStatus.PENDING, 1, "not_yet")


def test_a_document_outside_the_period_is_left_out(books: Integration, intuit: Control) -> None:
    document = intuit.objects("Invoice", slug="quickbooks")[0]["Id"]
    books.date_from, books.released_at = date(2100, 1, 1), timezone.now()
    assert follow(books, [Look("invoices", document)])["invoices", document].result == Result.OUTSIDE
    books.date_from = None
    assert follow(books, [Look("invoices", document)])["invoices", document] == STORED


def _anyone() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(role="administrator").first()


def test_a_follower_follows_by_itself(synced: Integration, simulator: Control, follower: Any) -> None:
    link, record = a_property(synced)
    simulator.edit("properties", link.remote_id, name="En direct")
    event = received(synced, "properties", link.remote_id)
    follower(lambda: state_of(event)[0] == InboundStatus.DONE, 10)
    record.refresh_from_db()
    assert record.name == "En direct"


def test_a_thread_keeps_its_connection_from_batch_to_batch_until_that_breaks(
    synced: Integration, simulator: Control, settings: Any, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    settings.WEBHOOK_FOLLOW_THREADS = 1
    link, record = a_property(synced)
    used: list[Any] = []

    really = follower_module.follow_batch

    def follow_batch(batch: Any) -> list[float]:
        waits = really(batch)
        used.append(connection.connection)
        return waits

    monkeypatch.setattr(follower_module, "follow_batch", follow_batch)
    follow_until = request.getfixturevalue("follower")
    for name in ("Un", "Deux", "Trois"):
        simulator.edit("properties", link.remote_id, name=name)
        event = received(synced, "properties", link.remote_id)
        follow_until(lambda event=event: state_of(event)[0] == InboundStatus.DONE)
        if name == "Deux":
            used[-1].close()  # as when the server restarts
    record.refresh_from_db()
    assert record.name == "Trois"
    assert used[0] is used[1] and used[2] is not used[1]
