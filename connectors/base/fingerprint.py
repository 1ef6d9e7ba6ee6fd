"""A short text that tells one state of an object from another, for providers that number none."""

from __future__ import annotations

import hashlib
from typing import Any

from connectors.base import jsontext


def fingerprint(value: Any, size: int = 12) -> str:
    """The same for equal JSON values, whatever the order of their members; twice `size` characters."""
    return hashlib.blake2b(jsontext.stable(value), digest_size=size).hexdigest()
