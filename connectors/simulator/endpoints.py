"""Webhook endpoints of the proposed contracts, for fakes whose provider publishes none: kept, rotated, called."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.simulator.signing import standard_webhook_headers
from connectors.simulator.store import Store

KIND = "webhook_endpoints"
ROTATION = timedelta(hours=24)
SCHEDULE = Schedule(
    delays=(5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400), jitter=0.1, timeout=15, final=(410,)
)
FIELDS = ("url", "event_types", "enabled", "description")
Errors = Mapping[str, tuple[str, str]]
Refuse = Callable[[int, str, Errors], Exception]


class Endpoints:
    """The endpoints of one fake. `types`: the events that it sends; `refuse`: the provider's error for a status, a
    sentence and field errors."""

    def __init__(self, store: Store, clock: Clock, slug: str, types: tuple[str, ...], refuse: Refuse) -> None:
        self._store, self._clock, self._slug, self._types, self._refuse = store, clock, slug, types, refuse
        self.sender = Sender(store, clock, slug, self._target, schedule=SCHEDULE, ended=self._ended)

    def announce(self, event: str, data: dict[str, Any]) -> None:
        """Tell every endpoint that asked for that event."""
        for endpoint in self.live():
            if endpoint["enabled"] and {"*", event} & set(endpoint["event_types"]):
                self._send(endpoint["id"], event, data)

    def live(self) -> list[dict[str, Any]]:
        """All endpoints, in order of change."""
        return self._store.select(self._slug, KIND, "deleted_at IS NULL")

    def find(self, own_id: str) -> dict[str, Any]:
        """An endpoint; the provider's 404 when there is none."""
        found = self._store.get(self._slug, KIND, own_id)
        if found is None or found.get("deleted_at"):
            raise self._refuse(404, "No such endpoint", {})
        return found

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """POST."""
        self._check({"url": None, "event_types": None, **body})
        made = {"id": f"we_{secrets.token_hex(8).upper()}", "enabled": True, "description": None, **body}
        return self._put({**made, "created_at": stamp(self._clock.now()), "_secrets": [_fresh()]})

    def patch(self, own_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """PATCH."""
        found = self.find(own_id)
        self._check(body)
        return self._put({**found, **body})

    def delete(self, own_id: str) -> None:
        """DELETE."""
        self._put({**self.find(own_id), "deleted_at": stamp(self._clock.now())})

    def rotate(self, own_id: str) -> dict[str, Any]:
        """A new secret; the one before goes on signing for 24 hours."""
        found = self.find(own_id)
        old = {**found["_secrets"][0], "until": stamp(self._clock.now() + ROTATION)}
        return self._put({**found, "_secrets": [_fresh(), old]})

    def ping(self, own_id: str) -> dict[str, Any]:
        """Send a test event to one endpoint."""
        found = self.find(own_id)
        self._send(own_id, "ping", {"endpoint_id": own_id})
        return found

    def _put(self, body: dict[str, Any]) -> dict[str, Any]:
        changed = {**body, "updated_at": stamp(self._clock.now())}
        self._store.put(self._slug, KIND, changed)
        return changed

    def _check(self, body: Mapping[str, Any]) -> None:
        errors: dict[str, tuple[str, str]] = {
            name: ("unknown", "is not a field that can be written") for name in body if name not in FIELDS
        }
        if "url" in body and not str(body["url"] or "").startswith(
            ("https://", "http://127.0.0.1", "http://localhost")
        ):
            errors["url"] = ("format", "must be an address in https")
        types = body.get("event_types")
        if "event_types" in body and (not isinstance(types, list) or not types or set(types) - {*self._types, "*"}):
            errors["event_types"] = ("enum", f"must be some of {', '.join(self._types)} or *")
        if "enabled" in body and not isinstance(body["enabled"], bool):
            errors["enabled"] = ("type", "must be a boolean")
        if errors:
            raise self._refuse(422, "Some fields are wrong", errors)

    def _send(self, own_id: str, event: str, data: dict[str, Any]) -> None:
        self.sender.send(own_id, json_message({"type": event, "timestamp": stamp(self._clock.now()), "data": data}))

    def _target(self, own_id: str) -> Target | None:
        endpoint = self._store.get(self._slug, KIND, own_id)
        if not endpoint or endpoint.get("deleted_at") or not endpoint["enabled"]:
            return None
        now = stamp(self._clock.now())
        live = [one["secret"] for one in endpoint["_secrets"] if one["until"] is None or one["until"] > now]
        return Target(endpoint["url"], lambda _url, own, at, body: standard_webhook_headers(live, own, at, body))

    def _ended(self, own_id: str, status: int | None) -> None:
        found = self._store.get(self._slug, KIND, own_id)
        if status == 410 and found:
            self._put({**found, "enabled": False})


def add_routes(
    api: Blueprint,
    endpoints: Endpoints,
    once: Callable[[Callable[[], Response]], Response],
    body: Callable[[], dict[str, Any]],
    answer: Callable[[dict[str, Any], int], Response],
) -> None:
    """…/v1/webhook_endpoints on a fake's blueprint. `once`: does a write once for its key; `body`: the JSON sent."""

    def shown(made: dict[str, Any], status: int = 200, *, secret: bool = False) -> Response:
        public = {name: value for name, value in made.items() if not name.startswith("_")}
        return answer({**public, "secret": made["_secrets"][0]["secret"]} if secret else public, status)

    @api.get("/v1/webhook_endpoints")
    def endpoints_index() -> Response:
        everything = [{name: value for name, value in one.items() if name[0] != "_"} for one in endpoints.live()]
        size, skipped = int(request.args.get("limit", 100)), int(request.args.get("cursor", 0))
        more = len(everything) > skipped + size
        page = {"data": everything[skipped : skipped + size], "has_more": more}
        return answer({**page, "next_cursor": str(skipped + size) if more else None}, 200)

    @api.post("/v1/webhook_endpoints")
    def endpoints_create() -> Response:
        return once(lambda: shown(endpoints.create(body()), 201, secret=True))

    @api.get("/v1/webhook_endpoints/<own_id>")
    def endpoints_read(own_id: str) -> Response:
        return shown(endpoints.find(own_id))

    @api.patch("/v1/webhook_endpoints/<own_id>")
    def endpoints_patch(own_id: str) -> Response:
        return once(lambda: shown(endpoints.patch(own_id, body())))

    @api.delete("/v1/webhook_endpoints/<own_id>")
    def endpoints_delete(own_id: str) -> Response:
        def work() -> Response:
            endpoints.delete(own_id)
            return Response(status=204)

        return once(work)

    @api.post("/v1/webhook_endpoints/<own_id>/rotate_secret")
    def endpoints_rotate(own_id: str) -> Response:
        return once(lambda: shown(endpoints.rotate(own_id), secret=True))

    @api.post("/v1/webhook_endpoints/<own_id>/test")
    def endpoints_test(own_id: str) -> Response:
        return once(lambda: shown(endpoints.ping(own_id)))


def _fresh() -> dict[str, Any]:
    return {"secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), "until": None}
