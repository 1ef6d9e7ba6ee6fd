"""Queries and bodies as Stripe reads them: brackets, literal or escaped, nest."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

_STEP = re.compile(r"\[([^\]]*)\]")


def parse(text: str) -> dict[str, Any]:
    """`a[b]=1&c[0]=x&c[]=y` → {"a": {"b": "1"}, "c": ["x", "y"]}; every value is text."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        top = name.partition("[")[0]
        steps = [top, *_STEP.findall(name[len(top) :])]
        place = tree
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            key = step or str(len(place))
            if following is None:
                place[key] = value
            else:
                place = place.setdefault(key, {})
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(item) for name, item in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
