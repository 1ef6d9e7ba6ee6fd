"""`make bench`: pull, unchanged re-pull, preview and push of customers on a PostgreSQL of our own, beside the bare
floor of the same run; then the webhooks sent and received.

Every round runs all measures one after the other, each in a fresh process, so that a loaded machine slows all of them;
the table shows the median of the rounds, and ratios are taken within a round. PostgreSQL keeps its default settings:
every commit waits for the disk, the floor's like ours. Prints tables and writes var/bench.json.

BENCH_SIZES="2000 20000 200000"  BENCH_DELAYS="0 50" (ms a request)  BENCH_ROUNDS=3  BENCH_PUSHED=2000
BENCH_PUSHED_BY_BATCH=10000 (to an API that takes 100 a request)
BENCH_WEBHOOKS=0 measures the synchronisations only.
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
from statistics import median
from typing import Any

import requests

from benchmarks import following, inbound, webhooks
from tests import postgres

Figures = dict[str, Any]
SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "2000 20000 200000").split()]
DELAYS = [int(delay) for delay in os.environ.get("BENCH_DELAYS", "0 50").split()]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PUSHED = int(os.environ.get("BENCH_PUSHED", "2000"))
PUSHED_BY_BATCH = int(os.environ.get("BENCH_PUSHED_BY_BATCH", "10000"))
LARGE = 50_000
"""From this many records on, one round is long enough to tell."""
OUT = Path(os.environ.get("DATA_DIR", "var")) / "bench.json"
PULLS = ["raw", "floor", "floor_orm", "pull", "again", "dry_run"]
COLUMNS = (
    "records_per_second", "of_floor", "of_raw", "seconds", "cpu_ms_per_record", "peak_mib", "requests", "statements",
)  # fmt: skip


@contextmanager
def provider(objects: int, delay_ms: int) -> Iterator[str]:
    """The bench's provider in a process of its own."""
    port = postgres.free_port()
    options = ["--port", str(port), "--objects", str(objects), "--delay", str(delay_ms / 1000)]
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.server", *options])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                requests.get(f"{url}/answered", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()


def _environment(database: str) -> dict[str, str]:
    return os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "DATABASE_URL": database}


def measure(name: str, url: str, records: int, database: str) -> Figures:
    """One measurement in a fresh process."""
    env = _environment(database) | {"SIMULATOR_URL": url}
    command = [sys.executable, "-m", "benchmarks.measure", name, "--url", url, "--records", str(records)]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def fresh(database: str) -> None:
    """An empty database with our tables."""
    for command in (["migrate", "--verbosity", "0"], ["flush", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=_environment(database), check=True)


def case(size: int, delay_ms: int, names: list[str], database: str) -> list[Figures]:
    """Every measure of one size and delay, round by round."""
    rounds: list[dict[str, Figures]] = []
    with provider(size, delay_ms) as url:
        for _ in range(1 if size >= LARGE else ROUNDS):
            fresh(database)
            rounds.append({name: measure(name, url, size, database) for name in names})
    load = round(os.getloadavg()[0], 1)
    return [
        {
            "measure": name,
            "size": size,
            "delay_ms": delay_ms,
            "rounds": len(rounds),
            "load": load,
            **_middle(name, rounds),
        }
        for name in names
    ]


def _middle(name: str, rounds: list[dict[str, Figures]]) -> Figures:
    """The medians of one measure, and its pace beside the floor and HTTP alone of the same round."""
    figures: Figures = {key: round(median(each[name][key] for each in rounds), 4) for key, _ in rounds[0][name].items()}
    for column, reference in (
        ("of_floor", "floor"),
        ("of_raw", "raw"),
        ("of_floor", "push_floor"),
        ("of_floor", "push_batch_floor"),
    ):
        if reference in rounds[0]:
            paces = [each[name]["records_per_second"] / each[reference]["records_per_second"] for each in rounds]
            figures[column] = round(median(paces), 2)
    return figures


def show(rows: list[Figures], keys: dict[str, int], columns: tuple[str, ...]) -> None:
    """A table: the keys with their widths, then the figures."""
    print("\n" + " ".join(f"{name:<{width}}" for name, width in keys.items()) + "".join(f"{c:>19}" for c in columns))
    for row in rows:
        begin = " ".join(f"{row[name]:<{width}}" for name, width in keys.items())
        print(begin + "".join(f"{row.get(c, ''):>19}" for c in columns))


def main() -> None:
    """Run every case and show the tables."""
    rows: list[Figures] = []
    with postgres.temporary(options=()) as database:
        for delay in DELAYS:
            for size in SIZES:
                rows += case(size, delay, PULLS, database)
            if PUSHED:
                rows += case(PUSHED, delay, ["pull_tenants", "push_floor", "push"], database)[1:]
            if PUSHED_BY_BATCH:
                names = ["pull_companies", "push_batch_floor", "push_batch"]
                rows += case(PUSHED_BY_BATCH, delay, names, database)[1:]
        wanted = os.environ.get("BENCH_WEBHOOKS", "1") != "0"
        deliveries = webhooks.rows(database) if wanted else []
        calls = inbound.rows(database) if wanted else []
        changes = following.rows(database) if wanted else []
    show(rows, {"measure": 16, "size": 7, "delay_ms": 8}, COLUMNS)
    show(deliveries, {"measure": 28}, webhooks.COLUMNS)
    show(calls, {"measure": 28}, inbound.COLUMNS)
    show(changes, {"measure": 28}, following.COLUMNS)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    found = {"synchronisation": rows, "webhooks": deliveries, "inbound": calls, "following": changes}
    OUT.write_text(json.dumps(found, indent=2))
    print(f"Written to {OUT}")


if __name__ == "__main__":
    main()
