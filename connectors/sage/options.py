"""The company's own lists, which account mapping chooses from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.writes import Option
from connectors.sage.reading import Send, listed

KINDS = (
    ("account", "Comptes"),
    ("location", "Emplacements"),
    ("department", "Services"),
    ("tax_detail", "Détails de taxe"),
    ("tax_solution", "Solutions de taxe"),
)
_OBJECTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "account": ("general-ledger/account", ("key", "id", "name", "accountType", "normalBalance", "status")),
    "location": ("company-config/location", ("key", "id", "name")),
    "department": ("company-config/department", ("key", "id", "name")),
    "tax_detail": ("tax/order-entry-tax-detail", ("key", "id")),
    "tax_solution": ("tax/tax-solution", ("key", "id")),
}
_SIDES = {("incomeStatement", "credit"): "revenue", ("incomeStatement", "debit"): "expense"}


def read(send: Send, label: str, kind: str) -> list[Option]:
    """Every element of a list, inactive ones too. A tax detail is named by its key, everything else by its id."""
    if kind not in _OBJECTS:
        raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")
    return [_option(kind, row) for row in listed(send, *_OBJECTS[kind])]


def _option(kind: str, row: Mapping[str, Any]) -> Option:
    own_id, name = str(row.get("id") or row.get("key")), str(row.get("name") or "")
    label = f"{own_id} {name}".strip()
    if kind == "tax_detail":
        return Option(str(row.get("key")), label)
    if kind != "account":
        return Option(own_id, label)
    side = _SIDES.get((str(row.get("accountType")), str(row.get("normalBalance"))), "balance")
    return Option(own_id, label, {"kind": side, "name": name}, active=row.get("status") != "inactive")
