"""One measurement in a process of its own, so that its memory and CPU are its own; prints one JSON object.

python -m benchmarks.measure pull --url http://127.0.0.1:8090 --records 20000 [--profile FILE]
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

from benchmarks import floors

Figures = dict[str, Any]
RESOURCES = {"stripe": ["customers"], "hubspot": ["companies"], "rovida": None}
"""What is synchronised of each provider."""


def pull(url: str, records: int) -> Figures:
    """The first synchronisation of customers: records, links, history and events."""
    return _run(_connect("stripe", "sk_test_" + "0" * 24), url, records)


def again(url: str, records: int) -> Figures:
    """Everything read again, nothing changed: no row of records, links, history or events may move."""
    before = _rows()
    figures = _run(_connected("stripe"), url, records, full=True)
    assert _rows() == before, "an unchanged pull changed something"
    return figures


def dry_run(url: str, records: int) -> Figures:
    """A preview: no row may move."""
    before = _rows()
    figures = _run(_connected("stripe"), url, records, full=True, dry_run=True)
    assert _rows() == before, "a preview changed something"
    return figures


def pull_tenants(url: str, records: int) -> Figures:
    """The first synchronisation of tenants, for the push that follows."""
    return _run(_connect("rovida", "rov_test_bench"), url, records)


def push(url: str, records: int) -> Figures:
    """Every tenant changed here, sent one by one through an API that takes one object a request."""
    from integrations.records.models import Tenant

    return _push("rovida", Tenant, {"given_name": f"Léa {time.time()}"}, url, records)


def pull_companies(url: str, records: int) -> Figures:
    """The first synchronisation of companies, for the push that follows."""
    return _run(_connect("hubspot", "pat-na1-bench"), url, records)


def push_batch(url: str, records: int) -> Figures:
    """Every company changed here, sent through an API that takes 100 objects a request: looked at, written, read."""
    from integrations.records.models import Customer

    return _push("hubspot", Customer, {"phone": f"+1514{int(time.time()) % 10_000_000:07}"}, url, records)


def _push(provider: str, model: Any, values: dict[str, Any], url: str, records: int) -> Figures:
    """So many changes wait for an approval first: what is measured is the run that follows it."""
    from integrations import services
    from integrations.core.models import User
    from integrations.models import Approval, Integration, PushOperation, PushStatus
    from integrations.records.services import Change, Origin, apply

    Integration.objects.filter(provider=provider).update(direction="out")
    ids = list(model.objects.order_by("pk").values_list("pk", flat=True)[:records])
    kind = model._meta.model_name
    for start in range(0, len(ids), 500):
        apply([Change(kind, key, values=values) for key in ids[start : start + 500]], Origin("user"))
    administrator, _ = User.objects.get_or_create(email="bench@example.ca")
    _to_the_end(services.request_sync(_connected(provider), resources=RESOURCES[provider]))
    for approval in Approval.objects.filter(state="open"):
        services.approve(approval, actor=administrator)
    waiting = PushOperation.objects.filter(status=PushStatus.PENDING).count()
    assert waiting > len(ids) // 2, f"only {waiting} of {len(ids)} changes wait to be sent"
    figures = _run(_connected(provider), url, waiting)
    assert figures["pushed"] == waiting
    return figures


def _connect(provider: str, key: str) -> Any:
    from django.utils import timezone

    from integrations import services
    from integrations.models import Credential, FieldMapping, Integration

    integration = Integration.objects.create(
        provider=provider, name="bench", environment="simulator", account_id="b", released_at=timezone.now()
    )
    Credential.objects.create(integration=integration, auth_method="api_key", secrets={"api_key": key})
    FieldMapping.objects.bulk_create(services.default_mappings(integration))
    return integration


def _connected(provider: str) -> Any:
    from integrations.models import Integration

    return Integration.objects.get(provider=provider)


def _rows() -> list[tuple[str, ...]]:
    """Every row that must not move, as one digest a table: xmin tells the transaction that wrote it last."""
    from django.db import connection

    tables = ("records_customer", "records_recordhistory", "records_event", "integrations_recordlink")
    digests = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*)::text, coalesce(sum(xmin::text::bigint), 0)::text FROM {table}")
            digests.append(cursor.fetchone())
    return digests


def _run(integration: Any, url: str, records: int, **options: Any) -> Figures:
    from integrations import services
    from integrations.models import JobStatus
    from integrations.worker import process

    # The provider's own limit would be all that is measured.
    integration.connector.limits = None
    job = services.request_sync(integration, resources=RESOURCES[integration.provider], **options)
    process.rest_collector()  # as the worker does

    with _statements() as seen:
        figures = _timed(lambda: _to_the_end(job), url, records)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED, job.error_message
    return {**figures, "statements": len(seen), "pages": job.pages, "created": job.created, "pushed": job.pushed}


def _to_the_end(job: Any) -> None:
    from integrations.models import SyncJob
    from integrations.sync.runner import run_slice

    while SyncJob.objects.get(pk=job.pk).is_open:
        run_slice(job.pk)


@contextmanager
def _statements() -> Iterator[list[int]]:
    from django.db import connection

    seen: list[int] = []

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        seen.append(1)
        return execute(*args)

    with connection.execute_wrapper(count):
        yield seen


def _timed(work: Callable[[], Any], url: str, records: int) -> Figures:
    requests.get(f"{url}/answered", timeout=30)
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "records": records,
        "seconds": round(seconds, 3),
        "records_per_second": round(records / seconds),
        "cpu_ms_per_record": round(used / records * 1000, 4),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "requests": requests.get(f"{url}/answered", timeout=30).json(),
    }


def _floor(work: Callable[[str], None]) -> Callable[[str, int], Figures]:
    def measured(url: str, records: int) -> Figures:
        from django.db import connection

        connection.ensure_connection()
        return _timed(lambda: work(url), url, records)

    return measured


MEASURES: dict[str, Callable[[str, int], Figures]] = {
    "raw": _floor(floors.raw),
    "floor": _floor(floors.floor),
    "floor_orm": _floor(floors.floor_orm),
    "pull": pull,
    "again": again,
    "dry_run": dry_run,
    "pull_tenants": pull_tenants,
    "push_floor": lambda url, records: _timed(lambda: floors.push_floor(url, records), url, records),
    "push": push,
    "pull_companies": pull_companies,
    "push_batch_floor": lambda url, records: _timed(lambda: floors.push_batch_floor(url, records), url, records),
    "push_batch": push_batch,
}


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("--url", required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--profile", default="", help="write cProfile's figures of the main thread to this file")
    options = parser.parse_args()
    import django

    django.setup()
    if options.profile:
        import cProfile

        profiler = cProfile.Profile()
        figures = profiler.runcall(MEASURES[options.measure], options.url, options.records)
        profiler.dump_stats(options.profile)
    else:
        figures = MEASURES[options.measure](options.url, options.records)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
