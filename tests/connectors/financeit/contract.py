"""Financeit under the contract suite."""

from decimal import Decimal
from typing import Any

from connectors.financeit.connector import Financeit
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

KEY = {"app_id": "fit_demo_app", "app_secret": "fit_demo_secret", "login": "lacoste", "password": "démo & finance"}


def cents(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CAD"}


def loan_said(desk: Desk) -> Said:
    applicant = {"given_name": "Zoé", "family_name": "Œuvrard", "email": f"zoe.{desk.number()}@courriel.example"}
    values = {"amount_requested": cents(900005), "purchase_description": ACCENTS, "applicant": applicant}
    return Said(values, {"financing_application.amount_requested": Decimal("9000.05")})


def named_said(desk: Desk) -> Said:
    """As Financeit's own people see it: with a number, which is a text."""
    said = loan_said(desk)
    number = f"Œ-{desk.number()}"
    return Said({**said.values, "loan_number": number}, {**said.expect, "financing_application.number": number})


ADAPTER = Adapter(
    connector=Financeit,
    accounts={"acct_lacoste_finance": "Lacoste Finance (démonstration)"},
    key=KEY,
    bad_key={**KEY, "app_secret": "secret inconnu"},
    renewable_key=True,
    api="/v1",
    announced={"loans": Said({"status": "cancelled"}, {"financing_application.status": "cancelled"})},
    subjects={
        "loans": Subject(
            kind="loans",
            new=named_said,
            change=Said({"amount_requested": cents(5)}, {"financing_application.amount_requested": Decimal("0.05")}),
            create=loan_said,
            update=Said(
                {"amount_requested": cents(123456)}, {"financing_application.amount_requested": Decimal("1234.56")}
            ),
            invalid=lambda desk: Said(
                {**loan_said(desk).values, "amount_requested": cents(-1)}, {"amount_requested": ""}
            ),
            duplicate="reference",
            lookup={"reference_id": "NOTRE-1"},
            acts={
                "submit": {},
                "cancel": {"financing_application.status": "cancelled"},
                "send_invite": {"financing_application.status": "draft"},
                "request_funding": {},
            },
        ),
    },
    exempt={
        "delete_seen": "a loan is never deleted, only cancelled",
        "act": "most steps need a loan that has come further than a new one; test_workflow walks them all",
        "create": "no text of a loan that we write has a field on the platform; test_push reads it at the simulator",
    },
)
