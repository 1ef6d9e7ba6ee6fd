"""The organisation's own lists: stages of deals, users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.resource import dig
from connectors.base.writes import Option
from connectors.zoho.reading import Get

KINDS = (("stage", "Étapes"), ("owner", "Responsables"))


def read(get: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list."""
    if kind == "stage":
        fields = _listed(get("settings/fields", {"module": "Deals"}, {}).data, "fields")
        stage = next((one for one in fields if one.get("api_name") == "Stage"), {})
        values = _listed(stage, "pick_list_values")
        return [Option(_name(one), str(one.get("display_value") or _name(one))) for one in values if _name(one)]
    if kind == "owner":
        return [
            # An owner is kept by e-mail: names are not unique, and an e-mail means something elsewhere too.
            Option(
                str(one.get("id")),
                str(one.get("email") or one.get("full_name") or one.get("id")),
                {"name": one.get("full_name") or ""},
            )
            for one in _users(get)
        ]
    raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")


def _users(get: Get) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    page = 1
    while True:
        data = get("users", {"type": "ActiveUsers", "page": str(page), "per_page": "200"}, {}).data
        users = _listed(data, "users")
        found += users
        if not users or dig(data, "info.more_records") is not True:
            return found
        page += 1


def _name(value: Mapping[str, Any]) -> str:
    return str(value.get("actual_value") or value.get("display_value") or "")


def _listed(data: Any, name: str) -> list[Mapping[str, Any]]:
    listed = dig(data, name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
