"""Following beside a run of the same integration: whoever stores first or last, both sides end the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from integrations import services
from integrations.models import Integration, RecordLink, SyncError, SyncJob
from integrations.records.models import Property, RecordHistory
from integrations.sync.page import PageStore
from integrations.sync.runner import run_slice
from tests.integrations.conftest import Synchronise, finish
from tests.simulator import Control
from tests.webhooks.following.conftest import follow_due, received, state_of
from webhooks.models import InboundStatus

pytestmark = pytest.mark.django_db(transaction=True)


def at_the_first_page(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something once a page has been read, before it is stored."""
    store, done = PageStore.store_items, threading.Event()

    def interrupted(self: PageStore, *args: Any) -> None:
        if not done.is_set() and self.job is not None:
            done.set()
            act()
        store(self, *args)

    monkeypatch.setattr(PageStore, "store_items", interrupted)


def the_property() -> tuple[RecordLink, Property]:
    link = RecordLink.objects.filter(resource="properties").order_by("remote_id")[0]
    return link, Property._base_manager.get(pk=link.record_id)


@pytest.mark.parametrize("versions", [True, False])
def test_a_page_read_before_a_change_does_not_undo_what_was_followed_since(
    listening: Integration,
    simulator: Control,
    synchronise: Synchronise,
    monkeypatch: pytest.MonkeyPatch,
    versions: bool,
) -> None:
    synchronise(listening)
    link, record = the_property()
    simulator.edit("properties", link.remote_id, name="Premier")
    if not versions:
        monkeypatch.setattr("integrations.sync.order.compare", lambda left, right: 0 if left == right else None)

    def change_and_follow() -> None:
        simulator.edit("properties", link.remote_id, name="Second")
        event = received(listening, "properties", link.remote_id)
        follow_due()
        assert state_of(event)[0] == InboundStatus.DONE

    at_the_first_page(monkeypatch, change_and_follow)
    assert synchronise(listening, resources=["properties"]).status == "completed"
    record.refresh_from_db()
    link.refresh_from_db()
    assert (record.name, link.base_remote["name"]) == ("Second", "Second")
    assert synchronise(listening, resources=["properties"]).updated == 0


def test_an_object_deleted_meanwhile_stays_deleted(
    listening: Integration, simulator: Control, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronise(listening)
    link, record = the_property()
    simulator.edit("properties", link.remote_id, name="Avant la fin")

    def delete_and_follow() -> None:
        simulator.delete("properties", link.remote_id)
        received(listening, "properties", link.remote_id, deleted=True)
        follow_due()

    at_the_first_page(monkeypatch, delete_and_follow)
    synchronise(listening, resources=["properties"])
    record.refresh_from_db()
    assert record.archived_at is not None


def test_a_first_pull_and_a_hint_make_one_record_of_one_object(
    listening: Integration, simulator: Control, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote_id = simulator.objects("properties")[0]["id"]

    def follow_it() -> None:
        received(listening, "properties", remote_id)
        follow_due()

    at_the_first_page(monkeypatch, follow_it)
    assert synchronise(listening, resources=["properties"]).status == "completed"
    assert Property._base_manager.count() == len(simulator.objects("properties"))
    assert not SyncError.objects.exists()


@pytest.mark.postgres
def test_run_and_follower_at_the_same_time_lose_and_double_nothing(listening: Integration, simulator: Control) -> None:
    """Real concurrency: pages of a first pull, and hints for the same objects, some of which change meanwhile."""
    simulator.seed("properties", 60)
    Integration.objects.filter(pk=listening.pk).update(batch_size=10)
    listening.refresh_from_db()
    ids = [one["id"] for one in simulator.objects("properties")]
    job = services.request_sync(listening, resources=["properties"])

    def pull() -> None:
        try:
            run_slice(job.pk)
        finally:
            connections.close_all()

    running = threading.Thread(target=pull)
    running.start()
    for number, remote_id in enumerate(ids):
        if number % 3 == 0:
            simulator.edit("properties", remote_id, name=f"Vivant {number}")
        received(listening, "properties", remote_id)
        if number % 10 == 9:
            follow_due()
    running.join()
    finish(SyncJob.objects.get(pk=job.pk))
    follow_due()
    links = {link.remote_id: link.record_id for link in RecordLink.objects.filter(resource="properties")}
    names = {remote_id: Property._base_manager.get(pk=record_id).name for remote_id, record_id in links.items()}
    assert names == {one["id"]: one["name"] for one in simulator.objects("properties")}
    assert Property._base_manager.count() == len(ids)
    assert not SyncError.objects.filter(resolved_at=None).exists()
    assert RecordHistory.objects.filter(kind="property").count() <= len(ids) + len(ids) // 3 + 1
