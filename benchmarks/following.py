"""From a change at a provider to the record here: simulator, signed call, web process, worker, on PostgreSQL.

`rows` is what `make bench` calls, `python -m benchmarks.following` alone. The time of a change is taken before it is
made at the simulator, its end when the event is done: the record was committed just before that. Rates stay below the
ten requests a second that the provider's contract allows: each change costs one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import requests

from benchmarks.inbound import GUNICORN, KEY, SECRET
from tests import postgres
from tests.simulator import Control, running_simulator

Figures = dict[str, Any]
COUNT = int(os.environ.get("BENCH_CHANGES", "300"))
RATES = [float(rate) for rate in os.environ.get("BENCH_CHANGE_RATES", "2 8").split()]
COLUMNS = ("changes", "per_second", "p50_ms", "p95_ms", "p99_ms", "lost")


def _environment(database: str, port: int, simulator: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "lacoste_integrations.settings",
        "DATABASE_URL": database,
        "SECRET_KEY": SECRET,
        "CREDENTIALS_KEYS": f"b1:{KEY}",
        "DEBUG": "0",
        "DEMO": "1",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SIMULATOR_URL": simulator,
        "DATA_DIR": tempfile.gettempdir(),
        "PYTHONWARNINGS": "ignore",
        # Every object changes once: with the usual share, most of it would wait for an approval.
        "GUARD_SHARE": "1",
    }


@contextmanager
def _processes(env: dict[str, str], port: int) -> Iterator[None]:
    """Two web processes and a worker, as deployed."""
    web = [sys.executable, "-m", "gunicorn", "lacoste_integrations.wsgi", "--bind", f"127.0.0.1:{port}", *GUNICORN]
    with tempfile.TemporaryFile() as log:
        running = [
            subprocess.Popen(command, env=env, stdout=log, stderr=log)
            for command in (web, [sys.executable, "manage.py", "worker"])
        ]
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} never answered")


def _connect(control: Control, count: int) -> list[str]:
    """An integration with webhooks and `count` known objects; their ids at the provider."""
    from django.contrib.auth import get_user_model

    from integrations import services
    from integrations.models import Integration, RecordLink
    from integrations.sync.runner import run_slice
    from webhooks.inbound import services as inbound
    from webhooks.models import InboundSubscription

    person = get_user_model().objects.create_user(email="bench@example.com", password=SECRET, role="administrator")
    integration = services.connect(
        "rovida",
        name="Bench",
        environment="simulator",
        auth_method="api_key",
        secrets={"api_key": "rov_test_demo_lacoste"},
        config={},
        actor=person,
        trial=False,
    )
    control.seed("properties", count)
    job = services.request_sync(integration)
    deadline = time.monotonic() + 120
    while job.is_open and time.monotonic() < deadline:
        run_slice(job.pk)
        time.sleep(0.1)
        job.refresh_from_db()
    inbound.switch(Integration.objects.get(pk=integration.pk), on=True, actor=person)
    while not InboundSubscription.objects.filter(state="active").exclude(remote_ids=[]).exists():
        assert time.monotonic() < deadline, list(InboundSubscription.objects.values("state", "message"))
        time.sleep(0.1)
    rows = RecordLink.objects.filter(integration=integration, resource="properties")
    return list(rows.order_by("remote_id").values_list("remote_id", flat=True)[:count])


def _measure(control: Control, ids: list[str], rate: float) -> Figures:
    """Change one object after the other at that rate; how long each took to be here."""
    from integrations.records.models import Property
    from webhooks.models import InboundEvent

    InboundEvent.objects.all().delete()
    changed: dict[str, float] = {}
    name = f"À {rate:g} par seconde "
    begun = time.time()
    for number, remote_id in enumerate(ids):
        time.sleep(max(0.0, begun + number / rate - time.time()))
        changed[remote_id] = time.time()
        control.edit("properties", remote_id, name=name + remote_id)
    seconds = time.time() - begun
    deadline = time.monotonic() + 30
    while InboundEvent.objects.filter(status="done").count() < len(ids) and time.monotonic() < deadline:
        time.sleep(0.1)
    ended = InboundEvent.objects.filter(status="done").values_list("remote_id", "processed_at")
    took = [(at.timestamp() - changed[remote_id]) * 1000 for remote_id, at in ended]
    cuts = quantiles(took, n=100)
    return {
        "measure": f"{rate:g} changes a second",
        "changes": len(ids),
        "per_second": round(len(ids) / seconds, 1),
        "p50_ms": round(cuts[49]),
        "p95_ms": round(cuts[94]),
        "p99_ms": round(cuts[98]),
        "lost": len(ids) - Property.objects.filter(name__startswith=name).count(),
    }


def run() -> list[Figures]:
    """Every rate, in this process: the database of the environment is used."""
    import django

    django.setup()
    port = int(os.environ["SITE_URL"].rpartition(":")[2])
    with tempfile.TemporaryDirectory() as folder, running_simulator(Path(folder) / "state.sqlite3") as control:
        from django.conf import settings

        env = dict(os.environ) | {"SIMULATOR_URL": control.url}
        settings.SIMULATOR_URL = control.url
        with _processes(env, port):
            ids = _connect(control, COUNT)
            return [_measure(control, ids, rate) for rate in RATES]


def rows(database: str) -> list[Figures]:
    """On this PostgreSQL, emptied before."""
    env = _environment(database, postgres.free_port(), "")
    for command in (["migrate", "--verbosity", "0"], ["flush", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=env, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.following", "run"], env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    figures: list[Figures] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """The child's role, or everything on a PostgreSQL of our own."""
    if sys.argv[1:] == ["run"]:
        print(json.dumps(run()))
        return
    with postgres.temporary(options=()) as database:
        print(json.dumps(rows(database), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
