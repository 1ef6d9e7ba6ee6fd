"""The account's own lists, which account mapping chooses from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import Misconfigured
from connectors.base.writes import Option
from connectors.freshbooks.quirks import amount
from connectors.freshbooks.reading import PER_PAGE, listed

Get = Callable[..., Answer]

KINDS = (
    ("tax", "Taxes"),
    ("item", "Articles et services"),
    ("account", "Comptes du grand livre"),
)
_PATHS = {
    "tax": "taxes/taxes",
    "item": "items/items",
    "account": "journal_entry_accounts/journal_entry_accounts",
}


def read(get: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list."""
    if kind not in _PATHS:
        raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")
    rows = _rows(get, _PATHS[kind], paged=kind != "account")
    if kind == "tax":
        return list({one.id: one for one in map(_tax, rows)}.values())
    if kind == "item":
        return [_item(raw) for raw in rows]
    return [_account(raw) for raw in rows]


def _rows(get: Get, path: str, *, paged: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        # The list of accounts takes no parameter at all.
        params = {"page": str(page), "per_page": str(PER_PAGE)} if paged else {}
        rows, pages, _ = listed(get(path, **params).data, path.rpartition("/")[2])
        found += rows
        if not paged or page >= pages:
            return found
        page += 1


def _tax(raw: Mapping[str, Any]) -> Option:
    """A line names a tax by its name and percent, so these are its id here."""
    name, percent = str(raw.get("name") or ""), f"{amount(raw.get('amount')).normalize():f}"
    shown = percent.replace(".", ",")
    return Option(f"{name}|{percent}", f"{name} {shown} %", {"percent": percent, "number": raw.get("number") or ""})


def _item(raw: Mapping[str, Any]) -> Option:
    data = {"unit_price": str(amount(raw.get("unit_cost"))), "description": raw.get("description") or ""}
    key = str(raw.get("id") or raw.get("itemid"))
    return Option(key, str(raw.get("name") or key), data, active=str(raw.get("vis_state")) == "0")


def _account(raw: Mapping[str, Any]) -> Option:
    key, number = str(raw.get("accountid")), raw.get("account_number")
    name = str(raw.get("account_name") or key)
    return Option(key, f"{number} {name}" if number else name, {"type": raw.get("account_type") or ""})
