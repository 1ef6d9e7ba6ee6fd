"""A real `manage.py worker`, its processes by role, and ways to wait for what it does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from integrations.models import WorkerHost
from integrations.worker import process

MARK = "LACOSTE_TEST_WORKER"
# The promise is 45 s with the product's periods; with those of the tests everything is much faster.
LONGEST_WAIT = 30.0


def until(condition: Callable[[], Any], what: str, timeout: float = LONGEST_WAIT) -> Any:
    """Wait until `condition()` is true and return its value; fails the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    pytest.fail(f"waited {timeout:.0f} s for {what}")


class Worker:
    """`manage.py worker` in a session of its own; its processes carry a mark in their environment."""

    def __init__(self, env: dict[str, str], log: Path, **settings_of_it: str) -> None:
        self.mark = uuid.uuid4().hex
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"],
                env=env | {MARK: self.mark} | settings_of_it,
                start_new_session=True,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def living(self) -> list[psutil.Process]:
        """Every process with the mark that still lives, wherever it hangs in the tree."""
        found = []
        for candidate in psutil.process_iter():
            try:
                marked = candidate.environ().get(MARK) == self.mark
                if marked and candidate.status() != psutil.STATUS_ZOMBIE:
                    found.append(candidate)
            except psutil.Error:
                continue
        return found

    def role(self, role: str) -> list[int]:
        """The processes that show themselves as "worker:<role>"."""
        return [each.pid for each in self.living() if each.name() == f"worker:{role}"]

    def said(self, event: str) -> bool:
        """Whether the event is in the log."""
        return event in self.log.read_text()

    def send(self, number: int, *pids: int) -> None:
        """Send a signal to the watchdog, or to those processes."""
        for pid in pids or (self.pid,):
            os.kill(pid, number)

    def exit_code(self, timeout: float = LONGEST_WAIT) -> int:
        """Wait for the watchdog's end, and make sure that nothing outlives it."""
        code = self.process.wait(timeout)
        until(lambda: not self.living(), "the end of every process", 5)
        return code

    def destroy(self) -> None:
        """Kill whatever is left."""
        for each in self.living():
            each.kill()
        self.process.wait(10)
        until(lambda: not self.living(), "the end of every process", 10)


def wait_for_beats(count: int = 1) -> None:
    """Wait until the queue of this machine has beaten that many times from now on."""
    for _ in range(count):
        before = beat()
        until(lambda before=before: beat() not in (None, before), "a beat")


def beat() -> Any:
    return WorkerHost.objects.filter(host=process.host()).values_list("beat_at", flat=True).first()


def wait_for_answer(bell: Callable[[], Callable[[], bool]]) -> None:
    """Ring once a second, as the sweep does for a job that is due (a dying cluster may take a bell along), until one
    is answered."""
    answers: list[Callable[[], bool]] = []
    next_ring = 0.0

    def answered() -> bool:
        nonlocal next_ring
        if time.monotonic() >= next_ring:
            next_ring = time.monotonic() + 1
            answers.append(bell())
        return any(answer() for answer in answers)

    until(answered, "the answer to a bell")
