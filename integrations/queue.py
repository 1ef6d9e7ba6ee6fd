"""The bell: the only module that knows django-q2.

A bell carries an id and may be lost, late or doubled; the rows it points to are the truth, and the sweep rings again.
q2's own command is not used: its main process hangs when its sentinel is killed, and its sentinel replaces processes
that died with a queue lock in hand, after which nothing moves (docs/architecture.md).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import Event
from multiprocessing.sharedctypes import RawValue
from typing import Any

import structlog
from django import db
from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.cluster import Sentinel, get_mp_context
from django_q.conf import Conf
from django_q.models import Failure, OrmQ
from django_q.tasks import async_task

log = structlog.get_logger(__name__)

# q2 tells each bell three times at level INFO.
logging.getLogger("django-q").setLevel(logging.WARNING)

HERE = "here:"  # begins the keys of bells for one machine alone
IDLE = -1  # what a worker process of q2 writes in its timer while it waits for a task

_stopping = RawValue("b", 0)  # shared by the processes of a cluster, which are forked from the one that sets it


def ring(task: str, *args: str) -> None:
    """Ask a worker to run `task` (a dotted path) with ids as arguments; joins the caller's transaction."""
    async_task(task, *args, save=False, ack_failure=True)


def ring_here(task: str, *args: str) -> None:
    """Ask the worker of this machine, and no other, to run `task` before anything else."""
    async_task(task, *args, save=False, ack_failure=True, cluster=_own_key())


def stopping() -> bool:
    """Whether the worker was asked to stop: a long task ends at its next resting place, before it is killed."""
    return bool(_stopping.value)


def rings_here() -> bool:
    """Whether a bell for this machine alone waits, is being answered, or was never taken off the queue."""
    return OrmQ.objects.filter(key=_own_key()).exists()


def waiting() -> int:
    """How many bells nobody has taken yet."""
    return OrmQ.objects.filter(key=Conf.CLUSTER_NAME, lock__lte=timezone.now()).count()


def silence() -> int:
    """Forget the bells that a dead cluster had taken, and those for this machine alone; returns how many.

    Bells that a living cluster of another machine has in hand are answered all the same.
    """
    taken = Q(key=Conf.CLUSTER_NAME, lock__gt=timezone.now())
    deleted, _ = OrmQ.objects.filter(Q(key=_own_key()) | taken).delete()
    return deleted


def purge(days: int) -> int:
    """Delete q2's notes on tasks that failed more than `days` days ago, and bells for machines gone for a day."""
    now = timezone.now()
    failures, _ = Failure.objects.filter(stopped__lt=now - timedelta(days=days)).delete()
    bells, _ = OrmQ.objects.filter(key__startswith=HERE, lock__lt=now - timedelta(days=1)).delete()
    return failures + bells


def _own_key() -> str:
    return f"{HERE}{socket.gethostname()}"[:100]


class Bells(ORM):
    """q2's broker on our database: this machine's own bells first, then the oldest; outlasts a restart of the database.

    q2 would end the processes that meet a database error. It also keeps statistics in the cache, two writes a second:
    WorkerHost says how the worker is, so there is no cache here.
    """

    @staticmethod
    def get_cache() -> None:
        """Tell q2 that there is no cache."""

    @staticmethod
    def get_connection(list_key: str | None = None) -> QuerySet[OrmQ]:
        """The bells; unlike q2's own, this opens no connection before it is needed."""
        if not db.connection.in_atomic_block:
            db.close_old_connections()
        return OrmQ.objects.all()

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Take one bell by compare-and-swap; waits a moment when there is none."""
        try:
            bell = self._next()
            if bell is None:
                time.sleep(Conf.POLL)
                return None
            taken = self.get_connection().filter(pk=bell.pk, lock=bell.lock).update(lock=self.timeout(bell))
        except (db.DatabaseError, db.InterfaceError) as error:
            _wait_for_database(error)
            return None
        return [(bell.pk, bell.payload)] if taken else None

    def _next(self) -> OrmQ | None:
        own = _own_key()
        bells = self.get_connection().filter(key__in=[own, self.list_key], lock__lte=timezone.now())
        return bells.order_by(Case(When(key=own, then=0), default=1), "pk").first()

    def acknowledge(self, task_id: int) -> None:
        """Take an answered bell off the queue, as soon as the database allows."""
        while True:
            try:
                self.get_connection().filter(pk=task_id).delete()
            except (db.DatabaseError, db.InterfaceError) as error:
                _wait_for_database(error)
            else:
                return


def _wait_for_database(error: Exception) -> None:
    # The watchdog tells of the outage; this one line a second would drown it.
    log.debug("queue.database_failed", error=str(error).partition("\n")[0])
    db.connections.close_all()
    time.sleep(1.0)


def run_cluster(announce: Callable[[str], None]) -> bool:
    """Run q2's processes until SIGTERM or SIGINT; True when they were asked to stop, False when they broke down.

    Must be called in the main thread of a process that does nothing else. `announce` is told the role of each process
    (sentinel, worker, monitor, pusher) just before it is forked.
    """
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: asked.append(received))
    stop, start = Event(), Event()
    _Sentinel.announce = staticmethod(announce)
    announce("sentinel")
    sentinel = get_mp_context().Process(target=_Sentinel, args=(stop, start, uuid.uuid4()))
    db.connections.close_all()
    sentinel.start()
    while sentinel.is_alive() and not asked:
        time.sleep(0.1)
    _stopping.value = 1
    # A dead sentinel may have taken the event's lock along: setting it then would wait for ever.
    if sentinel.is_alive():
        stop.set()
        sentinel.join()
    return bool(asked)


class _Sentinel(Sentinel):
    """q2's sentinel, which ends with all its processes when it cannot know whether their queues still work."""

    announce: Callable[[str], None]

    def spawn_process(self, target: Any, *args: Any) -> Any:
        """Start a process, after having told its role."""
        self.announce(target.__name__)
        return super().spawn_process(target, *args)

    def reincarnate(self, process: Any) -> None:
        """Replace a worker that ended while it held no lock: recycled, timed out, or killed at work.

        Whoever else died may have been waiting on a queue, whose lock is then never given back: only a new cluster
        helps, and the watchdog starts it at once.
        """
        if process in self.pool and process.timer.value != IDLE:
            super().reincarnate(process)
            return
        role = {self.monitor: "monitor", self.pusher: "pusher"}.get(process, "idle worker")
        log.error("cluster.process_died", role=role, pid=process.pid, exitcode=process.exitcode)
        # The others follow by themselves: each dies with its parent. No clean-up, which would wait for the lock.
        os._exit(1)
