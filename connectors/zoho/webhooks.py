"""How Zoho calls us: the ids of some records of a module, with the channel and the token that we chose. Nothing is
signed, and no event has an id."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.base import hints
from connectors.base.signatures import Verdict
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks

MODULES = {"Accounts": "accounts", "Contacts": "contacts", "Deals": "deals"}


@dataclass(frozen=True)
class EchoedToken:
    """Token of a channel in the JSON body. A secret is "channel_id:token"."""

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge channel and token with every live secret; neither body nor time is signed."""
        known = [secret.encode() for secret in secrets if secret]
        if not known:
            return Verdict("no_secret")
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        given = data if isinstance(data, dict) else {}
        channel, token = hints.word(given.get("channel_id")), given.get("token")
        if not channel or not isinstance(token, str) or not token:
            return Verdict("bad_signature")
        offered = f"{channel}:{token}".encode("utf-8", "replace")
        good = False
        for secret in known:
            good |= hmac.compare_digest(offered, secret)
        return Verdict() if good else Verdict("bad_signature")


def parse(call: Call) -> list[Hint]:
    """One hint for each record that the call names."""
    data = hints.json_of(call.body)
    given = data if isinstance(data, dict) else {}
    module, operation = hints.word(given.get("module")), hints.word(given.get("operation"))
    ids = given.get("ids")
    if not module or not operation or not isinstance(ids, list) or not ids:
        raise Unreadable("La notification de Zoho ne dit pas son module, son opération ou ses fiches.")
    named = [hints.word(one) for one in ids]
    if not all(named):
        raise Unreadable("La notification de Zoho nomme une fiche par autre chose qu’un identifiant.")
    resource, at = MODULES.get(module, ""), hints.word(given.get("server_time")) or hints.digest(data)
    return [
        Hint(
            resource=resource,
            remote_id=one if resource else "",
            kind=f"{module}.{operation}",
            dedupe_key=hints.key(hints.word(given.get("channel_id")), module, operation, one, at),
            deleted=bool(resource) and operation == "delete",
            at=hints.of_milliseconds(given.get("server_time")),
        )
        for one in dict.fromkeys(named)
    ]


WEBHOOKS = Webhooks(
    scheme=EchoedToken(),
    parse=parse,
    secret="subscribed",
    resources=tuple(MODULES.values()),
    subscribes=True,
    renew_every=timedelta(days=1),
)
