"""The objects of the fake organization: their fields, and what Salesforce demands of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connectors.salesforce.simulator.problems import Fault

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
STAGES = (
    # name, closed, won, probability
    ("Qualification", False, False, 10.0),
    ("Soumission envoyée", False, False, 60.0),
    ("Negotiation/Review", False, False, 90.0),
    ("Closed Won", True, True, 100.0),
    ("Closed Lost", True, False, 0.0),
)
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Field:
    """One field. kind: string, textarea, email, phone, url, double, currency, percent, int, boolean, date, datetime,
    reference, picklist, id; target: object of a reference; relation: name under which SOQL follows it."""

    kind: str = "string"
    length: int = 255
    required: bool = False
    writable: bool = True
    target: str = ""
    relation: str = ""
    external: bool = False


@dataclass(frozen=True)
class Entity:
    """One object."""

    prefix: str
    fields: Mapping[str, Field]
    writable: bool = True
    system: tuple[str, ...] = field(default=("CreatedDate", "LastModifiedDate", "SystemModstamp"))


def _address(prefix: str) -> dict[str, Field]:
    sizes = {"Street": 255, "City": 40, "State": 80, "PostalCode": 20, "Country": 80}
    return {
        f"{prefix}{part}": Field("textarea" if part == "Street" else "string", size) for part, size in sizes.items()
    }


def _fields(**own: Field) -> dict[str, Field]:
    fixed = Field("datetime", writable=False)
    system = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), fixed)
    return {"Id": Field("id", 18, writable=False), **own, **system, "IsDeleted": Field("boolean", writable=False)}


_OWNER = Field("reference", 18, target="User", relation="Owner")
_EXTERNAL = Field("string", 64, external=True)
_MASTER = Field("reference", 18, writable=False)

ENTITIES: dict[str, Entity] = {
    "Account": Entity("001", _fields(
        Name=Field("string", 255, required=True), Type=Field("picklist"), Industry=Field("picklist"),
        Phone=Field("phone", 40), Website=Field("url", 255), AnnualRevenue=Field("currency"),
        NumberOfEmployees=Field("int"), **_address("Billing"), **_address("Shipping"),
        ParentId=Field("reference", 18, target="Account", relation="Parent"), OwnerId=_OWNER, MasterRecordId=_MASTER,
        Lacoste_Id__c=_EXTERNAL, Secteur__c=Field("picklist"),
    )),
    "Contact": Entity("003", _fields(
        LastName=Field("string", 80, required=True), FirstName=Field("string", 40),
        Name=Field("string", 121, writable=False), Email=Field("email", 80), Phone=Field("phone", 40),
        MobilePhone=Field("phone", 40), Title=Field("string", 128), **_address("Mailing"),
        AccountId=Field("reference", 18, target="Account", relation="Account"), OwnerId=_OWNER, MasterRecordId=_MASTER,
        Lacoste_Id__c=_EXTERNAL,
    )),
    "Opportunity": Entity("006", _fields(
        Name=Field("string", 120, required=True), StageName=Field("picklist", required=True),
        CloseDate=Field("date", required=True), Amount=Field("currency"), Probability=Field("percent"),
        AccountId=Field("reference", 18, target="Account", relation="Account"),
        IsClosed=Field("boolean", writable=False), IsWon=Field("boolean", writable=False),
        ForecastCategoryName=Field("picklist"), OwnerId=_OWNER, Lacoste_Id__c=_EXTERNAL,
    )),
    "User": Entity("005", _fields(Name=Field(), Email=Field("email"), Username=Field()), writable=False),
    "Organization": Entity("00D", _fields(Name=Field(), IsSandbox=Field("boolean")), writable=False),
}  # fmt: skip


def id18(value: str) -> str:
    """A 15-character id with its checksum."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place in range(5) if "A" <= value[start + place] <= "Z")
        suffix += _CHECK[bits]
    return value + suffix


def make_id(prefix: str, number: int) -> str:
    """The id of the object with that number."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return id18(f"{prefix}5g00000{digits.rjust(5, '0')}")


def whole_id(value: str) -> str:
    """An id as the store knows it: 15 characters get their checksum."""
    return id18(value) if len(value) == 15 and value.isalnum() else value


def checked(entity: str, values: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The values as Salesforce would keep them. Raises Fault."""
    known = ENTITIES[entity].fields
    kept = {}
    for name, value in values.items():
        if name == "attributes":
            continue
        if name not in known:
            raise Fault("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")
        if not known[name].writable:
            message = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise Fault("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=[name])
        kept[name] = _value(name, known[name], value)
    wanted = known if creating else kept
    missing = [name for name in wanted if known[name].required and kept.get(name) is None]
    if missing:
        raise Fault("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", fields=missing)
    return kept


def _value(name: str, declared: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    kind = declared.kind
    if kind in ("double", "currency", "percent"):
        return float(_typed(name, value, (int, float)))
    if kind in ("int", "boolean"):
        return _typed(name, value, int if kind == "int" else bool)
    text = str(_typed(name, value, str)).strip()
    if kind == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise _unreadable(name, value) from None
    if len(text) > declared.length:
        message = f"{name}: data value too large: {text[:60]} (max length={declared.length})"
        raise Fault("STRING_TOO_LONG", message, fields=[name])
    if kind == "email" and not _EMAIL.fullmatch(text):
        raise Fault("INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {text}", fields=[name])
    if kind == "reference" and (len(text) not in (15, 18) or not text.isalnum()):
        raise Fault("MALFORMED_ID", f"{name}: id value of incorrect type: {text}", fields=[name])
    return whole_id(text) if kind == "reference" else text


def _typed(name: str, value: Any, kinds: Any) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        raise _unreadable(name, value)
    return value


def _unreadable(name: str, value: Any) -> Fault:
    return Fault("JSON_PARSER_ERROR", f"Cannot deserialize instance of {name} from value {value!r}")


def describe(entity: str) -> dict[str, Any]:
    """`…/describe`, as far as it is used."""
    stages = [{"active": True, "defaultValue": False, "label": name, "value": name} for name, *_ in STAGES]
    fields = [
        {
            "name": name,
            "label": name,
            "type": one.kind,
            "length": one.length,
            "nillable": not one.required,
            "createable": one.writable,
            "updateable": one.writable,
            "externalId": one.external,
            "unique": one.external,
            "relationshipName": one.relation or None,
            "referenceTo": [one.target] if one.target else [],
            "picklistValues": stages if name == "StageName" else [],
        }
        for name, one in ENTITIES[entity].fields.items()
    ]
    return {"name": entity, "label": entity, "keyPrefix": ENTITIES[entity].prefix, "fields": fields}
