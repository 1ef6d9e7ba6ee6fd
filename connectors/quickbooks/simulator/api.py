"""QuickBooks' API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.quickbooks.simulator import query as queries
from connectors.quickbooks.simulator.books import KEPT
from connectors.quickbooks.simulator.problems import Fault, fault_response, unauthorized
from connectors.quickbooks.simulator.schema import BY_PATH, ENTITIES
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.quickbooks.simulator.fake import QuickBooks

CDC_MEMORY = timedelta(days=30)
CDC_MAXIMUM = 1000
BATCH_MAXIMUM = 30
_ROOT = "/v3/company/<realm>"


def add_company_routes(api: Blueprint, fake: QuickBooks) -> None:
    """Below /quickbooks/v3/company/<realm>."""

    @api.before_request
    def _enter() -> Response | None:
        return _refused(fake) if request.path.startswith(f"/{fake.slug}/v3/") else None

    @api.errorhandler(Fault)
    def _fault(fault: Fault) -> Response:
        return fault_response(fault, fake.time())

    @api.after_request
    def _leave(response: Response) -> Response:
        response.headers.setdefault("intuit_tid", f"1-{secrets.token_hex(12)}")
        return response

    _about_routes(api, fake)

    @api.route(f"{_ROOT}/query", methods=["GET", "POST"])
    def query(realm: str) -> Response:
        text = request.get_data(as_text=True) if request.method == "POST" else request.args.get("query", "")
        return _answer(fake, {"QueryResponse": run_query(fake, realm, text)})

    @api.get(f"{_ROOT}/cdc")
    def cdc(realm: str) -> Response:
        found = changes(fake, realm, request.args.get("entities", ""), request.args.get("changedSince", ""))
        return _answer(fake, {"CDCResponse": [{"QueryResponse": found}]})

    @api.post(f"{_ROOT}/batch")
    def batch(realm: str) -> Response:
        items = _body().get("BatchItemRequest")
        if not isinstance(items, list) or len(items) > BATCH_MAXIMUM:
            raise Fault("2010", f"A batch holds 1 to {BATCH_MAXIMUM} items", element="BatchItemRequest")
        # In another order than asked: callers must go by bId.
        return _once(fake, realm, lambda: {"BatchItemResponse": [_item(fake, realm, one) for one in reversed(items)]})

    @api.get(f"{_ROOT}/<path>/<object_id>")
    def read(realm: str, path: str, object_id: str) -> Response:
        entity = _entity(path)
        return _answer(fake, {entity: public(fake.books.get(realm, entity, object_id))})

    @api.post(f"{_ROOT}/<path>")
    def write(realm: str, path: str) -> Response:
        entity, body = _entity(path), _body()
        return _once(fake, realm, lambda: {entity: do_write(fake, realm, entity, body, request.args)})


def _about_routes(api: Blueprint, fake: QuickBooks) -> None:
    @api.get(f"{_ROOT}/companyinfo/<company>")
    def company_info(realm: str, company: str) -> Response:
        if company != realm:
            raise Fault("610", f"Object Not Found : {company}")
        return _answer(fake, {"CompanyInfo": fake.company_info(realm)})

    @api.get(f"{_ROOT}/preferences")
    def preferences(realm: str) -> Response:
        return _answer(fake, {"Preferences": fake.preferences()})


def run_query(fake: QuickBooks, realm: str, text: str) -> dict[str, Any]:
    """The value of QueryResponse."""
    query = queries.parse(text)
    found = queries.select(query, fake.books.every(realm, query.entity))
    if query.count:
        return {"totalCount": len(found)}
    page = [public(one) for one in found[query.start - 1 : query.start - 1 + query.maximum]]
    if query.fields:
        page = [{name: one[name] for name in ("Id", *query.fields) if name in one} for one in page]
    if not page:
        return {}
    return {
        query.entity: page,
        "startPosition": query.start,
        "maxResults": len(page),
        "totalCount": len(found),
    }


def changes(fake: QuickBooks, realm: str, names: str, since: str) -> list[dict[str, Any]]:
    """One member per entity asked for; at most 1000 objects in all, of the last 30 days."""
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise Fault("2010", f"changedSince: {since!r} is not a date and time", element="changedSince") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=fake.clock.now().tzinfo)
    moment = max(moment, fake.clock.now() - CDC_MEMORY)
    left, answers = CDC_MAXIMUM, []
    for name in names.split(","):
        entity = _entity(name.strip().lower())
        tracked = ENTITIES[entity].tracked
        found = (
            fake.books.every(realm, entity, stamp(moment.replace(microsecond=0)), dead=True)[:left] if tracked else []
        )
        left -= len(found)
        shown = [_tombstone(one) if one["deleted_at"] else public(one) for one in found]
        about = {"startPosition": 1, "maxResults": len(shown), "totalCount": len(shown)}
        answers.append({entity: shown, **about} if shown else {})
    return answers


def do_write(
    fake: QuickBooks, realm: str, entity: str, body: dict[str, Any], args: Mapping[str, str]
) -> dict[str, Any]:
    """Create, update, delete or void."""
    if not ENTITIES[entity].writable:
        raise Fault("500", f"Operation not supported for {entity}")
    operation, include = args.get("operation", ""), args.get("include", "")
    if operation == "delete":
        fake.books.delete(realm, entity, body)
        return {"domain": "QBO", "status": "Deleted", "Id": str(body.get("Id"))}
    if operation == "void" and entity == "Invoice":
        return public(fake.books.void(realm, entity, body))
    if operation == "update" and include == "void" and entity == "Payment":
        return public(fake.books.void(realm, entity, body))
    if operation not in ("", "update", "create"):
        raise Fault("500", f"Operation {operation} is not supported.")
    duplicates = "allowduplicatedocnum" in include
    if body.get("Id"):
        return public(fake.books.update(realm, entity, body, duplicates=duplicates))
    return public(fake.books.create(realm, entity, body, duplicates=duplicates))


def public(body: dict[str, Any]) -> dict[str, Any]:
    """The object as the API shows it."""
    return {"domain": "QBO", "sparse": False} | {name: value for name, value in body.items() if name not in KEPT}


def _tombstone(body: dict[str, Any]) -> dict[str, Any]:
    changed = {"LastUpdatedTime": body["MetaData"]["LastUpdatedTime"]}
    return {"domain": "QBO", "status": "Deleted", "Id": body["Id"], "MetaData": changed}


def _item(fake: QuickBooks, realm: str, item: Any) -> dict[str, Any]:
    """One item of a batch; a fault of one leaves the others alone."""
    if not isinstance(item, dict):
        raise Fault("2010", "BatchItemRequest holds objects", element="BatchItemRequest")
    mark = {"bId": item.get("bId")}
    try:
        if "Query" in item:
            return {**mark, "QueryResponse": run_query(fake, realm, item["Query"])}
        entity = next((name for name in item if name in ENTITIES), "")
        operation = item.get("operation")
        if not entity or operation not in ("create", "update", "delete"):
            raise Fault("2010", "Unknown operation or entity", element="operation")
        args = {"operation": operation} if operation == "delete" else {}
        return {**mark, entity: do_write(fake, realm, entity, item[entity], args)}
    except Fault as fault:
        return {**mark, "Fault": fault.body}


def _refused(fake: QuickBooks) -> Response | None:
    """Token, company and pace, before anything else."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    opened = fake.grants.bearer(token) if kind.lower() == "bearer" else None
    if opened is None:
        return unauthorized(int(fake.clock.now().timestamp() * 1000))
    realm = (request.view_args or {}).get("realm", "")
    if opened != realm:
        return fault_response(Fault("3100", "", status=403), fake.time())
    passes = [bucket.take(realm)[0] for bucket in (fake.buckets, fake.minute)]
    if not all(passes):
        return fault_response(Fault("3001", "The request limit was reached.", status=429), fake.time())
    return None


def _once(fake: QuickBooks, realm: str, work: Callable[[], dict[str, Any]]) -> Response:
    """Do a write; the same requestid again gets the first answer instead."""
    request_id = request.args.get("requestid", "")
    if len(request_id) > 50:
        raise Fault("2050", "requestid has at most 50 characters", element="requestid")
    key = f"{realm}:{request_id}"
    with fake.store.transaction():
        if request_id:
            rows = fake.store.execute("SELECT body FROM answers WHERE provider = ? AND key = ?", (fake.slug, key))
            if rows:
                return Response(rows[0]["body"], content_type="application/json;charset=UTF-8")
        response = _answer(fake, work())
        if request_id:
            fake.store.execute(
                "INSERT INTO answers (provider, key, at, status, body) VALUES (?, ?, ?, 200, ?)",
                (fake.slug, key, stamp(fake.clock.now()), response.get_data(as_text=True)),
            )
        return response


def _entity(path: str) -> str:
    if path not in BY_PATH:
        raise Fault("500", f"Unsupported operation: {path}")
    return BY_PATH[path]


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Fault("2010", "The body must be a JSON object")
    return body


def _answer(fake: QuickBooks, body: dict[str, Any]) -> Response:
    text = json.dumps({**body, "time": fake.time()}, ensure_ascii=False)
    return Response(text, content_type="application/json;charset=UTF-8")
