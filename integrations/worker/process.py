"""Processes of one machine: which one is which, and how a whole family dies with its head.

A process number alone says little: numbers are used again, and each container counts on its own. `place()` names the
numbering, `started()` tells two processes with one number apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import os
import signal
import socket
import sys
import threading
import time
from functools import cache
from pathlib import Path

import psutil

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15


@cache
def host() -> str:
    """Name of this machine (or container)."""
    return socket.gethostname()


@cache
def place() -> str:
    """Twelve characters that two processes share only when they see each other by the same process numbers."""
    if LINUX:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        identity = boot + os.readlink("/proc/self/ns/pid")
    else:
        identity = f"{host()} {psutil.boot_time():.0f}"
    return hashlib.sha256(identity.encode()).hexdigest()[:12]


def rest_collector() -> None:
    """Have the garbage collector leave alone what is loaded already, and look less often.

    A page of records is some 10,000 containers without a cycle among them. By default the collector walks through
    them, and now and then through all of Django, for every few hundred more: a seventh of a first pull. Forked
    processes inherit it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def started(pid: int) -> float | None:
    """When the process began, on a clock that nobody sets (seconds since boot on Linux); None when it is dead."""
    if not LINUX:
        with contextlib.suppress(psutil.Error):
            return psutil.Process(pid).create_time()
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name, which may hold anything, also spaces and brackets.
    fields = stat.rpartition(")")[2].split()
    state, ticks = fields[0], int(fields[19])
    return None if state in "ZX" else ticks / os.sysconf("SC_CLK_TCK")


def same(pid: int | None, began: float | None) -> bool:
    """Whether the process that began at that moment still lives."""
    return pid is not None and began is not None and started(pid) == began


def kill(pid: int, began: float | None) -> None:
    """SIGKILL the process if it is still the same one; a process of another user is left alone."""
    if same(pid, began):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> dict[int, float]:
    """Every living process below `pid`, itself included, with the moment when it began."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.Error:
        return {}
    began = {member.pid: started(member.pid) for member in family}
    return {number: moment for number, moment in began.items() if moment is not None}


def die_with(parent: int) -> None:
    """Have this process killed as soon as `parent`, which must be its parent, dies; at once if it is dead already.

    On Linux the kernel does it, when the *thread* ends that created this process: create it in a thread that stays.
    """
    if LINUX:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_poll_parent, args=(parent,), name="parent", daemon=True).start()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def chain_forks() -> None:
    """Make every process forked from here on, also by its forks, die with its parent."""
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def name_next_fork(role: str) -> None:
    """Show the next forked process under its role in `ps` and `top`."""
    _fork.role = role


class _Fork:
    """What the process about to fork tells its child."""

    parent = 0
    role = ""


_fork = _Fork()


def _before_fork() -> None:
    _fork.parent = os.getpid()


def _after_fork() -> None:
    die_with(_fork.parent)
    if _fork.role:
        show_role(_fork.role)
        _fork.role = ""


def show_role(role: str) -> None:
    """Show this process as "worker:<role>" (15 bytes at most) in `ps` and `top`."""
    if LINUX:
        _prctl(PR_SET_NAME, f"worker:{role}".encode()[:15])


def _prctl(option: int, value: int | bytes) -> None:
    _libc().prctl(option, value, 0, 0, 0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _poll_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
