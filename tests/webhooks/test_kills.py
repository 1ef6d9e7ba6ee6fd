"""Real senders and writers, killed at the worst moments: no event is lost, and what comes twice has the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction

from tests.webhooks import receiver as wire
from tests.webhooks.conftest import all_ended, make_customers, make_endpoint
from tests.worker.conftest import start_worker  # noqa: F401 - a fixture
from tests.worker.running import until
from webhooks import payload
from webhooks.models import Attempt, Delivery, Endpoint, PendingEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Child:
    """One `sender_child`."""

    def __init__(self, environment: dict[str, str], log: Path, *arguments: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.webhooks.sender_child", *arguments],
                env=environment,
                cwd=django_settings.BASE_DIR,
                stdout=output,
                stderr=output,
            )

    def wait_for_death(self) -> None:
        assert self.process.wait(40) == -signal.SIGKILL, self.log.read_text()

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def start(child_environment: dict[str, str], tmp_path: Path, settings: Any) -> Iterator[Callable[..., Child]]:
    """start(moment): a sender in a process of its own that may reach the test's receivers."""
    children: list[Child] = []

    def begin(*arguments: str) -> Child:
        environment = child_environment | {"WEBHOOK_ALLOWED_NETWORKS": ",".join(settings.WEBHOOK_ALLOWED_NETWORKS)}
        child = Child(environment, tmp_path / f"child-{len(children)}.log", *arguments)
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        print(child.log.read_text())


def ids_of(events: list[Any]) -> set[str]:
    return {payload.message_id(event.pk) for event in events}


@pytest.mark.parametrize(
    ("moment", "most"),
    [("fanned_out", 1), ("claimed", 2), ("answered", 2)],
)
def test_a_sender_killed_at_any_moment_loses_nothing(start, receive, moment, most):
    receiver = receive()
    make_endpoint(receiver.url, timeout_seconds=1)
    events = make_customers(10)
    start(moment).wait_for_death()
    start()
    until(all_ended("delivered"), "every delivery")
    assert set(receiver.ids) == ids_of(events)
    assert max(receiver.ids.values()) <= most
    # Whoever comes twice comes with the same bytes.
    assert len({(call.id, call.body) for call in receiver.calls}) == 10


def test_a_sender_killed_while_the_receiver_thinks_loses_nothing(start, receive):
    receiver = receive(wire.hang)
    make_endpoint(receiver.url, timeout_seconds=2)
    events = make_customers(10)
    first = start()
    until(lambda: len(receiver.calls) >= 4, "calls that hang")
    first.kill()
    receiver.behave = wire.answer(200)
    start()
    until(all_ended("delivered"), "every delivery")
    assert set(receiver.ids) == ids_of(events)


def test_a_writer_killed_before_its_commit_tells_nobody_and_after_it_everybody(start, receive):
    receiver = receive()
    make_endpoint(receiver.url)
    start("write").wait_for_death()
    assert not PendingEvent.objects.exists()
    start("write-and-commit").wait_for_death()
    assert PendingEvent.objects.count() == 3
    start()
    until(all_ended("delivered"), "every delivery")
    assert len(receiver.ids) == 3


@pytest.mark.postgres
def test_an_event_whose_transaction_commits_late_is_not_skipped(start, receive):
    receiver = receive()
    make_endpoint(receiver.url)
    written, commit = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            make_customers(3, prefix="Tard")
            written.set()
            commit.wait(30)
        connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(10)
    make_customers(3, prefix="Tôt")
    start()
    until(lambda: len(receiver.ids) == 3 and not PendingEvent.objects.exists(), "the early ones")
    commit.set()
    thread.join()
    until(lambda: len(receiver.ids) == 6, "the late ones")


@pytest.mark.postgres
def test_a_commit_wakes_the_sender_at_once(start, receive, settings):
    receiver = receive()
    make_endpoint(receiver.url)
    child = start()
    until(lambda: "ready" in child.log.read_text(), "the sender")
    time.sleep(1)
    waits = []
    for _ in range(10):
        before = len(receiver.calls)
        began = time.time()
        make_customers()
        until(lambda before=before: len(receiver.calls) > before, "the delivery")
        waits.append(receiver.calls[-1].at - began)
        time.sleep(0.05)
    # Far below the sweep of 0.3 s; generous, as other tests share the machine.
    assert sorted(waits)[5] < 0.2, waits


def load(count: int, prefix: str = "Charge") -> set[str]:
    ids: set[str] = set()
    for start in range(0, count, 100):
        ids |= ids_of(make_customers(min(100, count - start), prefix=f"{prefix} {start}"))
    return ids


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def test_two_senders_one_killed_and_every_id_arrives(start, receive, count, tell):
    receiver = receive(wire.slow(0.01))
    make_endpoint(receiver.url, timeout_seconds=1)
    first, _ = start(), start()
    ids = load(count // 2)
    until(lambda: len(receiver.calls) > count // 10, "the first hundreds", 60)
    first.kill()
    ids |= load(count - count // 2)
    until(all_ended("delivered"), "every delivery", 600 if count > 1000 else 60)
    assert set(receiver.ids) == ids
    twice = sum(n - 1 for n in receiver.ids.values())
    # Only what the dead one held can come again.
    assert twice <= django_settings.WEBHOOK_THREADS
    tell(f"{count} events, one of two senders killed: 0 lost, {twice} came twice with the same id")


@pytest.mark.postgres
def test_connections_cut_under_load_lose_nothing(start, receive):
    receiver = receive(wire.slow(0.01))
    make_endpoint(receiver.url, timeout_seconds=1)
    start()
    ids = load(200)
    until(lambda: len(receiver.calls) > 20, "the first ones")
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            time.sleep(0.5)
    ids |= load(100, "Après")
    until(all_ended("delivered"), "every delivery", 60)
    assert set(receiver.ids) == ids


def test_a_worker_that_is_asked_to_stop_ends_what_is_under_way_and_nothing_comes_twice(
    start_worker, receive, settings, child_environment
):
    receiver = receive(wire.slow(1))
    make_endpoint(receiver.url, timeout_seconds=5)
    worker = start_worker(WEBHOOK_ALLOWED_NETWORKS=",".join(settings.WEBHOOK_ALLOWED_NETWORKS))
    until(lambda: worker.said("worker.started"), "the worker")
    make_customers(6)
    until(lambda: len(receiver.calls) == 6, "the calls")
    worker.send(signal.SIGTERM)
    assert worker.exit_code() == 0
    assert all_ended("delivered")()
    assert Attempt.objects.count() == 6
    assert Endpoint.objects.get().failing_since is None
    assert Delivery.objects.filter(attempts=1).count() == 6
