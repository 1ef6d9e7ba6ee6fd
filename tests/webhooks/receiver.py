"""A receiver of webhooks that can misbehave on the wire, and remembers what it got."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Call:
    """One request that arrived as a whole."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Behaviour = Callable[[socket.socket, "Receiver"], None]


class Receiver:
    """Listens on loopback; `behave(socket, receiver)` answers each request."""

    def __init__(self, behave: Behaviour | None = None) -> None:
        self.behave = behave or answer(200)
        self.calls: list[Call] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> Counter[str]:
        return Counter(call.id for call in list(self.calls))

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            # Its thread waits in accept(), which keeps the port open otherwise.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                opened, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[opened], daemon=True).start()

    def _serve(self, opened: socket.socket) -> None:
        try:
            with opened, opened.makefile("rb") as reader:
                while call := _read(reader):
                    self.calls.append(call)
                    self.behave(opened, self)
        except OSError:
            pass


def _read(reader) -> Call | None:
    if not reader.readline():
        return None
    headers = {}
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = reader.read(length)
    # A sender that is killed between two bytes has sent nothing.
    return Call(headers, body) if len(body) == length else None


def answer(code: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    """Answer at once."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw = f"HTTP/1.1 {code} Word\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body
    return lambda opened, receiver: opened.sendall(raw)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first for the first call, and so on; the last for all others."""

    def behave(opened: socket.socket, receiver: Receiver) -> None:
        behaviours[min(len(receiver.calls), len(behaviours)) - 1](opened, receiver)

    return behave


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    """Answer after a while."""

    def behave(opened: socket.socket, receiver: Receiver) -> None:
        receiver.closing.wait(seconds)
        (then or answer(200))(opened, receiver)

    return behave


def reset(opened: socket.socket, receiver: Receiver) -> None:
    """Close with RST instead of an answer."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The reader holds the descriptor too: shutting down is what the peer notices for sure.
    opened.shutdown(socket.SHUT_RDWR)


def _drip(opened: socket.socket, receiver: Receiver, data: bytes) -> None:
    for byte in data:
        opened.sendall(bytes([byte]))
        if receiver.closing.wait(0.1):
            return


def drip_headers(opened: socket.socket, receiver: Receiver) -> None:
    _drip(opened, receiver, OK[:-6] + b"X-Slow: " + b"x" * 200)


def drip_body(opened: socket.socket, receiver: Receiver) -> None:
    opened.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip(opened, receiver, b"x" * 1000)


def hang(opened: socket.socket, receiver: Receiver) -> None:
    receiver.closing.wait(60)


def ten_megabytes(opened: socket.socket, receiver: Receiver) -> None:
    opened.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        opened.sendall(b"x" * 100_000)


def gzip_bomb(opened: socket.socket, receiver: Receiver) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    opened.sendall(head.encode() + packed)


def not_http(opened: socket.socket, receiver: Receiver) -> None:
    opened.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    opened.shutdown(socket.SHUT_RDWR)
