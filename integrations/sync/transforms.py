"""Named transforms of a mapping: pure functions on a raw or canonical text. What is not text passes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LABELS = {
    "trim": "Sans espaces autour",
    "upper": "EN MAJUSCULES",
    "lower": "en minuscules",
    "title": "Majuscule À Chaque Mot",
}
_TRANSFORMS: dict[str, Callable[[str], str]] = {
    "trim": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
}


def transform(name: str, value: Any) -> Any:
    """The value as the named transform makes it; an empty name leaves it alone."""
    return _TRANSFORMS[name](value) if name and isinstance(value, str) else value
