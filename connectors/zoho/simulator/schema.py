"""Fields of Zoho CRM's modules: which there are, of what type, and which may be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.zoho.simulator.problems import Problem

DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
STAGES = (
    "Qualification", "Needs Analysis", "Value Proposition", "Proposal/Price Quote", "Negotiation/Review", "Closed Won",
    "Closed Lost", "Closed Lost to Competition",
)  # fmt: skip
REFERENCE = "Ref_Lacoste"
SYSTEM = frozenset({"id", "Created_Time", "Modified_Time", "Created_By", "Modified_By", "Full_Name"})


@dataclass(frozen=True)
class Module:
    """One module. fields: name → type; required: what a creation must have; lookups: field → module."""

    fields: Mapping[str, str]
    required: tuple[str, ...]
    duplicate_check: str
    title: str
    lookups: Mapping[str, str] = field(default_factory=dict)


MODULES: Mapping[str, Module] = {
    "Accounts": Module(
        fields={
            "Account_Name": "text", "Phone": "phone", "Website": "text", "Industry": "text", "Account_Type": "text",
            "Annual_Revenue": "number", "Employees": "number", "Billing_Street": "text", "Billing_City": "text",
            "Billing_State": "text", "Billing_Code": "text", "Billing_Country": "text", "Parent_Account": "lookup",
            "Owner": "lookup", REFERENCE: "text",
        },
        required=("Account_Name",),
        duplicate_check="Account_Name",
        title="Account_Name",
        lookups={"Parent_Account": "Accounts"},
    ),
    "Contacts": Module(
        fields={
            "Last_Name": "text", "First_Name": "text", "Full_Name": "text", "Email": "email", "Phone": "phone",
            "Mobile": "phone", "Title": "text", "Account_Name": "lookup", "Mailing_Street": "text",
            "Mailing_City": "text", "Department": "text", "Owner": "lookup", REFERENCE: "text",
        },
        required=("Last_Name",),
        duplicate_check="Email",
        title="Full_Name",
        lookups={"Account_Name": "Accounts"},
    ),
    "Deals": Module(
        fields={
            "Deal_Name": "text", "Stage": "stage", "Amount": "number", "Closing_Date": "date", "Probability": "number",
            "Type": "text", "Account_Name": "lookup", "Contact_Name": "lookup", "Owner": "lookup", REFERENCE: "text",
        },
        required=("Deal_Name", "Stage"),
        duplicate_check="Deal_Name",
        title="Deal_Name",
        lookups={"Account_Name": "Accounts", "Contact_Name": "Contacts"},
    ),
}  # fmt: skip


def invalid(name: str, index: int, message: str = "invalid data") -> Problem:
    """INVALID_DATA of a field."""
    return Problem("INVALID_DATA", message, details={"api_name": name, "json_path": f"$.data[{index}].{name}"})


def check_row(module: str, row: Any, index: int) -> dict[str, Any]:
    """The row, when each of its fields exists and has the right type."""
    if not isinstance(row, dict):
        raise Problem("INVALID_DATA", "body", details={"expected_data_type": "jsonobject"})
    spec = MODULES[module]
    for name, value in row.items():
        if name == "id":
            continue
        kind = spec.fields.get(name)
        if kind is None or name in SYSTEM:
            raise invalid(name, index, "unknown or read-only field")
        if value is not None and not _fits(kind, value):
            raise invalid(name, index)
    return row


def _fits(kind: str, value: Any) -> bool:
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "lookup":
        return isinstance(value, dict) and isinstance(value.get("id"), str)
    if not isinstance(value, str) or len(value) > 255:
        return False
    patterns = {"date": DAY, "email": MAIL}
    return value in STAGES if kind == "stage" else kind not in patterns or bool(patterns[kind].fullmatch(value))
