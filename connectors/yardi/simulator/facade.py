"""A facade in front of the fake Voyager, as an integrator may run one: it has a key of its own and announces changes of
residents and work orders (proposed contract)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from connectors.simulator import endpoints
from connectors.simulator.clock import stamp
from connectors.simulator.endpoints import Endpoints
from connectors.yardi.simulator.wire import text_of

if TYPE_CHECKING:
    from connectors.yardi.simulator.fake import Yardi

FACADE_KEY = "yrd_demo_passerelle"
EVENTS = ("resident.created", "resident.updated", "work_order.created", "work_order.updated")
OBJECTS = {"residents": "resident", "work_orders": "work_order"}
CODES = {401: "unauthorized", 404: "not_found", 422: "validation_failed"}


class Problem(Exception):
    """An error to answer."""

    def __init__(self, status: int, detail: str, errors: Any = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors or {}

    def response(self) -> Response:
        """As problem+json."""
        body: dict[str, Any] = {
            "type": "about:blank", "title": self.detail, "status": self.status,
            "code": CODES.get(self.status, "invalid_request"), "detail": self.detail,
            "request_id": f"req_{uuid.uuid4().hex[:16]}",
        }  # fmt: skip
        if self.errors:
            body["errors"] = [{"field": n, "code": c, "message": m} for n, (c, m) in self.errors.items()]
        return Response(json.dumps(body), self.status, content_type="application/problem+json")


def make(fake: Yardi) -> Endpoints:
    """Its endpoints, with their routes on the fake's blueprint."""
    kept = Endpoints(fake.store, fake.clock, fake.slug, EVENTS, Problem)
    _routes(fake.blueprint, fake, kept)
    return kept


def announce(fake: Yardi, kind: str, act: str, element: dict[str, Any]) -> None:
    """Tell that an object of Voyager was created or updated."""
    word = OBJECTS.get(kind)
    if word:
        version = fake.store.next_number(fake.slug, f"version {kind} {element['id']}")
        shown = (_resident if kind == "residents" else _work_order)(element)
        now = stamp(fake.clock.now())
        fake.facade.announce(
            f"{word}.{act}", {**shown, "object": word, "version": version, "created_at": now, "updated_at": now}
        )


def _resident(element: dict[str, Any]) -> dict[str, Any]:
    identity, name = element.get("Identification") or {}, element.get("Name") or {}
    return {
        "id": element["id"],
        "property_code": element["_property"],
        "given_name": text_of(name.get("FirstName")),
        "family_name": text_of(name.get("LastName")),
        "email": text_of((element.get("Address") or {}).get("Email")) or None,
        "status": text_of(identity.get("Status")).lower(),
    }


def _work_order(element: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": element["ServiceRequestId"],
        "property_code": element["PropertyCode"],
        "unit_code": element.get("UnitCode") or None,
        "resident_code": element.get("TenantCode") or None,
        "brief_description": element["ServiceRequestBriefDescription"],
        "full_description": element.get("ServiceRequestFullDescription") or None,
        "category": element.get("Category") or None,
        "priority": element.get("Priority") or None,
        "status": element["CurrentStatus"],
        "permission_to_enter": element.get("HasPermissionToEnter") == "true",
        "request_date": element["ServiceRequestDate"][:10],
    }


def _routes(api: Blueprint, fake: Yardi, kept: Endpoints) -> None:
    @api.before_request
    def _let_in() -> Response | None:
        if request.path.startswith(f"/{fake.slug}/v1/") and request.headers.get("X-API-Key") != FACADE_KEY:
            return Problem(401, "Missing or unknown key").response()
        return None

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return problem.response()

    def once(work: Callable[[], Response]) -> Response:
        """Do a write once for its key; a repetition gets the same answer."""
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 255:
            raise Problem(400, "Idempotency-Key is required, 1 to 255 characters")
        rows = fake.store.execute("SELECT * FROM answers WHERE provider = ? AND key = ?", (fake.slug, key))
        if rows:
            return Response(rows[0]["body"], rows[0]["status"], content_type="application/json")
        with fake.store.transaction():
            response = work()
            fake.store.execute(
                "INSERT INTO answers (provider, key, at, status, body) VALUES (?, ?, ?, ?, ?)",
                (fake.slug, key, stamp(fake.clock.now()), response.status_code, response.get_data(as_text=True)),
            )
        return response

    def body() -> dict[str, Any]:
        given = request.get_json(silent=True)
        if not isinstance(given, dict):
            raise Problem(400, "The body must be a JSON object")
        return given

    def answer(content: dict[str, Any], status: int) -> Response:
        return Response(json.dumps(content, ensure_ascii=False), status, content_type="application/json")

    endpoints.add_routes(api, kept, once, body, answer)
