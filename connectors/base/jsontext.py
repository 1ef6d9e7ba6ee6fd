"""JSON that others wrote: as values that every database stores, and as text that can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]")
"""What may become NUL or half of a surrogate pair: their escapes, and surrogates written as bytes."""
_HALF = re.compile("[\ud800-\udfff]")


def loads(body: bytes | str, parse_float: Callable[[str], Any] = float) -> Any:
    """The value. NUL, which no text means, is left out; half of a surrogate pair becomes U+FFFD. ValueError for what
    is no JSON.

    PostgreSQL stores neither, in text or in JSON (https://www.postgresql.org/docs/current/datatype-json.html): one such
    character would stop a whole page.
    """
    value = json.loads(body, parse_float=parse_float)
    written = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return _storable(value) if _SUSPECT.search(written) else value


def stable(value: Any) -> bytes:
    """JSON text that is the same for equal values whatever the order of their keys; str writes what is no JSON."""
    try:
        return orjson.dumps(value, str, orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number beyond 64 bits
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value.replace("\0", ""))
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
