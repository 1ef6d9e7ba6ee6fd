"""Webhook subscriptions of the application: only its owner's personal token may manage them."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from connectors.base import hints
from connectors.base.classify import Answer
from connectors.base.connector import Connector
from connectors.base.errors import Malformed, NotFound
from connectors.base.webhooks import Subscription
from connectors.square import access
from connectors.square.webhooks import SUBSCRIBED

PATH = "v2/webhooks/subscriptions"


class Subscriber(Connector):
    """Adds subscriptions. With a seller's consent nothing can be asked for: the application's own subscription, made
    by a person in the developer console, announces that seller too."""

    @abstractmethod
    def _request(self, method: str, path: str, **options: Any) -> Answer:
        """One call."""

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One subscription for the address; of one that is there the key is asked for anew."""
        if not self.connection.credentials.get("api_key", "").strip():
            return Subscription(())
        for found in self._subscriptions():
            if found.get("notification_url") == url:
                own = hints.word(found.get("id"))
                self._put_right(own, found, url)
                key = hints.word(found.get("signature_key")) or self._new_key(own)
                return _subscription(own, key)
        made = self._write("POST", PATH, {"subscription": {**_wanted(url), "api_version": access.VERSION}}, keyed=True)
        told = hints.member(made, "subscription")
        return _subscription(hints.word(told.get("id")), hints.word(told.get("signature_key")))

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Nothing expires; one that is gone is made anew, one that was switched off or changed is put right."""
        if not subscription.ids:
            return self.subscribe(url, "")
        [own] = subscription.ids
        try:
            found = hints.member(self._request("GET", f"{PATH}/{own}").data, "subscription")
            self._put_right(own, found, url)
        except NotFound:
            return self.subscribe(url, "")
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take it away."""
        for own in subscription.ids:
            try:
                self._request("DELETE", f"{PATH}/{own}", repeatable=True)
            except NotFound:
                continue

    def _put_right(self, own: str, found: dict[str, Any], url: str) -> None:
        missing = set(SUBSCRIBED) - set(found.get("event_types") or ())
        if missing or not found.get("enabled") or found.get("notification_url") != url:
            self._write("PUT", f"{PATH}/{own}", {"subscription": _wanted(url)})

    def _new_key(self, own: str) -> str:
        return hints.word(self._write("POST", f"{PATH}/{own}/signature-key", {}, keyed=True).get("signature_key"))

    def _subscriptions(self) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            data = self._request("GET", PATH, params={"cursor": cursor} if cursor else {}).data
            found = data.get("subscriptions")
            yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
            before, cursor = cursor, hints.word(data.get("cursor"), 5000)
            if cursor in ("", before):
                return

    def _write(self, method: str, path: str, body: dict[str, Any], *, keyed: bool = False) -> dict[str, Any]:
        key = {"idempotency_key": str(uuid.uuid4())} if keyed else {}
        return dict(self._request(method, path, json={**key, **body}, repeatable=True).data)


def _wanted(url: str) -> dict[str, Any]:
    return {"name": "Lacoste Intégrations", "enabled": True, "event_types": list(SUBSCRIBED), "notification_url": url}


def _subscription(own: str, key: str) -> Subscription:
    if not own or not key:
        raise Malformed("Square a accepté l’abonnement sans en dire la clé de signature. Réessayez plus tard.")
    return Subscription((own,), (key,))
