"""`make bench`: pull, unchanged re-pull and push on a PostgreSQL of our own, beside the bare floor in the same run;
then the webhooks sent and received.

Prints three tables and writes var/bench.json. Sizes: BENCH_SIZES="2000 20000" (200000 takes some minutes).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks import inbound, webhooks
from tests import postgres

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "2000 20000").split()]
PUSHED = int(os.environ.get("BENCH_PUSHED", "2000"))
OUT = Path(os.environ.get("DATA_DIR", "var")) / "bench.json"
COLUMNS = ("records_per_second", "of_floor", "seconds", "cpu_ms_per_record", "peak_mib", "statements", "pages")


@contextmanager
def provider(tenants: int, delay: float) -> Iterator[str]:
    """The bench's provider in a process of its own."""
    port = postgres.free_port()
    command = ["-m", "benchmarks.server", "--port", str(port), "--tenants", str(tenants), "--delay", str(delay)]
    server = subprocess.Popen([sys.executable, *command])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                requests.get(f"{url}/rovida/v1/ping", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()


def measure(name: str, url: str, records: int, database: str) -> dict[str, Any]:
    """One measurement in a fresh process."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "DATABASE_URL": database,
        "SIMULATOR_URL": url,
    }
    command = [sys.executable, "-m", "benchmarks.measure", name, "--url", url, "--records", str(records)]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def fresh(database: str) -> None:
    """An empty database with our tables."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "DATABASE_URL": database}
    for command in (["migrate", "--verbosity", "0"], ["flush", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=env, check=True)


def case(size: int, delay: float, names: list[str], database: str) -> list[dict[str, Any]]:
    """Every measure of one size and delay, best of three where a second try is the same work."""
    fresh(database)
    rows = []
    with provider(size, delay) as url:
        for name in names:
            tries = 1 if name in ("pull", "push") or size > 20_000 else 3
            best = min(
                (measure(name, url, size, database) for _ in range(tries)), key=lambda figures: figures["seconds"]
            )
            rows.append({"measure": name, "size": size, "delay_ms": round(delay * 1000), **best})
    by_name = {row["measure"]: row for row in rows}
    reference = by_name.get("floor") or by_name["raw"]
    for row in rows:
        row["of_floor"] = round(row["records_per_second"] / reference["records_per_second"], 2)
    return rows


def show(rows: list[dict[str, Any]], keys: dict[str, int], columns: tuple[str, ...]) -> None:
    """A table: the keys with their widths, then the figures."""
    print("\n" + " ".join(f"{name:<{width}}" for name, width in keys.items()) + "".join(f"{c:>19}" for c in columns))
    for row in rows:
        begin = " ".join(f"{row[name]:<{width}}" for name, width in keys.items())
        print(begin + "".join(f"{row.get(c, ''):>19}" for c in columns))


def main() -> None:
    """Run every case and show the tables."""
    rows: list[dict[str, Any]] = []
    with postgres.temporary() as database:
        for size in SIZES:
            rows += case(size, 0.0, ["raw", "floor", "pull", "again"], database)
        rows += case(PUSHED, 0.05, ["raw", "pull", "push"], database)
        deliveries = webhooks.rows(database)
        calls = inbound.rows(database)
    show(rows, {"measure": 8, "size": 7, "delay_ms": 8}, COLUMNS)
    show(deliveries, {"measure": 28}, webhooks.COLUMNS)
    show(calls, {"measure": 28}, inbound.COLUMNS)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"synchronisation": rows, "webhooks": deliveries, "inbound": calls}, indent=2))
    print(f"Written to {OUT}")


if __name__ == "__main__":
    main()
