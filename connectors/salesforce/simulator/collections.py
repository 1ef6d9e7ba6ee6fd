"""Collections: up to 200 writes in one call, each with its own outcome, in the order given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.salesforce.simulator.problems import JSON, Fault
from connectors.salesforce.simulator.schema import ENTITIES

if TYPE_CHECKING:
    from connectors.salesforce.simulator.fake import Salesforce

MOST = 200
Row = dict[str, Any]


class _RolledBack(Exception):
    """One failed where all or none was asked for."""


def add_collection_routes(api: Blueprint, fake: Salesforce, root: str) -> None:
    """Below …/composite/sobjects."""

    @api.post(f"{root}/composite/sobjects")
    def create_many(version: str) -> Response:
        return _each(fake, _rows(), lambda row: {"id": fake.org.create(_entity(row), _values(row))["Id"]})

    @api.patch(f"{root}/composite/sobjects")
    def update_many(version: str) -> Response:
        return _each(fake, _rows(), lambda row: _updated(fake, row))

    @api.patch(f"{root}/composite/sobjects/<entity>/<name>")
    def upsert_many(version: str, entity: str, name: str) -> Response:
        return _each(fake, _rows(), lambda row: _upserted(fake, entity, name, row))

    @api.delete(f"{root}/composite/sobjects")
    def delete_many(version: str) -> Response:
        ids = [one for one in request.args.get("ids", "").split(",") if one]
        return _each(fake, [{"id": one} for one in ids], lambda row: _deleted(fake, row["id"]))


def _each(fake: Salesforce, rows: list[Row], work: Callable[[Row], Row]) -> Response:
    if not rows or len(rows) > MOST:
        raise Fault("EXCEEDED_MAX_SIZE_REQUEST", f"record limit reached. cannot submit more than {MOST} records")
    results: list[Row] = []
    try:
        with fake.store.transaction():
            for row in rows:
                try:
                    results.append({**work(row), "success": True, "errors": []})
                except Fault as fault:
                    results.append({"success": False, "errors": [fault.entry("statusCode")]})
            if _all_or_none() and not all(one["success"] for one in results):
                raise _RolledBack
    except _RolledBack:
        undone = Fault("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid")
        entry = undone.entry("statusCode")
        results = [one if not one["success"] else {"success": False, "errors": [entry]} for one in results]
    return Response(json.dumps(results, ensure_ascii=False), content_type=JSON)


def _body() -> Row:
    body = request.get_json(silent=True, force=True)
    return body if isinstance(body, dict) else {}


def _rows() -> list[Row]:
    rows = _body().get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Fault("JSON_PARSER_ERROR", "records is required")
    return rows


def _all_or_none() -> bool:
    return request.args.get("allOrNone") == "true" or _body().get("allOrNone") is True


def _entity(row: Row) -> str:
    name = (row.get("attributes") or {}).get("type")
    if name not in ENTITIES:
        raise Fault("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return str(name)


def _values(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("attributes", "id")}


def _updated(fake: Salesforce, row: Row) -> Row:
    return {"id": fake.org.update(_entity(row), str(row.get("id") or ""), _values(row))["Id"]}


def _upserted(fake: Salesforce, entity: str, name: str, row: Row) -> Row:
    if "id" in row or not row.get(name) or _entity(row) != entity:
        raise Fault("INVALID_FIELD", f"every record holds {name} and no id", fields=[name])
    values = {key: value for key, value in _values(row).items() if key != name}
    made, new = fake.org.upsert(entity, name, str(row[name]), values)
    return {"id": made["Id"], "created": new}


def _deleted(fake: Salesforce, object_id: str) -> Row:
    entity = next((name for name, one in ENTITIES.items() if object_id.startswith(one.prefix)), None)
    if entity is None:
        raise Fault("MALFORMED_ID", "malformed id")
    fake.org.delete(entity, object_id)
    return {"id": object_id}
