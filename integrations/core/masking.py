"""Recognises secrets by the name they go under and by their shape, and hides them.

Plain Python: settings import it (through `logging`) before Django's apps are loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

MASK = "••••••••"

# A name holding one of these words is that of a secret: client_secret, X-Auth-Token, newPassword …
SECRET_NAMES = frozenset(
    {"authorization", "cookie", "cookies", "credential", "credentials", "jwt", "otp", "passphrase", "passwd"}
    | {"password", "passwords", "pwd", "secret", "secrets", "sessionid", "token", "tokens"}
)
# These words only count when the name ends with them: api_key, X-Partner-Auth.
SECRET_ENDINGS = frozenset({"auth", "key", "keys", "verifier"})
# Names written without any separator: apikey, csrfmiddlewaretoken, clientsecret.
_RUN_TOGETHER = ("apikey", "authorization", "password", "privatekey", "secret", "secretkey", "token")
# Facts about a secret, or keys of another sort.
_HARMLESS = frozenset(
    {"dedupe_key", "foreign_key", "idempotency_key", "key_id", "natural_key", "primary_key", "public_key", "sort_key"}
    | {"token_expires_in", "token_label", "token_url"}
)
_HARMLESS_LAST_WORDS = frozenset({"at", "count", "type"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_KEPT_AS_THEY_ARE = (bool, int, float, Decimal, date, time, timedelta, UUID, type(None))

_SHAPES = re.compile(
    "|".join(
        [
            r"(?i:\bbearer)\s+[\w.~+/=-]+",
            r"(?i:\bbasic)\s+[A-Za-z0-9+/]{8,}=*",
            r"\b(?:sk|rk|rov)_(?:live|test)_\w+",
            r"\bwhsec_[A-Za-z0-9+/=_-]+",
            r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}",  # JWT
            r"\bpat-[a-z]{2}\d-[0-9a-f-]{20,}",  # private-app token
            r"\bEAAA[\w-]{20,}|\bsq0[a-z]{3}-[\w-]{20,}",
            r"\b1000\.[0-9a-f]{32}\.[0-9a-f]{32}",
            r"\b00D\w{12,15}![\w.]{20,}",  # session id
            r"\bg1\.[\w-]{1,16}\.[\w=-]{38,}",  # what our own secret columns store
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        ]
    )
)
_WHOLE_HEADER = re.compile(
    r"(?i)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)(\\?[\"']?\s*[:=]\s*\\?[\"']?)(?!\s)[^\r\n\"'\\]+"
)
_ASSIGNMENT = re.compile(
    r"(?i)(?<![\w-])([\w-]{0,40}(?:password\d?|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|verifier))"
    r"(\\?[\"']?\s*[:=]\s*[bu]?\\?[\"']?)[^\s\"'\\&,;<>{}()\[\]]+"
)
_QUERY_VALUE = re.compile(r"(?i)([?&](?:code|state|key|auth|sig|signature|assertion)=)[^&\s\"'<>)]+")
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@\"']{1,200}@")
# However badly the address was put together: a refused call may carry a key that serves.
_WEBHOOK_KEY = re.compile(r"(/webhook/+[^\s/?\"'<>]+/+)[^\s?\"'<>]+")


def is_secret_name(name: str) -> bool:
    """Say whether a field, header or parameter of this name holds a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or "_".join(words) in _HARMLESS or words[-1] in _HARMLESS_LAST_WORDS:
        return False
    return not SECRET_NAMES.isdisjoint(words) or words[-1] in SECRET_ENDINGS or "".join(words).endswith(_RUN_TOGETHER)


def mask_text(text: str) -> str:
    """Hide whatever in a text has the shape of a secret, or is introduced as one (`token=…`, `"password": "…"`)."""
    text = _SHAPES.sub(MASK, text)
    text = _WHOLE_HEADER.sub(rf"\1\2{MASK}", text)
    text = _ASSIGNMENT.sub(rf"\1\2{MASK}", text)
    text = _QUERY_VALUE.sub(rf"\1{MASK}", text)
    text = _USER_INFO.sub(rf"\1{MASK}@", text)
    return _WEBHOOK_KEY.sub(rf"\1{MASK}", text)


def mask(value: Any, name: str = "") -> Any:
    """Return a copy without secrets, made of plain dictionaries, lists, texts, numbers and dates.

    `name` is what the value is called where it comes from. Absence stays visible: None, "" and booleans tell nothing.
    Other objects become their masked text.
    """
    if name and is_secret_name(name):
        return value if value is None or value == "" or isinstance(value, bool) else MASK
    if isinstance(value, _KEPT_AS_THEY_ARE):
        return value
    if isinstance(value, Mapping):
        return _mask_mapping(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_mask_pair(item) if _is_pair(item) else mask(item) for item in value]
    return mask_text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _mask_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    masked = {str(key): mask(item, str(key)) for key, item in value.items()}
    # Headers are often kept as {"name": "Authorization", "value": "…"}.
    if "value" in masked and is_secret_name(str(value.get("name", ""))):
        masked["value"] = MASK
    return masked


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)


def _mask_pair(item: tuple[str, Any]) -> list[Any]:
    return [item[0], mask(item[1], item[0])]
