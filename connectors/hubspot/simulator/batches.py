"""Batches: up to 100 inputs in one call; rows and errors are matched by objectWriteTraceId, not by their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.hubspot.simulator.crm import shown
from connectors.hubspot.simulator.problems import JSON, Fault
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.hubspot.simulator.fake import HubSpot

MOST = 100
Row = dict[str, Any]


def add_batch_routes(api: Blueprint, fake: HubSpot, root: str) -> None:
    """Below …/objects/<entity>/batch."""

    @api.post(f"{root}/batch/read")
    def batch_read(entity: str) -> Response:
        body, inputs = _inputs()
        found, missing = [], []
        for one in inputs:
            try:
                found.append(fake.crm.get(entity, str(one.get("id")), str(body.get("idProperty") or "")))
            except Fault:
                missing.append(str(one.get("id")))
        rows = [shown(entity, one, body.get("properties") or []) for one in found]
        errors = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": "Could not get some objects, they may be deleted or not exist",
                "context": {"ids": missing},
            }
        ]
        return _done(fake, rows, errors if missing else [], 200)

    @api.post(f"{root}/batch/create")
    def batch_create(entity: str) -> Response:
        def make(row: Row) -> Row:
            made = fake.crm.create(entity, row.get("properties") or {}, row.get("associations"))
            return shown(entity, made, list(made))

        return _each(fake, make, 201)

    @api.post(f"{root}/batch/update")
    def batch_update(entity: str) -> Response:
        def change(row: Row) -> Row:
            values = row.get("properties") or {}
            changed = fake.crm.update(entity, str(row.get("id")), values, str(row.get("idProperty") or ""))
            return shown(entity, changed, list(values))

        return _each(fake, change, 200)

    @api.post(f"{root}/batch/upsert")
    def batch_upsert(entity: str) -> Response:
        def put(row: Row) -> Row:
            values = row.get("properties") or {}
            made, new = fake.crm.upsert(entity, str(row.get("idProperty") or ""), str(row.get("id")), values)
            return {**shown(entity, made, list(values)), "new": new}

        return _each(fake, put, 200)

    @api.post(f"{root}/batch/archive")
    def batch_archive(entity: str) -> Response:
        _, inputs = _inputs()
        with fake.store.transaction():
            for one in inputs:
                fake.crm.archive(entity, str(one.get("id")))
        return Response(status=204)


def _inputs() -> tuple[Row, list[Row]]:
    given = request.get_json(silent=True, force=True)
    body: Row = given if isinstance(given, dict) else {}
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs or len(inputs) > MOST:
        raise Fault(400, "VALIDATION_ERROR", f"inputs must hold 1 to {MOST} objects")
    ids = [one.get("id") for one in inputs if one.get("id")]
    if len(set(ids)) != len(ids):
        raise Fault(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
    return body, inputs


def _each(fake: HubSpot, work: Callable[[Row], Row], status: int) -> Response:
    """A row without its own objectWriteTraceId fails the whole batch."""
    rows, errors = [], []
    _, inputs = _inputs()
    with fake.store.transaction():
        for one in reversed(inputs):
            trace = one.get("objectWriteTraceId")
            try:
                rows.append({**work(one), **({"objectWriteTraceId": trace} if trace else {})})
            except Fault as fault:
                if not trace:
                    raise
                errors.append({**fault.body, "context": {"objectWriteTraceId": [trace]}})
    return _done(fake, rows, errors, status)


def _done(fake: HubSpot, rows: list[Row], errors: list[Row], status: int) -> Response:
    now = stamp(fake.clock.now())
    body: Row = {"status": "COMPLETE", "results": rows, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Response(json.dumps(body, ensure_ascii=False), 207 if errors else status, content_type=JSON)
