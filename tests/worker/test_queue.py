"""The bell: who hears it, in which order, and what is forgotten."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import Failure, OrmQ

from integrations import queue, tasks
from integrations.sync.runner import RUN_SYNC
from integrations.worker.heartbeat import BEAT

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker() -> queue.Bells:
    return queue.Bells()


def heard(broker: queue.Bells) -> list[str]:
    """Take every bell that can be taken; returns their arguments in order."""
    taken = []
    while bells := broker.dequeue():
        taken += [OrmQ.objects.get(pk=pk).task["args"][0] for pk, _ in bells]
    return taken


def test_bells_are_heard_in_order_and_those_for_this_machine_first(broker: queue.Bells) -> None:
    queue.ring(RUN_SYNC, "first")
    queue.ring(RUN_SYNC, "second")
    queue.ring_here(BEAT, "here")
    assert heard(broker) == ["here", "first", "second"]


def test_a_bell_for_another_machine_is_not_heard(broker: queue.Bells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    queue.ring_here(BEAT, "there")
    assert heard(broker) == ["there"]
    queue.ring_here(BEAT, "there again")
    monkeypatch.undo()
    assert heard(broker) == []
    assert not queue.rings_here()


def test_a_bell_is_taken_once(broker: queue.Bells, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another cluster took it between the look and the claim."""
    queue.ring(RUN_SYNC, "once")
    monkeypatch.setattr(
        broker, "timeout", lambda task: OrmQ.objects.update(lock=timezone.now() + timedelta(1)) and timezone.now()
    )
    assert broker.dequeue() is None


def test_a_bell_here_rings_until_it_was_answered(broker: queue.Bells) -> None:
    assert not queue.rings_here()
    queue.ring_here(BEAT, "here")
    assert queue.rings_here()
    bells = broker.dequeue()
    assert bells and queue.rings_here(), "taken, not answered yet"
    broker.acknowledge(bells[0][0])
    assert not queue.rings_here()


def test_silence_forgets_what_a_dead_cluster_had_taken_and_keeps_what_waits(broker: queue.Bells) -> None:
    queue.ring(RUN_SYNC, "taken")
    broker.dequeue()
    queue.ring(RUN_SYNC, "waits")
    queue.ring_here(BEAT, "here")
    OrmQ.objects.create(key="here:another", payload="", lock=timezone.now() + timedelta(seconds=9))
    assert queue.waiting() == 1
    assert queue.silence() == 2
    assert heard(broker) == ["waits"]
    assert OrmQ.objects.filter(key="here:another").exists()


def test_a_bell_rung_in_a_transaction_that_fails_is_not_heard(broker: queue.Bells) -> None:
    from django.db import transaction

    with pytest.raises(ValueError), transaction.atomic():
        queue.ring(RUN_SYNC, "never")
        raise ValueError
    assert heard(broker) == []


def test_notes_on_failed_tasks_are_forgotten_after_a_time() -> None:
    now = timezone.now()
    for number, age in enumerate((1, 40)):
        Failure.objects.create(
            id=str(number), name="a", func="f", started=now, stopped=now - timedelta(days=age), success=False
        )
    assert queue.purge(30) == 1
    assert Failure.objects.get().id == "0"


def test_bells_for_a_machine_gone_for_a_day_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    queue.ring(RUN_SYNC, "any machine")
    queue.ring_here(BEAT, "here")
    monkeypatch.setattr("socket.gethostname", lambda: "gone")
    queue.ring_here(BEAT, "gone")
    gone = OrmQ.objects.get(key="here:gone")
    old = [gone.pk, OrmQ.objects.earliest("pk").pk]
    OrmQ.objects.filter(pk__in=old).update(lock=timezone.now() - timedelta(days=2))
    assert queue.purge(30) == 1
    assert not OrmQ.objects.filter(pk=gone.pk).exists()


def test_the_names_of_tasks_lead_to_them() -> None:
    assert (tasks.RUN_SYNC, tasks.BEAT) == (RUN_SYNC, BEAT)
    for path in (RUN_SYNC, BEAT):
        module, _, name = path.rpartition(".")
        assert module == tasks.__name__
        assert callable(getattr(tasks, name))


@pytest.fixture
def outage(broker: queue.Bells, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The database fails once; returns the waits of the broker."""
    waits: list[float] = []
    bells = broker.get_connection

    def fail_once() -> None:
        monkeypatch.setattr(broker, "get_connection", bells)
        raise OperationalError("the server is away")

    monkeypatch.setattr(broker, "get_connection", fail_once)
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)  # it would end the test's transaction
    return waits


def test_the_queue_outlasts_an_outage_of_the_database(broker: queue.Bells, outage: list[float]) -> None:
    queue.ring(RUN_SYNC, "later")
    assert broker.dequeue() is None
    assert outage == [1.0]
    assert broker.dequeue()


def test_an_answered_bell_is_taken_off_after_an_outage(broker: queue.Bells, outage: list[float]) -> None:
    queue.ring(RUN_SYNC, "answered")
    broker.acknowledge(OrmQ.objects.get().pk)
    assert outage == [1.0]
    assert not OrmQ.objects.exists()
