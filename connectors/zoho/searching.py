"""Finding objects by what they carry. The search index lags behind writes: the newest objects are looked at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.resource import Resource, dig
from connectors.zoho.quirks import complete, of_twin
from connectors.zoho.reading import Get, rows_of
from connectors.zoho.settings import Settings

FIELDS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("Account_Name", "Phone"),
    "contacts": ("Email", "Last_Name", "Full_Name", "Phone", "Mobile"),
    "deals": ("Deal_Name",),
}
"""What may be searched for."""
NEWEST = "200"
_SIGNS = frozenset("(),\\")


@dataclass(frozen=True)
class Finder:
    """Looks for objects of one resource."""

    get: Get
    resource: Resource
    fields: str
    settings: Settings

    def find(self, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry all these values; `_twin` stands for several at once, `_reference` for ours."""
        wanted = {name: str(value) for name, value in keys.items()}
        if "_reference" in wanted and not self.settings.reference_field:
            # Nothing of ours is marked there.
            return []
        if "_twin" in wanted and not of_twin(wanted["_twin"]):
            return []
        name, value = self._searched(wanted)
        if not name or set(wanted) - {*FIELDS[self.resource.name], "_twin", "_reference"}:
            raise Misconfigured(
                f"Zoho ne permet pas de chercher « {self.resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
                code="no_lookup",
            )
        newest = {"_twin", "_reference"} & set(wanted)
        return (newest and self._matching(self._newest(), wanted)) or self._matching(self._search(name, value), wanted)

    def _searched(self, wanted: Mapping[str, str]) -> tuple[str, str]:
        if wanted.get("_reference"):
            return self.settings.reference_field, wanted["_reference"]
        values = {**of_twin(wanted.get("_twin", "")), **wanted}
        return next(((name, values[name]) for name in FIELDS[self.resource.name] if values.get(name)), ("", ""))

    def _newest(self) -> list[dict[str, Any]]:
        params = {"fields": self.fields, "sort_by": "Created_Time", "sort_order": "desc", "per_page": NEWEST}
        return rows_of(self.get(self.resource.path, params, {}))

    def _search(self, name: str, value: str) -> list[dict[str, Any]]:
        params = {**_question(name, value), "fields": self.fields, "per_page": NEWEST}
        return rows_of(self.get(f"{self.resource.path}/search", params, {}))

    def _matching(self, rows: list[dict[str, Any]], wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        found = [complete(self.resource, raw, self.settings) for raw in rows]
        return [raw for raw in found if all(_same(dig(raw, name), value) for name, value in wanted.items())]


def _question(name: str, value: str) -> dict[str, str]:
    """How Zoho is asked. A criterion has brackets and commas of its own, so that a value with such signs is searched as
    a word; what is found is compared afterwards anyway."""
    if name == "Email":
        return {"email": value}
    if name in ("Phone", "Mobile"):
        return {"phone": value}
    return {"word": value} if _SIGNS & set(value) else {"criteria": f"({name}:equals:{value})"}


def _same(found: Any, wanted: str) -> bool:
    return str(found or "").strip().casefold() == wanted.strip().casefold()
