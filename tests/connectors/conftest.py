"""Fixtures of the connectors' tests: the simulator, and a server that answers exactly the bytes it is told."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.base.auth import ApiKey
from connectors.base.classify import classify
from connectors.base.client import Client, Exchange, RetryPolicy
from connectors.base.masking import Masker
from tests.connectors.receiver import receiver
from tests.connectors.traffic import recorded
from tests.simulator import simulator, simulator_server

__all__ = ["receiver", "recorded", "simulator", "simulator_server"]

FOLDER = Path(__file__).parent
SECRET = "clef/très+secrète=".encode().hex() + "/+="


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the connectors' tests: they ask the database nothing."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.bare)


class Script:
    """A server that sends one prepared answer per connection, then closes it. A float pauses, a callable gets the
    socket."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answers: list[Any] = []
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(_read_request(connection))
            try:
                for part in self.answers.pop(0) if self.answers else ():
                    if isinstance(part, bytes):
                        connection.sendall(part)
                    else:
                        time.sleep(part)
            except OSError:
                pass

    def then(self, *parts: bytes | float) -> Script:
        """Add an answer made of these parts."""
        self.answers.append(parts)
        return self

    def then_answer(self, status: int, body: bytes = b"{}", **headers: str) -> Script:
        """Add a whole answer; underscores in header names stand for hyphens."""
        headers = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return self.then(f"HTTP/1.1 {status} X\r\n{lines}Connection: close\r\n\r\n".encode() + body)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def _read_request(connection: socket.socket) -> bytes:
    """Head and body, however many packets they come in."""
    received = b""
    while b"\r\n\r\n" not in received and (chunk := connection.recv(65536)):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]) and (chunk := connection.recv(65536)):
        body += chunk
    return head + b"\r\n\r\n" + body


@pytest.fixture
def script() -> Iterator[Script]:
    """A server to be told what to answer."""
    server = Script()
    yield server
    server.close()


@pytest.fixture
def exchanges() -> list[Exchange]:
    """What connector, authorization or client reported."""
    return []


@pytest.fixture
def naps() -> list[float]:
    """The seconds that `make_client` would have slept."""
    return []


@pytest.fixture
def make_client(script: Script, exchanges: list[Exchange], naps: list[float]) -> Callable[..., Client]:
    """A client of the script that does not really sleep."""

    def make(**changes: Any) -> Client:
        settings: dict[str, Any] = {
            "label": "Essai",
            "hosts": {"api": script.url},
            "auth": ApiKey(SECRET),
            "classify": lambda answer: classify("Essai", answer),
            "masker": Masker([SECRET]),
            "on_exchange": exchanges.append,
            "retry": RetryPolicy(),
            "timeout": 5.0,
            "sleep": naps.append,
        }
        return Client(**{**settings, **changes})

    return make
