"""JSON text of canonical values, fast: UUIDs, dates, instants in UTC and Decimals are written as `to_json` writes them.

A page writes each of its records some six times (row, history, event, both bases, hash); the standard library's encoder
was a fifth of a first pull.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

from integrations.records.values import to_json

_OPTIONS = orjson.OPT_UTC_Z


def dumps(value: Any) -> str:
    """JSON text of a canonical value, or of lists and dicts of them. TypeError for what has no canonical JSON."""
    try:
        return orjson.dumps(value, _other, _OPTIONS).decode()
    except TypeError:
        # Whole numbers beyond 64 bits, which orjson does not write.
        return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def _other(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")
