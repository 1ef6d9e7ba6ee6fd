"""Financeit over HTTP: tokens and keys, limits, idempotency, routes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.financeit.simulator import listing, tokens
from connectors.financeit.simulator.problems import Problem, vendor
from connectors.financeit.simulator.schema import OURS
from connectors.simulator import endpoints
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.financeit.simulator.fake import Financeit

ACCOUNT = {"id": "acct_lacoste_finance", "name": "Lacoste Finance (démonstration)", "environment": "sandbox"}
IDEMPOTENCY_LIFE = timedelta(hours=24)
Work = Callable[[], Response]


def financeit_blueprint(fake: Financeit) -> Blueprint:
    """All routes, below /financeit."""
    api = Blueprint("financeit", __name__)

    @api.before_request
    def _enter() -> None:
        if request.path.startswith(f"/{fake.slug}/v1/"):
            _let_in(fake)

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return problem.response()

    @api.after_request
    def _leave(response: Response) -> Response:
        for name, value in getattr(g, "limit_headers", fake.buckets.idle_headers()).items():
            if name != "Retry-After":
                response.headers.setdefault(name, value)
        response.headers.setdefault("X-Request-Id", f"req_{uuid.uuid4().hex[:16]}")
        return response

    @api.post("/accounts/create_user_oauth_token")
    def token() -> Response:
        return _token(fake)

    @api.get("/v1/ping")
    def ping() -> Response:
        return _json({**ACCOUNT, "server_time": stamp(fake.clock.now()), "api_version": "0.1.0"})

    _loan_routes(api, fake)
    _other_routes(api, fake)
    endpoints.add_routes(api, fake.endpoints, lambda work: _once(fake, work), _body, _json)
    return api


def _loan_routes(api: Blueprint, fake: Financeit) -> None:
    @api.get("/v1/loans")
    def index() -> Response:
        return _json(listing.page(fake, "loans", request.args))

    @api.post("/v1/loans")
    def create() -> Response:
        return _once(fake, lambda: _json(fake.create_checked(_body()), 201))

    @api.get("/v1/loans/<own_id>")
    def read(own_id: str) -> Response:
        return _json(fake.find("loans", own_id))

    @api.patch("/v1/loans/<own_id>")
    def patch(own_id: str) -> Response:
        version = request.headers.get("If-Match", "")
        return _once(fake, lambda: _json(fake.patch(own_id, _body(), version)))

    @api.put("/v1/loans/by-reference/<path:reference>")
    def replace(reference: str) -> Response:
        def work() -> Response:
            loan, new = fake.replace(reference, _body())
            return _json(loan, 201 if new else 200)

        return _once(fake, work)

    @api.post("/v1/loans/<own_id>/<step>")
    def act(own_id: str, step: str) -> Response:
        if step not in OURS:
            raise Problem(404, "No such step")
        return _once(fake, lambda: _json(fake.move(own_id, step)))

    @api.get("/v1/loans/<own_id>/events")
    def events(own_id: str) -> Response:
        fake.find("loans", own_id)
        found = [one for one in fake.store.select(fake.slug, "events") if one["loan_id"] == own_id]
        shown = [{name: value for name, value in one.items() if name != "updated_at"} for one in found]
        return _json({"data": shown, "has_more": False, "next_cursor": None})


def _other_routes(api: Blueprint, fake: Financeit) -> None:
    @api.get("/v1/partners")
    def partners() -> Response:
        return _json(listing.page(fake, "partners", request.args))

    @api.get("/v1/partners/<own_id>")
    def partner(own_id: str) -> Response:
        return _json(fake.find("partners", own_id))

    @api.post("/v1/calculator/calculate")
    def calculate() -> Response:
        amount = _body().get("amount")
        if not isinstance(amount, dict):
            raise Problem(422, "amount is required", errors={"amount": ("required", "is required")})
        payment = {"amount": round(amount["amount"] * 0.02224), "currency": amount["currency"]}
        return _json({"payment": payment, "payment_period": "monthly", "term_months": 60, "annual_rate": "11.99"})


def _let_in(fake: Financeit) -> None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    key = request.headers.get("X-API-Key", "")
    app = tokens.bearer(fake, value) if kind == "Bearer" else None
    passes, g.limit_headers = fake.buckets.take(app or key)
    if app is None and key not in tokens.KEYS:
        raise Problem(401, "Missing, unknown or expired credential")
    if not passes:
        wait = g.limit_headers["Retry-After"]
        raise Problem(429, f"Try again in {wait} seconds", headers={"Retry-After": wait})
    if app == "fit_readonly_app" and request.method != "GET":
        raise Problem(403, "This application may not write")


def _token(fake: Financeit) -> Response:
    """JSON or form, as the vendor's media type is not known."""
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(given, dict):
        return vendor(400, "The body cannot be read")
    app = str(given.get("app_id") or "")
    if tokens.APPS.get(app) != given.get("app_secret"):
        return vendor(401, "Invalid app_id or app_secret")
    anonymous = given.get("anonymous_user") in (True, "true")
    if not anonymous and tokens.USERS.get(str(given.get("login"))) != given.get("password"):
        return vendor(422, "Invalid login or password")
    return _json(tokens.issue(fake, app))


def _once(fake: Financeit, work: Work) -> Response:
    """Do a write once for its Idempotency-Key; a repeat gets the stored answer, errors included."""
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 255:
        raise Problem(400, "Idempotency-Key is required, 1 to 255 characters")
    content = [request.method, request.path, request.headers.get("If-Match", ""), request.get_data().decode("latin-1")]
    fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    stored = _begin(fake, key, fingerprint)
    if stored:
        return stored
    try:
        with fake.store.transaction():
            response = work()
    except Problem as problem:
        response = problem.response()
    except BaseException:
        fake.store.execute("DELETE FROM answers WHERE provider = ? AND key = ?", (fake.slug, key))
        raise
    fake.store.execute(
        "UPDATE answers SET status = ?, body = ? WHERE provider = ? AND key = ?",
        (response.status_code, response.get_data(as_text=True), fake.slug, key),
    )
    return response


def _begin(fake: Financeit, key: str, fingerprint: str) -> Response | None:
    """Note that the key is at work; the stored answer when it has been, Problem 409 when it cannot be."""
    now = fake.clock.now()
    with fake.store.transaction():
        fake.store.execute(
            "DELETE FROM answers WHERE provider = ? AND at < ?", (fake.slug, stamp(now - IDEMPOTENCY_LIFE))
        )
        rows = fake.store.execute("SELECT * FROM answers WHERE provider = ? AND key = ?", (fake.slug, key))
        if not rows:
            fake.store.execute(
                "INSERT INTO answers (provider, key, fingerprint, at) VALUES (?, ?, ?, ?)",
                (fake.slug, key, fingerprint, stamp(now)),
            )
            return None
    row = rows[0]
    if row["fingerprint"] != fingerprint:
        raise Problem(409, "The key was used with another body", code="idempotency_key_reused")
    if row["status"] is None:
        raise Problem(409, "A request with this key is still running", headers={"Retry-After": "1"})
    kind = "application/json" if row["status"] < 400 else "application/problem+json"
    return Response(row["body"], row["status"], content_type=kind)


def _body() -> dict[str, Any]:
    if request.mimetype not in ("application/json", "application/merge-patch+json"):
        raise Problem(400, "The body must be application/json")
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object")
    return body


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
