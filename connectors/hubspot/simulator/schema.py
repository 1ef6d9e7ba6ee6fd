"""The properties of the fake account's objects, and what HubSpot demands of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.hubspot.simulator.problems import Fault, invalid

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
UNIQUE = "lacoste_id"
TYPES = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
SINGULAR = {"contacts": "contact", "companies": "company", "deals": "deal"}
MODIFIED = {"contacts": "lastmodifieddate", "companies": "hs_lastmodifieddate", "deals": "hs_lastmodifieddate"}
FIRST_ID = {"contacts": 100000, "companies": 300000, "deals": 700000}
# (from, to) → (plain, primary) type of an association.
LINKS = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "contacts"): (3, 3),
    ("contacts", "deals"): (4, 4),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
}


def _stage(key: str, label: str, closed: str, probability: str) -> dict[str, Any]:
    return {"id": key, "label": label, "metadata": {"isClosed": closed, "probability": probability}}


PIPELINES: list[dict[str, Any]] = [
    {
        "id": "default",
        "label": "Pipeline des ventes",
        "stages": [
            _stage("appointmentscheduled", "Visite planifiée", "false", "0.2"),
            _stage("contractsent", "Soumission envoyée", "false", "0.6"),
            _stage("closedwon", "Conclu", "true", "1.0"),
            _stage("closedlost", "Perdu", "true", "0.0"),
        ],
    },
    {
        "id": "82001",
        "label": "Entretien",
        "stages": [_stage("82002", "À renouveler", "false", "0.5"), _stage("82003", "Conclu", "true", "1.0")],
    },
]
OWNERS = [
    {"id": "9001", "email": "nlacoste@lacoste.example", "firstName": "Noémie", "lastName": "Lacoste"},
    {"id": "9002", "email": "fberube@lacoste.example", "firstName": "Félix", "lastName": "Bérubé"},
]


@dataclass(frozen=True)
class Property:
    """One property. kind: string, email, number, date."""

    kind: str = "string"
    unique: bool = False
    writable: bool = True


def _properties(entity: str, *names: str, **own: Property) -> dict[str, Property]:
    fixed = Property(writable=False)
    system = {"hs_object_id": fixed, "createdate": fixed, MODIFIED[entity]: fixed, "hs_merged_object_ids": fixed}
    return {**dict.fromkeys(names, Property()), **own, UNIQUE: Property(unique=True), **system}


_PLACE = ("address", "city", "state", "zip", "country", "phone", "hubspot_owner_id", "lifecyclestage")
PROPERTIES: dict[str, dict[str, Property]] = {
    "contacts": _properties(
        "contacts", "firstname", "lastname", "mobilephone", "jobtitle", "company", "langue", *_PLACE,
        email=Property("email", unique=True),
    ),
    "companies": _properties(
        "companies", "name", "domain", "industry", *_PLACE, numberofemployees=Property("number"),
        annualrevenue=Property("number"),
    ),
    "deals": _properties(
        "deals", "dealname", "dealstage", "pipeline", "dealtype", "hubspot_owner_id", amount=Property("number"),
        closedate=Property("date"),
    ),
}  # fmt: skip


def checked(entity: str, values: Mapping[str, Any], *, hidden: list[str]) -> dict[str, str | None]:
    """The values as HubSpot would keep them: text or nothing. Raises Fault."""
    kept = {}
    for name, value in values.items():
        declared = PROPERTIES[entity].get(name)
        if declared is None or name in hidden:
            raise invalid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if not declared.writable:
            raise invalid(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
        kept[name] = _value(name, declared, value)
    return kept


def demand(entity: str, body: Mapping[str, Any]) -> None:
    """What an object must have when it is made."""
    wanted = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain"), "deals": ("dealname",)}
    if not any(body.get(name) for name in wanted[entity]):
        names = ", ".join(wanted[entity])
        errors = [{"message": f"one of {names} is required", "context": {"propertyName": [wanted[entity][0]]}}]
        raise Fault(400, "VALIDATION_ERROR", f"Error creating {SINGULAR[entity]}. Required: {names}", errors=errors)


def place_deal(body: dict[str, Any]) -> None:
    """The pipeline that a deal's stage belongs to. Raises Fault."""
    body["pipeline"] = body.get("pipeline") or "default"
    pipeline = next((one for one in PIPELINES if one["id"] == body["pipeline"]), None)
    if pipeline is None:
        raise invalid("pipeline", "INVALID_OPTION", f"{body['pipeline']} is not a pipeline")
    stages = [str(one["id"]) for one in pipeline["stages"]]
    if body.get("dealstage") not in stages:
        message = f"{body.get('dealstage')} was not one of the allowed options: {stages}"
        raise invalid("dealstage", "INVALID_OPTION", message)


def _value(name: str, declared: Property, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid(name, "INVALID_TYPE", f"{value!r} is not a string")
    if declared.kind == "email":
        if not _EMAIL.fullmatch(value):
            raise invalid(name, "INVALID_EMAIL", f"Email address {value} is invalid")
        return value.lower()
    if declared.kind == "number":
        try:
            Decimal(value)
        except InvalidOperation:
            raise invalid(name, "INVALID_NUMBER", f"{value} was not a valid number") from None
    if declared.kind == "date":
        return date_text(name, value)
    return value


def date_text(name: str, value: str) -> str:
    """A date as HubSpot shows it; it takes milliseconds too."""
    try:
        moment = datetime.fromtimestamp(int(value) / 1000, UTC) if value.isdigit() else datetime.fromisoformat(value)
    except ValueError:
        raise invalid(name, "INVALID_DATE", f"{value} was not a valid date") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
