"""Webhook endpoints of an account, and what is sent to them."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from connectors.simulator.sender import Message, Schedule, Sender, Target
from connectors.simulator.signing import hmac_hex
from connectors.stripe.simulator import params as read
from connectors.stripe.simulator.ledger import API_VERSION, SLUG, Body, Ledger, merged, public
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, needed

if TYPE_CHECKING:
    from connectors.simulator.clock import Clock
    from connectors.simulator.store import Store

KIND = "webhook_endpoint"
# In test mode: three tries over a few hours.
SCHEDULE = Schedule(delays=(3600, 3 * 3600), jitter=0.1, timeout=20)
NAMES = "url enabled_events description metadata"


def create(ledger: Ledger, given: Params) -> Body:
    """POST: the secret is shown now and never again."""
    values = read.known(given, f"{NAMES} api_version connect")
    for name in ("url", "enabled_events"):
        if not values.get(name):
            raise needed(name)
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    made = ledger.add(
        KIND,
        {
            "api_version": read.text(values, "api_version") or API_VERSION,
            "application": None,
            "description": read.text(values, "description"),
            "enabled_events": _events(values),
            "livemode": False,
            "metadata": merged({}, values.get("metadata") or {}),
            "status": "enabled",
            "url": _url(values),
            "_secrets": [secret],
            "_connect": read.flag(values, "connect") or False,
        },
    )
    return {**made, "secret": secret}


def update(ledger: Ledger, own_id: str, given: Params) -> Body:
    """POST to one."""
    values = read.known(given, f"{NAMES} disabled")
    found = ledger.get(KIND, own_id)
    changed: dict[str, Any] = {}
    if "url" in values:
        changed["url"] = _url(values)
    if "enabled_events" in values:
        changed["enabled_events"] = _events(values)
    if "description" in values:
        changed["description"] = read.text(values, "description")
    if "metadata" in values:
        changed["metadata"] = values["metadata"]
    disabled = read.flag(values, "disabled")
    if disabled is not None:
        changed["status"] = "disabled" if disabled else "enabled"
    return ledger.change(KIND, found, changed)


def delete(ledger: Ledger, own_id: str) -> Body:
    """DELETE."""
    ledger.drop(KIND, ledger.get(KIND, own_id))
    return {"id": own_id, "object": KIND, "deleted": True}


def roll(ledger: Ledger, own_id: str) -> Body:
    """A new secret, as a person makes it in the dashboard; the one before signs beside it for a while."""
    found = ledger.get(KIND, own_id)
    kept = [f"whsec_{secrets.token_urlsafe(24)}", *found["_secrets"][:1]]
    ledger.put(KIND, {**found, "_secrets": kept})
    return {**found, "secret": kept[0]}


class Hooks:
    """Sends every event to the endpoints that asked for its type."""

    def __init__(self, store: Store, clock: Clock, ledger: Ledger) -> None:
        self._store, self._ledger = store, ledger
        self.sender = Sender(store, clock, SLUG, self._target, schedule=SCHEDULE)

    def announce(self, event: Body) -> int:
        """Queue an event of the current account; answers how many endpoints get it."""
        wanted = {"*", event["type"]}
        targets = [
            one
            for one in self._ledger.every(KIND)
            if one["status"] == "enabled" and wanted & set(one["enabled_events"]) and not one["_connect"]
        ]
        body = json.dumps({**public(event), "pending_webhooks": len(targets)}, ensure_ascii=False, indent=2).encode()
        for one in targets:
            message = Message(body, "application/json; charset=utf-8")
            self.sender.send(one["id"], message, f"{event['id']}.{one['id']}")
        return len(targets)

    def _target(self, own_id: str) -> Target | None:
        found = self._store.get(SLUG, KIND, own_id)
        if not found or found["deleted_at"] or found["status"] != "enabled":
            return None

        def sign(_url: str, _message_id: str, at: int, body: bytes) -> dict[str, str]:
            content = f"{at}.".encode() + body
            made = [hmac_hex(one, content) for one in found["_secrets"]]
            return {"Stripe-Signature": ",".join([f"t={at}", *(f"v1={one}" for one in made)])}

        return Target(found["url"], sign)


def _url(values: Params) -> str:
    url = read.text(values, "url") or ""
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Problem("Invalid URL: URL must be publicly accessible.", code="url_invalid", param="url", begun=False)
    return url


def _events(values: Params) -> list[str]:
    told = values.get("enabled_events")
    if not isinstance(told, list) or not told or not all(isinstance(one, str) and one for one in told):
        raise Problem("Invalid array", param="enabled_events", begun=False)
    return told
