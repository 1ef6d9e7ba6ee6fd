"""HubSpot under the contract suite."""

from decimal import Decimal

from connectors.hubspot.connector import HubSpot
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk


def company(desk: Desk) -> str:
    return str(desk.once("companies", name="Entreprise de l’essai")["id"])


def company_new(desk: Desk) -> Said:
    name = f"{ACCENTS} {desk.number()}"
    return Said({"name": name, "phone": "+15145550142"}, {"customer.name": name})


def contact_said(desk: Desk, tie: str) -> Said:
    email = f"oe{desk.number()}@courriel.example"
    values = {"firstname": "Zoë", "lastname": ACCENTS, "email": email, tie: company(desk)}
    expect = {"contact.last_name": ACCENTS, "contact.name": f"Zoë {ACCENTS}", "contact.customer": company(desk)}
    return Said(values, {**expect, "contact.email": email})


def deal_said(desk: Desk, tie: str) -> Said:
    values = {"dealname": ACCENTS, "dealstage": "contractsent", "amount": "12345.67", tie: company(desk)}
    expect = {"opportunity.name": ACCENTS, "opportunity.amount": Decimal("12345.67"), "opportunity.status": "open"}
    return Said(values, {**expect, "opportunity.customer": company(desk)})


ADAPTER = Adapter(
    connector=HubSpot,
    accounts={"24011111": "Compte HubSpot 24011111"},
    key={"api_key": "pat-na1-demo-lacoste"},
    bad_key={"api_key": "pat-na1-inconnu"},
    api="/crm",
    reads=(r"POST /crm/v3/objects/\w+/(search|batch/read)$", r"POST /crm/v4/associations/\w+/\w+/batch/read$"),
    silent_wait=10,
    exempt={
        "contacts.delete_seen": "Nothing is found, so no companies are asked for: a request less; test_pull.py has it.",
        "deals.delete_seen": "Nothing is found, so no companies are asked for: a request less; test_pull.py has it.",
        "companies.duplicate": "HubSpot takes two companies of one name; the unique property alone guards a creation.",
        "deals.duplicate": "HubSpot takes two deals of one name; the unique property alone guards a creation.",
    },
    subjects={
        "companies": Subject(
            kind="companies",
            new=company_new,
            change=Said({"phone": "+14185550199"}, {"customer.phone": "+14185550199"}),
            create=company_new,
            update=Said({"phone": "+14505550123"}, {"customer.phone": "+14505550123"}),
            invalid=Said({"name": "X", "couleur": "bleu"}, {"couleur": ""}),
            duplicate=company_new,
        ),
        "contacts": Subject(
            kind="contacts",
            new=lambda desk: contact_said(desk, "company_id"),
            change=Said({"jobtitle": "Présidente"}, {"contact.role": "Présidente"}),
            create=lambda desk: contact_said(desk, "_company"),
            update=Said({"mobilephone": "+14505550123"}, {"contact.mobile": "+14505550123"}),
            invalid=Said({"firstname": "É", "email": "pas une adresse"}, {"email": ""}),
            duplicate=Said({"firstname": "Deux", "email": "deux.fois@courriel.example"}),
            lookup={"inputs.0.properties.email": "oe1@courriel.example"},
            later_requests=1,
        ),
        "deals": Subject(
            kind="deals",
            new=lambda desk: deal_said(desk, "company_id"),
            change=Said({"closedate": "2027-01-31T00:00:00.000Z"}, {"opportunity.expected_close": "2027-01-31"}),
            create=lambda desk: deal_said(desk, "_company"),
            update=Said({"amount": Decimal("0.07")}, {"opportunity.amount": Decimal("0.07")}),
            invalid=Said({"dealname": "X", "dealstage": "inconnue"}, {"dealstage": ""}),
            duplicate=lambda desk: deal_said(desk, "_company"),
            pass_requests=1,
            later_requests=1,
        ),
    },
)
