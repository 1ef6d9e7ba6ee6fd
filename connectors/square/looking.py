"""Finding objects by what they carry, and the seller's locations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.resource import Resource
from connectors.base.writes import Option
from connectors.square.quirks import complete
from connectors.square.reading import MOST, Request, listed, with_orders
from connectors.square.reading import locations as location_ids


def find(request: Request, resource: Resource, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Objects that carry all these values; Misconfigured when they cannot be searched by them."""
    if not keys or set(keys) - set(resource.lookup_fields):
        raise Misconfigured(
            f"Square ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    found = _invoices(request, keys) if resource.name == "invoices" else _customers(request, keys)
    return [complete(resource, raw) for raw in found]


def _customers(request: Request, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    chosen = {name: {"exact": value} for name, value in keys.items()}
    body = {"limit": MOST, "query": {"filter": chosen}}
    return listed(request("POST", "v2/customers/search", json=body, repeatable=True), "customers")


def _invoices(request: Request, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """All are looked at: Square does not search invoices by number."""
    found: list[dict[str, Any]] = []
    for place in location_ids(request):
        token, seen = "", {""}
        while True:
            params = {"location_id": place, "limit": str(MOST), **({"cursor": token} if token else {})}
            answer = request("GET", "v2/invoices", params=params)
            found += [raw for raw in listed(answer, "invoices") if raw.get("invoice_number") == keys["invoice_number"]]
            token = str(answer.data.get("cursor") or "")
            if token in seen:
                break
            seen.add(token)
    return with_orders(request, found)


def locations(request: Request) -> list[Option]:
    """The seller's locations, closed ones too."""
    return [
        Option(
            str(raw["id"]),
            str(raw.get("name") or raw["id"]),
            {"currency": str(raw.get("currency") or "")},
            active=raw.get("status") != "INACTIVE",
        )
        for raw in listed(request("GET", "v2/locations"), "locations")
    ]
