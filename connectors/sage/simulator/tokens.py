"""Tokens of the fake's own making: signed, so that they survive a reset, and ended all at once by a rising number."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sage.simulator.fake import Sage

CLIENT = ("demo.app.sage.com", "s3cr3t-demo-lacoste")
USERS = frozenset({"wsuser@LacosteQC", "wsuser@LacosteQC|10"})
_SIGNED_BY = secrets.token_bytes(32)


def issue(fake: Sage, given: Mapping[str, str]) -> dict[str, object] | None:
    """The answer of the token call, None when it is refused. It lives on the real clock, as the caller's does."""
    if given.get("grant_type") != "client_credentials" or given.get("username") not in USERS:
        return None
    if (given.get("client_id"), given.get("client_secret")) != CLIENT:
        return None
    life = int(fake.setting("token_seconds"))
    content = json.dumps([given["username"], time.time() + life, _generation(fake), secrets.token_hex(4)]).encode()
    text = base64.urlsafe_b64encode(content).decode().rstrip("=")
    token = f"{text}.{hmac.digest(_SIGNED_BY, text.encode(), hashlib.sha256).hex()}"
    return {"token_type": "Bearer", "access_token": token, "refresh_token": secrets.token_hex(16), "expires_in": life}


def serves(fake: Sage, token: str) -> bool:
    """Whether a token opens the company."""
    text, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, hmac.digest(_SIGNED_BY, text.encode(), hashlib.sha256).hex()):
        return False
    _, ends, generation, _ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return bool(time.time() < ends and generation >= _generation(fake))


def expire(fake: Sage) -> None:
    """All tokens are over."""
    fake.store.set_value("sage-tokens", "generation", _generation(fake) + 1)


def _generation(fake: Sage) -> int:
    return int(fake.store.get_value("sage-tokens", "generation", 0))
