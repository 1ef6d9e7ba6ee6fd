"""Fixtures for tests that run and kill real workers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations import queue
from tests.worker.running import Worker, wait_for_beats


@pytest.fixture
def start_worker(child_environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker on the test's database; settings of it may be given as NAME="value"."""
    workers: list[Worker] = []

    def start(**settings_of_it: str) -> Worker:
        worker = Worker(child_environment, tmp_path / f"worker-{len(workers)}.log", **settings_of_it)
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.destroy()
        # Shown by pytest when the test failed.
        print(f"--- {worker.log.name}\n{worker.log.read_text()}")


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    """A worker whose cluster has beaten at least once."""
    started = start_worker()
    wait_for_beats()
    return started


@pytest.fixture
def bell(tmp_path: Path) -> Callable[[], Callable[[], bool]]:
    """Ring a bell; the answer tells whether it was answered."""

    def ring() -> Callable[[], bool]:
        path = tmp_path / uuid.uuid4().hex
        queue.ring("tests.worker.bells.touch", str(path))
        return path.exists

    return ring
