"""The client's own value sets. The shape of their document is not public: elements are known by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.writes import Option
from connectors.yardi import soap
from connectors.yardi.reading import Call

KINDS = (("category", "Catégories"), ("priority", "Priorités"), ("status", "Statuts"))


def read(call: Call, label: str, kind: str) -> list[Option]:
    """Every value of a set; its text is also its id."""
    if kind not in dict(KINDS):
        raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")
    document = call(soap.SERVICE_REQUESTS, "GetCustomValues", {}).document
    words = dict.fromkeys(word for word in _values(document, kind) if word)
    return [Option(word, word) for word in words]


def _values(data: Any, kind: str) -> list[str]:
    if isinstance(data, list):
        return [word for one in data for word in _values(one, kind)]
    if not isinstance(data, Mapping):
        return []
    found = []
    for name, value in data.items():
        if name.lower() == kind:
            found += [_word(one) for one in soap.as_list(value)]
        else:
            found += _values(value, kind)
    return found


def _word(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return next(
        (soap.text(value[name]) for name in ("Name", "Description", "Code", "@Name") if value.get(name)), ""
    ) or (soap.text(value))
