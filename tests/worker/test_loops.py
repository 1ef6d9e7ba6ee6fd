"""Resident loops: one that fails or hangs disturbs no other, and comes back."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError

from integrations.worker import loops
from integrations.worker.loops import Loop, Runner
from tests.worker.running import until

Run = Callable[..., Runner]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start loops, stop them at the end."""
    runners: list[Runner] = []

    def start(*wanted: Loop) -> Runner:
        runners.append(Runner(wanted))
        runners[-1].start()
        return runners[-1]

    yield start
    for runner in runners:
        runner.stop(5)


class Count:
    """A pass that counts itself, and fails with `error` the first `failures` times."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.passes = 0
        self.failures = failures
        self.error = error

    def __call__(self) -> None:
        self.passes += 1
        if self.error and self.passes <= self.failures:
            raise self.error


def looked_after(runner: Runner, condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, for a runner that is looked after whenever it is asked."""

    def ask() -> bool:
        runner.look_after()
        return condition()

    return ask


def test_a_loop_passes_again_and_again(run: Run) -> None:
    count = Count()
    run(Loop("count", 0.01, count))
    until(lambda: count.passes > 3, "four passes", 5)


@pytest.mark.parametrize("error", [ValueError("a mistake"), DatabaseError("the server is away")])
def test_a_loop_that_fails_goes_on_and_stops_no_other(run: Run, error: Exception) -> None:
    failing, other = Count(1, error), Count()
    run(Loop("failing", 0.01, failing), Loop("other", 0.01, other))
    until(lambda: other.passes > 10, "the other loop", 5)
    until(lambda: failing.passes > 2, "the loop that failed", 5)


def test_a_loop_that_hangs_is_replaced_and_stops_no_other(run: Run) -> None:
    released, passes, other = threading.Event(), [], Count()

    def hang_once() -> None:
        passes.append(threading.current_thread())
        if len(passes) == 1:
            released.wait(30)

    runner = run(Loop("hanging", 0.01, hang_once, patience=0.2), Loop("other", 0.01, other))
    until(lambda: other.passes > 5, "the other loop", 5)
    assert len(passes) == 1
    until(looked_after(runner, lambda: len(passes) > 2), "the replacement", 5)
    released.set()
    passes[0].join(5)
    assert not passes[0].is_alive(), "the one that hung ends when it wakes up"
    assert passes[0] not in passes[1:]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_whose_thread_ended_is_replaced(run: Run) -> None:
    passes = []

    def end_once() -> None:
        passes.append(1)
        if len(passes) == 1:
            raise SystemExit

    runner = run(Loop("ending", 0.01, end_once))
    until(looked_after(runner, lambda: len(passes) > 2), "the replacement", 5)


def test_stopping_waits_for_the_pass_under_way(run: Run) -> None:
    began, ended = threading.Event(), []

    def slow() -> None:
        began.set()
        threading.Event().wait(0.3)
        ended.append(1)

    runner = run(Loop("slow", 10, slow))
    began.wait(5)
    runner.stop(5)
    assert ended == [1]


def test_the_pause_can_be_a_setting(settings: Any) -> None:
    settings.SWEEP_SECONDS = 7.5
    assert Loop("sweep", "SWEEP_SECONDS", Count()).seconds == 7.5
    assert Loop("sweep", 3, Count()).seconds == 3


def test_a_name_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_registry", {})
    count = Count()
    loops.register("a", 1, count)
    loops.register("a", 1, count)
    with pytest.raises(ValueError, match="two loops"):
        loops.register("a", 1, Count())
    assert [loop.name for loop in loops.registered()] == ["a"]


def test_the_console_registers_its_sweep_and_its_purge() -> None:
    assert {"sweep", "purge"} <= {loop.name for loop in loops.registered()}
