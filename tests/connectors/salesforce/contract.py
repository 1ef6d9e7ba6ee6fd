"""Salesforce under the contract suite."""

from decimal import Decimal

from connectors.salesforce.connector import Salesforce
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

ORGANIZATION = "00D5g00000001ovEAA"


def account(desk: Desk) -> str:
    return str(desk.once("Account", Name="Compte de l’essai")["Id"])


def account_said(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"Name": name, "Phone": "+15145550142"}, {"customer.name": name})


def contact_said(desk: Desk) -> Said:
    email = f"oe{desk.number()}@courriel.example"
    values = {"FirstName": "Zoë", "LastName": ACCENTS, "Email": email, "AccountId": account(desk)}
    return Said(values, {"contact.last_name": ACCENTS, "contact.name": f"Zoë {ACCENTS}", "contact.email": email})


def deal_said(desk: Desk) -> Said:
    values = {
        "Name": ACCENTS, "StageName": "Qualification", "CloseDate": "2026-09-30", "Amount": 12345.67,
        "AccountId": account(desk),
    }  # fmt: skip
    return Said(values, {"opportunity.name": ACCENTS, "opportunity.amount": Decimal("12345.67")})


def taken(desk: Desk) -> Said:
    return Said({"LastName": "Deux fois", "Email": "deux.fois@courriel.example"})


ADAPTER = Adapter(
    connector=Salesforce,
    accounts={ORGANIZATION: "Groupe Lacoste"},
    api="/services/data",
    silent_wait=900,
    exempt={
        "accounts.duplicate": "Salesforce takes two accounts of one name; the external id alone guards a creation.",
        "opportunities.duplicate": "Salesforce takes two opportunities of one name; the external id alone guards.",
    },
    subjects={
        "accounts": Subject(
            kind="Account",
            new=account_said,
            change=Said({"Phone": "+14185550199"}, {"customer.phone": "+14185550199"}),
            create=account_said,
            update=Said({"Phone": "+14505550123"}, {"customer.phone": "+14505550123"}),
            invalid=Said({"Phone": "1"}, {"Name": ""}),
            duplicate=account_said,
            lookup={"Name": f"{ACCENTS} 1"},
            page_size=200,
            pass_requests=1,
            later_requests=0,
            pages="/services/data/v66.0/query",
            missing="0015g00000ZZZZZAAZ",
        ),
        "contacts": Subject(
            kind="Contact",
            new=contact_said,
            change=Said({"Title": "Présidente"}, {"contact.role": "Présidente"}),
            create=contact_said,
            update=Said({"MobilePhone": "+14505550123"}, {"contact.mobile": "+14505550123"}),
            invalid=Said({"LastName": "É", "Email": "pas une adresse"}, {"Email": ""}),
            duplicate=taken,
            lookup={"Email": "oe1@courriel.example"},
            page_size=200,
            pass_requests=1,
            later_requests=0,
            pages="/services/data/v66.0/query",
            missing="0035g00000ZZZZZAAZ",
        ),
        "opportunities": Subject(
            kind="Opportunity",
            new=deal_said,
            change=Said({"CloseDate": "2027-01-31"}, {"opportunity.expected_close": "2027-01-31"}),
            create=deal_said,
            update=Said({"Amount": Decimal("0.07")}, {"opportunity.amount": Decimal("0.07")}),
            invalid=Said({"Name": "X", "CloseDate": "2026-09-30"}, {"StageName": ""}),
            duplicate=deal_said,
            page_size=200,
            pass_requests=1,
            later_requests=0,
            pages="/services/data/v66.0/query",
            missing="0065g00000ZZZZZAAZ",
        ),
    },
)
