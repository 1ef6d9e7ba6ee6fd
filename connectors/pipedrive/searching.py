"""Finding objects by what they carry. A search answers in a shape of its own: its ids are taken, the objects read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource, dig
from connectors.pipedrive import quirks
from connectors.pipedrive.reading import MANY_IDS, Get, rows

FIELDS: Mapping[str, Mapping[str, str]] = {
    "persons": {"name": "name", "_email": "email", "_phone": "phone", "_reference": "custom_fields"},
    "organizations": {"name": "name", "_reference": "custom_fields"},
    "deals": {"title": "title", "_reference": "custom_fields"},
}
"""What may be searched for, and how Pipedrive calls it."""


def lookup(get: Get, resource: Resource, keys: Mapping[str, str], reference_field: str) -> list[dict[str, Any]]:
    """Live objects that carry all these values; `_twin` stands for several at once."""
    wanted = {name: str(value) for name, value in keys.items()}
    if "_reference" in wanted and not reference_field:
        # Nothing of ours is marked there.
        return []
    said = quirks.of_twin(wanted["_twin"]) if "_twin" in wanted else {}
    if "_twin" in wanted and not said:
        return []
    searched = {**wanted, **said}
    name = next((name for name in FIELDS[resource.name] if searched.get(name)), "")
    if not name or set(wanted) - {*FIELDS[resource.name], "_twin"}:
        raise Misconfigured(
            f"Pipedrive ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    found = _search(get, resource, FIELDS[resource.name][name], searched[name])
    whole = [quirks.complete(resource, raw, reference_field) for raw in found if not quirks.is_deleted(raw)]
    return [raw for raw in whole if all(_same(raw.get(key), value) for key, value in wanted.items())]


def _same(found: Any, wanted: str) -> bool:
    return str(found or "").strip().casefold() == wanted.strip().casefold()


def _search(get: Get, resource: Resource, field: str, term: str) -> list[dict[str, Any]]:
    data = get(f"{resource.path}/search", term=term, fields=field, exact_match="true", limit=str(MANY_IDS)).data
    items = dig(data, "data.items")
    if not isinstance(items, list):
        raise Malformed(
            "La réponse de Pipedrive à une recherche n’a pas la forme prévue. Réessayez plus tard; si cela se répète, "
            "prévenez le fournisseur."
        )
    found = [str(dig(one, "item.id")) for one in items if dig(one, "item.id") is not None][:MANY_IDS]
    return rows(get(resource.path, ids=",".join(found), limit=str(MANY_IDS)).data) if found else []
