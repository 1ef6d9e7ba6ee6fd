"""Intuit's webhooks: addresses that the developer's portal keeps, and what is told there of every company."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import requests

from connectors.simulator.portal import Portal
from connectors.simulator.sender import Message, Schedule, Sender, Target, json_message
from connectors.simulator.signing import hmac_base64

if TYPE_CHECKING:
    from connectors.quickbooks.simulator.fake import QuickBooks

# 10 s, 20 s, 30 s, 5 min, 20 min, 2 h, 4 h, 6 h, then every 6 hours; how long is not documented.
SCHEDULE = Schedule(delays=(10, 20, 30, 300, 1200, 7200, 14400, *(21600,) * 12), timeout=3, in_order=True)
OLD_VERBS = {
    "created": "Create", "updated": "Update", "deleted": "Delete", "merged": "Merge", "voided": "Void",
}  # fmt: skip


class Hooks:
    """An address is registered with {"url", "key"?, "entities"? (all), "form"? ("cloudevents" or "legacy")}; its key is
    the verifier token."""

    def __init__(self, fake: QuickBooks) -> None:
        self._fake = fake
        self.portal = Portal(fake.store, fake.slug, lambda: str(uuid.uuid4()))
        self.sender = Sender(fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE)

    def tell(self, realm: str, entity: str, object_id: str, verb: str, lost: str = "") -> None:
        """Something happened to an object; lost: the one that a merge took away."""
        for address in self.portal.all():
            if entity in address.get("entities", [entity]):
                form = self._old if address.get("form") == "legacy" else self._cloud_event
                self.sender.send(address["url"], form(realm, entity, object_id, verb, lost))

    def _cloud_event(self, realm: str, entity: str, object_id: str, verb: str, lost: str) -> Message:
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
            "type": f"qbo.{entity.lower()}.{verb}.v1",
            "datacontenttype": "application/json",
            "time": f"{self._fake.clock.now():%Y-%m-%dT%H:%M:%S.%f}517Z",
            "intuitentityid": object_id,
            "intuitaccountid": realm,
            "data": {"deletedid": lost} if lost else {},
        }
        return json_message([event])

    def _old(self, realm: str, entity: str, object_id: str, verb: str, lost: str) -> Message:
        change: dict[str, Any] = {"id": object_id, "operation": OLD_VERBS[verb], "name": entity}
        if lost:
            change["deletedId"] = lost
        change["lastUpdated"] = f"{self._fake.clock.now():%Y-%m-%dT%H:%M:%S}.000Z"
        return json_message({"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [change]}}]})

    def _target(self, url: str) -> Target | None:
        address = self.portal.get(url)
        if address is None:
            return None
        return Target(
            url, lambda _url, _id, _at, body: {"intuit-signature": hmac_base64(address["key"], body)}, accepted=_taken
        )


def _taken(answer: requests.Response) -> bool:
    return answer.status_code == 200
