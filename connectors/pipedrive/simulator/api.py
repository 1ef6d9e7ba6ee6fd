"""Pipedrive's API over HTTP: who may, how often, and what each address does.

The common address takes API tokens; each company's own address (/@<domain>) takes both sorts of tokens.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.pipedrive.simulator import listing
from connectors.pipedrive.simulator.problems import Problem, blocked, problem_response, unauthorized
from connectors.pipedrive.simulator.schema import KINDS

if TYPE_CHECKING:
    from connectors.pipedrive.simulator.fake import Pipedrive

LISTS = {"pipelines": "pipelines", "stages": "stages"}
FIELD_LISTS = {"dealFields": "deals", "personFields": "persons", "organizationFields": "organizations"}
COSTS = {"GET": 1, "list": 10, "POST": 5, "PATCH": 5, "DELETE": 3, "search": 20, "archived": 20}


def add_api_routes(api: Blueprint, fake: Pipedrive) -> None:
    """Below /pipedrive and /pipedrive/@<domain>."""

    @api.before_request
    def _enter() -> Response | None:
        return None if request.path.startswith("/pipedrive/oauth/") else _admit(fake)

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return problem_response(problem)

    @api.after_request
    def _leave(response: Response) -> Response:
        for name, value in getattr(g, "limit_headers", {}).items():
            response.headers.setdefault(name, value)
        return response

    def route(path: str, name: str, work: Callable[..., Response], methods: tuple[str, ...] = ("GET",)) -> None:
        common = path.removeprefix("/api") if path.startswith("/api/v1") else path
        for prefix, rule in (("", common), ("/@<domain>", path)):
            view = _without_domain(work)
            api.add_url_rule(f"{prefix}{rule}", f"{name}{'_own' if prefix else ''}", view, methods=list(methods))

    route("/api/v1/users/me", "me", lambda: _data(fake.me(g.company)))
    route("/api/v1/users", "users", lambda: _data(fake.users(g.company)))

    _webhook_routes(route, fake)

    @api.get("/api/v1/<path:rest>")
    def elsewhere(rest: str) -> Response:
        # At the common address v1 stands without /api before it.
        raise Problem(404)

    for kind in KINDS:
        _kind_routes(route, fake, kind)
    for path in LISTS:
        route(f"/api/v2/{path}", path, lambda path=path: _json(fake.list_page(g.company, path, request.args)))
    for path, kind in FIELD_LISTS.items():
        route(f"/api/v2/{path}", path, lambda kind=kind: _data(fake.fields(kind)))


def _webhook_routes(route: Callable[..., None], fake: Pipedrive) -> None:
    def make() -> Response:
        with fake.store.transaction():
            made = fake.hooks.make(g.company, fake.me(g.company)["id"], _body())
        return _json({"status": "ok", "success": True, "data": made}, 201)

    def remove(number: int) -> Response:
        with fake.store.transaction():
            fake.hooks.remove(g.company, number)
        return _json({"status": "ok", "success": True})

    def index() -> Response:
        return _json({"status": "ok", "success": True, "data": fake.hooks.listed(g.company)})

    route("/api/v1/webhooks", "webhooks", index)
    route("/api/v1/webhooks", "make_webhook", make, ("POST",))
    route("/api/v1/webhooks/<int:number>", "remove_webhook", remove, ("DELETE",))


def _kind_routes(route: Callable[..., None], fake: Pipedrive, kind: str) -> None:
    path = f"/api/v2/{kind}"
    crm = fake.crm

    def index() -> Response:
        _spend(fake, "list")
        return _json(listing.page(crm.every(g.company, kind), request.args, kind=kind))

    def archived() -> Response:
        _spend(fake, "archived")
        return _json(listing.page(crm.every(g.company, kind), request.args, kind=kind, archived=True))

    def search() -> Response:
        _spend(fake, "search")
        return _json(listing.search(crm.every(g.company, kind), kind, request.args))

    def read(object_id: int) -> Response:
        _spend(fake, "GET")
        return _data(crm.get(g.company, kind, object_id))

    def create() -> Response:
        _spend(fake, "POST")
        with fake.store.transaction():
            return _data(crm.create(g.company, kind, _body(), owner=fake.me(g.company)["id"]), fake.created_status())

    def change(object_id: int) -> Response:
        _spend(fake, "PATCH")
        with fake.store.transaction():
            return _data(crm.update(g.company, kind, object_id, _body()))

    def delete(object_id: int) -> Response:
        _spend(fake, "DELETE")
        with fake.store.transaction():
            return _data({"id": crm.delete(g.company, kind, object_id)["id"]})

    route(path, f"list_{kind}", index)
    route(path, f"create_{kind}", create, ("POST",))
    route(f"{path}/search", f"search_{kind}", search)
    if kind == "deals":
        route(f"{path}/archived", f"archived_{kind}", archived)
    route(f"{path}/<int:object_id>", f"read_{kind}", read)
    route(f"{path}/<int:object_id>", f"change_{kind}", change, ("PATCH",))
    route(f"{path}/<int:object_id>", f"delete_{kind}", delete, ("DELETE",))


def _without_domain(work: Callable[..., Response]) -> Callable[..., Response]:
    def view(domain: str = "", **rest: Any) -> Response:
        return work(**rest)

    return view


def _admit(fake: Pipedrive) -> Response | None:
    """Token, company and pace, before anything else."""
    if fake.setting("blocked"):
        return blocked()
    domain = (request.view_args or {}).get("domain", "")
    company = _opened(fake, domain)
    if company is None or (domain and domain != fake.companies()[company].domain):
        raise unauthorized()
    if fake.setting("locked"):
        raise Problem(402)
    g.company = company
    passes, told = fake.buckets.take(str(company))
    wait = told.pop("Retry-After", "")
    g.limit_headers = {name.lower(): value for name, value in told.items()}
    if not passes:
        g.limit_headers["x-ratelimit-reset"] = wait
        raise Problem(429)
    return None


def _opened(fake: Pipedrive, domain: str) -> int | None:
    """The company that the request's token opens. Without a domain an access token opens none."""
    if key := request.headers.get("x-api-token"):
        return fake.api_tokens().get(key)
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return fake.grants.bearer(token) if domain and kind.lower() == "bearer" else None


def _spend(fake: Pipedrive, what: str) -> None:
    """Take the call's cost from the company's tokens of the day."""
    budget = fake.setting("daily_tokens")
    if budget is None:
        return
    name = f"spent:{g.company}:{fake.clock.now():%Y-%m-%d}"
    spent = int(fake.store.get_value(fake.slug, name, 0)) + COSTS[what]
    left = max(0, int(budget) - spent)
    g.limit_headers |= {"x-daily-ratelimit-token-limit": str(budget), "x-daily-ratelimit-token-remaining": str(left)}
    if spent > int(budget):
        raise Problem(429, "Daily token budget exceeded")
    fake.store.set_value(fake.slug, name, spent)


def _body() -> Any:
    if request.mimetype != "application/json":
        raise Problem(415)
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise Problem(400, "Validation failed: the body is not JSON") from None


def _data(data: Any, status: int = 200) -> Response:
    return _json({"success": True, "data": data}, status)


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json; charset=utf-8")
