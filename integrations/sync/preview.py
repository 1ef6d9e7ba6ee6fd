"""What a synchronisation would do, through the same code: everything is fetched first, then planned in a transaction
that is rolled back. Nothing is written on either side but the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from integrations import routing
from integrations.models import PushOperation, PushStatus
from integrations.records import services as records
from integrations.records.kinds import KINDS, to_json
from integrations.sync.plan import Plan, read_items
from integrations.sync.problems import FieldProblem
from integrations.sync.push_plan import Wait
from integrations.sync.run import Run

if TYPE_CHECKING:
    from integrations.sync.parts import Parts
    from integrations.sync.push import Pusher

MOST_RECORDS = 5_000
EXAMPLES = 25

Report = dict[str, Any]


def write_report(run: Run, parts: Parts) -> None:
    """Fetch, plan, roll back, and keep the report on the job."""
    fetched = {c.resource.name: _fetch(run, c.resource.name) for c in parts.inbound} if run.integration.receives else {}
    with transaction.atomic():
        report: Report = {
            "in": {c.resource.name: _inbound(parts, c, *fetched[c.resource.name]) for c in parts.inbound if fetched},
            "out": {},
        }
        if parts.pushers:
            if run.integration.create_missing:
                routing.ask_missing(run.integration)
            report["out"] = {pusher.resource: _outbound(pusher) for pusher in parts.pushers}
        transaction.set_rollback(True)
    if not run.claim.held().update(report=report):
        raise run.claim.why_not_held()


def _fetch(run: Run, resource: str) -> tuple[list[Any], bool]:
    """Every record of a resource, and whether there are more than the preview looks at."""
    fetched: list[Any] = []
    size = run.connector.resource(resource).max_page_size
    for page in run.connector.pull(resource, None, page_size=size):
        run.claim.check()
        fetched += page.records
        if page.last:
            return fetched, False
        if len(fetched) >= MOST_RECORDS:
            return fetched, True
    return fetched, False


def _inbound(parts: Parts, compiled: Any, raw_records: list[Any], more: bool) -> Report:
    store = parts.store_of(compiled)
    items, failures = read_items(compiled, raw_records)
    report: Report = {
        "create": 0,
        "update": 0,
        "archive": 0,
        "hold": 0,
        "fail": len(failures),
        "more": more,
        "examples": [],
    }
    report["skip"] = 0
    for start in range(0, len(items), 200):
        try:
            with transaction.atomic():
                plan, applied = store.write(items[start : start + 200], timezone.now())
        except (IntegrityError, DataError):
            report["fail"] += len(items[start : start + 200])
            continue
        _add(report, plan, applied)
    return report


def _add(report: Report, plan: Plan, applied: list[records.Applied]) -> None:
    report["skip"] += plan.skipped
    report["hold"] += len(plan.held)
    report["fail"] += len(plan.failures)
    names = {"created": "create", "updated": "update", "restored": "update", "archived": "archive"}
    for step, done in zip(plan.steps, applied, strict=True):
        if step.item is None or done.action == "unchanged":
            report["skip"] += step.item is not None
            continue
        report[names[done.action]] += 1
        if len(report["examples"]) < EXAMPLES:
            report["examples"].append(_example(names[done.action], done))


def _example(action: str, done: records.Applied) -> dict[str, Any]:
    kind = KINDS[done.kind]
    changes = [
        {"label": kind.fields[name].label if name in kind.fields else name, "old": to_json(old), "new": to_json(new)}
        for name, (old, new) in done.changed.items()
        if kind.fields.get(name) is None or kind.fields[name].type != "lines"
    ]
    return {"action": action, "title": str(done.record), "changes": changes}


def _outbound(pusher: Pusher) -> Report:
    report: Report = {"create": 0, "update": 0, "act": 0, "fail": 0, "examples": []}
    pending = PushOperation.objects.filter(
        integration=pusher.run.integration, resource=pusher.resource, status=PushStatus.PENDING
    )
    for operation in pending[:MOST_RECORDS]:
        record = records.lock({operation.record_kind: [operation.record_id]}).get(
            (operation.record_kind, operation.record_id)
        )
        try:
            write = pusher.planner.plan(record, pusher.link_of(operation), needed=operation.needed) if record else None
        except FieldProblem as problem:
            report["fail"] += 1
            report["examples"].append({"action": "fail", "title": str(record), "sentence": problem.sentence})
            continue
        if write is None:
            continue
        action = "create" if isinstance(write, Wait) else write.action.split(":")[0]
        report[action] += 1
        if len(report["examples"]) < EXAMPLES and not isinstance(write, Wait):
            labels = [pusher.outbound.kind.fields[name].label for name in write.fields]
            report["examples"].append({"action": action, "title": str(record), "fields": labels})
    return report
