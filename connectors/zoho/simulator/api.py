"""Zoho CRM's API over HTTP, below the address of each data centre: who may, how often, and what each address does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.zoho.simulator import channels, listing
from connectors.zoho.simulator.problems import Problem, of_status, problem_response
from connectors.zoho.simulator.schema import MODULES, STAGES

if TYPE_CHECKING:
    from connectors.zoho.simulator.fake import Zoho

_ROOT = "/dc/<centre>/crm/v8"
MOST_ROWS = 100


def add_api_routes(api: Blueprint, fake: Zoho) -> None:
    """Below /zoho/dc/<centre>/crm/v8."""

    @api.before_request
    def _enter() -> None:
        if "/crm/v8/" in request.path:
            _admit(fake)

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return problem_response(problem)

    @api.route("/crm/v8/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
    def usual(rest: str) -> Response:
        # The data centre of the United States, where none of our organisations is.
        raise of_status(401)

    _about_routes(api, fake)
    channels.add_routes(api, fake, _need, _body)
    _read_routes(api, fake)
    _write_routes(api, fake)


def _about_routes(api: Blueprint, fake: Zoho) -> None:
    @api.get(f"{_ROOT}/org")
    def org(centre: str) -> Response:
        _need("ZohoCRM.org")
        return _json({"org": [fake.org_info(g.org)]})

    @api.get(f"{_ROOT}/users")
    def users(centre: str) -> Response:
        _need("ZohoCRM.users")
        found = fake.users()
        found = found[:1] if request.args.get("type") == "CurrentUser" else found
        return _json({"users": found, "info": {"per_page": 200, "count": len(found), "page": 1, "more_records": False}})

    @api.get(f"{_ROOT}/settings/fields")
    def fields(centre: str) -> Response:
        _need("ZohoCRM.settings.fields")
        spec = MODULES[_module(request.args.get("module", ""))]
        picks = [{"display_value": fake.stage_label(name), "actual_value": name} for name in STAGES]
        described = [
            {
                "api_name": name,
                "data_type": {"stage": "picklist", "number": "double"}.get(kind, kind),
                "system_mandatory": name in spec.required,
                "pick_list_values": picks if kind == "stage" else [],
            }
            for name, kind in spec.fields.items()
        ]
        return _json({"fields": described})


def _read_routes(api: Blueprint, fake: Zoho) -> None:
    @api.get(f"{_ROOT}/<module>")
    def index(centre: str, module: str) -> Response:
        rows = fake.crm.every(g.org, _module(module))
        wanted = set(filter(None, request.args.get("ids", "").split(",")))
        rows = [raw for raw in rows if not wanted or raw["id"] in wanted]
        return _page(listing.page(rows, _asked(fake)))

    @api.get(f"{_ROOT}/<module>/deleted")
    def deleted(centre: str, module: str) -> Response:
        kind = request.args.get("type", "all")
        if kind not in ("all", "recycle", "permanent"):
            raise Problem("INVALID_DATA", "type", details={"param_name": "type"})
        rows = fake.crm.deleted(g.org, _module(module))
        asked = _asked(fake)
        kept = listing.newer([one for one in rows if kind in ("all", one["type"])], asked.since, "deleted_time")
        return _page(listing.sliced(kept, asked, lambda one: one))

    @api.get(f"{_ROOT}/<module>/search")
    def search(centre: str, module: str) -> Response:
        _need("ZohoSearch.securesearch")
        lag = timedelta(seconds=float(fake.setting("search_lag_seconds")))
        until = fake.crm.local(g.org, (fake.clock.now() - lag).isoformat())
        rows = [raw for raw in fake.crm.every(g.org, _module(module)) if not lag or raw["Modified_Time"] <= until]
        return _page(listing.sliced(listing.search(rows, module, request.args), _asked(fake), _chosen))

    @api.get(f"{_ROOT}/<module>/<record_id>")
    def read(centre: str, module: str, record_id: str) -> Response:
        found = fake.crm.find(g.org, _module(module), record_id)
        return _json({"data": [found]}) if found else _empty(204)


def _write_routes(api: Blueprint, fake: Zoho) -> None:
    crm = fake.crm

    def written(name: str) -> Callable[[str, Any, int], dict[str, Any]]:
        def work(module: str, row: Any, index: int) -> dict[str, Any]:
            made = getattr(crm, name)(g.org, module, row, index)
            return _success(made, "record added" if name == "create" else "record updated")

        return work

    @api.post(f"{_ROOT}/<module>")
    def create(centre: str, module: str) -> Response:
        return _each(fake, _module(module), _rows(), written("create"), 201)

    @api.put(f"{_ROOT}/<module>")
    def change(centre: str, module: str) -> Response:
        return _each(fake, _module(module), _rows(), written("update"), 200)

    @api.put(f"{_ROOT}/<module>/<record_id>")
    def change_one(centre: str, module: str, record_id: str) -> Response:
        crm.demand_unmodified(g.org, _module(module), record_id, request.headers.get("If-Unmodified-Since", ""))
        rows = [{**row, "id": record_id} if isinstance(row, dict) else row for row in _rows()[:1]]
        return _each(fake, module, rows, written("update"), 200)

    @api.post(f"{_ROOT}/<module>/upsert")
    def upsert(centre: str, module: str) -> Response:
        checks = _body().get("duplicate_check_fields") or []

        def work(module: str, row: Any, index: int) -> dict[str, Any]:
            made, action, known_by = crm.upsert(g.org, module, row, checks, index)
            answer = _success(made, f"record {'added' if action == 'insert' else 'updated'}")
            return {**answer, "action": action, "duplicate_field": known_by or None}

        return _each(fake, _module(module), _rows(), work, 200)

    @api.delete(f"{_ROOT}/<module>")
    @api.delete(f"{_ROOT}/<module>/<record_id>")
    def delete(centre: str, module: str, record_id: str = "") -> Response:
        ids = [record_id] if record_id else list(filter(None, request.args.get("ids", "").split(",")))
        if record_id:
            crm.demand_unmodified(g.org, _module(module), record_id, request.headers.get("If-Unmodified-Since", ""))

        def work(module: str, row: Any, index: int) -> dict[str, Any]:
            crm.delete(g.org, module, row)
            return {"code": "SUCCESS", "details": {"id": row}, "message": "record deleted", "status": "success"}

        return _each(fake, _module(module), ids, work, 200)


def _each(
    fake: Zoho, module: str, rows: list[Any], work: Callable[[str, Any, int], dict[str, Any]], status: int
) -> Response:
    """One answer per row, in order; a row that fails leaves the others alone."""
    answers = []
    with fake.store.transaction():
        for index, row in enumerate(rows):
            try:
                answers.append(work(module, row, index))
            except Problem as problem:
                answers.append(problem.body)
    failed = [one["status"] == "error" for one in answers]
    whole = status if not any(failed) else int(fake.setting("failed_row_status")) if all(failed) else 207
    return _json({"data": answers}, whole)


def _success(made: dict[str, Any], message: str) -> dict[str, Any]:
    by = {"name": made["Owner"]["name"], "id": made["Owner"]["id"]}
    details = {
        "Modified_Time": made["Modified_Time"],
        "Modified_By": by,
        "Created_Time": made["Created_Time"],
        "id": made["id"],
        "Created_By": by,
    }
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def _admit(fake: Zoho) -> None:
    """Token, data centre and pace, before anything else."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = fake.grants.bearer(token) if kind == "Zoho-oauthtoken" else None
    centre = (request.view_args or {}).get("centre")
    if found is None or fake.centre_of(found["org"]) != centre:
        raise of_status(401)
    g.org, g.scopes, g.token = found["org"], found["scope"].split(","), found["client"]
    if not fake.buckets.take(g.org)[0]:
        raise of_status(429)
    module = (request.view_args or {}).get("module", "")
    if module in MODULES:
        _need(f"ZohoCRM.modules.{module.lower()}")


def _need(scope: str) -> None:
    """Problem 401 when the grant does not cover this."""
    rights = {one.rpartition(".")[0] for one in g.scopes}
    if scope not in rights and not (scope.startswith("ZohoCRM.modules.") and "ZohoCRM.modules" in rights):
        raise Problem("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", status=401)


def _module(name: str) -> str:
    if name not in MODULES:
        raise Problem("INVALID_MODULE", "the module name given seems to be invalid")
    return name


def _asked(fake: Zoho) -> listing.Listing:
    since = request.headers.get("If-Modified-Since", "")
    limit = int(fake.setting("pagination_limit"))
    return listing.Listing(request.args, since, f"{g.org}:{g.token}", fake.clock.now(), limit)


def _chosen(raw: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in request.args.get("fields", "").split(",") if name]
    return {name: raw.get(name) for name in ("id", *names)} if names else raw


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Problem("INVALID_DATA", "body", details={"expected_data_type": "jsonobject"})
    return body


def _rows() -> list[Any]:
    rows = _body().get("data")
    if not isinstance(rows, list) or not rows:
        raise Problem("MANDATORY_NOT_FOUND", "required field not found", details={"api_name": "data"})
    if len(rows) > MOST_ROWS:
        raise Problem("LIMIT_EXCEEDED", "data", details={"limit": MOST_ROWS})
    return rows


def _page(body: dict[str, Any] | None) -> Response:
    if body is not None:
        return _json(body)
    return _empty(304 if request.headers.get("If-Modified-Since") else 204)


def _empty(status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json;charset=UTF-8")
