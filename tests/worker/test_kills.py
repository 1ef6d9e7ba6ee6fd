"""Whatever process dies, work goes on and nothing is orphaned. These tests kill real processes.

The periods are those of the tests' settings: a beat every 0.5 s, silent after 5 s.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from integrations import queue
from integrations.models import Integration, JobStatus, SyncJob, WorkerHost
from tests.worker.running import Worker, beat, until, wait_for_answer, wait_for_beats

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

Bell = Callable[[], Callable[[], bool]]
Start = Callable[..., Worker]

HEALTHY = {"watchdog": 1, "main": 1, "sentinel": 1, "worker": settings.WORKER_PROCESSES, "monitor": 1, "pusher": 1}


def roles(worker: Worker) -> dict[str, int]:
    """How many living processes there are of each role."""
    names = [each.name().removeprefix("worker:") for each in worker.living()]
    return {name: names.count(name) for name in names}


def settled(worker: Worker, bell: Bell) -> None:
    """Work goes on: a new bell is answered; and there is one whole cluster, without a process too many."""
    wait_for_answer(bell)
    until(lambda: roles(worker) == HEALTHY, "one whole cluster", 10)


def nap(tmp_path: Path, seconds: float) -> tuple[int, Path]:
    """Keep a worker process busy; returns its number once it is, and the file that tells the end of the nap."""
    began, ended = tmp_path / "began", tmp_path / "ended"
    queue.ring("tests.worker.bells.nap", str(seconds), str(began), str(ended))
    until(began.exists, "the beginning of the nap")
    return int(began.read_text()), ended


@pytest.mark.parametrize("role", ["worker", "monitor", "pusher", "sentinel", "main"])
def test_work_goes_on_after_the_kill_of_an_idle(role: str, worker: Worker, bell: Bell) -> None:
    victim = worker.role(role)[0]
    worker.send(signal.SIGKILL, victim)
    until(lambda: victim not in worker.role(role), "the death of the process")
    settled(worker, bell)


def test_the_kill_of_a_busy_worker_leaves_the_others_at_work(worker: Worker, bell: Bell, tmp_path: Path) -> None:
    main = worker.role("main")
    busy, ended = nap(tmp_path, 60)
    worker.send(signal.SIGKILL, busy)
    settled(worker, bell)
    assert worker.role("main") == main, "the cluster went on, only its worker was replaced"
    assert not ended.exists()


def test_a_cluster_that_hangs_is_replaced(start_worker: Start, bell: Bell) -> None:
    """A stopped sentinel replaces nobody, and a killed idle worker keeps the lock of the queue: nothing moves."""
    worker = start_worker(BEAT_TIMEOUT_SECONDS="2.5")
    wait_for_beats()
    worker.send(signal.SIGSTOP, *worker.role("sentinel"))
    worker.send(signal.SIGKILL, *worker.role("worker"))
    until(lambda: worker.said("cluster.restarted"), "the restart")
    settled(worker, bell)
    assert worker.said("no sign of life")
    assert WorkerHost.objects.get().restarts >= 1


def test_a_pusher_that_hangs_is_replaced(start_worker: Start, bell: Bell) -> None:
    worker = start_worker(BEAT_TIMEOUT_SECONDS="2.5")
    wait_for_beats()
    worker.send(signal.SIGSTOP, *worker.role("pusher"))
    settled(worker, bell)
    assert worker.said("no sign of life")


def test_a_main_process_that_hangs_stops_no_work_and_no_end(worker: Worker, bell: Bell) -> None:
    worker.send(signal.SIGSTOP, *worker.role("main"))
    wait_for_answer(bell)
    worker.send(signal.SIGTERM)
    assert worker.exit_code() == 0


def test_everything_dies_with_the_watchdog_and_a_new_one_goes_on(
    worker: Worker, start_worker: Start, bell: Bell
) -> None:
    worker.send(signal.SIGKILL)
    assert worker.exit_code(10) == -signal.SIGKILL
    settled(start_worker(), bell)


def test_sigterm_to_the_process_group_stops_everything(worker: Worker) -> None:
    os.killpg(worker.pid, signal.SIGTERM)
    assert worker.exit_code() == 0
    assert WorkerHost.objects.get().owner == "", "the machine is free for the next worker"


def test_sigterm_to_every_process_stops_everything(worker: Worker) -> None:
    worker.send(signal.SIGTERM, *[each.pid for each in worker.living()])
    assert worker.exit_code() == 0


def test_sigterm_to_every_process_but_the_watchdog_is_survived(worker: Worker, bell: Bell) -> None:
    worker.send(signal.SIGTERM, *[each.pid for each in worker.living() if each.pid != worker.pid])
    until(lambda: worker.said("cluster.restarted"), "the restart")
    settled(worker, bell)


def test_sigterm_lets_a_running_task_end(worker: Worker, tmp_path: Path) -> None:
    _, ended = nap(tmp_path, 1.5)
    worker.send(signal.SIGTERM)
    assert worker.exit_code() == 0
    assert ended.exists()


def test_sigterm_waits_no_longer_than_the_grace(worker: Worker, tmp_path: Path) -> None:
    _, ended = nap(tmp_path, 60)
    worker.send(signal.SIGTERM)
    assert worker.exit_code(settings.STOP_GRACE_SECONDS + 5) == 0
    assert not ended.exists()


def test_a_second_sigterm_kills_at_once(start_worker: Start, tmp_path: Path) -> None:
    worker = start_worker(STOP_GRACE_SECONDS="60")
    wait_for_beats()
    nap(tmp_path, 60)
    worker.send(signal.SIGTERM)
    until(lambda: worker.said("worker.stopping"), "the stop")
    worker.send(signal.SIGTERM)
    assert worker.exit_code(5) == 0


def test_a_task_sees_that_the_worker_stops(worker: Worker, tmp_path: Path) -> None:
    began, stopped = tmp_path / "began", tmp_path / "stopped"
    queue.ring("tests.worker.bells.work_until_stopped", str(began), str(stopped))
    until(began.exists, "the beginning of the task")
    worker.send(signal.SIGTERM)
    assert worker.exit_code(settings.STOP_GRACE_SECONDS) == 0
    assert stopped.exists()


def test_one_worker_leads_a_machine_and_the_next_takes_over(worker: Worker, start_worker: Start, bell: Bell) -> None:
    second = start_worker()
    until(lambda: second.said("worker.waits"), "the second worker")
    assert roles(second) == {"watchdog": 1}
    worker.send(signal.SIGKILL)
    settled(second, bell)
    assert not worker.living()


def test_a_watchdog_that_hangs_is_replaced(worker: Worker, start_worker: Start, bell: Bell) -> None:
    """Its lease runs out; the next one kills it, so that there never are two clusters."""
    second = start_worker()
    until(lambda: second.said("worker.waits"), "the second worker")
    worker.send(signal.SIGSTOP)
    settled(second, bell)
    assert worker.exit_code(5) == -signal.SIGKILL


def test_a_worker_that_lost_its_machine_ends(worker: Worker) -> None:
    WorkerHost.objects.update(owner="another")
    assert worker.exit_code() == 1
    assert WorkerHost.objects.get().owner == "another"


def test_a_job_of_a_dead_process_is_taken_at_once(start_worker: Start) -> None:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator")
    dead = f"{socket.gethostname()}:{2**22 + 1}:abcdef01"
    job = SyncJob.objects.create(
        integration=integration, status=JobStatus.RUNNING, lease_owner=dead, lease_until="2100-01-01T00:00Z", fencing=1
    )
    start_worker()
    until(lambda: SyncJob.objects.filter(pk=job.pk, fencing=2).exists(), "another claim")


@pytest.mark.postgres
def test_lost_connections_are_opened_again(worker: Worker, bell: Bell) -> None:
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        before: Any = beat()
        until(lambda before=before: beat() != before, "a beat")
    settled(worker, bell)
    assert worker.role("watchdog") == [worker.pid]
