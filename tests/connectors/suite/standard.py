"""Standard Webhooks as a caller signs them, from the specification."""

from __future__ import annotations

import base64
import hmac

from tests.connectors.suite.calls import Moment


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """Id, time and body."""
    at, message_id = str(int(moment.at)), f"msg_{moment.number}"
    key = base64.b64decode(moment.secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{at}.".encode() + body, "sha256")
    return headers(message_id, at, "v1," + base64.b64encode(digest).decode())


def headers(message_id: str, at: str, signature: str) -> dict[str, str]:
    """The headers of a call."""
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": signature,
    }
