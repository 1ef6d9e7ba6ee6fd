"""Webhook subscriptions of an application, by API or in the developer console, and what is sent to them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.simulator.clock import stamp
from connectors.simulator.portal import Portal
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.simulator.signing import hmac_base64
from connectors.square.simulator.books import Body
from connectors.square.simulator.oauth import APPS
from connectors.square.simulator.problems import Problem, answer, missing, needed

if TYPE_CHECKING:
    from connectors.square.simulator.fake import Square

KIND = "webhook_subscription"
PATH = "/v2/webhooks/subscriptions"
# Retries for up to a day.
SCHEDULE = Schedule(delays=(60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720), jitter=0.1, timeout=10)
FIELDS = ("name", "enabled", "event_types", "notification_url", "api_version")


class Hooks:
    """Tells every event to the subscriptions that asked for its type: those of the owner and of the developer console
    for every seller that consented, too."""

    def __init__(self, fake: Square) -> None:
        self._fake = fake
        self.sender = Sender(fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE)
        self.portal = Portal(fake.store, fake.slug, _key)

    def announce(self, event: Body) -> None:
        """Queue an event."""
        told = {name: event[name] for name in ("merchant_id", "type", "event_id", "created_at", "data")}
        merchant = event["merchant_id"]
        consented = merchant in self._consented()
        for one in self._fake.store.select(self._fake.slug, KIND, "deleted_at IS NULL"):
            if one["enabled"] and event["type"] in one["event_types"] and (consented or merchant == one["_owner"]):
                self.sender.send(one["id"], json_message(told))
        for one in self.portal.all():
            if event["type"] in one.get("events", [event["type"]]):
                self.sender.send(one["url"], json_message(told))

    def _consented(self) -> set[str]:
        found = self._fake.store.select(self._fake.slug, "OAuthRefresh", "deleted_at IS NULL")
        return {one["merchant"] for one in found if one["client"] == next(iter(APPS))}

    def _target(self, own_id: str) -> Target | None:
        found = self.portal.get(own_id)
        url, key = (found["url"], found["key"]) if found else ("", "")
        if not found:
            kept = self._fake.store.get(self._fake.slug, KIND, own_id)
            if not kept or kept["deleted_at"] or not kept["enabled"]:
                return None
            url, key = kept["notification_url"], kept["signature_key"]

        def sign(address: str, _message_id: str, _at: int, body: bytes) -> dict[str, str]:
            return {
                "x-square-hmacsha256-signature": hmac_base64(key, address.encode() + body),
                "square-environment": "Sandbox",
                "square-initial-delivery-timestamp": stamp(self._fake.clock.now()),
            }

        return Target(url, sign)


def add_routes(api: Blueprint, fake: Square) -> None:
    """Below /square/v2/webhooks."""

    def find(own_id: str) -> Body:
        found = fake.store.get(fake.slug, KIND, own_id)
        if not found or found["deleted_at"] or found["_owner"] != g.merchant:
            raise missing("Webhook subscription", own_id)
        return found

    def put(body: Body) -> Body:
        changed = {**body, "updated_at": stamp(fake.clock.now())}
        fake.store.put(fake.slug, KIND, changed)
        return changed

    @api.route(PATH, methods=["GET", "POST"])
    def subscriptions() -> Response:
        if request.method == "GET":
            mine = fake.store.select(fake.slug, KIND, "deleted_at IS NULL")
            listed = [_shown(one, key=False) for one in mine if one["_owner"] == g.merchant]
            return answer({"subscriptions": listed} if listed else {})
        values = _values(request.get_json(silent=True))
        for name in ("event_types", "notification_url"):
            if not values.get(name):
                raise needed(f"subscription.{name}")
        now = stamp(fake.clock.now())
        made = {"id": f"wbhk_{secrets.token_hex(16)}", "enabled": True, "signature_key": _key(), "created_at": now}
        return answer({"subscription": _shown(put({**made, **values, "deleted_at": None, "_owner": g.merchant}))})

    @api.route(f"{PATH}/<own_id>", methods=["GET", "PUT", "DELETE"])
    def subscription(own_id: str) -> Response:
        found = find(own_id)
        if request.method == "DELETE":
            put({**found, "deleted_at": stamp(fake.clock.now())})
            return answer({})
        changed = put({**found, **_values(request.get_json(silent=True))}) if request.method == "PUT" else found
        return answer({"subscription": _shown(changed, key=request.method == "GET")})

    @api.post(f"{PATH}/<own_id>/signature-key")
    def signature_key(own_id: str) -> Response:
        return answer({"signature_key": put({**find(own_id), "signature_key": _key()})["signature_key"]})


def _values(body: Any) -> Body:
    told = body.get("subscription") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        raise needed("subscription")
    values = {name: told[name] for name in FIELDS if name in told}
    url = values.get("notification_url")
    if url is not None and not str(url).startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Problem("INVALID_VALUE", "The notification URL must be in https.", field="subscription.notification_url")
    return values


def _shown(body: Body, *, key: bool = True) -> Body:
    hidden = {"deleted_at", "_owner"} | (set() if key else {"signature_key"})
    return {name: value for name, value in body.items() if name not in hidden}


def _key() -> str:
    return secrets.token_urlsafe(16)
