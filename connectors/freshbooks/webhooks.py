"""How FreshBooks signs: not the body, but a JSON text of its form fields."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from connectors.base.signatures import Verdict


@dataclass(frozen=True)
class HmacOfForm:
    """HMAC-SHA256 in base64 of the form's fields as a flat JSON object, in the order received, every value a text,
    non-ASCII escaped. The key is the verifier code of one callback."""

    header: str = "X-FreshBooks-Hmac-SHA256"

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the form with every live verifier; no time is signed, so `now` is not looked at."""
        given = {name.lower(): value for name, value in headers.items()}
        signature = given.get(self.header.lower(), "").strip().encode()
        if not signature:
            return Verdict("missing_header")
        keys = [secret.encode() for secret in secrets if secret]
        if not keys:
            return Verdict("no_secret")
        signed = signed_text(body)
        good = False
        for key in keys:
            good |= hmac.compare_digest(signature, base64.b64encode(hmac.digest(key, signed, hashlib.sha256)))
        return Verdict() if good else Verdict("bad_signature")


def signed_text(body: bytes) -> bytes:
    """What is signed of a form body."""
    pairs = parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    return json.dumps(dict(pairs)).encode()
