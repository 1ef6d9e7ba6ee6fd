"""Pipedrive under the contract suite."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.base.resource import Resource
from connectors.pipedrive.connector import Pipedrive
from connectors.pipedrive.quirks import twin
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

TWICE = "Pipedrive takes the same again in silence; a custom field of ours guards a creation where one is set."

ASKED = "An id that is missing from the list of all is asked for once more: a request more; test_pull.py has it."


def live(raw: Mapping[str, Any]) -> bool:
    """In the first company and not deleted."""
    return raw["id"].startswith("123001:") and not raw["deleted_at"]


def object_id(resource: Resource, raw: Mapping[str, Any]) -> str:
    """The simulator keeps objects beside their company."""
    return str((raw.get("data") or raw)["id"])


def organization(desk: Desk) -> int:
    return int(desk.once("organizations", name="Organisation de l’essai")["id"])


def organization_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"name": name}, {"customer.name": name})


def person_new(desk: Desk) -> Said:
    email = f"oe{desk.number()}@courriel.example"
    emails = [{"value": email, "primary": True, "label": "work"}]
    values = {"name": ACCENTS, "emails": emails, "org_id": organization(desk)}
    return Said(values, {"contact.name": ACCENTS, "contact.email": email})


def person_sent(desk: Desk) -> Said:
    email = f"oe{desk.number()}@courriel.example"
    values = {"name": ACCENTS, "_email": email, "org_id": str(organization(desk))}
    return Said(values, {"contact.name": ACCENTS, "contact.email": email})


def deal_said(desk: Desk) -> Said:
    values = {"title": ACCENTS, "value": 12345.67, "currency": "CAD", "org_id": organization(desk)}
    return Said(values, {"opportunity.name": ACCENTS, "opportunity.amount": Decimal("12345.67")})


def subject(kind: str, **own: Any) -> Subject:
    return Subject(kind=kind, live=live, object_id=object_id, **own)


ADAPTER = Adapter(
    connector=Pipedrive,
    # The consent page asks which company; the access then opens that one only.
    accounts={"123001": "Groupe Lacoste"},
    grant_param="company",
    api="/@groupe-lacoste",
    config={"sweep_hours": "0"},
    exempt={
        "organizations.duplicate": TWICE,
        "persons.duplicate": TWICE,
        "deals.duplicate": TWICE,
        "organizations.delete_seen": ASKED,
        "persons.delete_seen": ASKED,
        "deals.page_edges": "Archived deals are a list of their own: a page more; test_pull.py has it.",
    },
    subjects={
        "organizations": subject(
            "organizations",
            new=organization_said,
            change=Said({"name": "Changée"}, {"customer.name": "Changée"}),
            create=organization_said,
            update=Said({"name": "Été"}, {"customer.name": "Été"}),
            invalid=Said({"name": "X", "couleur": "bleu"}),
            duplicate=organization_said,
            lookup={"_twin": twin("organizations", {"name": f"{ACCENTS} 1"})},
        ),
        "persons": subject(
            "persons",
            new=person_new,
            change=Said({"name": "Changée"}, {"contact.name": "Changée"}, moves=("contact.first_name",
                        "contact.last_name")),
            create=person_sent,
            update=Said({"_mobile": "+14505550123"}, {"contact.mobile": "+14505550123"}),
            invalid=Said({"name": "X", "org_id": "999999999"}),
            duplicate=person_sent,
            lookup=lambda memory: {"_twin": twin("persons", {"name": ACCENTS, "_email": "oe1@courriel.example",
                                          "org_id": memory["organizations"]["id"]})},
        ),
        "deals": subject(
            "deals",
            new=deal_said,
            change=Said({"expected_close_date": "2027-01-31"}, {"opportunity.expected_close": "2027-01-31"}),
            create=deal_said,
            update=Said({"value": Decimal("0.07")}, {"opportunity.amount": Decimal("0.07")}),
            invalid=Said({"title": "X", "currency": "dollars"}),
            duplicate=deal_said,
            lookup=lambda memory: {"_twin": twin("deals", {"title": ACCENTS, "org_id": memory["organizations"]["id"]})},
        ),
    },
)  # fmt: skip
