"""Bodies as Stripe takes them: forms whose nesting is written with brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

CONTENT_TYPE = "application/x-www-form-urlencoded"


def encode(values: Mapping[str, Any]) -> bytes:
    """`{"a": {"b": [True]}}` → `a[b][0]=true`; None and "" are written empty, which clears a field."""
    return urlencode(list(_pairs(values))).encode()


def _pairs(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pairs(item, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _pairs(item, f"{name}[{place}]")
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
