"""A plain HTTP receiver of webhooks, as a provider's simulator calls it; use the `receiver` fixture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.base.webhooks import Call


@dataclass
class Receiver:
    """Keeps what it gets and answers as told: `answers` holds statuses, or a status and a body, for the next calls;
    otherwise 200 and nothing, or what `reply` makes of the call."""

    url: str = ""
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    answers: list[int | tuple[int, bytes]] = field(default_factory=list)
    reply: Callable[[Call], tuple[int, bytes]] | None = None

    def wait(self, count: int, seconds: float = 5.0) -> list[tuple[bytes, dict[str, str]]]:
        """The first `count` calls, once they are there."""
        deadline = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.received) >= count
        return self.received[:count]

    def calls(self, count: int) -> list[Call]:
        """The same as calls that a connector reads."""
        return [
            Call(body, {name.lower(): value for name, value in headers.items()}, self.url)
            for body, headers in self.wait(count)
        ]

    def answer(self, call: Call) -> tuple[int, bytes]:
        """What is answered to a call that was just kept."""
        if self.answers:
            told = self.answers.pop(0)
            return told if isinstance(told, tuple) else (told, b"")
        return self.reply(call) if self.reply else (200, b"")


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Listen on a free port."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.received.append((body, dict(self.headers)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = kept.answer(Call(body, headers, kept.url))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_port}/crochet"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with running_receiver() as kept:
        yield kept
