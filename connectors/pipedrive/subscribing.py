"""Pipedrive's webhooks, made and removed by its API: one for each kind of object.

Each carries a user and a password of ours. The password is never told again, so that the user's name holds a print of
it: what is there already and has the same name need not be made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from connectors.base.connector import Connector
from connectors.base.errors import Malformed, Misconfigured, NotFound, Rejected
from connectors.base.resource import dig
from connectors.base.webhooks import Subscription
from connectors.pipedrive.events import RESOURCES
from connectors.pipedrive.webhooks import WEBHOOKS

TOO_MANY = 422
"""How Pipedrive says that no more webhooks are allowed."""


class Listening(Connector):
    """What Pipedrive's connector stands on: where its API is, and how it calls us."""

    webhooks = WEBHOOKS

    @property
    def api_token(self) -> str:
        """The token that was typed, empty when the connection is by consent."""
        return self.connection.credentials.get("api_token", "").strip()

    def v1(self, below: str) -> str:
        """A path of the first version of the API, which at the common address stands without /api before it."""
        return f"{'v1' if self.api_token else 'api/v1'}/{below}"

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One webhook per kind of object at `url`. Those of an older secret go once the new ones are there. `secret`: a
        random one, or what an earlier subscription answered."""
        return self._complete(url, credentials_of(secret))

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Make anew what Pipedrive took away: it does so after three days without an answer."""
        return self._complete(url, subscription.secrets[0])

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove them, those that are gone already apart."""
        for remote_id in subscription.ids:
            self._remove(remote_id)

    def _complete(self, url: str, credentials: str) -> Subscription:
        """`credentials`: "user:password"."""
        user, _, password = credentials.partition(":")
        self.client.hide(password, url.rpartition("/")[2])
        at_address = [one for one in self._all() if one.get("subscription_url") == url]
        ours = {
            str(one.get("event_object")): str(one["id"])
            for one in at_address
            if one.get("http_auth_user") == user and one.get("event_action") == "*" and one.get("is_active")
        }
        found = {kind: ours[kind] if kind in ours else self._make(kind, url, user, password) for kind in RESOURCES}
        for one in at_address:
            if str(one["id"]) not in found.values():
                self._remove(str(one["id"]))
        return Subscription(ids=tuple(found.values()), secrets=(credentials,))

    def _all(self) -> list[Mapping[str, Any]]:
        rows = self.client.request("GET", self.v1("webhooks")).data.get("data") or []
        return [row for row in rows if isinstance(row, Mapping) and row.get("id")]

    def _make(self, kind: str, url: str, user: str, password: str) -> str:
        asked = {
            "subscription_url": url,
            "event_action": "*",
            "event_object": kind,
            "name": f"Lacoste Intégrations ({kind})",
            "version": "2.0",
            "http_auth_user": user,
            "http_auth_password": password,
        }
        try:
            answer = self.client.request("POST", self.v1("webhooks"), json=asked)
        except Rejected as error:
            raise (too_many(self.label) if error.status == TOO_MANY else error) from None
        if remote_id := dig(answer.data, "data.id"):
            return str(remote_id)
        raise Malformed(
            f"{self.label} n’a pas donné le numéro du webhook qu’il a créé. Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )

    def _remove(self, remote_id: str) -> None:
        with suppress(NotFound):
            self.client.request("DELETE", self.v1(f"webhooks/{remote_id}"))


def credentials_of(secret: str) -> str:
    """ "user:password" for a secret, or the secret where it is that already."""
    user, _, password = secret.partition(":")
    return secret if password and user == _user(password) else f"{_user(secret)}:{secret}"


def _user(password: str) -> str:
    return f"lacoste-{hashlib.sha256(password.encode()).hexdigest()[:12]}"


def too_many(label: str) -> Misconfigured:
    """The error of one webhook more than allowed."""
    return Misconfigured(
        f"{label} ne permet que 40 webhooks par personne, et ils sont tous pris. Effacez-en chez {label} (Outils et "
        "applications, Webhooks), puis activez de nouveau ceux de l’intégration.",
        code="too_many_webhooks",
    )
