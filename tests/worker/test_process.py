"""Which process is which, and how a family dies with its head."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from integrations.worker import process

DEAD = 2**22 + 1  # above the largest process number of Linux

FAMILY = """
import os, time
from integrations.worker import process
process.die_with(os.getppid())
process.chain_forks()
if os.fork() == 0:
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_a_living_process_began_and_a_dead_one_did_not() -> None:
    began = process.started(os.getpid())
    assert began is not None and began > 0
    assert process.same(os.getpid(), began)
    assert not process.same(os.getpid(), began - 1), "another process that had the number before"
    assert process.started(DEAD) is None
    assert not process.same(None, None)


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert process.started(child.pid) is None
    child.wait()


def test_kill_spares_a_process_that_only_has_the_number() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    began = process.started(child.pid)
    assert began is not None
    process.kill(child.pid, began - 1)
    time.sleep(0.1)
    assert child.poll() is None
    process.kill(child.pid, began)
    assert child.wait(5) == -signal.SIGKILL
    process.kill(child.pid, began)


def test_descendants_are_found_at_every_depth() -> None:
    grandparent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FAMILY!r}])"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert grandparent.stdout
    youngest = int(grandparent.stdout.readline())
    family = process.descendants(grandparent.pid)
    assert len(family) == 4
    assert family[youngest] == process.started(youngest)
    grandparent.kill()
    grandparent.communicate()
    assert process.descendants(grandparent.pid) == {}


@pytest.mark.skipif(not process.LINUX, reason="the kernel does it on Linux only")
def test_a_family_dies_with_its_head_down_to_the_last_fork() -> None:
    head = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True)
    assert head.stdout
    youngest = int(head.stdout.readline())
    assert process.started(youngest) is not None
    head.kill()
    head.communicate(timeout=5)  # every member holds the other end of the pipe
    deadline = time.monotonic() + 5
    while process.started(youngest) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.started(youngest) is None


@pytest.mark.parametrize("linux", [True, False])
def test_a_process_whose_parent_is_gone_already_dies_at_once(linux: bool) -> None:
    script = f"from integrations.worker import process\nprocess.LINUX = {linux}\nprocess.die_with(1)\nprint('alive')"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert child.returncode == -signal.SIGKILL
    assert child.stdout == ""


def test_a_place_is_the_same_for_all_processes_of_a_machine() -> None:
    script = "from integrations.worker import process; print(process.place())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == process.place()
