"""The receiver as it is deployed: gunicorn killed, the database away, and what a test client cannot send."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.pretend import KEYED
from tests.webhooks.inbound.web import Load, Web, authentic
from tests.worker.running import until
from webhooks.models import InboundEvent, InboundRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture
def web(child_environment: dict[str, str], tmp_path: Any) -> Iterator[Web]:
    served = Web(child_environment, tmp_path / "web.log")
    yield served
    served.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk(KEYED)


def test_no_acknowledged_event_is_lost_when_web_processes_are_killed(desk, web):
    load = Load(web, desk.path)
    try:
        for round_ in range(1, 4):
            until(lambda enough=round_ * 60: len(load.acknowledged) > enough, "calls between two deaths", 60)
            for worker in web.workers():
                os.kill(worker.pid, signal.SIGKILL)
        until(lambda: len(load.acknowledged) > 240, "calls after the last death", 60)
        web.stop()  # the whole of it, under load
    finally:
        load.stop()
    stored = set(InboundEvent.objects.values_list("remote_id", flat=True))
    assert set(load.acknowledged) <= stored
    whole = InboundEvent.objects.filter(request__in=InboundRequest.objects.all()).count()
    assert whole == len(stored) == InboundRequest.objects.count()


def test_a_body_in_chunks_is_taken_and_an_endless_one_is_cut(desk, web):
    path, body, headers = authentic(desk.path, "1")
    assert web.post(path, iter([body[:10], body[10:]]), headers, encode_chunked=True)[0] == 202
    big = (b"x" * 65536 for _ in range(160))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may hang up while we still send
        assert web.post(path, big, headers, encode_chunked=True)[0] == 413
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n"
    assert web.raw(head.encode()) == 413
    assert InboundEvent.objects.count() == 1


def test_folded_and_doubled_headers_open_nothing(desk, web):
    path, body, headers = authentic(desk.path, "1")
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
        assert web.post(*authentic(desk.path, "1"))[0] == 202
        line.drop()
        for _ in range(3):
            status, headers = web.post(*authentic(desk.path, "2"))
            assert (status, headers.get("retry-after")) == (503, "30")
        for worker in web.workers():
            worker.kill()  # the one that takes its place starts without a database
        until(web.answers, "a web process without database", 40)
        line.cut = False
        assert web.post(*authentic(desk.path, "2"))[0] == 202
    finally:
        web.stop()
        line.ear.close()
    assert set(InboundEvent.objects.values_list("remote_id", flat=True)) == {"cus_1", "cus_2"}
    log = (tmp_path / "web.log").read_text()
    assert "inbound.unavailable" in log
    assert "Traceback" not in log
    assert desk.key not in log


def test_a_caller_that_hangs_up_leaves_nothing(desk, web):
    path, body, headers = authentic(desk.path, "1")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as wire:
        wire.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body[:9]
        )
    assert web.post(*authentic(desk.path, "9"))[0] == 202
    assert list(InboundEvent.objects.values_list("remote_id", flat=True)) == ["cus_9"]
