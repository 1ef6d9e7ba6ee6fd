"""Webhook endpoints of the account: made, found again, changed and taken away."""

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
from connectors.stripe import access, forms
from connectors.stripe.reading import listed
from connectors.stripe.webhooks import SUBSCRIBED

PATH = "webhook_endpoints"


class Subscriber(Connector):
    """Adds subscriptions."""

    @abstractmethod
    def _request(self, method: str, path: str, **options: Any) -> Answer:
        """One call below /v1."""

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One endpoint. Its secret is told when it is made only: one that is there for the same address is replaced,
        the new one first, so that no event is lost in between."""
        before = [one["id"] for one in self._endpoints() if one.get("url") == url]
        made = self._post(PATH, url=url, enabled_events=SUBSCRIBED, api_version=access.VERSION)
        own, key = hints.word(made.get("id")), hints.word(made.get("secret"))
        if not own or not key:
            raise Malformed("Stripe a accepté l’abonnement sans en dire le secret. Réessayez plus tard.")
        for one in before:
            self._remove(one)
        return Subscription((own,), (key,))

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Nothing expires; an endpoint that is gone is made anew, one that was switched off or changed is put right."""
        if not subscription.ids:
            return self.subscribe(url, "")
        path = f"{PATH}/{subscription.ids[0]}"
        try:
            found = self._request("GET", path).data
            right = found.get("status") == "enabled" and found.get("url") == url
            told = set(found.get("enabled_events") or ())
            if not right or not ("*" in told or told >= set(SUBSCRIBED)):
                self._post(path, url=url, enabled_events=SUBSCRIBED, disabled=False)
        except NotFound:
            return self.subscribe(url, "")
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take the endpoint away."""
        for own in subscription.ids:
            self._remove(own)

    def _endpoints(self) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            params = {"limit": "100", **({"starting_after": after} if after else {})}
            found, more = listed(self._request("GET", PATH, params=params))
            yield from found
            last = hints.word(found[-1].get("id")) if found else ""
            if not more or last in ("", after):
                return
            after = last

    def _post(self, path: str, **values: Any) -> dict[str, Any]:
        headers = {"Content-Type": forms.CONTENT_TYPE, "Idempotency-Key": str(uuid.uuid4())}
        return dict(self._request("POST", path, body=forms.encode(values), headers=headers).data)

    def _remove(self, own: str) -> None:
        try:
            self._request("DELETE", f"{PATH}/{own}")
        except NotFound:
            return
