"""Salesforce's REST API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.salesforce.simulator import collections
from connectors.salesforce.simulator.org import shown, told
from connectors.salesforce.simulator.problems import JSON, Fault, expired, fault_response, over_limit
from connectors.salesforce.simulator.schema import ENTITIES, describe
from connectors.salesforce.simulator.soql import Parser, comparable

if TYPE_CHECKING:
    from connectors.salesforce.simulator.fake import Salesforce

_ROOT = "/services/data/v<version>"
DELETED_MEMORY = timedelta(days=15)
LOCATOR_LIFE = timedelta(days=2)
BATCHES = (200, 2000)


def add_api_routes(api: Blueprint, fake: Salesforce) -> None:
    """Below /salesforce/services/data."""

    @api.before_request
    def _enter() -> Response | None:
        guarded = request.path.startswith(f"/{fake.slug}/services/data/v")
        return _refused(fake) if guarded else None

    @api.errorhandler(Fault)
    def _fault(fault: Fault) -> Response:
        return fault_response(fault)

    @api.after_request
    def _leave(response: Response) -> Response:
        used, most = fake.calls_today(), fake.setting("daily_limit")
        response.headers["Sforce-Limit-Info"] = f"api-usage={used}/{most}"
        return response

    @api.get("/services/data/")
    def versions() -> Response:
        names = [f"{number}.0" for number in range(60, 69)]
        return answer([{"label": name, "url": f"/services/data/v{name}", "version": name} for name in names])

    _query_routes(api, fake)
    _object_routes(api, fake)
    collections.add_collection_routes(api, fake, _ROOT)


def _query_routes(api: Blueprint, fake: Salesforce) -> None:
    @api.get(f"{_ROOT}/query")
    @api.get(f"{_ROOT}/query/")
    def query(version: str) -> Response:
        return answer(run_query(fake, request.args.get("q", ""), version, dead=False))

    @api.get(f"{_ROOT}/queryAll")
    @api.get(f"{_ROOT}/queryAll/")
    def query_all(version: str) -> Response:
        return answer(run_query(fake, request.args.get("q", ""), version, dead=True))

    @api.get(f"{_ROOT}/query/<locator>")
    def more(version: str, locator: str) -> Response:
        name, _, start = locator.partition("-")
        found = fake.store.get_value(fake.slug, f"locator:{name}")
        if not found or not start.isdigit() or found["until"] < fake.clock.now().timestamp():
            raise Fault("INVALID_QUERY_LOCATOR", "invalid query locator")
        return answer(_page(fake, found, name, int(start), version))

    @api.get(f"{_ROOT}/limits")
    @api.get(f"{_ROOT}/limits/")
    def limits(version: str) -> Response:
        most = fake.setting("daily_limit")
        return answer({"DailyApiRequests": {"Max": most, "Remaining": max(0, most - fake.calls_today())}})


def run_query(fake: Salesforce, text: str, version: str, *, dead: bool) -> dict[str, Any]:
    """The first page of a query."""
    hidden = set(fake.setting("hidden_fields"))
    query = Parser(text, fake.org.follow).parse()
    for name in query.fields:
        if name in hidden:
            raise Fault("INVALID_FIELD", f"No such column '{name}' on entity '{query.entity}'.")
    found = [body for body in fake.org.every(query.entity, dead=dead) if query.test(body)]
    if query.count:
        return {"totalSize": len(found), "done": True, "records": []}
    for name, descending in reversed(query.order):
        # Ids are compared letter by letter, everything else without regard to case.
        found.sort(
            key=lambda body, name=name: (4, body["Id"]) if name == "Id" else comparable(fake.org.follow(body, name)),  # type: ignore[misc]
            reverse=descending,
        )
    found = found[: query.limit]
    size = _batch_size(fake)
    kept = {
        "entity": query.entity,
        "fields": query.fields,
        "ids": [body["Id"] for body in found],
        "size": size,
        "until": (fake.clock.now() + LOCATOR_LIFE).timestamp(),
    }
    name = f"01g{secrets.token_hex(7)}AAV"
    if len(found) > size:
        fake.store.set_value(fake.slug, f"locator:{name}", kept)
    return _page(fake, kept, name, 0, version)


def _batch_size(fake: Salesforce) -> int:
    least, most = fake.setting("smallest_batch"), BATCHES[1]
    for part in request.headers.get("Sforce-Query-Options", "").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "batchsize" and value.isdigit():
            return max(least, min(int(value), most))
    return most


def _page(fake: Salesforce, kept: dict[str, Any], name: str, start: int, version: str) -> dict[str, Any]:
    ids, size = kept["ids"], kept["size"]
    bodies = (fake.store.get(fake.slug, kept["entity"], one) for one in ids[start : start + size])
    records = [shown(body, kept["fields"], fake.org.follow, version) for body in bodies if body]
    done = start + size >= len(ids)
    following = {} if done else {"nextRecordsUrl": f"/services/data/v{version}/query/{name}-{start + size}"}
    return {"totalSize": len(ids), "done": done, **following, "records": records}


def _object_routes(api: Blueprint, fake: Salesforce) -> None:
    @api.get(f"{_ROOT}/sobjects/<entity>/describe")
    def about(version: str, entity: str) -> Response:
        hidden = set(fake.setting("hidden_fields"))
        whole = describe(known(entity))
        return answer({**whole, "fields": [one for one in whole["fields"] if one["name"] not in hidden]})

    @api.get(f"{_ROOT}/sobjects/<entity>/deleted/")
    def deleted(version: str, entity: str) -> Response:
        return answer(_deletions(fake, known(entity)))

    @api.post(f"{_ROOT}/sobjects/<entity>")
    @api.post(f"{_ROOT}/sobjects/<entity>/")
    def create(version: str, entity: str) -> Response:
        with fake.store.transaction():
            made = fake.org.create(writable(entity), body_of())
        return answer({"id": made["Id"], "success": True, "errors": []}, 201)

    @api.route(f"{_ROOT}/sobjects/<entity>/<object_id>", methods=["GET", "PATCH", "DELETE"])
    def one(version: str, entity: str, object_id: str) -> Response:
        condition = request.headers.get("If-Unmodified-Since", "")
        if request.method == "GET":
            return answer(_whole(fake, fake.org.get(known(entity), object_id), version))
        with fake.store.transaction():
            if request.method == "DELETE":
                fake.org.delete(writable(entity), object_id, condition)
            else:
                fake.org.update(writable(entity), object_id, body_of(), condition)
        return Response(status=204)

    @api.route(f"{_ROOT}/sobjects/<entity>/<name>/<path:value>", methods=["GET", "PATCH", "DELETE"])
    def external(version: str, entity: str, name: str, value: str) -> Response:
        if request.method == "PATCH":
            with fake.store.transaction():
                made, new = fake.org.upsert(writable(entity), name, value, body_of())
            return answer({"id": made["Id"], "success": True, "errors": [], "created": new}, 201 if new else 200)
        found = fake.org.by_external(known(entity), name, value)
        if not found:
            raise Fault("NOT_FOUND", "The requested resource does not exist", status=404)
        if request.method == "GET":
            return answer(_whole(fake, found[0], version))
        with fake.store.transaction():
            fake.org.delete(entity, found[0]["Id"])
        return Response(status=204)


def _whole(fake: Salesforce, body: dict[str, Any], version: str) -> dict[str, Any]:
    asked = request.args.get("fields", "")
    fields = asked.split(",") if asked else list(ENTITIES[fake.org.entity_of(body)].fields)
    return shown(body, fields, fake.org.follow, version)


def _deletions(fake: Salesforce, entity: str) -> dict[str, Any]:
    try:
        start, end = (datetime.fromisoformat(request.args.get(name, "")) for name in ("start", "end"))
    except ValueError:
        raise Fault("INVALID_REPLICATION_DATE", "startDate and endDate must be dates") from None
    now = fake.clock.now()
    if end - start <= timedelta(minutes=1):
        raise Fault("INVALID_REPLICATION_DATE", "endDate must be more than one minute after startDate")
    if start < now - DELETED_MEMORY:
        raise Fault("INVALID_REPLICATION_DATE", "startDate cannot be more than 15 days ago")
    purged = float(fake.setting("deletions_purged_days"))
    earliest = now - timedelta(days=purged)
    found = [one for one in fake.org.deleted(entity, start, end) if one["deletedDate"] >= told(earliest)]
    covered = min(end, now)
    return {"deletedRecords": found, "earliestDateAvailable": told(earliest), "latestDateCovered": told(covered)}


def known(entity: str) -> str:
    """An object that there is."""
    if entity not in ENTITIES:
        raise Fault("NOT_FOUND", "The requested resource does not exist", status=404)
    return entity


def writable(entity: str) -> str:
    """An object that may be written."""
    if not ENTITIES[known(entity)].writable:
        raise Fault("INSUFFICIENT_ACCESS_OR_READONLY", "entity type cannot be inserted or updated", status=403)
    return entity


def body_of() -> dict[str, Any]:
    """The JSON object that was sent."""
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Fault("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
    return body


def answer(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=JSON)


def _refused(fake: Salesforce) -> Response | None:
    """Token and allowance, before anything else."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not fake.grants.opens(token):
        return fault_response(expired())
    if fake.calls_today() >= fake.setting("daily_limit") or not fake.buckets.take("org")[0]:
        return fault_response(over_limit())
    fake.count_call()
    return None
