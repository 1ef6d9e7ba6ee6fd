"""A short text that tells one state of an object from another, for providers that number none."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import orjson


def fingerprint(value: Any, size: int = 12) -> str:
    """The same for equal JSON values, whatever the order of their members; twice `size` characters."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number beyond 64 bits
        text = json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.blake2b(text, digest_size=size).hexdigest()
