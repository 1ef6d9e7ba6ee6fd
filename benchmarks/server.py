"""A provider that costs nothing: the customers of Stripe's contract from memory, pages serialised once, with a delay if
wanted; the tenants of ROVIDA's, whose changes are one request each; and the companies of HubSpot's, of which 100 are
changed in one.

python -m benchmarks.server --port 8090 --objects 20000 --delay 0.05
"""

from __future__ import annotations

import argparse
import json
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks import companies
from tests.integrations.payloads import property_, tenant

PAGE = 100
PROPERTIES = 20


class Handler(BaseHTTPRequestHandler):
    """Lists; changes of tenants, answered and forgotten; companies, many at once."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in one segment each: without it the second one waits for the first one's acknowledgement.
    disable_nagle_algorithm = True
    objects = 0
    delay = 0.0
    answered = 0

    def do_GET(self) -> None:
        """A page of the list; how many requests were answered since the last question."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/answered":
            body, Handler.answered = json.dumps(Handler.answered).encode(), 0
            self._answer(body)
        elif url.path == "/stripe/v1/customers":
            after = query.get("starting_after")
            start = int(after.rpartition("_")[2]) + 1 if after else 0
            self._answer_late(customers(int(query.get("limit", PAGE)), start, self.objects))
        elif url.path.startswith("/rovida/v1/"):
            kind = url.path.rpartition("/")[2]
            self._answer_late(rovida(kind, int(query.get("limit", PAGE)), int(query.get("cursor", 0)), self.objects))
        elif url.path.startswith("/hubspot/crm/v3/"):
            total = self.objects if url.path.endswith("/companies") and query.get("archived") != "true" else 0
            self._answer_late(companies.page(int(query.get("limit", PAGE)), int(query.get("after", 0)), total))
        else:
            self.send_error(404)

    def do_PATCH(self) -> None:
        """The tenant with the given fields."""
        given = self._given()
        number = int(self.path.rpartition("_")[2])
        self._answer_late(json.dumps(tenant(number, version=2, **given)).encode())

    def do_POST(self) -> None:
        """Many companies, read or changed."""
        self._answer_late(companies.post(urlsplit(self.path).path, self._given()))

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return given

    def _answer_late(self, body: bytes) -> None:
        Handler.answered += 1
        if self.delay:
            time.sleep(self.delay)
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Nothing: the server must cost nothing."""


def customer(number: int) -> dict[str, Any]:
    """One customer with every member that Stripe gives it."""
    return {
        "id": f"cus_{number}",
        "object": "customer",
        "address": {
            "city": "Montréal",
            "country": "CA",
            "line1": f"{number} rue Sherbrooke",
            "line2": None,
            "postal_code": "H3A 1H6",
            "state": "QC",
        },
        "balance": 0,
        "created": 1767225600 + number,
        "currency": "cad",
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": f"zoe.{number}@example.ca",
        "invoice_prefix": f"B{number:07d}",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {"source": "bench"},
        "name": f"Zoé Exemple {number}",
        "next_invoice_sequence": 1,
        "phone": "+15145550100",
        "preferred_locales": ["fr-CA"],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


@cache
def customers(limit: int, start: int, total: int) -> bytes:
    """One page of Stripe's customers."""
    end = min(start + limit, total)
    data = [customer(number) for number in range(start, end)]
    return json.dumps({"object": "list", "url": "/v1/customers", "has_more": end < total, "data": data}).encode()


@cache
def rovida(kind: str, limit: int, start: int, tenants: int) -> bytes:
    """One page of ROVIDA's objects."""
    total = {"properties": PROPERTIES, "tenants": tenants}.get(kind, 0)
    make = property_ if kind == "properties" else tenant
    end = min(start + limit, total)
    data = [make(number) for number in range(start, end)]
    more = end < total
    return json.dumps({"data": data, "has_more": more, "next_cursor": str(end) if more else None}).encode()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--objects", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    Handler.objects, Handler.delay = options.objects, options.delay
    for start in range(0, options.objects, PAGE):
        customers(PAGE, start, options.objects)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.serve_forever()


if __name__ == "__main__":
    main()
