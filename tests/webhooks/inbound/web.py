"""gunicorn as it is deployed, and callers that call it without end."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import psutil
from django.conf import settings

from tests import postgres
from tests.connectors.suite.calls import Moment
from tests.webhooks.inbound.pretend import KEYED
from tests.worker.running import until


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


def authentic(path: str, number: str) -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers of a call of the provider with an address for each integration."""
    moment = Moment(KEYED.secret, number, "", time.time())
    body = KEYED.body(moment)
    return path, body, dict(KEYED.sign(body, moment))


class Load:
    """Four callers, each with one event after the other, until they are stopped; what was acknowledged to them."""

    def __init__(self, web: Web, path: str) -> None:
        self.acknowledged: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n, web, path)) for n in range(1, 5)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let them end."""
        self._over.set()
        for thread in self._threads:
            thread.join(20)

    def _call(self, thread: int, web: Web, path: str) -> None:
        for n in range(100_000):
            if self._over.is_set():
                return
            number = f"{thread}{n:08}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if web.post(*authentic(path, number))[0] == 202:
                    self.acknowledged.append(f"cus_{number}")
