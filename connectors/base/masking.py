"""Removal of credentials from what is kept of an exchange."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MASK = "••••••"

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-api-token", "api-key"}
)

_FIELD_NAMES = (
    "access_token|refresh_token|id_token|token|secret|client_secret|app_secret|webhook_secret|signing_secret|"
    "password|passwd|api_key|apikey|signature_key|authorization"
)
_JSON_SECRET = re.compile(rf'("(?:{_FIELD_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_FORM_SECRET = re.compile(rf"((?:^|[?&])(?:{_FIELD_NAMES})=)[^&\s]*", re.IGNORECASE)

KEPT_BYTES = 4096


class Masker:
    """Masks known credential values wherever they stand, and secret-looking fields by their name."""

    def __init__(self, secrets: Iterable[str] = (), headers: Iterable[str] = ()) -> None:
        self._headers = SECRET_HEADERS | {name.lower() for name in headers}
        self._forms: set[str] = set()
        self._values: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Mask these values too, from now on (a token that was renewed)."""
        forms: set[str] = set()
        for secret in secrets:
            if secret:
                forms |= {secret, quote(secret, safe=""), quote_plus(secret), secret.replace("/", "\\/")}
        if forms <= self._forms:
            return
        self._forms |= forms
        # The longest first: a short secret may be part of a longer one.
        ordered = sorted(self._forms, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, ordered)))

    def text(self, text: str) -> str:
        """The text without any credential."""
        if self._values:
            text = self._values.sub(MASK, text)
        text = _JSON_SECRET.sub(rf'\1"{MASK}"', text)
        return _FORM_SECRET.sub(rf"\1{MASK}", text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, those that carry credentials with a mask for value."""
        return {
            name: MASK if name.lower() in self._headers else self.text(str(value)) for name, value in headers.items()
        }

    def body(self, body: bytes | str | None) -> str:
        """At most 4 KiB of a body as text. Masked before it is cut, or half a key could stay at the edge."""
        if not body:
            return ""
        raw = body.encode() if isinstance(body, str) else body
        text = self.text(raw[: 4 * KEPT_BYTES].decode("utf-8", "replace"))
        return text.encode()[:KEPT_BYTES].decode("utf-8", "ignore")
