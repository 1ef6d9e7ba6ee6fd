"""PostgreSQL crashes under load: every event whose commit was known arrives, by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests import postgres
from tests.webhooks.receiver import Receiver, slow
from tests.worker.running import until

pytestmark = [pytest.mark.soak, pytest.mark.processes, pytest.mark.timeout(300)]


def crash(url: str) -> None:
    """Kill a backend: the server drops every connection, recovers from its log and starts again."""
    with psycopg.connect(url, autocommit=True) as own:
        backend = own.info.backend_pid
        os.kill(backend, signal.SIGKILL)


def ask(url: str, sql: str) -> int:
    with psycopg.connect(url) as own:
        answer = own.execute(sql).fetchone()
    assert answer
    return int(answer[0])


def start(environment: dict[str, str], log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.webhooks.sender_child", *arguments]
        return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output)


@pytest.mark.skipif(postgres.bin_directory() is None, reason="needs PostgreSQL")
def test_a_database_that_crashes_three_times_under_load_loses_no_event(tmp_path, tell):
    receiver = Receiver(slow(0.02))
    children: list[subprocess.Popen[bytes]] = []
    with postgres.temporary() as address:
        url = address.replace("postgres://", "postgresql://")
        with psycopg.connect(url, autocommit=True) as own:
            # The servers of the tests answer before a commit is written; here it must be, as in production.
            own.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings",
            "DATABASE_URL": address,
            "WEBHOOK_ALLOWED_NETWORKS": f"127.0.0.1/32:{receiver.port}",
        }
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, env=environment, cwd=settings.BASE_DIR, check=True)
        try:
            written = tmp_path / "written.log"
            children.append(start(environment, written, "load", receiver.url))
            children.append(start(environment, tmp_path / "sender.log"))
            for crashes in range(1, 4):
                seen = len(receiver.ids)
                until(lambda seen=seen: len(receiver.ids) > seen + 50, "deliveries before a crash", 60)
                crash(url)
                print(f"crash {crashes} after {len(receiver.ids)} deliveries")
                time.sleep(2)
            seen = len(receiver.ids)
            until(lambda: len(receiver.ids) > seen + 50, "deliveries after the crashes", 60)
            children[0].kill()
            children[0].wait(10)
            left = (
                "SELECT (SELECT count(*) FROM webhooks_pendingevent)"
                " + (SELECT count(*) FROM webhooks_delivery WHERE status <> 'delivered')"
            )
            until(lambda: ask(url, left) == 0, "every delivery", 60)
            events = ask(url, "SELECT count(*) FROM records_event WHERE type = 'customer.created'")
        finally:
            for child in children:
                child.kill()
                child.wait(10)
            receiver.close()
            print((tmp_path / "sender.log").read_text()[-3000:])
    known = {line for line in written.read_text().splitlines() if line.startswith("evt_")}
    assert known <= set(receiver.ids)
    assert len(receiver.ids) == events
    twice = sum(n - 1 for n in receiver.ids.values())
    tell(f"{events} events sent while the database crashed 3 times: 0 lost, {twice} came twice with the same id")
