"""The demonstration data."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.zoho.simulator import seed_data as data
from connectors.zoho.simulator.crm import Crm
from connectors.zoho.simulator.schema import STAGES


@dataclass(frozen=True)
class Organisation:
    """An organisation, in its data centre."""

    name: str
    centre: str
    time_zone: str
    currency: str


ORGANISATIONS = {
    "554023000000000001": Organisation("Groupe Lacoste", "ca", "America/Toronto", "CAD"),
    "554023000000000002": Organisation("Lacoste Europe SAS", "eu", "Europe/Paris", "EUR"),
}
# accounts, contacts, deals
SIZES = {"554023000000000001": (10, 34, 21), "554023000000000002": (4, 7, 5)}
BEGIN = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
STEP = timedelta(hours=7, minutes=13)


def write(crm: Crm, at: Callable[[datetime | None], None]) -> None:
    """Both organisations. `at` sets the moment at which the next record is made."""
    for org, sizes in SIZES.items():
        draw = random.Random(int(org))  # noqa: S311 - not for secrets
        made: dict[str, list[str]] = {"Accounts": [], "Contacts": [], "Deals": []}
        moment = BEGIN
        makers: dict[str, Callable[[int], dict[str, Any]]] = {
            "Accounts": _account,
            "Contacts": lambda index, draw=draw, made=made: _contact(index, made, draw),  # type: ignore[misc]
            "Deals": lambda index, draw=draw, made=made: _deal(index, made, draw),  # type: ignore[misc]
        }
        for (module, make), size in zip(makers.items(), sizes, strict=True):
            for index in range(size):
                at(moment)
                made[module].append(crm.create(org, module, make(index), checked=False)["id"])
                moment += STEP
        at(None)


def bulk_moment(now: datetime, number: int, count: int) -> datetime:
    """When one of many records was made: some in every second, the last one now."""
    return now - timedelta(seconds=(count - number) // 7)


def _account(index: int) -> dict[str, Any]:
    name, street, city, state, code, phone = data.ACCOUNTS[index]
    return {
        "Account_Name": name, "Billing_Street": street, "Billing_City": city, "Billing_State": state,
        "Billing_Code": code, "Billing_Country": "Canada", "Phone": phone,
    }  # fmt: skip


def _contact(index: int, made: dict[str, list[str]], draw: random.Random) -> dict[str, Any]:
    return {
        "First_Name": None if index % 17 == 16 else data.GIVEN_NAMES[index % len(data.GIVEN_NAMES)],
        "Last_Name": data.FAMILY_NAMES[(index * 5 + index // 17) % len(data.FAMILY_NAMES)],
        "Email": None if index % 19 == 18 else f"contact{index + 1:03d}@courriel.example",
        "Phone": f"514-555-{1000 + index:04d}",
        "Mobile": f"438-555-{2000 + index:04d}" if index % 3 == 1 else None,
        "Title": data.TITLES[index % len(data.TITLES)],
        "Account_Name": {"id": draw.choice(made["Accounts"])} if index % 5 else None,
    }


def _deal(index: int, made: dict[str, list[str]], draw: random.Random) -> dict[str, Any]:
    return {
        "Deal_Name": f"{data.DEALS[index % len(data.DEALS)]} {2026 + index // len(data.DEALS)}",
        "Stage": STAGES[index % len(STAGES)],
        "Amount": round(draw.randrange(80_000, 4_500_000) / 100, 2),
        "Closing_Date": f"2027-{1 + index % 12:02d}-15",
        "Probability": draw.choice((None, 10, 50, 75)),
        "Account_Name": {"id": draw.choice(made["Accounts"])},
        "Contact_Name": {"id": draw.choice(made["Contacts"])},
    }
