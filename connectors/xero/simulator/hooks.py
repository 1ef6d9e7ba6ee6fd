"""Xero's webhooks: the address that the developer's portal keeps once it passed the check, and what is told there."""

from __future__ import annotations

import json
import secrets
import string
import uuid
from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

import requests

from connectors.simulator.portal import Portal
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.simulator.signing import hmac_base64
from connectors.simulator.store import Store

if TYPE_CHECKING:
    from connectors.xero.simulator.fake import Xero

# Less and less often for up to 24 hours; the steps are not documented. Then the address is switched off.
SCHEDULE = Schedule(delays=(60, 300, 900, 3600, 7200, 14400, 28800, 28800), timeout=5)
CATEGORIES = {"Contact": ("CONTACT", "Contacts"), "Invoice": ("INVOICE", "Invoices")}
OK, FAILED, DISABLED = "OK", "INTENT_TO_RECEIVE_FAILED", "DISABLED"
Event = dict[str, Any]


class XeroPortal(Portal):
    """Saving an address, or saving it again, checks it: several calls, some signed right and some wrong. `status` tells
    how it went; without "key" in a registration the portal makes one."""

    def __init__(self, store: Store, slug: str, send: Callable[[str, bytes, str], requests.Response]) -> None:
        super().__init__(store, slug, lambda: secrets.token_urlsafe(64) + "==")
        self._send = send

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """As a person does it."""
        found = super().act(name, values)
        if name != "register_webhook":
            return found
        status = OK if self._intends(found["url"], found["key"]) else FAILED
        return super().act(name, {"url": found["url"], "status": status})

    def switch_off(self, url: str) -> None:
        """As Xero does after a day of failures."""
        super().act("register_webhook", {"url": url, "status": DISABLED})

    def _intends(self, url: str, key: str) -> bool:
        good = True
        for right in (True, False, True, False):
            body = json.dumps(envelope([], 0), separators=(",", ":")).encode()
            signature = hmac_base64(key if right else f"{key}x", body)
            try:
                answer = self._send(url, body, signature)
            except requests.RequestException:
                return False
            good &= plain(answer, 200 if right else 401)
        return good


class Hooks:
    """One sequence of events per address; nothing is sent to an address that did not pass the check."""

    def __init__(self, fake: Xero) -> None:
        self._fake = fake
        self.portal = XeroPortal(fake.store, fake.slug, _post)
        self.sender = Sender(
            fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE, ended=lambda url, _: self._ended(url)
        )

    def tell(self, tenant: str, kind: str, object_id: str, *, new: bool) -> None:
        """Something happened to an object. Payments, accounts and tax rates are not told."""
        if kind not in CATEGORIES:
            return
        category, path = CATEGORIES[kind]
        event = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{path}/{object_id}",
            "resourceId": object_id,
            "tenantId": tenant,
            "tenantType": "ORGANISATION",
            "eventCategory": category,
            "eventType": "CREATE" if new else "UPDATE",
            "eventDateUtc": self._fake.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        }
        for address in self.portal.all():
            if address.get("status") == OK and category in address.get("categories", [category]):
                number = self._fake.store.next_number(self._fake.slug, f"sequence:{address['url']}")
                self.sender.send(address["url"], json_message(envelope([event], number)), str(uuid.uuid4()))

    def _target(self, url: str) -> Target | None:
        address = self.portal.get(url)
        if address is None or address.get("status") != OK:
            return None
        return Target(
            url,
            lambda _url, _id, _at, body: {
                "Content-Type": "application/json; charset=utf-8",
                "x-xero-signature": hmac_base64(address["key"], body),
            },
            accepted=lambda answer: plain(answer, 200),
        )

    def _ended(self, url: str) -> None:
        if self.portal.get(url):
            self.portal.switch_off(url)


def envelope(events: list[Event], number: int) -> Event:
    """The body of a call; `number`: the sequence of its only event."""
    entropy = "".join(secrets.choice(string.ascii_uppercase) for _ in range(20))
    return {"events": events, "firstEventSequence": number, "lastEventSequence": number, "entropy": entropy}


def plain(answer: requests.Response, status: int) -> bool:
    """Whether an answer is what Xero wants: the status, nothing in it, no cookie."""
    return answer.status_code == status and not answer.content and not answer.cookies


def _post(url: str, body: bytes, signature: str) -> requests.Response:
    headers = {"Content-Type": "application/json; charset=utf-8", "x-xero-signature": signature}
    return requests.post(url, data=body, headers=headers, timeout=SCHEDULE.timeout, allow_redirects=False)
