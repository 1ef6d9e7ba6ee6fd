"""The demonstration data: the same on every machine. It is written by the books' own rules, once per process; later
resets put the same rows back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.xero.simulator import seed_data as data
from connectors.xero.simulator.books import SLUG, Books
from connectors.xero.simulator.money import millis

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
Row = dict[str, Any]
At = Callable[[datetime | None], Books]


@dataclass(frozen=True)
class Tenant:
    """How much of what an organisation has; tax: the tax type of TPS and TVQ, which differs by organisation."""

    name: str
    work: tuple[tuple[str, float, str], ...]
    tax: str
    contacts: int
    invoices: int
    payments: int
    bills: int


TENANTS = {
    "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f": Tenant("Lacoste Climatisation inc.", data.COOLING, "TAX001", 22, 18, 10, 6),
    "8a1f6c37-2b90-4d0e-b6a4-55d1c0e7f9a2": Tenant("Lacoste Électricité inc.", data.WIRING, "TAX004", 9, 6, 3, 2),
}
_written: tuple[list[tuple[str, Row]], list[tuple[str, Any]]] | None = None


def write(store: Store, at: At) -> None:
    """All of both organisations. `at`: the books at a moment."""
    global _written  # noqa: PLW0603 - the same rows for every simulator of this process
    if _written is None:
        try:
            for tenant, about in TENANTS.items():
                _Writer(tenant, about, at, store).run()
        finally:
            at(None)
        rows = store.execute("SELECT kind, body FROM objects WHERE provider = ?", (SLUG,))
        names = store.execute(
            "SELECT name, value FROM settings WHERE provider = ? AND (name LIKE 'id:%' OR name LIKE 'number:%')",
            (SLUG,),
        )
        _written = (
            [(row["kind"], json.loads(row["body"])) for row in rows],
            [(row["name"], json.loads(row["value"])) for row in names],
        )
        return
    by_kind: dict[str, list[Row]] = {}
    for kind, body in _written[0]:
        by_kind.setdefault(kind, []).append(body)
    with store.transaction():
        for kind, bodies in by_kind.items():
            store.put(SLUG, kind, *bodies)
        for name, value in _written[1]:
            store.set_value(SLUG, name, value)


class _Writer:
    """One organisation, in the order in which a bookkeeper would have written it."""

    def __init__(self, tenant: str, about: Tenant, at: At, store: Store) -> None:
        self.tenant, self.about, self._at, self._store = tenant, about, at, store
        self._draw = random.Random(tenant)  # noqa: S311 - the same data everywhere
        self._moment = START

    def run(self) -> None:
        """Lists first, then what refers to them."""
        with self._store.transaction():
            self._lists()
            contacts = [self._new("Contact", **_person(one)) for one in data.PEOPLE[: self.about.contacts]]
            suppliers = [self._new("Contact", Name=name, EmailAddress=mail) for name, mail in data.SUPPLIERS]
            self._new("Contact", Name="Ancien client inc.", ContactStatus="ARCHIVED")
            invoices = [self._invoice(place, contacts) for place in range(self.about.invoices)]
            for place in range(self.about.payments):
                self._payment(place, invoices[place])
            bills = [self._bill(place, suppliers) for place in range(self.about.bills)]
            self._pay(bills[0], bills[0]["Total"], "CHQ-0412")
            void = self._books().get(self.tenant, "Invoice", invoices[-2]["InvoiceID"])
            self._at(self._moment).save(self.tenant, "Invoice", {"Status": "VOIDED"}, void)

    def _books(self) -> Books:
        self._moment += timedelta(minutes=41)
        return self._at(self._moment)

    def _new(self, kind: str, **row: Any) -> Row:
        given = {name: value for name, value in row.items() if value is not None}
        return self._books().save(self.tenant, kind, given, None)

    def _lists(self) -> None:
        for code, name, kind, group, payable in data.ACCOUNTS:
            about = {"Type": kind, "Class": group, "Status": "ACTIVE", "EnablePaymentsToAccount": payable}
            self._new("Account", Code=code, Name=name, TaxType="NONE", **about)
        first = int(self.about.tax.removeprefix("TAX"))
        for place, (name, parts, status) in enumerate(data.TAX_RATES):
            effective = round(sum(rate for _, rate in parts), 4)
            kind = f"TAX{first + place:03d}" if parts else "NONE"
            components = [
                {"Name": label, "Rate": rate, "IsCompound": False, "IsNonRecoverable": False} for label, rate in parts
            ]
            self._new(
                "TaxRate", Name=name, TaxType=kind, Status=status, TaxComponents=components, DisplayTaxRate=effective,
                EffectiveRate=effective, CanApplyToAssets=True, CanApplyToEquity=True, CanApplyToExpenses=True,
                CanApplyToLiabilities=True, CanApplyToRevenue=True,
            )  # fmt: skip

    def _invoice(self, place: int, contacts: list[Row]) -> Row:
        day = date(2026, 3, 4) + timedelta(days=8 * place)
        # One in eight is exempt of taxes.
        tax = "NONE" if place % 8 == 6 else self.about.tax
        lines = [self._sale(tax) for _ in range(1 + place % 3)]
        if place % 7 == 4:
            lines[0]["DiscountRate"] = 10
        last = place == self.about.invoices - 1
        return self._new(
            "Invoice", Type="ACCREC", Contact={"ContactID": contacts[place % len(contacts)]["ContactID"]},
            InvoiceNumber=f"QC-{1042 + place}", Reference=f"Contrat {88 + place}" if place % 4 == 1 else None,
            Date=day.isoformat(), DueDate=(day + timedelta(days=30)).isoformat(),
            LineAmountTypes="Inclusive" if place % 9 == 3 else "Exclusive", LineItems=lines,
            Status="DRAFT" if last else "AUTHORISED", SentToContact=not last,
        )  # fmt: skip

    def _sale(self, tax: str) -> Row:
        name, price, account = self._draw.choice(self.about.work)
        quantity = self._draw.choice((1, 1, 2, 3, 4.5, 10))
        return {"Description": name, "Quantity": quantity, "UnitAmount": price, "AccountCode": account, "TaxType": tax}

    def _payment(self, place: int, invoice: Row) -> None:
        """Whole, or half for one in four."""
        total = invoice["Total"]
        self._pay(invoice, round(total / 2, 2) if place % 4 == 3 else total, f"VIR-{8891 + place}")

    def _pay(self, document: Row, paid: float, reference: str) -> None:
        day = date.fromisoformat(document["DateString"][:10]) + timedelta(days=11)
        self._new(
            "Payment", Invoice={"InvoiceID": document["InvoiceID"]}, Account={"Code": "090"}, Date=day.isoformat(),
            Amount=paid, Reference=reference,
        )  # fmt: skip

    def _bill(self, place: int, suppliers: list[Row]) -> Row:
        day = date(2026, 4, 6) + timedelta(days=13 * place)
        lines = [
            {"Description": data.ACCOUNTS[at][1], "Quantity": 1, "UnitAmount": self._draw.randrange(2500, 90000) / 100,
             "AccountCode": data.ACCOUNTS[at][0], "TaxType": self.about.tax}
            for at in range(5, 6 + place % 2)
        ]  # fmt: skip
        return self._new(
            "Invoice", Type="ACCPAY", Contact={"ContactID": suppliers[place % len(suppliers)]["ContactID"]},
            InvoiceNumber=f"F-{7100 + place}", Date=day.isoformat(), DueDate=(day + timedelta(days=30)).isoformat(),
            LineItems=lines, Status="AUTHORISED",
        )  # fmt: skip


def _person(row: tuple[Any, ...]) -> Row:
    given, family, company, mail, phone, street, city, postal_code = row
    area, _, local = phone.partition("-")
    address = {"AddressLine1": street, "City": city, "Region": "QC", "PostalCode": postal_code, "Country": "Canada"}
    return {
        "Name": company or f"{given} {family}",
        "FirstName": given,
        "LastName": family,
        "EmailAddress": f"{mail}@courriel.example",
        "Phones": [
            {"PhoneType": "DEFAULT", "PhoneCountryCode": "1", "PhoneAreaCode": area, "PhoneNumber": local},
        ],
        "Addresses": [{"AddressType": "POBOX", **address}],
        "DefaultCurrency": "CAD",
    }


def bulk(store: Store, books: Books, now: datetime, kind: str, count: int) -> None:
    """Plain objects of the first organisation, changed one second after the other until now."""
    tenant = next(iter(TENANTS))
    if kind not in ("Contact", "Invoice"):
        raise ValueError(f"cannot seed {kind}")
    first = books.every(tenant, "Contact")[0]
    rows = []
    for place in range(count):
        moment = (now - timedelta(seconds=count - place)).replace(microsecond=0)
        key = books.new_id(kind)
        number = store.next_number(SLUG, "bulk")
        own = _plain_contact(key, number) if kind == "Contact" else _plain_invoice(key, number, first)
        about = {"id": key, "tenant": tenant, "updated_at": stamp(moment), "deleted_at": None}
        rows.append({**own, **about, "UpdatedDateUTC": millis(moment)})
    with store.transaction():
        store.put(SLUG, kind, *rows)


def _plain_contact(key: str, number: int) -> Row:
    return {
        "ContactID": key,
        "ContactStatus": "ACTIVE",
        "Name": f"Client {number:06d}",
        "EmailAddress": f"client.{number:06d}@courriel.example",
        "IsCustomer": True,
        "IsSupplier": False,
        "Phones": [],
        "Addresses": [],
    }


def _plain_invoice(key: str, number: int, contact: Row) -> Row:
    line = {"LineItemID": key, "Description": "Service", "Quantity": 1.0, "UnitAmount": 100.0, "LineAmount": 100.0,
            "TaxAmount": 0.0, "TaxType": "NONE", "AccountCode": "200", "Tracking": []}  # fmt: skip
    return {
        "InvoiceID": key, "Type": "ACCREC", "InvoiceNumber": f"B-{number:06d}", "Status": "AUTHORISED",
        "Contact": {"ContactID": contact["ContactID"], "Name": contact["Name"]}, "LineAmountTypes": "Exclusive",
        "CurrencyCode": "CAD", "CurrencyRate": 1.0, "Date": "/Date(1780272000000+0000)/",
        "DateString": "2026-06-01T00:00:00", "DueDate": "/Date(1782864000000+0000)/",
        "DueDateString": "2026-07-01T00:00:00", "LineItems": [line], "SubTotal": 100.0, "TotalTax": 0.0, "Total": 100.0,
        "AmountDue": 100.0, "AmountPaid": 0.0, "AmountCredited": 0.0, "Payments": [], "CreditNotes": [],
    }  # fmt: skip
