"""Square's signature: base64 of HMAC-SHA256 of the notification address followed by the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base.signatures import Verdict


@dataclass(frozen=True)
class SquareSignature:
    """The address is the registered one, to the letter. No time is signed: repeats are known by their event_id."""

    header: str = "x-square-hmacsha256-signature"

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret; `url`: the registered address; `now` is not looked at."""
        given = {name.lower(): value for name, value in headers.items()}
        signature = given.get(self.header, "").strip().encode()
        if not signature:
            return Verdict("missing_header")
        keys = [secret.encode() for secret in secrets if secret]
        if not keys:
            return Verdict("no_secret")
        good = False
        for key in keys:
            wanted = base64.b64encode(hmac.digest(key, url.encode() + body, hashlib.sha256))
            good |= hmac.compare_digest(signature, wanted)
        return Verdict() if good and body else Verdict("bad_signature")
