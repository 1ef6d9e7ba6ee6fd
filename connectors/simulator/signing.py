"""The simulator's own signatures, written from the published vectors and from nothing of the receiver's."""

from __future__ import annotations

import base64
import hashlib
import hmac


def hmac_hex(key: str, content: bytes) -> str:
    """HMAC-SHA256 in hexadecimal, the key being the text itself."""
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def hmac_base64(key: str, content: bytes) -> str:
    """HMAC-SHA256 in base64, the key being the text itself."""
    return base64.b64encode(hmac.new(key.encode(), content, hashlib.sha256).digest()).decode()


def standard_webhook_headers(secrets: list[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Standard Webhooks headers, one signature per secret (`whsec_` + base64)."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.split("_", 1)[1])
        digest = hmac.new(key, content, hashlib.sha256).digest()
        signatures.append("v1," + base64.b64encode(digest).decode())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
