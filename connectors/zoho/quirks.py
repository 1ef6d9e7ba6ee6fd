"""What follows from Zoho's objects and that they do not say themselves. Names begin with an underscore."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.base.connector import Account, Environment
from connectors.base.errors import Malformed, NotFound
from connectors.base.resource import Resource, dig
from connectors.zoho.settings import Settings

ADDRESS = {
    "street": "Billing_Street", "city": "Billing_City", "state": "Billing_State", "code": "Billing_Code",
    "country": "Billing_Country",
}  # fmt: skip
TWIN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("Account_Name",),
    "contacts": ("Last_Name", "First_Name", "Email", "Phone", "Account_Name.id"),
    "deals": ("Deal_Name", "Account_Name.id", "Closing_Date"),
}
"""What two objects have in common when one creation made both; the first is what a search goes by."""


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """Whether it comes from the list of deleted objects."""
    return raw.get("_deleted") is True


def tombstone(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An element of the list of deleted objects, as pull gives it."""
    return {"id": raw.get("id"), "_deleted": True, "Modified_Time": raw.get("deleted_time")}


def complete(resource: Resource, raw: Any, settings: Settings) -> dict[str, Any]:
    """The object with what follows from it."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"Zoho n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    whole = {**raw, **_derived(resource.name, raw, settings), "_twin": twin(resource.name, raw)}
    if settings.reference_field:
        whole["_reference"] = raw.get(settings.reference_field) or ""
    return whole


def _derived(name: str, raw: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    if name == "accounts":
        address = {ours: raw.get(theirs) for ours, theirs in ADDRESS.items()}
        return {"_kind": "company", "_billing": address if any(address.values()) else None}
    if name == "deals":
        stage = raw.get("Stage")
        return {"_status": "won" if stage in settings.won else "lost" if stage in settings.lost else "open"}
    return {}


def twin(name: str, values: Mapping[str, Any]) -> str:
    """One text for what a creation of this object is recognised by."""
    said = {path: str(value).strip().casefold() for path in TWIN_FIELDS[name] if (value := dig(values, path))}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def of_twin(text: str) -> dict[str, str]:
    """What twin() wrote, empty when it is anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def only_row(data: Any, label: str) -> dict[str, Any]:
    """The object of an answer about one; NotFound when it holds none (204 has no body)."""
    rows = data.get("data") if isinstance(data, Mapping) else None
    if not rows:
        raise NotFound(
            f"{label} ne trouve pas cet élément : il a sans doute été supprimé. Relancez une synchronisation pour "
            "mettre les fiches à jour."
        )
    if not isinstance(rows, list) or not isinstance(rows[0], dict):
        raise Malformed(
            f"La réponse de {label} n’a pas la forme prévue (« data »). Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    return rows[0]


def written_id(row: Mapping[str, Any], label: str) -> str:
    """The id in the answer to a write."""
    found = dig(row, "details.id")
    if not found:
        raise Malformed(
            f"{label} n’a pas dit quel élément a été écrit. Relancez une synchronisation; si cela se répète, prévenez "
            "le fournisseur."
        )
    return str(found)


def account(data: Any, environment: Environment) -> Account:
    """The organisation that /org names."""
    found = data.get("org") if isinstance(data, Mapping) else None
    org = found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else {}
    if not org.get("id"):
        raise Malformed(
            "Zoho n’a pas dit à quelle organisation l’accès appartient. Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    return Account(str(org["id"]), str(org.get("company_name") or org["id"]), environment)
