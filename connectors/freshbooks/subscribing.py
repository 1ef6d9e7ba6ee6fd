"""Callbacks: one per noun, each verified by a code that FreshBooks posts to our address and wants back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from connectors.base import hints
from connectors.base.connector import Connector
from connectors.base.errors import Malformed, NotFound
from connectors.base.webhooks import Handshake, Subscription
from connectors.freshbooks import quirks
from connectors.freshbooks.reading import result_of
from connectors.freshbooks.webhooks import NOUNS, own_id_of, secret_of

Callback = dict[str, Any]


class Subscriber(Connector):
    """Adds subscriptions."""

    @property
    def account(self) -> str:
        """The account's id; Misconfigured when none was chosen."""
        return quirks.account(self.connection)

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One callback for each noun. Those that are there for the same address are made anew: their codes are known
        to whoever made them only."""
        for one in self._callbacks():
            if one.get("uri") == url:
                self._remove(_id(one))
        return Subscription(tuple(self._make(noun, url) for noun in NOUNS), checked=False)

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Nothing expires; what is gone, or verified with a code that we do not have, is made anew, and where the code
        did not come it is asked for again."""
        known = {own_id_of(secret) for secret in subscription.secrets}
        there = {_id(one): one for one in self._callbacks()}
        kept: dict[str, str] = {}
        for own in subscription.ids:
            found = there.get(own, {})
            noun, right = str(found.get("event")), found.get("uri") == url
            if right and noun in NOUNS and noun not in kept and (own in known or not found.get("verified")):
                kept[noun] = own
                if not found.get("verified"):
                    self._put(own, resend=True)
            elif found:
                self._remove(own)
        checked = all(noun in kept and there[kept[noun]].get("verified") for noun in NOUNS)
        ids = tuple(kept.get(noun) or self._make(noun, url) for noun in NOUNS)
        return Subscription(ids, _of(ids, subscription.secrets), checked=checked)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take the callbacks away."""
        for own in subscription.ids:
            self._remove(own)

    def confirm(self, subscription: Subscription, handshake: Handshake) -> Subscription:
        """Give a code back: it is what that callback signs with from now on. A repeated one is harmless."""
        self._put(handshake.remote_id, verifier=handshake.code)
        others = [one for one in subscription.secrets if own_id_of(one) != handshake.remote_id]
        secrets = (secret_of(handshake.remote_id, handshake.code), *_of(subscription.ids, others))
        checked = {own_id_of(secret) for secret in secrets} >= set(subscription.ids)
        return Subscription(subscription.ids, secrets, checked=checked)

    def _callbacks(self) -> Iterator[Callback]:
        page = 1
        while True:
            params = {"page": str(page), "per_page": "100"}
            result = result_of(self.client.request("GET", self._events(), params=params).data)
            found = result.get("callbacks")
            yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
            pages = result.get("pages")
            if not found or page >= int(pages if isinstance(pages, (int, str)) and str(pages).isdigit() else 1):
                return
            page += 1

    def _make(self, noun: str, url: str) -> str:
        body = {"callback": {"event": noun, "uri": url}}
        answer = self.client.request("POST", self._events(), json=body, repeatable=False)
        own = _id(hints.member(result_of(answer.data), "callback"))
        if not own:
            raise Malformed("FreshBooks a accepté l’abonnement sans en dire l’identifiant. Réessayez plus tard.")
        return own

    def _put(self, own: str, **values: Any) -> None:
        body = {"callback": values}
        self.client.request("PUT", f"{self._events()}/{quote(own, safe='')}", json=body, repeatable=True)

    def _remove(self, own: str) -> None:
        try:
            self.client.request("DELETE", f"{self._events()}/{quote(own, safe='')}", repeatable=True)
        except NotFound:
            return

    def _events(self) -> str:
        return f"events/account/{quote(self.account, safe='')}/events/callbacks"


def _id(callback: Callback) -> str:
    return hints.word(callback.get("callbackid")) or hints.word(callback.get("id"))


def _of(ids: Iterable[str], secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets of these callbacks."""
    wanted = set(ids)
    return tuple(secret for secret in secrets if own_id_of(secret) in wanted)
