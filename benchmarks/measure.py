"""One measurement in a process of its own, so that its memory and CPU are its own; prints one JSON object.

python -m benchmarks.measure raw|floor|pull|again|push --url http://127.0.0.1:8090 --records 20000
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

Figures = dict[str, Any]


def pages(url: str) -> Iterator[list[dict[str, Any]]]:
    """Every page of tenants by plain requests."""
    session, cursor = requests.Session(), None
    while True:
        params = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        answer = session.get(f"{url}/rovida/v1/tenants", params=params, timeout=30).json()
        yield answer["data"]
        cursor = answer["next_cursor"]
        if not answer["has_more"]:
            return


def raw(url: str, records: int) -> Figures:
    """HTTP and JSON alone."""
    return _timed(lambda: sum(len(page) for page in pages(url)), records)


FLOOR_COLUMNS = {
    "id": "text PRIMARY KEY",
    "given_name": "text",
    "family_name": "text",
    "email": "text",
    "phone": "text",
    "language": "text",
    "status": "text",
    "move_in_date": "date",
    "move_out_date": "date",
    "version": "integer",
    "updated_at": "timestamptz",
    "lease": "jsonb",
}


def floor(url: str, records: int) -> Figures:
    """The least that keeps the data: requests and one upsert a page, a column per field."""
    from django.db import connection

    columns = ", ".join(FLOOR_COLUMNS)
    with connection.cursor() as cursor:
        definitions = ", ".join(f"{name} {kind}" for name, kind in FLOOR_COLUMNS.items())
        cursor.execute(f"DROP TABLE IF EXISTS floor; CREATE TABLE floor ({definitions})")
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in FLOOR_COLUMNS if name != "id")

    def work() -> None:
        for page in pages(url):
            row = f"({', '.join(['%s'] * len(FLOOR_COLUMNS))})"
            rows = ", ".join([row] * len(page))
            values = [json.dumps(r[name]) if name == "lease" else r[name] for r in page for name in FLOOR_COLUMNS]
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO floor ({columns}) VALUES {rows} ON CONFLICT (id) DO UPDATE SET {updates}",
                    values,
                )

    return _timed(work, records)


def pull(url: str, records: int) -> Figures:
    """The first synchronisation."""
    integration = _integration()
    return _run(integration, records)


def again(url: str, records: int) -> Figures:
    """Everything read again, nothing changed."""
    from integrations.models import Integration

    return _run(Integration.objects.get(name="bench"), records, full=True)


def push(url: str, records: int) -> Figures:
    """Every tenant changed here, sent one by one."""
    from integrations.models import Integration
    from integrations.records.models import Tenant
    from integrations.records.services import Change, Origin, apply

    Integration.objects.filter(name="bench").update(direction="out")
    ids = list(Tenant.objects.order_by("pk").values_list("pk", flat=True)[:records])
    for start in range(0, len(ids), 500):
        apply([Change("tenant", key, values={"given_name": "Léa"}) for key in ids[start : start + 500]], Origin("user"))
    return _run(Integration.objects.get(name="bench"), len(ids))


def _integration() -> Any:
    from integrations import services
    from integrations.models import Credential, FieldMapping, Integration

    integration = Integration.objects.create(provider="rovida", name="bench", environment="simulator", account_id="b")
    Credential.objects.create(integration=integration, auth_method="api_key", secrets={"api_key": "rov_test_bench"})
    FieldMapping.objects.bulk_create(services.default_mappings(integration))
    return integration


def _run(integration: Any, records: int, **options: Any) -> Figures:
    from connectors.rovida.connector import Rovida
    from integrations import services
    from integrations.models import JobStatus, SyncJob
    from integrations.sync.runner import run_slice

    # The provider's own limit would be all that is measured.
    Rovida.limits = None
    job = services.request_sync(integration, **options)

    def work() -> None:
        while SyncJob.objects.get(pk=job.pk).is_open:
            run_slice(job.pk)

    with _statements() as seen:
        figures = _timed(work, records)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED, job.error_message
    return {**figures, "statements": len(seen), "pages": job.pages, "created": job.created, "pushed": job.pushed}


@contextmanager
def _statements() -> Iterator[list[int]]:
    from django.db import connection

    seen: list[int] = []

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        seen.append(1)
        return execute(*args)

    with connection.execute_wrapper(count):
        yield seen


def _timed(work: Callable[[], Any], records: int) -> Figures:
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "records": records,
        "seconds": round(seconds, 3),
        "records_per_second": round(records / seconds),
        "cpu_ms_per_record": round(used / records * 1000, 4),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


MEASURES: dict[str, Callable[[str, int], Figures]] = {
    "raw": raw,
    "floor": floor,
    "pull": pull,
    "again": again,
    "push": push,
}


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--url", required=True)
    parser.add_argument("--records", type=int, required=True)
    options = parser.parse_args()
    import django

    django.setup()
    print(json.dumps(MEASURES[options.measure](options.url, options.records)))


if __name__ == "__main__":
    main()
