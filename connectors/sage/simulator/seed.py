"""The demonstration data: the same on every machine. Companies and people are invented."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sage.simulator.books import Books

START = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
CUSTOMERS, INVOICES = 40, 60
NAMES = ("Toitures", "Plomberie", "Boulangerie", "Clinique dentaire", "Ébénisterie", "Épicerie", "Garderie", "Hôtel")
PLACES = ("Laval", "Québec", "Gatineau", "Sherbrooke", "Trois-Rivières", "Lévis", "Rosemont", "Côte-des-Neiges")
WORK = ("Entretien CVC", "Réparation d’urgence", "Inspection annuelle", "Remplacement de drain", "Réfection de toiture")
LISTS: dict[str, tuple[dict[str, str], ...]] = {
    "account": (
        {"key": "194", "id": "4000", "name": "Revenus de services", "accountType": "incomeStatement",
         "normalBalance": "credit", "status": "active"},
        {"key": "195", "id": "4100", "name": "Revenus de matériel", "accountType": "incomeStatement",
         "normalBalance": "credit", "status": "active"},
        {"key": "210", "id": "5000", "name": "Sous-traitance", "accountType": "incomeStatement",
         "normalBalance": "debit", "status": "active"},
        {"key": "120", "id": "1200", "name": "Comptes clients", "accountType": "balanceSheet",
         "normalBalance": "debit", "status": "active"},
        {"key": "299", "id": "4999", "name": "Ancien compte", "accountType": "incomeStatement",
         "normalBalance": "credit", "status": "inactive"},
    ),
    "location": ({"key": "1", "id": "10", "name": "Groupe Lacoste QC"}, {"key": "2", "id": "20", "name": "Toitures"}),
    "department": ({"key": "1", "id": "QC", "name": "Québec"},),
    "entity": ({"key": "1", "id": "10", "name": "Groupe Lacoste QC"},),
    "tax_detail": ({"key": "51", "id": "TPS"}, {"key": "52", "id": "TVQ"}),
    "tax_solution": ({"key": "7", "id": "Canadian Sales Tax"},),
}  # fmt: skip


def write(books: Books, at: Callable[[datetime], None]) -> None:
    """Lists, 40 customers, 60 invoices. `at` sets the moment of what is written next."""
    draw = random.Random(2026)  # noqa: S311 - the same data everywhere
    at(START)
    for kind, rows in LISTS.items():
        for row in rows:
            books.keep(kind, dict(row))
    people = []
    for index in range(CUSTOMERS):
        at(START + timedelta(minutes=37 * index))
        people.append(books.create("customer", customer(index, draw)))
    for index in range(INVOICES):
        at(START + timedelta(days=2, minutes=37 * index))
        books.create("invoice", _invoice(index, draw.choice(people)["key"], draw))


def customer(index: int, draw: random.Random) -> dict[str, Any]:
    """A company with its contact."""
    name = f"{draw.choice(NAMES)} {draw.choice(PLACES)} {index + 1} inc."
    address = {
        "addressLine1": f"{100 + index}, rue Principale", "addressLine2": None, "city": draw.choice(PLACES),
        "state": "QC", "postCode": "H7A 1A1", "country": "Canada",
    }  # fmt: skip
    mail, phone = f"ap.{index:03d}@client.example", f"450-555-{index:04d}"
    contact = {"id": name, "printAs": name, "companyName": name, "email1": mail, "phone1": phone}
    return {"name": name, "currency": "CAD", "contacts": {"default": {**contact, "mailingAddress": address}},
            "totalDue": f"{draw.randrange(0, 500000) / 100:.2f}"}  # fmt: skip


def _invoice(index: int, customer_key: str, draw: random.Random) -> dict[str, Any]:
    net = Decimal(draw.randrange(8000, 450000)) / 100
    day = date(2026, 5, 4) + timedelta(days=index)
    taxes = [
        {"txnTaxAmount": str((net * rate / 100).quantize(Decimal("0.01"))), "taxRate": float(rate),
         "orderEntryTaxDetail": {"key": key}}
        for rate, key in ((Decimal(5), "51"), (Decimal("9.975"), "52"))
    ]  # fmt: skip
    line = {"txnAmount": str(net), "memo": "Main-d’œuvre", "glAccount": {"id": "4000"},
            "dimensions": {"location": {"id": "10"}}, "taxEntries": taxes}  # fmt: skip
    paid = {"paymentInformation": {"totalTxnAmountPaid": "50.00"}} if index % 5 == 0 else {}
    return {
        "invoiceNumber": f"QC-{1000 + index}", "customer": {"key": customer_key}, "invoiceDate": day.isoformat(),
        "dueDate": (day + timedelta(days=30)).isoformat(), "description": draw.choice(WORK), "lines": [line],
        "taxSolution": {"id": "Canadian Sales Tax"}, **paid,
    }  # fmt: skip
