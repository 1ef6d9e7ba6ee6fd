"""Deliveries on PostgreSQL: how many a second, at what cost, and how soon, also beside an endpoint that hangs.

`rows` is what `make bench` calls; the other roles are processes of their own:
python -m benchmarks.webhooks receive|serve|throughput|latency
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

import requests

from tests import postgres

Figures = dict[str, Any]
ENDPOINTS = 50
COLUMNS = ("deliveries", "per_second", "cpu_ms_each", "p50_ms", "p95_ms")


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[tuple[str, float]]) -> None:
    """Answer /now at once, /slow after 100 ms, /hang never; GET tells and forgets what was seen: (id, instant)."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            await reader.readexactly(int(headers.get("content-length", 0)))
            body = b"ok"
            if method == "GET":
                body = json.dumps(seen).encode()
                seen.clear()
            elif path.startswith("/hang"):
                await asyncio.sleep(3600)
            else:
                seen.append((headers["webhook-id"], time.time()))
                await asyncio.sleep(0.1 if path.startswith("/slow") else 0)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _receive(port: int) -> None:
    seen: list[tuple[str, float]] = []
    server = await asyncio.start_server(lambda r, w: _answer(r, w, seen), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


def _endpoints(url: str, *paths: str) -> None:
    from webhooks import signing
    from webhooks.models import Endpoint

    for path in paths:
        Endpoint.objects.create(url=url + path, secret=signing.new_secret(), event_types=["customer.created"])


def _write(count: int) -> list[str]:
    """Create customers in one transaction; returns their events' delivery ids."""
    from integrations.records.changes import Change, Origin
    from integrations.records.models import Event
    from integrations.records.services import apply
    from webhooks import payload

    new = [Change("customer", action="create", values={"kind": "company", "name": f"Client {n}"}) for n in range(count)]
    ids = [each.id for each in apply(new, Origin("system", label="Bench"))]
    events = Event.objects.filter(record_id__in=ids, type="customer.created")
    return [payload.message_id(pk) for pk in events.values_list("pk", flat=True)]


def _serve() -> None:
    from webhooks.sending.sender import Sender

    sender = Sender()
    while True:
        sender.run_pass()


def _throughput(url: str, path: str, count: int) -> Figures:
    """Send what waits to one endpoint, with one sender."""
    from webhooks.models import Delivery
    from webhooks.sending.sender import Sender

    _endpoints(url, path)
    for _ in range(0, count, 500):
        _write(min(500, count))
    sender = Sender()
    begun, cpu = time.perf_counter(), time.process_time()
    while Delivery.objects.filter(status="delivered").count() < count:
        sender.run_pass(0.25)
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    return {"deliveries": count, "per_second": round(count / seconds), "cpu_ms_each": round(used / count * 1000, 2)}


def _latency(url: str, paths: list[str], pace: float, seconds: float) -> Figures:
    """Write events at a steady pace; how long from their commit to their arrival at the endpoints that answer."""
    _endpoints(url, *paths)
    requests.get(url, timeout=5)
    committed: dict[str, float] = {}
    begun = time.time()
    for n in range(int(pace * seconds)):
        time.sleep(max(0.0, begun + n / pace - time.time()))
        (id_,) = _write(1)
        committed[id_] = time.time()
    time.sleep(3)
    took = [(at - committed[id_]) * 1000 for id_, at in requests.get(url, timeout=30).json()]
    expected = len(committed) * sum(not path.startswith("/hang") for path in paths)
    assert len(took) == expected, f"{len(took)} of {expected} arrived"
    cuts = quantiles(took, n=20)
    return {"deliveries": len(took), "p50_ms": round(cuts[9]), "p95_ms": round(cuts[18])}


def _environment(database: str, port: int) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DATABASE_URL": database,
        "WEBHOOK_ALLOWED_NETWORKS": f"127.0.0.1/32:{port}",
    }


@contextmanager
def _process(role: str, port: int, env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.webhooks", role, "--port", str(port)], env=env)
    try:
        time.sleep(2)
        yield
    finally:
        process.kill()
        process.wait()


def _measure(database: str, role: str, *options: str) -> Figures:
    """One measurement on an emptied database, with a receiver of its own."""
    port = postgres.free_port()
    env = _environment(database, port)
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, check=True)
    subprocess.run([sys.executable, "manage.py", "flush", "--no-input", "--verbosity", "0"], env=env, check=True)
    command = [sys.executable, "-m", "benchmarks.webhooks", role, "--port", str(port), *options]
    with _process("receive", port, env):
        if role == "throughput":
            done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
        else:
            with _process("serve", port, env):
                done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def rows(database: str) -> list[Figures]:
    """Every case, by name."""
    many = ["/now"] * ENDPOINTS
    steady = ["--pace", "4", "--seconds", "20"]
    cases = {
        "immediate receiver": ("throughput", "--paths", "/now"),
        "receiver at 100 ms": ("throughput", "--paths", "/slow"),
        "50 events/s, one endpoint": ("latency", "--paths", "/now", "--pace", "50", "--seconds", "20"),
        f"{ENDPOINTS} endpoints": ("latency", "--paths", *many, *steady),
        f"{ENDPOINTS} endpoints, one hangs": ("latency", "--paths", *many[1:], "/hang", *steady),
    }
    return [{"measure": name, **_measure(database, *case)} for name, case in cases.items()]


def main() -> None:
    """Play one role."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["receive", "serve", "throughput", "latency"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paths", nargs="*", default=[])
    parser.add_argument("--pace", type=float, default=50, help="events a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--count", type=int, default=3000)
    options = parser.parse_args()
    url = f"http://127.0.0.1:{options.port}"
    if options.role == "receive":
        asyncio.run(_receive(options.port))
    import django

    django.setup()
    match options.role:
        case "serve":
            _serve()
        case "throughput":
            print(json.dumps(_throughput(url, options.paths[0], options.count)))
        case "latency":
            print(json.dumps(_latency(url, options.paths, options.pace, options.seconds)))


if __name__ == "__main__":
    main()
