"""Tokens of the fake's own making: signed, so that they survive a reset, and ended all at once by a rising number."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.financeit.simulator.fake import Financeit

APPS = {"fit_demo_app": "fit_demo_secret", "fit_readonly_app": "fit_readonly_secret"}
USERS = {"lacoste": "démo & finance"}
KEYS = ("fit_test_demo_lacoste",)
_SIGNED_BY = secrets.token_bytes(32)


def issue(fake: Financeit, app: str) -> dict[str, object]:
    """The answer of the token call. The life counts on the real clock, as the caller's own does."""
    life = int(fake.setting("token_seconds"))
    content = json.dumps([app, time.time() + life, _generation(fake), secrets.token_hex(4)]).encode()
    text = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return {"access_token": f"fit_{text}.{_signature(text)}", "expires_in": life}


def bearer(fake: Financeit, token: str) -> str | None:
    """The application that a token was issued to, None when it does not serve."""
    text, _, signature = token.removeprefix("fit_").partition(".")
    if not hmac.compare_digest(signature, _signature(text)):
        return None
    app, ends, generation, _ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return app if time.time() < ends and generation >= _generation(fake) else None


def expire(fake: Financeit) -> None:
    """All tokens are over."""
    fake.store.set_value("financeit-tokens", "generation", _generation(fake) + 1)


def _generation(fake: Financeit) -> int:
    return int(fake.store.get_value("financeit-tokens", "generation", 0))


def _signature(text: str) -> str:
    return hmac.digest(_SIGNED_BY, text.encode(), hashlib.sha256).hex()
