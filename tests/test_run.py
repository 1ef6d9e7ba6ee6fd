"""`make run`, for real: every process starts, the site answers, and nothing is left after the end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.processes


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A console of its own: folder, ports, SQLite file; nothing of the test run's settings but the keys."""
    ours = ("SITE_URL", "SIMULATOR_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "CONNECTOR_HOSTS")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    data = {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    return inherited | data | {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def running(environment: dict[str, str], output: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with output.open("wb") as file:
        command = [sys.executable, "scripts/run.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True)
    yield process
    process.kill()
    for left in relatives(environment["DATA_DIR"]):
        left.kill()
    process.wait(10)


def relatives(data_dir: str) -> list[psutil.Process]:
    """Every process that works on that data folder, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DATA_DIR") == data_dir and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for(text: str, output: Path, process: "subprocess.Popen[bytes]", seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while text not in output.read_text(errors="replace"):
        assert process.poll() is None and time.monotonic() < deadline, output.read_text(errors="replace")
        time.sleep(0.2)


def get(port: str, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return int(response.status)


def test_one_command_runs_everything_and_leaves_nothing(
    environment: dict[str, str], running: "subprocess.Popen[bytes]", output: Path
) -> None:
    wait_for("Ctrl-C stops everything.", output, running)
    assert f"http://localhost:{environment['PORT']}/integrations" in output.read_text()
    assert (Path(environment["DATA_DIR"]) / "demo-password").read_text() in output.read_text()
    assert get(environment["PORT"], "/healthz") == 200
    assert get(environment["PORT"], "/integrations") == 200  # after a redirect to the sign-in page
    assert get(environment["SIMULATOR_PORT"], "/_control/") == 200
    deadline = time.monotonic() + 20
    while (ready := ready_or_not(environment["PORT"])) is False and time.monotonic() < deadline:
        time.sleep(0.5)
    assert ready, "the worker gave no sign of life"

    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0, output.read_text()
    deadline = time.monotonic() + 5
    while (left := relatives(environment["DATA_DIR"])) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


def ready_or_not(port: str) -> bool:
    try:
        return get(port, "/readyz") == 200
    except OSError:
        return False


def test_a_taken_port_gets_one_clear_line(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["PORT"])))
        taken.listen()
        command = [sys.executable, "scripts/run.py"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {environment['PORT']} is taken.")
    assert done.stderr.count("\n") == 1
