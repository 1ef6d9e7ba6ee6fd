"""Believable records of the group for the demo: divisions, customers, work, invoices, payments, referrals.

Properties, units and tenants are left out: they arrive from the property-management system.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from integrations.records import seed_data as data
from integrations.records import seed_work
from integrations.records.models import Customer, Division
from integrations.records.services import Change, Origin, apply
from integrations.records.taxes import round_cents

ORIGIN = Origin("system", label="Données de démonstration")


def seed_records() -> dict[str, int]:
    """Create the demo's records and return how many, by kind; nothing when a division of the demo is there already."""
    codes = [code for code, _name, _kind in data.DIVISIONS]
    with transaction.atomic():
        if Division.objects.filter(code__in=codes).exists():
            return {}
        return dict(Seed().run())


class Seed:
    """One run. Always the same data, with dates around today."""

    def __init__(self) -> None:
        self.random = random.Random(1979)  # noqa: S311 - the same demo every time
        self.today: date = timezone.localdate()
        self.counts: Counter[str] = Counter()
        self.divisions: dict[str, UUID] = {}
        self.customers: list[Customer] = []
        self.opportunities: list[Any] = []

    def run(self) -> Counter[str]:
        """Write everything, one call of the door per kind."""
        self.seed_divisions()
        self.seed_customers()
        self.seed_contacts()
        self.seed_opportunities()
        seed_work.write(self)
        return self.counts

    def create(self, kind: str, rows: list[dict[str, Any]]) -> list[Any]:
        """Create records of one kind and return them."""
        applied = apply([Change(kind, action="create", values=values) for values in rows], ORIGIN)
        self.counts[kind] += len(applied)
        return [each.record for each in applied]

    def instant(self, day: date, hour: int) -> datetime:
        """Return an instant on a local day."""
        return timezone.make_aware(datetime.combine(day, time(hour)))

    def seed_divisions(self) -> None:
        rows = [
            {
                "code": code,
                "name": name,
                "kind": kind,
                "gst_number": f"10000000{place}RT0001",
                "qst_number": f"100000000{place}TQ0001",
                "accounting_class": name,
            }
            for place, (code, name, kind) in enumerate(data.DIVISIONS, start=1)
        ]
        self.divisions = {record.code: record.pk for record in self.create("division", rows)}

    def address(self, place: tuple[Any, ...]) -> dict[str, str]:
        city, postal_code, _area, streets = place
        line1 = f"{self.random.randrange(100, 4999)}, {self.random.choice(streets)}"
        return {"line1": line1, "city": city, "province": "QC", "postal_code": postal_code, "country": "CA"}

    def phone(self, area: str, number: int) -> str:
        return f"+1{area}55501{number % 100:02d}"

    def seed_customers(self) -> None:
        rows = [self.person(place, *names) for place, names in enumerate(data.PEOPLE)]
        rows += [self.company(place, *names) for place, names in enumerate(data.COMPANIES)]
        self.customers = self.create("customer", rows)

    def common(self, number: int) -> dict[str, Any]:
        place = data.PLACES[number % len(data.PLACES)]
        served = self.random.sample(list(data.WORK), k=self.random.choice((1, 1, 2, 3)))
        address = self.address(place)
        return {
            "phone": self.phone(place[2], number),
            "billing_address": address,
            "service_address": address,
            "division": self.divisions[served[0]],
            "divisions": [self.divisions[code] for code in served],
            "language": "en" if number % 9 == 4 else "fr",
            "status": "lead" if number % 11 == 7 else "active",
        }

    def person(self, number: int, first_name: str, last_name: str) -> dict[str, Any]:
        names = {"name": f"{first_name} {last_name}", "first_name": first_name, "last_name": last_name}
        email = f"{slugify(first_name)}.{slugify(last_name)}@example.com"
        return {**self.common(number), **names, "kind": "person", "email": email}

    def company(self, number: int, name: str, domain: str) -> dict[str, Any]:
        own = {"name": name, "company_name": name, "kind": "company", "email": f"info@{domain}.example.com"}
        return {**self.common(number + len(data.PEOPLE)), **own, "payment_terms_days": 30}

    def seed_contacts(self) -> None:
        rows = []
        companies = [customer for customer in self.customers if customer.kind == "company"]
        for number, customer in enumerate(companies):
            domain = customer.email.partition("@")[2]
            for extra in range(1 + number % 2):
                first_name = data.PEOPLE[(number * 2 + extra + 5) % len(data.PEOPLE)][0]
                last_name = data.PEOPLE[(number * 3 + extra + 11) % len(data.PEOPLE)][1]
                rows.append(
                    {
                        "customer": customer.pk,
                        "name": f"{first_name} {last_name}",
                        "first_name": first_name,
                        "last_name": last_name,
                        "email": f"{slugify(first_name)}.{slugify(last_name)}@{domain}",
                        "phone": customer.phone,
                        "role": data.ROLES[(number + extra) % len(data.ROLES)],
                    }
                )
        primary = {contact.customer_id: contact.pk for contact in reversed(self.create("contact", rows))}
        apply(
            [Change("customer", key, values={"primary_contact": contact}) for key, contact in primary.items()], ORIGIN
        )

    def seed_opportunities(self) -> None:
        rows = [self.referral(number, row) for number, row in enumerate(data.REFERRALS)]
        rows += [self.opportunity(number, row) for number, row in enumerate(data.OPPORTUNITIES)]
        self.opportunities = self.create("opportunity", rows)

    def referral(self, number: int, row: tuple[str, str, str, str, str]) -> dict[str, Any]:
        source, target, name, amount, state = row
        return {
            "name": name,
            "customer": self.customers[number * 5].pk,
            "division": self.divisions[target],
            "source": "referral",
            "amount": Decimal(amount),
            "from_division": self.divisions[source],
            "to_division": self.divisions[target],
            "referral_status": state,
            "status": {"captured": "open", "converted": "won", "lost": "lost"}[state],
            "lost_reason": "Prix trop élevé" if state == "lost" else "",
            "commission_rate": Decimal("5.00"),
            "commission_amount": round_cents(Decimal(amount) * 5 / 100),
            "expected_close": self.today + timedelta(days=12 * number),
        }

    def opportunity(self, number: int, row: tuple[str, str, str, str, str]) -> dict[str, Any]:
        division, name, amount, stage, probability = row
        return {
            "name": name,
            "customer": self.customers[number * 7 + 3].pk,
            "division": self.divisions[division],
            "source": "website",
            "stage": stage,
            "amount": Decimal(amount),
            "probability": Decimal(probability),
            "expected_close": self.today + timedelta(days=20 + 9 * number),
        }
