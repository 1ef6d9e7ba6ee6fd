"""HubSpot's webhooks: one address per application, and what is told there of the account, many events in a call."""

from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING, Any

from connectors.hubspot.simulator.oauth import APPS
from connectors.hubspot.simulator.schema import MODIFIED, SINGULAR
from connectors.simulator.gathered import Gathered
from connectors.simulator.portal import Portal
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.simulator.signing import hmac_base64

if TYPE_CHECKING:
    from connectors.hubspot.simulator.fake import HubSpot

# Up to ten more tries over about 24 hours, at random delays.
SCHEDULE = Schedule(delays=(60, 300, 900, 1800, 3600, 7200, 10800, 14400, 18000, 21600), jitter=0.2, timeout=5)
MOST = 100
APP_ID = 170001
UNTOLD = {*MODIFIED.values(), "num_unique_conversion_events"}
Event = dict[str, Any]


class Hooks:
    """An address is registered with {"url", "subscriptions"? (types; all), "signature"? ("v3")}; its key is the client
    secret of the application, unless a private app's is given."""

    def __init__(self, fake: HubSpot) -> None:
        self._fake = fake
        self.portal = Portal(fake.store, fake.slug, lambda: next(iter(APPS.values())))
        self.sender = Sender(fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE)
        self.gathered = Gathered(self._send)

    def tell(self, entity: str, verb: str, object_id: str, **facts: Any) -> None:
        """Something happened to an object."""
        if facts.get("propertyName") in UNTOLD:
            return
        kind = f"{SINGULAR[entity]}.{verb}"
        event = {
            "eventId": random.randrange(1, 2**31),  # noqa: S311 - not unique by itself, as HubSpot says
            "subscriptionId": 2000 + sum(kind.encode()) % 1000,
            "portalId": self._fake.portal,
            "appId": APP_ID,
            "occurredAt": int(self._fake.clock.now().timestamp() * 1000),
            "subscriptionType": kind,
            "attemptNumber": 0,
            **({} if "fromObjectId" in facts else {"objectId": int(object_id)}),
            **facts,
            "changeSource": "CRM",
        }
        self.gathered.add(event)

    def _send(self, events: list[Event]) -> None:
        for address in self.portal.all():
            wanted = address.get("subscriptions")
            mine = [event for event in events if wanted is None or event["subscriptionType"] in wanted]
            for start in range(0, len(mine), MOST):
                self.sender.send(address["url"], json_message(mine[start : start + MOST]))

    def _target(self, url: str) -> Target | None:
        address = self.portal.get(url)
        if address is None:
            return None
        version, key = address.get("signature", "v3"), address["key"]
        return Target(
            url, lambda called, _id, at, body: signed(version, key, called, body, at * 1000), amend=_with_attempt
        )


def signed(version: str, key: str, url: str, body: bytes, milliseconds: int) -> dict[str, str]:
    """The headers of a call, by each of the three recipes."""
    if version == "v3":
        content = f"POST{url}".encode() + body + str(milliseconds).encode()
        return {
            "X-HubSpot-Signature-v3": hmac_base64(key, content),
            "X-HubSpot-Request-Timestamp": str(milliseconds),
        }
    source = f"POST{url}".encode() if version == "v2" else b""
    digest = hashlib.sha256(key.encode() + source + body).hexdigest()
    return {"X-HubSpot-Signature": digest, "X-HubSpot-Signature-Version": version}


def _with_attempt(body: bytes, attempt: int) -> bytes:
    return json_message([{**event, "attemptNumber": attempt} for event in json.loads(body)]).body
