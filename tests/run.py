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

from tests import browser, postgres

# Three lanes for two cores: what computes, what waits for processes and a browser, what is long because it waits for
# its own rhythm. Each has a PostgreSQL of its own. "bare" tests ask the database nothing: they run once.
LOGIC = "not soak and not postgres and not browser and not processes and not bare and not once"
BARE = "bare and not soak and not processes"
WAITING = "not soak and (processes or browser)"
LONG = "once and not soak and not processes and not browser"
COMPUTING = "not soak and not bare and not processes and not browser and not once"
LANES = {
    "computing": (("Logic on SQLite", LOGIC, False), ("Everything that computes, on {database}", COMPUTING, True)),
    "waiting": (("Connectors and simulators", BARE, False), ("Processes and browser, on {database}", WAITING, True)),
    "long": (("Long tests of engine and receivers, on {database}", LONG, True),),
    "soak": (("Long runs, on {database}", "soak", True),),
}
TOGETHER = ("computing", "waiting", "long")
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


def start(marks: str, arguments: list[str], database_url: str | None) -> Process:
    """Start pytest in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if database_url:
        env["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "pytest", "-q", "--durations=12", "--durations-min=1", "-m", marks, *arguments]
    return subprocess.Popen(command, env=env, text=True)


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


def run_lane(name: str, arguments: list[str]) -> list[int]:
    """Run the stages of a lane one after the other; their exit codes."""
    codes = []
    for title, marks, on_database in LANES[name]:
        with database() if on_database else nullcontext(None) as url:
            print("\n=== " + title.format(database="PostgreSQL" if url else "SQLite (no PostgreSQL here)"), flush=True)
            codes.append(finish(start(marks, arguments, url)))
    return codes


@contextmanager
def beside(name: str, arguments: list[str], codes: list[int]) -> Iterator[None]:
    """Run a lane while something else goes on; show its output, and add its exit code, once both are over."""
    with tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, "-m", "tests.run", f"--lane={name}", *arguments]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True)
        try:
            yield
            codes.append(finish(process))
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
        output.seek(0)
        print(f"\n{output.read()}", flush=True)


def database() -> AbstractContextManager[str | None]:
    """The PostgreSQL to test on: the one given, else one of our own, else none (its URL is None)."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return nullcontext(given)
    return postgres.temporary() if postgres.bin_directory() else nullcontext(None)


def asked(arguments: list[str]) -> tuple[str, list[str]]:
    """The lane that was asked for, "" for those of `make test`, and pytest's own arguments."""
    lane = "soak" if "--soak" in arguments else ""
    lane = next((argument.partition("=")[2] for argument in arguments if argument.startswith("--lane=")), lane)
    return lane, [argument for argument in arguments if argument != "--soak" and not argument.startswith("--lane=")]


def main() -> int:
    """Run what was asked for; 0 only when all of it passed."""
    lane, arguments = asked(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the database is stopped on the way out
    started = time.monotonic()
    if lane not in TOGETHER:
        install_missing()
    codes: list[int] = []
    if lane:
        codes = run_lane(lane, arguments)
    elif os.environ.get("DATABASE_URL", "").startswith("postgres"):
        for each in TOGETHER:  # at once, they would share its database
            codes += run_lane(each, arguments)
    else:
        with beside("long", arguments, codes), beside("waiting", arguments, codes):
            codes += run_lane("computing", arguments)
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
