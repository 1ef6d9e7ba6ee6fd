"""A throw-away PostgreSQL for the tests: own folder, own port, gone afterwards."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

START_SECONDS = 30
FOLDER = "lacoste-postgres-"
# Nothing here must survive a power cut: speed over durability.
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def bin_directory() -> Path | None:
    """Folder of `initdb` and `postgres` (Debian keeps them out of PATH), or None when there is no server."""
    found = shutil.which("initdb")
    if found and Path(found).with_name("postgres").exists():
        return Path(found).parent
    places = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(places, key=lambda place: float(place.parts[-3]), default=None)
    return newest.parent if newest else None


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess: PostgreSQL refuses to run as root, so a container runs it as `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody.")


def die_with_parent() -> None:
    """Linux: ask for a fast shutdown when the test run is killed before it could stop the server."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def free_port() -> int:
    """A TCP port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def temporary(options: Sequence[str] = OPTIONS) -> Iterator[str]:
    """Start a server, yield its DATABASE_URL, stop it and remove its folder whatever happens.

    options: its settings; a measurement keeps PostgreSQL's own, which wait for the disk.
    """
    programs = bin_directory()
    assert programs, "no PostgreSQL on this machine"
    user = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    if user:
        os.chown(folder, user["user"], user["group"])
    port = free_port()
    data, log = folder / "data", folder / "log"
    settings = [argument for option in options for argument in ("-c", option)]
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "lacoste", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **user,
        )  # fmt: skip
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, *settings],
                stdout=output, stderr=output, cwd=folder, start_new_session=True, preexec_fn=die_with_parent, **user,
            )  # fmt: skip
        try:
            wait_until_ready(server, port, log)
            yield f"postgres://lacoste@127.0.0.1:{port}/postgres"
        finally:
            stop(server, data, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop(server: "subprocess.Popen[bytes]", data: Path, user: dict[str, Any]) -> None:
    """Stop the server, also one that a test restarted: that is no child of ours."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        server.wait(START_SECONDS)
    else:
        _pg_ctl(data, "stop", user)


def ours(data: Path) -> bool:
    """Whether a server's data folder is one that `temporary` made: only such a one may be crashed."""
    return data.parent.name.startswith(FOLDER) and (data / "postmaster.pid").exists()


def crash_and_start(data: Path) -> None:
    """Have the server die without a word to anybody, recover from its log and serve again (`-m immediate`)."""
    _pg_ctl(data, "restart", unprivileged())


def _pg_ctl(data: Path, action: str, user: dict[str, Any]) -> None:
    programs = bin_directory()
    assert programs, "no PostgreSQL on this machine"
    command: list[str | Path] = [programs / "pg_ctl", action, "-D", data, "-m", "immediate", "-w", "-s"]
    with (data.parent / "log").open("ab") as output:
        subprocess.run(
            command, check=True, timeout=START_SECONDS, cwd=data.parent, stdout=output, stderr=output, **user
        )


def wait_until_ready(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Return when the server takes connections; raise with its log when it does not."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://lacoste@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
