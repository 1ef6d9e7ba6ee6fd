"""`make test` and `make soak`: run pytest on SQLite and on a PostgreSQL of our own that lasts as long as the run.

    python -m tests.run [--soak] [pytest's own arguments]

Installs PostgreSQL and Chromium through apt when it may; otherwise says in one line what is skipped.
A `DATABASE_URL` of PostgreSQL is used as it is.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO

from tests import browser, postgres

LOGIC = "not soak and not postgres and not browser and not processes and not bare"
BARE = "bare and not soak and not processes"  # asks the database nothing: runs beside the stage on SQLite
REST = "not soak and (not bare or processes)"
STOP_SECONDS = 30
Process = subprocess.Popen[str]
NO_TEST_RAN = 5  # pytest's exit code: fine for one of the stages when a part was asked for


def missing_packages() -> dict[str, list[str]]:
    """Debian's packages that the tests need and this machine lacks, by the mark of the tests that need them."""
    wanted = {
        "postgres": [] if postgres.bin_directory() else ["postgresql"],
        "browser": browser.missing_packages(),
    }
    return {mark: packages for mark, packages in wanted.items() if packages}


def install_missing() -> None:
    """Install what the tests need beside Python, where this user may; say what will be skipped."""
    packages = [package for group in missing_packages().values() for package in group]
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(packages)} …", flush=True)
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            if subprocess.run(["apt-get", "-qq", *command], env=env, stdout=subprocess.DEVNULL).returncode:
                break
    for mark, group in missing_packages().items():
        print(f"The tests marked {mark} are skipped; they need: sudo apt-get install {' '.join(group)}", flush=True)


def start(marks: str, arguments: list[str], database_url: str | None, output: IO[str] | None = None) -> Process:
    """Start pytest in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if database_url:
        env["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "pytest", "-q", "--durations=12", "--durations-min=1", "-m", marks, *arguments]
    return subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT if output else None, text=True)


def finish(process: Process) -> int:
    """Wait for a run and return its exit code; whatever interrupts us ends it too."""
    try:
        return process.wait()
    except SystemExit:
        process.send_signal(signal.SIGINT)  # lets fixtures stop what they started
        process.wait(STOP_SECONDS)
        raise
    except KeyboardInterrupt:
        process.wait(STOP_SECONDS)  # the terminal has told it already
        raise


def pytest(title: str, marks: str, arguments: list[str], database_url: str | None) -> int:
    """Run pytest once; return its exit code."""
    print(f"\n=== {title}", flush=True)
    return finish(start(marks, arguments, database_url))


@contextmanager
def beside(title: str, marks: str, arguments: list[str], codes: list[int]) -> Iterator[None]:
    """Run pytest while something else goes on; show its output, and add its exit code, once both are over."""
    with tempfile.TemporaryFile("w+") as output:
        process = start(marks, arguments, None, output)
        try:
            yield
            codes.append(finish(process))
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        print(f"\n=== {title}\n{output.read()}", flush=True)


def database() -> AbstractContextManager[str | None]:
    """The PostgreSQL to test on: the one given, else one of our own, else none (its URL is None)."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return nullcontext(given)
    return postgres.temporary() if postgres.bin_directory() else nullcontext(None)


def main() -> int:
    """Run the stages; 0 only when all of them passed."""
    arguments = sys.argv[1:]
    soak = "--soak" in arguments
    arguments = [argument for argument in arguments if argument != "--soak"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the database is stopped on the way out
    started = time.monotonic()
    install_missing()
    codes: list[int] = []
    if soak:
        with database() as url:
            codes.append(pytest("Long runs", "soak", arguments, url))
    else:
        with beside("Connectors and simulators", BARE, arguments, codes):
            codes.append(pytest("Logic on SQLite", LOGIC, arguments, None))
        with database() as url:
            name = "PostgreSQL" if url else "SQLite (no PostgreSQL here)"
            codes.append(pytest(f"Everything on {name}", REST, arguments, url))
    print(f"=== {time.monotonic() - started:.0f} s in all", flush=True)
    failures = [code for code in codes if code not in (0, NO_TEST_RAN)]
    if failures:
        return failures[0]
    return 0 if 0 in codes else NO_TEST_RAN


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
