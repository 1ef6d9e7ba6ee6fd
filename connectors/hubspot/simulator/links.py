"""Associations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.hubspot.simulator.crm import SLUG
from connectors.hubspot.simulator.problems import JSON, Fault
from connectors.hubspot.simulator.schema import LINKS

if TYPE_CHECKING:
    from connectors.hubspot.simulator.fake import HubSpot

MOST = 1000


def add_link_routes(api: Blueprint, fake: HubSpot) -> None:
    """Below /hubspot/crm/v4."""

    @api.put("/crm/v4/objects/<entity>/<key>/associations/default/<other>/<target>")
    def tie(entity: str, key: str, other: str, target: str) -> Response:
        _pair(entity, other)
        with fake.store.transaction():
            fake.crm.link(entity, key, other, target)
        row = {"from": {"id": key}, "to": {"id": target}}
        return _answer({"status": "COMPLETE", "results": [row]})

    @api.delete("/crm/v4/objects/<entity>/<key>/associations/<other>/<target>")
    def untie(entity: str, key: str, other: str, target: str) -> Response:
        _pair(entity, other)
        with fake.store.transaction():
            fake.crm.unlink(entity, key, other, target)
        return Response(status=204)

    @api.post("/crm/v4/associations/<entity>/<other>/batch/read")
    def read(entity: str, other: str) -> Response:
        _pair(entity, other)
        rows, errors = [], []
        for one in (str(given.get("id")) for given in _inputs()):
            body = fake.store.get(SLUG, entity, one)
            tied = body["links"].get(other) if body else None
            if tied:
                rows.append({"from": {"id": one}, "to": [_told(entity, other, *pair) for pair in tied.items()]})
            else:
                errors.append(_none(one))
        found: dict[str, Any] = {"status": "COMPLETE", "results": list(reversed(rows))}
        return _answer(found | ({"numErrors": len(errors), "errors": errors} if errors else {}), 207 if errors else 200)

    @api.post("/crm/v4/associations/<entity>/<other>/batch/associate/default")
    def tie_many(entity: str, other: str) -> Response:
        _pair(entity, other)
        rows, errors = [], []
        for one in _inputs():
            key, target = (str((one.get(end) or {}).get("id")) for end in ("from", "to"))
            try:
                with fake.store.transaction():
                    fake.crm.link(entity, key, other, target)
                rows.append({"from": {"id": key}, "to": {"id": target}})
            except Fault as fault:
                errors.append({**fault.body, "context": {"fromObjectId": [key], "toObjectId": [target]}})
        found: dict[str, Any] = {"status": "COMPLETE", "results": list(reversed(rows))}
        return _answer(found | ({"numErrors": len(errors), "errors": errors} if errors else {}), 207 if errors else 200)


def _inputs() -> list[dict[str, Any]]:
    body = request.get_json(silent=True, force=True)
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs or len(inputs) > MOST:
        raise Fault(400, "VALIDATION_ERROR", f"inputs must hold 1 to {MOST} objects")
    return [one for one in inputs if isinstance(one, dict)]


def _told(entity: str, other: str, target: str, kinds: list[int]) -> dict[str, Any]:
    primary = LINKS[entity, other][1]
    types = [
        {"category": "HUBSPOT_DEFINED", "typeId": kind, "label": "Primary" if kind == primary else None}
        for kind in kinds
    ]
    return {"toObjectId": int(target), "associationTypes": types}


def _none(key: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No associations found for {key}",
        "context": {"fromObjectId": [key]},
    }


def _pair(entity: str, other: str) -> None:
    if (entity, other) not in LINKS:
        raise Fault(400, "VALIDATION_ERROR", f"no association between {entity} and {other}")


def _answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=JSON)
