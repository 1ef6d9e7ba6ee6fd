"""ROVIDA under the contract suite."""

from decimal import Decimal
from typing import Any

from connectors.rovida.connector import Rovida
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

ADDRESS = {
    "line1": "12, rue de l’Église",
    "city": "Montréal",
    "province": "QC",
    "postal_code": "H2X 1Y4",
    "country": "CA",
}


def cents(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CAD"}


def place(desk: Desk) -> str:
    """The property that the others are in."""
    return str(desk.once("properties", name="Immeuble", type="rental", address=ADDRESS)["id"])


def property_said(_desk: Desk) -> Said:
    values = {"name": ACCENTS, "code": "IMM-7", "type": "rental", "address": ADDRESS}
    return Said(values, {"property.name": ACCENTS})


def unit_said(desk: Desk) -> Said:
    values = {"property_id": place(desk), "number": "Œ-4 ½", "type": "apartment", "market_rent": cents(123457)}
    return Said(values, {"unit.number": "Œ-4 ½", "unit.market_rent": Decimal("1234.57")})


def tenant_said(desk: Desk) -> Said:
    values = {
        "property_id": place(desk), "given_name": "Zoé", "family_name": ACCENTS, "email": "zoe.oe@courriel.example",
        "lease": {"start_date": "2026-07-01", "rent": cents(98765), "rent_period": "monthly", "status": "active"},
    }  # fmt: skip
    return Said(values, {"tenant.family_name": ACCENTS, "tenant.rent": Decimal("987.65")})


def order_said(desk: Desk) -> Said:
    values = {"property_id": place(desk), "title": ACCENTS, "category": "Plomberie", "estimated_cost": cents(10001)}
    return Said(values, {"job.title": ACCENTS, "job.estimated_cost": Decimal("100.01")})


ADAPTER = Adapter(
    connector=Rovida,
    accounts={"acct_lacoste": "Groupe Lacoste (démonstration)"},
    key={"api_key": "rov_test_demo_lacoste"},
    bad_key={"api_key": "rov_test_revoked"},
    api="/v1",
    subjects={
        "properties": Subject(
            kind="properties",
            new=property_said,
            change=Said({"name": "Château"}, {"property.name": "Château"}),
            create=property_said,
            update=Said({"year_built": 1912}, {"property.year_built": 1912}),
            invalid=Said({"name": "N", "type": "château", "address": ADDRESS}, {"type": ""}),
            duplicate="reference",
        ),
        "units": Subject(
            kind="units",
            new=unit_said,
            change=Said({"number": "5"}, {"unit.number": "5"}),
            create=unit_said,
            update=Said({"market_rent": cents(99999)}, {"unit.market_rent": Decimal("999.99")}),
            invalid=lambda desk: Said({**unit_said(desk).values, "bedrooms": -1}, {"bedrooms": ""}),
            duplicate="reference",
        ),
        "tenants": Subject(
            kind="tenants",
            new=tenant_said,
            change=Said({"family_name": "Côté"}, {"tenant.family_name": "Côté"}),
            create=tenant_said,
            update=Said({"lease": {"rent": cents(101)}}, {"tenant.rent": Decimal("1.01")}),
            invalid=lambda desk: Said({**tenant_said(desk).values, "email": "pas une adresse"}, {"email": ""}),
            duplicate="reference",
            lookup={"email": "zoe.oe@courriel.example"},
        ),
        "work_orders": Subject(
            kind="work_orders",
            new=order_said,
            change=Said({"title": "Évier"}, {"job.title": "Évier"}),
            create=order_said,
            update=Said({"actual_cost": cents(5), "priority": "low"},
                        {"job.actual_cost": Decimal("0.05"), "job.priority": "low"}),
            invalid=lambda desk: Said({**order_said(desk).values, "priority": "extrême"}, {"priority": ""}),
            duplicate="reference",
        ),
    },
)  # fmt: skip
