"""The receiver as it is deployed: gunicorn killed, the database away, and what a test client cannot send."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connection

from tests import postgres
from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.pretend import KEYED
from tests.worker.running import until
from webhooks.models import InboundEvent, InboundRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Web:
    """gunicorn, as deploy/ starts it."""

    def __init__(self, environment: dict[str, str], log: Any, workers: int = 2) -> None:
        self.port = postgres.free_port()
        self.log = log
        command = [sys.executable, "-m", "gunicorn", "tests.webhooks.inbound.served:application"]
        options = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--workers", str(workers)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, *options, "--threads", "4", "--no-control-socket"],
                env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output,
            )  # fmt: skip
        until(self.answers, "gunicorn", 40)

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self.post("/webhook/nobody", b"", {})[0] == 404
        return False

    def post(self, path: str, body: Any, headers: dict[str, str], **options: Any) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            wire.request("POST", path, body, headers, **options)
            answer = wire.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        finally:
            wire.close()

    def raw(self, text: bytes) -> int:
        """The status of the answer to these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as wire:
            wire.sendall(text)
            found = re.match(rb"HTTP/1\.1 (\d+)", wire.recv(4096))
        assert found
        return int(found[1])

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def stop(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in [*self.workers(), psutil.Process(self.process.pid)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
        self.process.wait(10)


@pytest.fixture
def web(child_environment: dict[str, str], tmp_path: Any) -> Iterator[Web]:
    served = Web(child_environment, tmp_path / "web.log")
    yield served
    served.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk(KEYED)


def authentic(desk: Desk, number: str = "") -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers of a call about one object."""
    moment = desk.moment(number)
    body = KEYED.body(moment)
    return desk.path, body, dict(KEYED.sign(body, moment))


def test_no_acknowledged_event_is_lost_when_web_processes_are_killed(desk, web):
    acknowledged: list[str] = []
    over = threading.Event()

    def call(thread: int) -> None:
        for n in range(100_000):
            if over.is_set():
                return
            number = f"{thread}{n:08}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if web.post(*authentic(desk, number))[0] == 202:
                    acknowledged.append(f"cus_{number}")

    threads = [threading.Thread(target=call, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    try:
        for round_ in range(1, 4):
            until(lambda enough=round_ * 60: len(acknowledged) > enough, "calls between two deaths", 60)
            for worker in web.workers():
                os.kill(worker.pid, signal.SIGKILL)
        until(lambda: len(acknowledged) > 240, "calls after the last death", 60)
        web.stop()  # the whole of it, under load
    finally:
        over.set()
        for thread in threads:
            thread.join(20)
    stored = set(InboundEvent.objects.values_list("remote_id", flat=True))
    assert set(acknowledged) <= stored
    whole = InboundEvent.objects.filter(request__in=InboundRequest.objects.all()).count()
    assert whole == len(stored) == InboundRequest.objects.count()


def test_a_body_in_chunks_is_taken_and_an_endless_one_is_cut(desk, web):
    path, body, headers = authentic(desk)
    assert web.post(path, iter([body[:10], body[10:]]), headers, encode_chunked=True)[0] == 202
    big = (b"x" * 65536 for _ in range(160))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may hang up while we still send
        assert web.post(path, big, headers, encode_chunked=True)[0] == 413
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n"
    assert web.raw(head.encode()) == 413
    assert InboundEvent.objects.count() == 1


def test_folded_and_doubled_headers_open_nothing(desk, web):
    path, body, headers = authentic(desk)
    signature = headers.pop("webhook-signature")
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in headers.items()
    )
    folded = f"webhook-signature: {signature[:5]}\r\n {signature[5:]}\r\n\r\n"
    doubled = f"webhook-signature: v1,AAAA\r\nwebhook-signature: {signature}\r\n\r\n"
    assert web.raw(head.encode() + folded.encode() + body) == 400
    assert web.raw(head.encode() + doubled.encode() + body) == 401
    assert web.raw(head.encode() + f"webhook_signature: {signature}\r\n\r\n".encode() + body) in (400, 401)
    assert not InboundEvent.objects.exists()
    good = f"webhook-signature: {signature}\r\n\r\n"
    assert web.raw(head.encode() + good.encode() + body) == 202


class Line:
    """The way to a database, that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.cut = False
        self.ends: list[socket.socket] = []
        self.ear = socket.create_server(("127.0.0.1", 0))
        self.port = self.ear.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                here, _ = self.ear.accept()
            except OSError:
                return
            if self.cut:
                here.close()
                continue
            there = socket.create_connection(self.target)
            self.ends += [here, there]
            threading.Thread(target=self._carry, args=(here, there), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                for ready in select.select([here, there], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        raise OSError
                    (there if ready is here else here).sendall(data)
        here.close()
        there.close()

    def drop(self) -> None:
        """Cut what is open, and whoever comes."""
        self.cut = True
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()


@pytest.mark.postgres
def test_while_the_database_is_away_the_provider_is_asked_to_come_back(desk, child_environment, tmp_path):
    own = connection.settings_dict
    line = Line(own["HOST"], int(own["PORT"]))
    url = re.sub(r":\d+/", f":{line.port}/", child_environment["DATABASE_URL"])
    web = Web(child_environment | {"DATABASE_URL": url}, tmp_path / "web.log", workers=1)
    try:
        assert web.post(*authentic(desk, "1"))[0] == 202
        line.drop()
        for _ in range(3):
            status, headers = web.post(*authentic(desk, "2"))
            assert (status, headers.get("retry-after")) == (503, "30")
        line.cut = False
        assert web.post(*authentic(desk, "2"))[0] == 202
    finally:
        web.stop()
        line.ear.close()
    assert set(InboundEvent.objects.values_list("remote_id", flat=True)) == {"cus_1", "cus_2"}
    log = (tmp_path / "web.log").read_text()
    assert "inbound.unavailable" in log
    assert "Traceback" not in log
    assert desk.key not in log


def test_a_caller_that_hangs_up_leaves_nothing(desk, web):
    path, body, headers = authentic(desk)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as wire:
        wire.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body[:9]
        )
    assert web.post(*authentic(desk, "9"))[0] == 202
    assert list(InboundEvent.objects.values_list("remote_id", flat=True)) == ["cus_9"]
