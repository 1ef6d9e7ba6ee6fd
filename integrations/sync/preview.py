"""What a synchronisation would do, through the same code: everything is fetched first, then planned in a transaction
that is rolled back. Nothing is written on either side but the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from integrations import routing
from integrations.models import PushOperation, PushStatus, RecordLink
from integrations.records import selectors as reading
from integrations.records import services as records
from integrations.records.kinds import KINDS, FieldInfo
from integrations.sync import locks, option_lists
from integrations.sync.lines import canonical
from integrations.sync.parts import Parts
from integrations.sync.plan import Failure, Held, Plan, read_items
from integrations.sync.problems import FieldProblem
from integrations.sync.push import Pusher
from integrations.sync.push_plan import Wait, Write
from integrations.sync.run import Run

MOST_RECORDS = 5_000
BATCH = 200
EXAMPLES = 10
"""Examples that are kept of each sort of change of each object."""
WAITS = "Sera créé une fois que l’enregistrement dont il dépend l’est."

Report = dict[str, Any]
Fetched = Mapping[str, tuple[list[Any], bool]]
"""Raw records by resource, and whether there are more than the preview looks at."""


def write_report(run: Run) -> None:
    """Fetch, plan, roll back, and keep the report on the job."""
    integration, connector = run.integration, run.connector
    # Looked at as if this were its direction; « Appliquer » makes it so.
    begins_to_send = not integration.sends and run.job.would_send
    integration.direction = run.job.direction or integration.direction
    lists = option_lists.read_if_old(integration, connector)
    locked_until = integration.provider_lock_date
    locks.read_if_old(integration, connector)
    names = [r.name for r in connector.resources if not run.job.resources or r.name in run.job.resources]
    fetched = {name: _fetch(run, name) for name in names} if integration.receives else {}
    with transaction.atomic():
        option_lists.store(integration, lists)
        if integration.provider_lock_date != locked_until:
            locks.release(integration)
        if begins_to_send:
            routing.ask_changed(integration)
        report = _report(run, fetched)
        transaction.set_rollback(True)
    if not run.claim.held().update(report=report):
        raise run.claim.why_not_held()


def _report(run: Run, fetched: Fetched) -> Report:
    """Write everything as a synchronisation would, and tell what that was. Needs a transaction to roll back."""
    parts = Parts.of_run(run)
    inbound = {c.resource.name: _inbound(parts, c, *fetched[c.resource.name]) for c in parts.inbound if fetched}
    if parts.pushers and run.integration.create_missing:
        routing.ask_missing(run.integration)
    return {"in": inbound, "out": {pusher.resource: _outbound(pusher) for pusher in parts.pushers}}


def _fetch(run: Run, resource: str) -> tuple[list[Any], bool]:
    """Every record of a resource, and whether there are more than the preview looks at."""
    fetched: list[Any] = []
    declared = run.connector.resource(resource)
    filters = run.integration.filters_of(declared)
    for page in run.connector.pull(resource, None, page_size=declared.max_page_size, filters=filters):
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
    _show(report, (_refusal(failure) for failure in failures))
    for start in range(0, len(items), BATCH):
        try:
            with transaction.atomic():
                plan, applied = store.write(items[start : start + BATCH], timezone.now())
        except (IntegrityError, DataError):
            report["fail"] += len(items[start : start + BATCH])
            continue
        _add(report, plan, applied)
    report["titles"] = _titles(report)
    return report


def _add(report: Report, plan: Plan, applied: list[records.Applied]) -> None:
    report["skip"] += plan.skipped
    report["hold"] += len(plan.held)
    report["fail"] += len(plan.failures)
    _show(report, (_refusal(failure) for failure in plan.failures))
    _show(report, _conflicts(plan.held))
    names = {"created": "create", "updated": "update", "restored": "update", "archived": "archive"}
    for step, done in zip(plan.steps, applied, strict=True):
        if step.item is None or done.action == "unchanged":
            report["skip"] += step.item is not None
            continue
        report[names[done.action]] += 1
        if _room(report, names[done.action]):
            report["examples"].append(_example(names[done.action], done))


def _room(report: Report, action: str) -> bool:
    """Whether one more example of this sort is worth showing."""
    return sum(example["action"] == action for example in report["examples"]) < EXAMPLES


def _show(report: Report, examples: Iterable[dict[str, Any]]) -> None:
    for example in examples:
        if _room(report, example["action"]):
            report["examples"].append(example)


def _refusal(failure: Failure) -> dict[str, Any]:
    return {"action": "fail", "title": failure.remote_id, "sentence": failure.sentence}


def _conflicts(held: Iterable[Held]) -> Iterable[dict[str, Any]]:
    for one in islice(held, EXAMPLES):
        link, sides = one.link, one.sides
        record = reading.by_keys([(link.record_kind, link.record_id)]).get((link.record_kind, link.record_id))
        title = record.full_title if record else link.remote_id
        changes = [_change(one.info.name, one.info, sides.local, sides.incoming)]
        yield {"action": "hold", "kind": link.record_kind, "title": title, "changes": changes}


def _example(action: str, done: records.Applied) -> dict[str, Any]:
    fields = KINDS[done.kind].fields
    changes = [
        _change(name, fields[name], canonical(fields[name], old), canonical(fields[name], new))
        for name, (old, new) in done.changed.items()
        if name in fields
    ]
    return {"action": action, "kind": done.kind, "title": done.record.full_title, "changes": changes}


def _change(name: str, info: FieldInfo, old: Any, new: Any) -> dict[str, Any]:
    """One field of an example, its values as canonical JSON."""
    return {"name": name, "label": info.label, "old": old, "new": new}


def _titles(report: Report) -> dict[str, str]:
    """The titles of the records that the examples refer to, by id: those that would be created are gone afterwards."""
    values = (
        (KINDS[example["kind"]].fields[change["name"]], change[side])
        for example in report["examples"]
        for change in example.get("changes", ())
        for side in ("old", "new")
    )
    return {str(key): title for key, title in reading.titles_of(values).items()}


def _outbound(pusher: Pusher) -> Report:
    report: Report = {"create": 0, "update": 0, "act": 0, "fail": 0, "examples": []}
    pending = PushOperation.objects.filter(
        integration=pusher.run.integration, resource=pusher.resource, status=PushStatus.PENDING
    )
    operations = list(pending.order_by("created_at", "id")[:MOST_RECORDS])
    for start in range(0, len(operations), BATCH):
        _plan_batch(pusher, operations[start : start + BATCH], report)
    report["titles"] = _titles(report)
    return report


def _plan_batch(pusher: Pusher, operations: list[PushOperation], report: Report) -> None:
    """Plan some writes as the push does, in a constant number of statements."""
    found = records.lock({pusher.outbound.kind.slug: [each.record_id for each in operations]})
    links = pusher.landing.links_of(operations)
    pairs = [
        (each, record, links.get(each.record_id))
        for each in operations
        if (record := found.get((each.record_kind, each.record_id))) is not None
    ]
    facts = pusher.planner.gather([(record, link) for _, record, link in pairs]) if pairs else None
    for operation, record, link in pairs:
        try:
            write = pusher.planner.plan(record, link, needed=operation.needed, facts=facts)
        except FieldProblem as problem:
            report["fail"] += 1
            _show(report, [{"action": "fail", "title": record.full_title, "sentence": problem.sentence}])
            continue
        if write is None:
            continue
        action = "create" if isinstance(write, Wait) else write.action.split(":")[0]
        report[action] += 1
        if not _room(report, action):
            continue
        if isinstance(write, Write):
            report["examples"].append(_outbound_example(pusher, link, record, action, write))
        else:
            report["examples"].append({"action": action, "title": record.full_title, "sentence": WAITS})


def _outbound_example(
    pusher: Pusher, link: RecordLink | None, record: Any, action: str, write: Write
) -> dict[str, Any]:
    """A write, with what the provider has now (as both sides last agreed) and what it would get."""
    fields, kind = pusher.outbound.kind.fields, pusher.outbound.kind.slug
    agreed = link.base_local if link else {}
    changes = [_change(name, fields[name], agreed.get(name), write.local.get(name)) for name in write.fields]
    return {"action": action, "kind": kind, "title": record.full_title, "changes": changes}
