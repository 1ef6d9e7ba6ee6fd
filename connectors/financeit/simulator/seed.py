"""The demonstration data: the same on every machine. People are invented."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.financeit.simulator.schema import STATUSES
from connectors.simulator.clock import stamp

START = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
LOANS = 60
PARTNERS = (("p_100", "Lacoste Plomberie"), ("p_200", "Lacoste Toitures"), ("p_300", "Lacoste Climatisation"))
PEOPLE = (
    ("Marc", "Bérubé"), ("Zoé", "Tremblay"), ("Amélie", "Côté"), ("François", "L'Écuyer"), ("Océane", "D'Amours"),
    ("Jérôme", "Lévesque"), ("Noémie", "Thériault"), ("Benoît", "Gauthier"), ("Anaïs", "Saint-Pierre"),
)  # fmt: skip
WORK = ("Thermopompe murale", "Réfection de toiture", "Chauffe-eau sans réservoir", "Salle de bain complète")
STREETS = ("rue Saint-Denis", "avenue du Mont-Royal", "chemin Sainte-Foy", "boulevard Gréber")


def demonstration() -> dict[str, list[dict[str, Any]]]:
    """Kind → objects: 3 partners, 60 loans in every state."""
    draw = random.Random(2026)  # noqa: S311 - the same data everywhere
    at = stamp(START)
    partners = [
        {"id": own_id, "name": name, "status": "active", "reference_id": None, "created_at": at, "updated_at": at}
        for own_id, name in PARTNERS
    ]
    return {"partners": partners, "loans": [_loan(index, draw) for index in range(LOANS)]}


def blank(own_id: str, at: datetime) -> dict[str, Any]:
    """A loan of which nothing is known yet."""
    return {
        "id": own_id, "object": "loan", "loan_number": None, "partner_id": None, "status": "draft",
        "reference_id": None, "amount_requested": None, "purchase_description": None, "applicant": None,
        "co_applicant": None, "decision": None, "application_url": None, "funding_date": None, "funded_amount": None,
        "funded_at": None, "expires_at": None, "metadata": {}, "version": 1, "created_at": stamp(at),
        "updated_at": stamp(at), "deleted_at": None,
    }  # fmt: skip


def person(**given: Any) -> dict[str, Any]:
    """An applicant with everything that was not said."""
    return {"email": None, "phone": None, "language": "en", "address": None, **given}


def decision(outcome: str, at: datetime, amount: int, expires_at: str | None) -> dict[str, Any]:
    """A credit decision."""
    approved = outcome != "declined"
    return {
        "outcome": outcome,
        "decided_at": stamp(at),
        "amount_approved": {"amount": amount, "currency": "CAD"} if approved else None,
        "term_months": 60 if approved else None,
        "annual_rate": "11.99" if approved else None,
        "conditions": ["Preuve de revenu"] if outcome == "conditionally_approved" else [],
        "expires_at": expires_at,
    }


def _loan(index: int, draw: random.Random) -> dict[str, Any]:
    at = START + timedelta(minutes=37 * index)
    status, (given, family) = STATUSES[index % len(STATUSES)], draw.choice(PEOPLE)
    amount = draw.randrange(250000, 2400000)
    loan = blank(f"ln_01DEMO{index:04d}", at) | {
        "partner_id": draw.choice(PARTNERS)[0],
        "status": status,
        "amount_requested": {"amount": amount, "currency": "CAD"},
        "purchase_description": draw.choice(WORK),
        "applicant": person(
            given_name=given,
            family_name=family,
            email=f"demandeur.{index:02d}@courriel.example",
            phone=f"+1514555{index:04d}",
            language="fr",
            address={
                "line1": f"{100 + index}, {draw.choice(STREETS)}", "line2": None, "city": "Montréal",
                "province": "QC", "postal_code": "H2X 1Y4", "country": "CA",
            },
        ),
    }  # fmt: skip
    if status != "draft":
        loan |= {"expires_at": stamp(at + timedelta(days=30)), "application_url": page_of(loan["id"])}
    if status not in ("draft", "invited", "in_progress", "under_review", "expired", "cancelled"):
        outcome = status if status in ("conditionally_approved", "declined") else "approved"
        loan["decision"] = decision(outcome, at, amount, loan["expires_at"])
        loan["loan_number"] = None if outcome == "declined" else str(1234500 + index)
    if status == "funded":
        loan |= {"funded_amount": loan["amount_requested"], "funded_at": stamp(at), "funding_date": "2026-03-05"}
    return loan


def page_of(own_id: str) -> str:
    """The hosted application."""
    return f"https://financeit.sandbox.example/apply/{own_id}"
