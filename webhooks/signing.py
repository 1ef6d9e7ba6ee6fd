"""How a delivery is signed: Standard Webhooks, and one plain header for simple receivers.

`webhook-signature` holds one signature per live secret, the newest first, so a receiver may change its secret at any
time during a rotation. `X-Webhook-Signature` can hold one only: the secret that the receiver knew before, as long as it
lives; `X-Webhook-Signature-Next` then holds the new one's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret as receivers write it down."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign, out of a `whsec_…` secret."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The Standard Webhooks signature of version 1: "v1," and HMAC-SHA256 of "id.timestamp.body" in base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def plain_signature(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the body in hexadecimal; the key is the whole secret as text."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def headers(live: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Every header that carries a signature; `live` are the secrets of the endpoint, the newest first."""
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in live),
        "X-Webhook-Signature": plain_signature(live[-1], body),
    }
    if len(live) > 1:
        signed["X-Webhook-Signature-Next"] = plain_signature(live[0], body)
    return signed
