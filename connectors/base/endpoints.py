"""The proposed contract of webhook endpoints, for providers that publish none: subscriptions by API, Standard Webhooks,
and two plainer ways to be known, in case that is what the vendor has."""

from __future__ import annotations

import hashlib
import uuid
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.base import hints
from connectors.base.client import Client
from connectors.base.connector import Connector, CredentialField
from connectors.base.errors import Malformed, Misconfigured, NotFound
from connectors.base.signatures import HmacHex, Reason, SharedToken, StandardWebhooks, Verdict
from connectors.base.webhooks import Call, Hint, Subscription, Unreadable

SETTINGS = (
    CredentialField("verify_mode", "Vérification des webhooks",
                    "Comment le fournisseur prouve qu’un appel vient de lui.", required=False,
                    choices=(("", "Standard Webhooks"), ("hmac_sha256", "Signature simple (HMAC-SHA256)"),
                             ("shared_token", "Jeton fixe"))),
    CredentialField("webhook_header", "En-tête des webhooks", "Celui qui porte la signature simple ou le jeton fixe; "
                    "inutile avec Standard Webhooks.", required=False, placeholder="X-Webhook-Signature",
                    pattern="[A-Za-z0-9-]*"),
)  # fmt: skip
SECRET = CredentialField(
    "webhook_secret", "Secret des webhooks", "Inutile avec Standard Webhooks : la console l’obtient alors elle-même.",
    secret=True, required=False,
)  # fmt: skip
_PLAIN = {"hmac": HmacHex, "token": SharedToken}


@dataclass(frozen=True)
class ProposedSignature:
    """How the call is known depends on what the secret says: `whsec_…` is Standard Webhooks', "hmac:<header>:<key>" a
    plain HMAC-SHA256 of the body, "token:<header>:<token>" a fixed token."""

    tolerance: int = 300

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the call with every live secret, each in its own way."""
        usual, reasons = [], list[Reason]()
        for secret in secrets:
            way, _, rest = secret.partition(":")
            header, _, key = rest.partition(":")
            if way in _PLAIN and header:
                reasons.append(_PLAIN[way](header).verify(body, headers, [key], now=now, url=url).reason)
            else:
                usual.append(secret)
        if usual or not reasons:
            reasons.append(StandardWebhooks(self.tolerance).verify(body, headers, usual, now=now, url=url).reason)
        return Verdict() if "" in reasons else Verdict(reasons[-1])


def read(call: Call, objects: Mapping[str, str], renamed: Mapping[str, str] | None = None) -> Event:
    """The event of a call. `objects`: the contract's word for an object → our resource; `renamed`: a vendor's name of
    an event → the contract's. Raises Unreadable."""
    body = hints.json_of(call.body)
    kind = hints.word(body.get("type")) if isinstance(body, dict) else ""
    kind = (renamed or {}).get(kind, kind)
    if not kind:
        raise Unreadable("L’événement ne dit pas son genre.")
    data, word = hints.member(body, "data"), kind.partition(".")[0]
    return Event(
        resource=objects.get(word, ""),
        kind=kind,
        data=data,
        at=hints.instant(body.get("timestamp")),
        # Without an id of its own, as a plain sender has none, the same bytes are the same event.
        key=hints.key(hints.word(call.headers.get("webhook-id")) or hashlib.sha256(call.body).hexdigest()),
    )


@dataclass(frozen=True)
class Event:
    """What a body says, its object as the contract has it."""

    resource: str
    kind: str
    data: Mapping[str, Any]
    at: str
    key: str

    def hint(self, *, remote_id: str = "", versioned: bool = True) -> Hint:
        """The hint about the object, by its own id unless another is given. An object without id is unreadable."""
        remote_id = remote_id or hints.word(self.data.get("id"))
        if self.resource and not remote_id:
            raise Unreadable("L’événement ne dit pas de quel objet il parle.")
        return Hint(
            resource=self.resource,
            remote_id=remote_id if self.resource else "",
            kind=self.kind,
            dedupe_key=self.key,
            deleted=self.kind.endswith(".deleted"),
            at=self.at,
            version=hints.word(self.data.get("version")) if versioned and self.resource else "",
        )


class EndpointConnector(Connector):
    """Adds subscriptions under …/webhook_endpoints."""

    @abstractmethod
    def _path(self, *parts: str) -> str:
        """A path below the connection's prefix."""

    def endpoints(self) -> tuple[Client, str, str]:
        """Who asks, at which role of the hosts, below which path; Misconfigured where there is no such thing."""
        return self.client, "api", self._path("webhook_endpoints")

    def subscribe(self, url: str, secret: str) -> Subscription:
        """One endpoint for everything. Its secret is told once only: of an endpoint that is there it is renewed.

        Where the vendor has no such calls (verify_mode), the typed secret is all there is to know.
        """
        plain = self._plain()
        if plain:
            return Subscription((), (plain,))
        client, role, path = self.endpoints()
        for found in _all(client, role, path):
            if found.get("url") == url:
                own = f"{path}/{found['id']}"
                if not found.get("enabled"):
                    _write(client, "PATCH", role, own, {"enabled": True, "event_types": ["*"]})
                return _subscription(_write(client, "POST", role, f"{own}/rotate_secret"))
        return _subscription(_write(client, "POST", role, path, {"url": url, "event_types": ["*"]}))

    def renew(self, subscription: Subscription, url: str) -> Subscription:
        """Nothing expires; an endpoint that was taken away is made anew, one that was switched off is switched on."""
        if self._plain():
            # The vendor turned out to know no such calls since: what was made at its proposed address is of no use.
            with suppress(Misconfigured):
                self.unsubscribe(subscription)
            return self.subscribe(url, "")
        if not subscription.ids:
            return self.subscribe(url, "")
        client, role, path = self.endpoints()
        own = f"{path}/{subscription.ids[0]}"
        try:
            found = client.request("GET", own, role=role).data
            if not found.get("enabled") or found.get("url") != url:
                _write(client, "PATCH", role, own, {"enabled": True, "url": url})
        except NotFound:
            return self.subscribe(url, "")
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Take the endpoint away."""
        if not subscription.ids:
            return
        client, role, path = self.endpoints()
        for own in subscription.ids:
            try:
                _write(client, "DELETE", role, f"{path}/{own}")
            except NotFound:
                continue

    def _plain(self) -> str:
        """The secret that ProposedSignature reads, where the vendor does not follow the contract."""
        config = self.connection.config
        mode = config.get("verify_mode") or "standard_webhooks"
        if mode == "standard_webhooks":
            return ""
        typed = self.connection.credentials.get("webhook_secret", "").strip()
        if not typed:
            raise Misconfigured(
                f"Aucun secret de webhook n’est inscrit pour {self.label}, alors que le mode « {mode} » en demande un. "
                "Inscrivez celui dont vous avez convenu avec le fournisseur.",
                code="no_webhook_secret",
            )
        header = config.get("webhook_header") or ("X-Webhook-Signature" if mode == "hmac_sha256" else "X-Webhook-Token")
        return f"{'hmac' if mode == 'hmac_sha256' else 'token'}:{header}:{typed}"


def _all(client: Client, role: str, path: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        params = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        data = client.request("GET", path, role=role, params=params).data
        try:
            yield from hints.objects(data.get("data"))
        except Unreadable as error:
            raise Malformed("La liste des abonnements aux webhooks n’a pas la forme du contrat.") from error
        before, cursor = cursor, hints.word(data.get("next_cursor"), 2000)
        if not cursor or cursor == before:
            return


def _write(client: Client, method: str, role: str, path: str, body: Any = None) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    data = client.request(method, path, role=role, json=body, headers=headers).data
    return dict(data or {})


def _subscription(made: Mapping[str, Any]) -> Subscription:
    own, secret = hints.word(made.get("id")), hints.word(made.get("secret"))
    if not own or not secret:
        raise Malformed(
            "L’abonnement aux webhooks a été accepté sans dire son identifiant ou son secret. Vérifiez la version du "
            "contrat avec le fournisseur."
        )
    return Subscription((own,), (secret,))
