"""A mass change that arrives as many webhooks waits for a person like one that a run meets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import services
from integrations.models import (
    Approval,
    ApprovalState,
    GuardMark,
    HeldChange,
    Integration,
    SyncJob,
    Trigger,
)
from integrations.records.models import Tenant
from integrations.records.writing import pipelined
from integrations.sync import guard_counts
from integrations.sync.guard_counts import WindowCounts
from tests.integrations.conftest import Synchronise, finish
from tests.simulator import Control
from tests.webhooks.following.conftest import follow_due, received, state_of
from webhooks.models import InboundEvent, InboundStatus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
CHANGES = "risky_in_change"


@pytest.fixture
def pulled(listening: Integration, synchronise: Synchronise, settings: Any) -> Integration:
    """The demonstration's tenants, pulled; five changes pass."""
    settings.GUARD_MINIMUM, settings.GUARD_SHARE = 5, 0
    synchronise(listening)
    return listening


def ids_there(simulator: Control) -> list[str]:
    return [each["id"] for each in simulator.objects("tenants") if not each["deleted_at"]]


def told(integration: Integration, simulator: Control, ids: list[str], name: str = "Changée") -> list[InboundEvent]:
    """Edit these tenants there, and follow a webhook for each."""
    for remote_id in ids:
        simulator.edit("tenants", remote_id, given_name=f"{name} {remote_id}")
    events = [received(integration, "tenants", remote_id) for remote_id in ids]
    follow_due()
    return events


def changed_here() -> int:
    return Tenant.objects.filter(given_name__startswith="Changée").count()


def test_many_webhooks_together_change_at_most_the_limit_and_say_why(pulled: Integration, simulator: Control) -> None:
    ids = ids_there(simulator)
    events = told(pulled, simulator, ids[:3]) + told(pulled, simulator, ids[3:8])
    approval = Approval.objects.get()
    held = approval.held.count()
    assert changed_here() + held == 8 and changed_here() == 3
    assert (approval.action, approval.side, approval.limit) == ("change", "in", 5)
    run = approval.runs.get()
    assert (run.job, run.held, run.applied) == (None, held, changed_here())
    assert {state_of(event)[0] for event in events} == {InboundStatus.DONE}
    assert sum(state_of(event)[2] == "approval" for event in events) == held


def test_what_waits_is_refreshed_and_forgotten_when_it_is_back(pulled: Integration, simulator: Control) -> None:
    before = {each["id"]: each["given_name"] for each in simulator.objects("tenants")}
    told(pulled, simulator, ids_there(simulator)[:8])
    held = Approval.objects.get().held
    first, second = held.values_list("remote_id", flat=True)[:2]
    told(pulled, simulator, [first], name="Encore")
    simulator.edit("tenants", second, given_name=before[second])
    received(pulled, "tenants", second)
    follow_due()
    assert held.get(remote_id=first).changes["given_name"][1] == f"Encore {first}"
    assert not held.filter(remote_id=second).exists()
    assert not Tenant.objects.filter(given_name__startswith="Encore").exists()


def test_an_approval_applies_them_and_the_count_begins_anew(
    pulled: Integration, simulator: Control, administrator: Any
) -> None:
    ids = ids_there(simulator)
    told(pulled, simulator, ids[:8])
    finish(services.approve(Approval.objects.get(), actor=administrator))
    assert changed_here() == 8 and not HeldChange.objects.exists()
    told(pulled, simulator, ids[:3], name="Changée ensuite")
    assert Tenant.objects.filter(given_name__startswith="Changée ensuite").count() == 3


def test_a_refusal_leaves_them_and_the_flood_goes_on_waiting(
    pulled: Integration, simulator: Control, administrator: Any
) -> None:
    ids = ids_there(simulator)
    told(pulled, simulator, ids[:8])
    applied = changed_here()
    services.refuse(Approval.objects.get(), actor=administrator)
    told(pulled, simulator, ids[:3], name="Changée ensuite")
    assert not Tenant.objects.filter(given_name__startswith="Changée ensuite").exists()
    assert Approval.objects.get(state=ApprovalState.OPEN).held.count() == 3
    assert changed_here() == applied


def test_one_object_that_changes_often_is_no_mass(pulled: Integration, simulator: Control) -> None:
    remote_id = ids_there(simulator)[0]
    for number in range(7):
        told(pulled, simulator, [remote_id], name=f"Changée {number}")
    assert not Approval.objects.exists()
    assert Tenant.objects.filter(given_name__startswith="Changée 6").exists()


def test_the_window_slides(pulled: Integration, simulator: Control, settings: Any) -> None:
    settings.GUARD_WINDOW_MINUTES = 30
    ids = ids_there(simulator)
    told(pulled, simulator, ids[:4])
    GuardMark.objects.exclude(name="").update(at=timezone.now() - timedelta(minutes=29))
    told(pulled, simulator, ids[4:6])
    assert Approval.objects.get().held.count() == 2
    GuardMark.objects.exclude(name="").update(at=timezone.now() - timedelta(minutes=31))
    told(pulled, simulator, ids[6:8])
    assert changed_here() == 6
    assert guard_counts.forget_old() == 6 and GuardMark.objects.exclude(name="").count() == 2


def test_a_mass_deletion_by_webhook_waits_too(pulled: Integration, simulator: Control) -> None:
    ids = ids_there(simulator)[:8]
    for remote_id in ids:
        simulator.delete("tenants", remote_id)
        received(pulled, "tenants", remote_id, deleted=True)
    follow_due()
    assert not Tenant.objects.exclude(archived_at=None).exists()
    assert Approval.objects.get(action="delete").held.count() == 8


def test_runs_that_webhooks_ask_for_count_together(
    pulled: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    ids = ids_there(simulator)
    jobs = []
    for start in (0, 2, 4):
        for remote_id in ids[start : start + 2]:
            simulator.edit("tenants", remote_id, given_name=f"Changée {remote_id}")
        jobs.append(synchronise(pulled, trigger=Trigger.WEBHOOK, resources=["tenants"]))
    assert changed_here() == 4
    run = Approval.objects.get().runs.get()
    assert (run.job, run.held, run.applied) == (SyncJob.objects.get(pk=jobs[2].pk), 2, 0)


@pytest.mark.postgres
def test_processes_share_the_count_and_never_take_the_same_room(pulled: Integration) -> None:
    begun, go_on, passed = threading.Event(), threading.Event(), []

    def count(first: bool) -> None:
        keys = [f"{first} {number}" for number in range(4)]
        with transaction.atomic(), pipelined():
            counts = WindowCounts(pulled.pk, "tenants", None)
            if not first:
                begun.set()
            passed.append((first, counts.passes(CHANGES, keys)))
            counts.note(CHANGES, keys, [])
            if first:
                other.start()
                begun.wait(5)
                go_on.wait(0.3)  # the other one is at the row by now, and must not get any further
        if not first:
            connection.close()

    other = threading.Thread(target=count, args=(False,))
    count(True)
    other.join(10)
    assert passed == [(True, True), (False, False)]


def test_the_guard_of_webhooks_costs_the_same_for_one_object_and_for_many(
    pulled: Integration, simulator: Control, settings: Any, about_the_guard: Callable[[list[str]], list[str]]
) -> None:
    ids = ids_there(simulator)
    told(pulled, simulator, ids[:1])
    few, many = about_the_guard(ids[1:2]), about_the_guard(ids[2:5])
    assert len(few) == len(many) == 3, "the row, the count, the marks"
    settings.GUARD_MINIMUM = 0
    beyond = [about_the_guard(ids[5:7]), about_the_guard(ids[7:9])]
    assert [sum("COUNT" in sql and "recordlink" in sql for sql in one) for one in beyond] == [1, 0], (
        "links are counted once in a window's time"
    )


@pytest.fixture
def about_the_guard(pulled: Integration, simulator: Control) -> Callable[[list[str]], list[str]]:
    """about_the_guard(ids): follow a change of each, and return the statements that are the guard's."""

    def run(ids: list[str]) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            told(pulled, simulator, ids)
        statements = [one["sql"] for one in seen.captured_queries]
        return [sql for sql in statements if "guard" in sql or ("COUNT" in sql and "recordlink" in sql)]

    return run
