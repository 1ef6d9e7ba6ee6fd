"""How a notification of Zoho is known: it carries the channel and the token that we chose. Nothing is signed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base.signatures import Verdict


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
        except ValueError:
            data = None
        given = data if isinstance(data, dict) else {}
        channel, token = given.get("channel_id"), given.get("token")
        if not isinstance(channel, (str, int)) or not isinstance(token, str) or not token:
            return Verdict("bad_signature")
        offered = f"{channel}:{token}".encode()
        good = False
        for secret in known:
            good |= hmac.compare_digest(offered, secret)
        return Verdict() if good else Verdict("bad_signature")
