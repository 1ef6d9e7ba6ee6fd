"""What the organization itself says of its objects: which fields it has, and its stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import Misconfigured
from connectors.base.resource import Resource
from connectors.base.writes import Option
from connectors.salesforce.quirks import id18
from connectors.salesforce.reading import records_of
from connectors.salesforce.resources import FIELDS, RELATED, SYSTEM_FIELDS

Get = Callable[..., Answer]
KINDS = (("stage", "Étapes des opportunités"),)


def described(get: Get, entity: str) -> dict[str, Mapping[str, Any]]:
    """The fields of an object by name, as far as the connected user may see them."""
    data = get(f"sobjects/{entity}/describe").data
    return {str(one.get("name")): one for one in records_of(data, "fields")}


def readable(get: Get, resource: Resource, extra: str) -> list[str]:
    """What to select of an object: one hidden or unknown field would fail the whole query. extra: the fields that the
    administrator names ("Account.Secteur__c, …")."""
    there = described(get, resource.path)
    wanted = [*SYSTEM_FIELDS, *FIELDS[resource.name], *_extra(resource.path, extra)]
    fields = [name for name in dict.fromkeys(wanted) if name in there]
    for link, related in RELATED.get(resource.name, {}).items():
        fields += related if link in there else ()
    return fields


def organization(query: Callable[..., Any], label: str, environment: str) -> dict[str, str]:
    """Id and name of the organization; Misconfigured when it is a sandbox and production was asked for."""
    rows = records_of(query(["Id", "Name", "IsSandbox"], "Organization", []))
    found = id18(str(rows[0].get("Id") or "")) if rows else ""
    if not found:
        raise Misconfigured(f"{label} ne montre pas son organisation à cet utilisateur.", code="no_account")
    if rows[0].get("IsSandbox") and environment == "production":
        raise Misconfigured(
            f"Cette organisation {label} est un bac à sable (sandbox). Connectez-la en mode Test.",
            code="wrong_environment",
        )
    return {"Id": found, "Name": str(rows[0].get("Name") or found)}


def read(get: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list, inactive ones too."""
    if kind != "stage":
        raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")
    values = described(get, "Opportunity").get("StageName", {}).get("picklistValues") or []
    return [
        Option(str(one["value"]), str(one.get("label") or one["value"]), active=one.get("active") is not False)
        for one in values
        if isinstance(one, Mapping) and one.get("value")
    ]


def _extra(entity: str, text: str) -> list[str]:
    parts = [one.strip().partition(".") for one in text.split(",")]
    return [name for owner, _, name in parts if owner == entity and name]
