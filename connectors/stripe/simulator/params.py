"""Reading parameters: which exist, and what form they must have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.stripe.simulator.problems import Problem, unknown

Params = dict[str, Any]
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def known(params: Params, allowed: str) -> Params:
    """The parameters, when the endpoint has them all. `allowed`: their names, blanks between."""
    names = {*allowed.split(), "expand"}
    for name in params:
        if name not in names:
            raise unknown(name)
    return {name: value for name, value in params.items() if name != "expand"}


def whole(params: Mapping[str, Any], name: str, *, least: int | None = None) -> int | None:
    """A whole number, None when it is not given."""
    value = params.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
        raise Problem(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name, begun=False)
    if least is not None and int(value) < least:
        message = f"This value must be greater than or equal to {least}."
        raise Problem(message, code="parameter_invalid_integer", param=name, begun=False)
    return int(value)


def flag(params: Mapping[str, Any], name: str) -> bool | None:
    """A boolean, None when it is not given."""
    value = params.get(name)
    if value in (None, ""):
        return None
    if value not in ("true", "false"):
        raise Problem(f"Invalid boolean: {value}", param=name, begun=False)
    return bool(value == "true")


def one_of(params: Mapping[str, Any], name: str, *choices: str) -> str | None:
    """One of some words, None when it is not given."""
    value = params.get(name)
    if value is not None and value not in choices:
        raise Problem(f"Invalid {name}: must be one of {', '.join(choices)}", param=name, begun=False)
    return value


def text(params: Mapping[str, Any], name: str, most: int = 5000) -> str | None:
    """A text; an empty one clears."""
    value = params.get(name)
    if not isinstance(value, str):
        if value is not None:
            raise Problem("Invalid string", param=name, begun=False)
        return None
    if len(value) > most:
        raise Problem(f"Invalid string: must be at most {most} characters", code="", param=name, begun=False)
    return value or None


def email(params: Mapping[str, Any], name: str) -> str | None:
    """An e-mail address."""
    value = text(params, name, 512)
    if value and not _EMAIL.fullmatch(value):
        raise Problem(f"Invalid email address: {value}", code="email_invalid", param=name, begun=False)
    return value


def address(params: Mapping[str, Any], name: str) -> dict[str, str | None] | None:
    """An address; the parts that are not given are empty."""
    value = params.get(name)
    if value in (None, ""):
        return None
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    if not isinstance(value, Mapping):
        raise Problem("Invalid object", param=name, begun=False)
    for part in value:
        if part not in parts:
            raise unknown(f"{name}[{part}]")
    return {part: value.get(part) or None for part in parts}


def between(params: Mapping[str, Any], name: str) -> tuple[int, int]:
    """`name[gte]`… as a closed range of Unix seconds."""
    given = params.get(name)
    if given is None:
        return -(2**62), 2**62
    if isinstance(given, str):
        at = whole(params, name) or 0
        return at, at
    low, high = -(2**62), 2**62
    for word, value in given.items():
        seconds = whole({word: value}, word) or 0
        if word in ("gt", "gte"):
            low = max(low, seconds + (word == "gt"))
        elif word in ("lt", "lte"):
            high = min(high, seconds - (word == "lt"))
        else:
            raise unknown(f"{name}[{word}]")
    return low, high
