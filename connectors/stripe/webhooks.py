"""Stripe's signature: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 of "<t>.<body>"."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base.signatures import Verdict


@dataclass(frozen=True)
class StripeSignature:
    """The key is the whole text of the secret, `whsec_` included. While a secret is rolled two signatures come."""

    header: str = "Stripe-Signature"
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
        """Judge the raw body with every live secret; `now` in Unix seconds."""
        given = {name.lower(): value for name, value in headers.items()}
        parts = [part.strip().partition("=") for part in given.get(self.header.lower(), "").split(",")]
        stamp = next((value for name, _, value in parts if name == "t"), "")
        offered = [value.encode() for name, _, value in parts if name == "v1"]
        if not stamp or not offered:
            return Verdict("missing_header")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            return Verdict("bad_timestamp")
        age = (time.time() if now is None else now) - int(stamp)
        if abs(age) > self.tolerance:
            return Verdict("too_old" if age > 0 else "too_new")
        keys = [secret.encode() for secret in secrets if secret]
        if not keys:
            return Verdict("no_secret")
        signed = stamp.encode() + b"." + body
        good = False
        for key in keys:
            wanted = hmac.digest(key, signed, hashlib.sha256).hex().encode()
            for signature in offered:
                good |= hmac.compare_digest(signature, wanted)
        return Verdict() if good else Verdict("bad_signature")
