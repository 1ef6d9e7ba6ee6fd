"""Calls of providers: how many a second two web processes acknowledge, how soon, and at what cost, on a PostgreSQL that
waits for the disk.

`rows` is what `make bench` calls, `python -m benchmarks.inbound all` alone; the other roles are processes of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil

from tests import postgres

Figures = dict[str, Any]
CLIENTS = 32
WARM = 400
COUNT = int(os.environ.get("BENCH_CALLS", "6000"))
# Of this run only; production refuses to start with weak ones.
KEY, SECRET = base64.b64encode(os.urandom(32)).decode(), base64.b64encode(os.urandom(48)).decode()
COLUMNS = ("acks", "per_second", "cpu_ms_each", "p50_ms", "p95_ms", "p99_ms", "of_web_cpu")
# As in deploy/lacoste-web.service.
GUNICORN = [
    *("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"),
    *("--max-requests", "50000", "--max-requests-jitter", "5000"),
]


# --- The caller -----------------------------------------------------------------------------------------------------
async def _client(port: int, requests: Iterator[bytes], took: list[float]) -> None:
    """Send requests one after the other on one connection; every answer must be a success."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")), head
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), b": 0")
        await reader.readexactly(int(length.partition(b":")[2]))
        took.append((time.perf_counter() - begun) * 1000)
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _call(port: int, requests: list[bytes], clients: int) -> Figures:
    """Send all of them from that many clients at once."""
    took: list[float] = []
    left = iter(requests)
    begun = time.perf_counter()
    await asyncio.gather(*(_client(port, left, took) for _ in range(clients)))
    seconds = time.perf_counter() - begun
    cuts = quantiles(took, n=100)
    return {
        "acks": len(took),
        "per_second": round(len(took) / seconds),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "seconds": seconds,
    }


# --- The receiver ---------------------------------------------------------------------------------------------------
@contextmanager
def _web(database: str) -> Iterator[tuple[int, psutil.Process]]:
    """The console as deployed: port and the process above its workers."""
    port = postgres.free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.webhooks.inbound.served:application"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}", *GUNICORN], env=_environment(database), stdout=log, stderr=log
        )
        above = psutil.Process(process.pid)
        try:
            while len(above.children()) < 2 or not _answers(port):
                time.sleep(0.1)
            yield port, above
        finally:
            process.terminate()
            process.wait()


def _answers(port: int) -> bool:
    with suppress(OSError):
        asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1))
        return True
    return False


def _environment(database: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings",
        "DATABASE_URL": database,
        "SECRET_KEY": SECRET,
        "CREDENTIALS_KEYS": f"b1:{KEY}",
        "DEBUG": "0",
        "DEMO": "0",
        "SITE_URL": "https://console.example.ca",
        "DATA_DIR": tempfile.gettempdir(),
        "PYTHONWARNINGS": "ignore",
    }


def _cpu(above: psutil.Process) -> float:
    """CPU seconds of the web processes so far."""
    return sum(sum(each.cpu_times()[:2]) for each in above.children())


def _prepare(name: str, count: int) -> None:
    """An integration of that pretended provider, and authentic calls about it: pickled on standard output."""
    from tests.webhooks.inbound import served  # noqa: F401 - registers the providers
    from tests.webhooks.inbound.desk import Desk
    from tests.webhooks.inbound.pretend import CALLERS

    desk = Desk(CALLERS[name])
    requests = []
    for _ in range(count):
        moment = desk.moment()
        body = desk.caller.body(moment)[:-1] + b', "note": "%s"}' % (b"x" * 900)
        headers = "".join(f"{header}: {value}\r\n" for header, value in desk.caller.sign(body, moment).items())
        head = f"POST {desk.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        requests.append(head.encode() + body)
    pickle.dump(requests, sys.stdout.buffer)


def _measure(database: str, name: str, count: int = COUNT) -> Figures:
    env = _environment(database)
    for command in (["migrate", "--verbosity", "0"], ["flush", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=env, check=True)
    module = [sys.executable, "-m", "benchmarks.inbound"]
    with tempfile.NamedTemporaryFile() as file, _web(database) as (port, above):
        prepare = [*module, "prepare", "--name", name, "--count", str(WARM + count)]
        subprocess.run(prepare, env=env, check=True, stdout=file)
        call = [*module, "call", "--port", str(port), "--requests", file.name]
        subprocess.run([*call, "--until", str(WARM)], check=True, stdout=subprocess.DEVNULL)
        before = _cpu(above)
        done = subprocess.run([*call, "--since", str(WARM)], check=True, stdout=subprocess.PIPE, text=True)
        used = _cpu(above) - before
        figures: Figures = json.loads(done.stdout)
        seconds = figures.pop("seconds")
        return figures | {
            "cpu_ms_each": round(used / figures["acks"] * 1000, 2),
            "of_web_cpu": round(used / seconds / 2, 2),
        }


def rows(database: str) -> list[Figures]:
    """Both sorts of addresses."""
    cases = {"address of one integration": "keyed", "address of all accounts": "shared"}
    return [{"measure": label, **_measure(database, name)} for label, name in cases.items()]


def main() -> None:
    """Play one role."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["prepare", "call", "all"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--requests")
    parser.add_argument("--since", type=int, default=0)
    parser.add_argument("--until", type=int)
    parser.add_argument("--name", default="keyed")
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    if options.role == "call":
        requests = pickle.loads(Path(options.requests).read_bytes())  # noqa: S301 - our own file
        print(json.dumps(asyncio.run(_call(options.port, requests[options.since : options.until], CLIENTS))))
    elif options.role == "all":
        with postgres.temporary(options=()) as database:
            print(json.dumps(rows(database), indent=2))
    else:
        import django

        django.setup()
        _prepare(options.name, options.count)


if __name__ == "__main__":
    main()
