"""Zoho CRM under the contract suite."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.base.resource import Resource
from connectors.zoho.connector import Zoho
from connectors.zoho.quirks import twin
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

GROUP = "554023000000000001"
TWICE = "Zoho takes the same again in silence, unless a field is unique there; the reference field guards a creation."


def live(raw: Mapping[str, Any]) -> bool:
    """In the first organisation and not deleted."""
    return raw["id"].startswith(f"{GROUP}:") and not raw["deleted_at"]


def object_id(resource: Resource, raw: Mapping[str, Any]) -> str:
    """The simulator keeps records beside their organisation."""
    return str((raw.get("data") or raw)["id"])


def account(desk: Desk) -> dict[str, str]:
    return {"id": str(desk.once("Accounts", Account_Name="Compte de l’essai")["id"])}


def account_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"Account_Name": name, "Phone": "+15145550142"}, {"customer.name": name})


def contact_said(desk: Desk) -> Said:
    email = f"oe{desk.number()}@courriel.example"
    values = {"Last_Name": ACCENTS, "Email": email, "Account_Name": account(desk)}
    expect = {"contact.last_name": ACCENTS, "contact.email": email}
    return Said(values, expect)


def deal_said(desk: Desk) -> Said:
    values = {"Deal_Name": ACCENTS, "Stage": "Qualification", "Amount": 12345.67, "Account_Name": account(desk)}
    return Said(values, {"opportunity.name": ACCENTS, "opportunity.amount": Decimal("12345.67")})


def subject(kind: str, **own: Any) -> Subject:
    return Subject(kind=kind, live=live, object_id=object_id, **own)


ADAPTER = Adapter(
    connector=Zoho,
    # The consent page asks which organisation; the access then opens that one only.
    accounts={GROUP: "Groupe Lacoste"},
    grant_param="org",
    api="/dc/ca/crm",
    exempt={"accounts.duplicate": TWICE, "contacts.duplicate": TWICE, "deals.duplicate": TWICE},
    subjects={
        "accounts": subject(
            "Accounts",
            new=account_said,
            change=Said({"Phone": "+14185550199"}, {"customer.phone": "+14185550199"}),
            create=account_said,
            update=Said({"Phone": "+14505550123"}, {"customer.phone": "+14505550123"}),
            invalid=Said({"Account_Name": "X", "Couleur": "bleu"}, {"Couleur": ""}),
            duplicate=account_said,
            lookup={"_twin": twin("accounts", {"Account_Name": f"{ACCENTS} 1"})},
        ),
        "contacts": subject(
            "Contacts",
            new=contact_said,
            change=Said({"Title": "Présidente"}, {"contact.role": "Présidente"}),
            create=contact_said,
            update=Said({"Mobile": "+14505550123"}, {"contact.mobile": "+14505550123"}),
            invalid=Said({"Last_Name": "X", "Email": "pas une adresse"}, {"Email": ""}),
            duplicate=contact_said,
            lookup=lambda memory: {
                "_twin": twin(
                    "contacts",
                    {"Last_Name": ACCENTS, "Email": "oe1@courriel.example", "Account_Name": memory["Accounts"]},
                )
            },
        ),
        "deals": subject(
            "Deals",
            new=deal_said,
            change=Said({"Closing_Date": "2027-01-31"}, {"opportunity.expected_close": "2027-01-31"}),
            create=deal_said,
            update=Said({"Amount": Decimal("0.07")}, {"opportunity.amount": Decimal("0.07")}),
            invalid=Said({"Deal_Name": "X", "Stage": "Inventée"}, {"Stage": ""}),
            duplicate=deal_said,
            lookup=lambda memory: {"_twin": twin("deals", {"Deal_Name": ACCENTS, "Account_Name": memory["Accounts"]})},
        ),
    },
)
