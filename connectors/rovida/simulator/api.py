"""ROVIDA over HTTP: keys, limits, idempotency, routes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.rovida.simulator import listing
from connectors.rovida.simulator.problems import Problem
from connectors.rovida.simulator.schema import KINDS
from connectors.simulator.clock import stamp

if TYPE_CHECKING:
    from connectors.rovida.simulator.fake import Rovida

ACCOUNT = {"id": "acct_lacoste", "name": "Groupe Lacoste (démonstration)", "environment": "sandbox"}
DEMO_KEY = "rov_test_demo_lacoste"
KEYS = {
    DEMO_KEY: "write",
    "rov_test_readonly": "read",
    "rov_test_forbidden": "nothing",
}
"""Key → what it may do; any other key, rov_test_revoked among them, is refused."""

IDEMPOTENCY_LIFE = timedelta(hours=24)
Work = Callable[[], Response]


def rovida_blueprint(fake: Rovida) -> Blueprint:
    """All routes, below /rovida."""
    api = Blueprint("rovida", __name__)

    @api.before_request
    def _enter() -> None:
        key = request.headers.get("X-API-Key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        passes, g.limit_headers = fake.buckets.take(key)
        right = KEYS.get(key)
        if right is None:
            raise Problem(401, "Missing or unknown API key")
        if not passes:
            wait = g.limit_headers["Retry-After"]
            raise Problem(429, f"Try again in {wait} seconds", headers={"Retry-After": wait})
        if right == "nothing" or (right == "read" and request.method != "GET"):
            raise Problem(403, "This key may not write" if right == "read" else "This key may do nothing")

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

    @api.get("/v1/ping")
    def ping() -> Response:
        return _json({**ACCOUNT, "server_time": stamp(fake.clock.now()), "api_version": "0.1.0"})

    for kind in KINDS:
        _collection(api, fake, kind)
    _endpoint_acts(api, fake)
    return api


def _collection(api: Blueprint, fake: Rovida, kind: str) -> None:
    path = f"/v1/{kind}"
    with_secret = kind == "webhook_endpoints"

    def index() -> Response:
        records, cursor = listing.list_page(fake, kind, request.args)
        data = [_public(record) for record in records]
        return _json({"data": data, "has_more": cursor is not None, "next_cursor": cursor})

    def create() -> Response:
        return _once(fake, lambda: _json(_public(fake.create_checked(kind, _body()), secret=with_secret), 201))

    def read(object_id: str) -> Response:
        return _json(_public(fake.find(kind, object_id)))

    def patch(object_id: str) -> Response:
        version = request.headers.get("If-Match", "")
        return _once(fake, lambda: _json(_public(fake.patch(kind, object_id, _body(), version))))

    def delete(object_id: str) -> Response:
        def work() -> Response:
            fake.delete(kind, object_id, request.headers.get("If-Match", ""))
            return Response(status=204)

        return _once(fake, work)

    def replace(reference: str) -> Response:
        def work() -> Response:
            body, created = fake.replace(kind, reference, _body())
            return _json(_public(body), 201 if created else 200)

        return _once(fake, work)

    api.add_url_rule(path, f"list_{kind}", index, methods=["GET"])
    api.add_url_rule(path, f"create_{kind}", create, methods=["POST"])
    api.add_url_rule(f"{path}/<object_id>", f"get_{kind}", read, methods=["GET"])
    api.add_url_rule(f"{path}/<object_id>", f"update_{kind}", patch, methods=["PATCH"])
    api.add_url_rule(f"{path}/<object_id>", f"delete_{kind}", delete, methods=["DELETE"])
    if "reference_id" in KINDS[kind].fields:
        api.add_url_rule(f"{path}/by-reference/<path:reference>", f"upsert_{kind}", replace, methods=["PUT"])


def _endpoint_acts(api: Blueprint, fake: Rovida) -> None:
    @api.post("/v1/webhook_endpoints/<object_id>/rotate_secret")
    def rotate(object_id: str) -> Response:
        return _once(fake, lambda: _json(_public(fake.rotate(object_id), secret=True)))

    @api.post("/v1/webhook_endpoints/<object_id>/test")
    def test(object_id: str) -> Response:
        return _once(fake, lambda: _json(_public(fake.ping(object_id))))


def _once(fake: Rovida, work: Work) -> Response:
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


def _begin(fake: Rovida, key: str, fingerprint: str) -> Response | None:
    """Note that the key is at work; the stored answer when it has been, Problem 409 when it cannot be."""
    now = fake.clock.now()
    with fake.store.transaction():
        fake.store.execute("DELETE FROM answers WHERE at < ?", (stamp(now - IDEMPOTENCY_LIFE),))
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
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object")
    return body


def _public(body: dict[str, Any], *, secret: bool = False) -> dict[str, Any]:
    """The object as the API shows it; a webhook secret only on request."""
    shown = {name: value for name, value in body.items() if not name.startswith("_")}
    return {**shown, "secret": body["_secrets"][0]["secret"]} if secret else shown


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
