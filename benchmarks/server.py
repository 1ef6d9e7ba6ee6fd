"""A provider that costs nothing: ROVIDA's contract from memory, pages serialised once, with a delay if wanted.

python -m benchmarks.server --port 8090 --tenants 20000 --delay 0.05
"""

from __future__ import annotations

import argparse
import json
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integrations.payloads import property_, tenant

PROPERTIES = 20


class Handler(BaseHTTPRequestHandler):
    """Lists, and changes of tenants that are answered and forgotten."""

    protocol_version = "HTTP/1.1"
    tenants = 0
    delay = 0.0

    def do_GET(self) -> None:
        """A page of a list, or who we are."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        kind = url.path.rsplit("/", 1)[-1]
        if kind == "ping":
            self._answer(b'{"id":"bench","name":"Bench","environment":"sandbox","server_time":"2026-01-01T00:00:00Z"}')
        else:
            self._answer(page(kind, int(query.get("limit", 100)), int(query.get("cursor", 0)), self.tenants))

    def do_PATCH(self) -> None:
        """The tenant with the given fields."""
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = int(self.path.rsplit("_", 1)[-1])
        self._answer(json.dumps(tenant(number, version=2, **given)).encode())

    def _answer(self, body: bytes) -> None:
        if self.delay:
            time.sleep(self.delay)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Nothing: the server must cost nothing."""


@cache
def page(kind: str, limit: int, start: int, tenants: int) -> bytes:
    """One page as bytes."""
    totals = {"properties": PROPERTIES, "tenants": tenants}
    make = property_ if kind == "properties" else tenant
    end = min(start + limit, totals.get(kind, 0))
    more = end < totals.get(kind, 0)
    answer = {"data": [make(n) for n in range(start, end)], "has_more": more, "next_cursor": str(end) if more else None}
    return json.dumps(answer).encode()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tenants", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    Handler.tenants, Handler.delay = options.tenants, options.delay
    for start in range(0, options.tenants, 100):
        page("tenants", 100, start, options.tenants)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.serve_forever()


if __name__ == "__main__":
    main()
