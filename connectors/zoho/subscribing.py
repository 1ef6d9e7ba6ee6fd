"""A channel of notifications: at most one week long, so that it is put again every day."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import hints
from connectors.base.connector import Connector
from connectors.base.errors import Malformed, NotFound, Rejected
from connectors.base.webhooks import Subscription
from connectors.zoho.webhooks import MODULES

PATH = "crm/v8/actions/watch"
# A week is the most; a channel that asks for more gets one hour. The clocks may differ a little.
LIFE = timedelta(days=7) - timedelta(hours=1)
TOKEN_LENGTH = 48


class Subscriber(Connector):
    """Adds subscriptions."""

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One channel for the address, whose number follows from it: asked for twice, it is the same channel."""
        channel = str(10**9 + int(hashlib.sha256(url.encode()).hexdigest()[:12], 16))
        return self._put(channel, _token(secret, channel), url)

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Another week, for the same address and token; a channel that ended is opened anew."""
        for secret in subscription.secrets:
            channel, _, token = secret.partition(":")
            if channel in subscription.ids and token:
                return self._put(channel, token, url)
        return self.subscribe(url, "")

    def unsubscribe(self, subscription: Subscription) -> None:
        """End the channel. One that ended already is no error."""
        for channel in subscription.ids:
            try:
                self.client.request("DELETE", PATH, params={"channel_ids": channel}, repeatable=True)
            except NotFound:
                continue
            except Rejected as error:
                if not _is_gone(error):
                    raise

    def _put(self, channel: str, token: str, url: str) -> Subscription:
        """Replace the channel, or open it where there is none."""
        until = (datetime.now(UTC) + LIFE).isoformat(timespec="seconds")
        watch = {
            "channel_id": channel,
            "events": [f"{module}.all" for module in MODULES],
            "channel_expiry": until,
            "token": token,
            "notify_url": url,
            "notify_on_related_action": False,
            "return_affected_field_values": False,
        }
        try:
            told = self._ask("PUT", watch)
        except Rejected as error:
            if not _is_gone(error):
                raise
            told = self._ask("POST", watch)
        return Subscription((channel,), (f"{channel}:{token}",), _expiry(told) or hints.instant(until))

    def _ask(self, method: str, watch: dict[str, Any]) -> list[dict[str, Any]]:
        data = self.client.request(method, PATH, json={"watch": [watch]}, repeatable=True).data
        told = data.get("watch")
        # A refusal may come as a success: only the word of each channel counts (see errors.py for the others).
        if not isinstance(told, list) or not told or any(hints.word(_of(one, "status")) != "success" for one in told):
            raise Malformed("Zoho n’a pas confirmé l’abonnement aux notifications. Réessayez plus tard.")
        return [one for one in told if isinstance(one, dict)]


def _token(secret: str, channel: str) -> str:
    """What Zoho will echo: of our secret where there is one, so that the same is asked for twice."""
    if not secret:
        return random.token_hex(TOKEN_LENGTH // 2)
    return hmac.digest(secret.encode(), f"zoho:{channel}".encode(), "sha256").hex()[:TOKEN_LENGTH]


def _is_gone(error: Rejected) -> bool:
    return error.detail.startswith("NOT_SUBSCRIBED")


def _expiry(told: list[dict[str, Any]]) -> str:
    """The earliest end that Zoho tells: it may have shortened the channel."""
    ends = []
    for one in told:
        events = hints.member(one, "details").get("events")
        ends += [hints.instant(_of(event, "channel_expiry")) for event in events] if isinstance(events, list) else []
    return min((end for end in ends if end), default="")


def _of(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
