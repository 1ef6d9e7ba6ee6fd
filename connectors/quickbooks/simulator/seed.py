"""The demonstration data: the same on every machine. It is written by the books' own rules, once per process; later
resets put the same rows back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.quickbooks.simulator import seed_data as data
from connectors.quickbooks.simulator.books import SLUG, Books, pacific
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
Body = dict[str, Any]
At = Callable[[datetime | None], Books]


@dataclass(frozen=True)
class Company:
    """How much of what a company has; first_tax: where its ids of tax codes begin, for they differ by company."""

    name: str
    items: tuple[tuple[Any, ...], ...]
    first_tax: int
    customers: int
    invoices: int
    payments: int
    purchases: int
    bills: int


COMPANIES = {
    "9341453212345678": Company("Lacoste Plomberie inc.", data.PLUMBING_ITEMS, 8, 30, 25, 14, 8, 6),
    "9341453287654321": Company("Lacoste Toitures inc.", data.ROOFING_ITEMS, 20, 12, 8, 4, 3, 2),
}
_written: tuple[list[tuple[str, Body]], list[tuple[str, str]]] | None = None


def write(store: Store, at: At) -> None:
    """All of both companies. `at`: the books at a moment."""
    global _written  # noqa: PLW0603 - the same rows for every simulator of this process
    if _written is None:
        try:
            for realm, company in COMPANIES.items():
                _Writer(realm, company, at, store).run()
        finally:
            at(None)
        rows = store.execute("SELECT kind, body FROM objects WHERE provider = ?", (SLUG,))
        names = store.execute(
            "SELECT name, value FROM settings WHERE provider = ? AND (name LIKE 'id:%' OR name LIKE 'number:%')",
            (SLUG,),
        )
        _written = [(r["kind"], json.loads(r["body"])) for r in rows], [(r["name"], r["value"]) for r in names]
        return
    objects, counters = _written
    by_kind: dict[str, list[Body]] = {}
    for kind, body in objects:
        by_kind.setdefault(kind, []).append(body)
    with store.transaction():
        for kind, bodies in by_kind.items():
            store.put(SLUG, kind, *bodies)
        for name, value in counters:
            store.set_value(SLUG, name, json.loads(value))


class _Writer:
    """One company, in the order in which a bookkeeper would have written it."""

    def __init__(self, realm: str, company: Company, at: At, store: Store) -> None:
        self.realm, self.company, self._at, self._store = realm, company, at, store
        self._draw = random.Random(realm)  # noqa: S311 - the same data everywhere
        self._moment = START

    def run(self) -> None:
        """Lists first, then what refers to them."""
        with self._store.transaction():
            self._lists()
            customers = [self._new("Customer", **_person(one)) for one in data.PEOPLE[: self.company.customers]]
            invoices = [self._invoice(place, customers) for place in range(self.company.invoices)]
            for place in range(self.company.payments):
                self._payment(place, invoices[place])
            for place in range(self.company.purchases):
                self._purchase(place)
            for place in range(self.company.bills):
                self._bill(place)
            void = invoices[-2]
            self._books().void(self.realm, "Invoice", {"Id": void["Id"], "SyncToken": void["SyncToken"]})
            self._change("Customer", customers[-1], Active=False)

    def _books(self) -> Books:
        self._moment += timedelta(minutes=47)
        return self._at(self._moment)

    def _new(self, kind: str, **body: Any) -> Body:
        given = {name: value for name, value in body.items() if value is not None}
        return self._books().create(self.realm, kind, given)

    def _change(self, kind: str, found: Body, **values: Any) -> None:
        now = self._books().get(self.realm, kind, found["Id"])
        target = {"Id": now["Id"], "SyncToken": now["SyncToken"], "sparse": True}
        self._at(self._moment).update(self.realm, kind, {**target, **values})

    def _lists(self) -> None:
        for number, name, classification, kind, subtype in data.ACCOUNTS:
            about = {"Classification": classification, "AccountType": kind, "AccountSubType": subtype}
            self._new("Account", AcctNum=number, Name=name, **about)
        for name, percent in data.TAX_RATES:
            self._new("TaxRate", Name=name, RateValue=percent, AgencyRef={"value": "1"}, Active=True)
        self._store.set_value(SLUG, f"id:{self.realm}:TaxCode", self.company.first_tax)
        for name, rates, taxable, active in data.TAX_CODES:
            details = [
                {"TaxRateRef": {"value": str(rate + 1)}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
                for rate in rates
            ]
            lists = {side: {"TaxRateDetail": details} for side in ("SalesTaxRateList", "PurchaseTaxRateList")}
            self._new("TaxCode", Name=name, Taxable=taxable, TaxGroup=True, Active=active, **lists)
        for name, kind in data.PAYMENT_METHODS:
            self._new("PaymentMethod", Name=name, Type=kind)
        for name, kind, price, account, active in self.company.items:
            income = {"value": str(account + 1)}
            self._new("Item", Name=name, Type=kind, UnitPrice=price, IncomeAccountRef=income, Active=active)
        for name, email in data.VENDORS:
            address = {"Address": email} if email else None
            self._new("Vendor", DisplayName=name, CompanyName=name, PrimaryEmailAddr=address)

    def _code(self, place: int = 0) -> Body:
        return {"value": str(self.company.first_tax + 1 + place)}

    def _invoice(self, place: int, customers: list[Body]) -> Body:
        day = date(2026, 3, 4) + timedelta(days=8 * place)
        # One in nine is exempt of taxes.
        code = self._code(3 if place % 9 == 7 else 0)
        lines = [self._sale(code) for _ in range(1 + place % 3)]
        if place % 11 == 5:
            lines.append({
                "DetailType": "DiscountLineDetail",
                "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
            })  # fmt: skip
        return self._new(
            "Invoice",
            CustomerRef={"value": customers[place % (len(customers) - 1)]["Id"]},
            TxnDate=day.isoformat(),
            DueDate=(day + timedelta(days=30)).isoformat(),
            PrivateNote="Travaux urgents" if place % 5 == 3 else None,
            EmailStatus="NeedToSend" if place == self.company.invoices - 1 else "EmailSent",
            Line=lines,
        )

    def _sale(self, code: Body) -> Body:
        active = [place for place, item in enumerate(self.company.items) if item[4]]
        place = self._draw.choice(active)
        name, kind, price, *_ = self.company.items[place]
        quantity = self._draw.choice((1, 1, 2, 3, 4.5, 8)) if kind == "Service" else self._draw.choice((1, 2, 40))
        detail = {"ItemRef": {"value": str(place + 1)}, "Qty": quantity, "UnitPrice": price, "TaxCodeRef": code}
        return {
            "Description": name,
            "Amount": round(quantity * price, 2),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": detail,
        }

    def _payment(self, place: int, invoice: Body) -> None:
        """Whole, or half for one in four."""
        total = invoice["TotalAmt"]
        amount = round(total / 2, 2) if place % 4 == 3 else total
        self._new(
            "Payment",
            CustomerRef={"value": invoice["CustomerRef"]["value"]},
            TxnDate=(date.fromisoformat(invoice["TxnDate"]) + timedelta(days=12)).isoformat(),
            TotalAmt=amount,
            PaymentRefNum=f"VIR-{8800 + place}",
            PaymentMethodRef={"value": str(1 + place % 6)},
            DepositToAccountRef={"value": "1"},
            Line=[{"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}],
        )

    def _cost(self, account: int) -> Body:
        detail = {"AccountRef": {"value": str(account)}, "TaxCodeRef": self._code(), "BillableStatus": "NotBillable"}
        return {
            "Description": data.ACCOUNTS[account - 1][1],
            "Amount": self._draw.randrange(2500, 90000) / 100,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }

    def _purchase(self, place: int) -> None:
        self._new(
            "Purchase",
            PaymentType="CreditCard" if place % 2 else "Check",
            AccountRef={"value": "2" if place % 2 else "1"},
            EntityRef={"value": str(1 + place % len(data.VENDORS)), "type": "Vendor"},
            TxnDate=(date(2026, 4, 3) + timedelta(days=11 * place)).isoformat(),
            DocNumber=f"A-{300 + place}",
            Line=[self._cost(10 + place % 5) for _ in range(1 + place % 2)],
        )

    def _bill(self, place: int) -> None:
        day = date(2026, 5, 6) + timedelta(days=17 * place)
        self._new(
            "Bill",
            VendorRef={"value": str(1 + (place + 3) % len(data.VENDORS))},
            TxnDate=day.isoformat(),
            DueDate=(day + timedelta(days=30)).isoformat(),
            DocNumber=f"F-{7100 + place}",
            Line=[self._cost(11 + place % 6)],
        )


def _person(row: tuple[Any, ...]) -> Body:
    given, family, company, mail, phone, street, city, postal_code = row
    return {
        "DisplayName": company or f"{given} {family}",
        "CompanyName": company,
        "GivenName": given,
        "FamilyName": family,
        "PrimaryEmailAddr": {"Address": f"{mail}@courriel.example"} if mail else None,
        "PrimaryPhone": {"FreeFormNumber": phone} if phone else None,
        "CurrencyRef": {"value": "CAD", "name": "Canadian Dollar"},
        "BillAddr": {
            "Line1": street,
            "City": city,
            "CountrySubDivisionCode": "QC",
            "PostalCode": postal_code,
            "Country": "Canada",
        },
    }


def bulk(store: Store, now: datetime, kind: str, count: int) -> None:
    """Plain objects of the first company, changed one second after the other until now."""
    realm = next(iter(COMPANIES))
    if kind not in ("Customer", "Invoice"):
        raise ValueError(f"cannot seed {kind}")
    first = int(store.get_value(SLUG, f"id:{realm}:{kind}", 0)) + 1
    store.set_value(SLUG, f"id:{realm}:{kind}", first + count - 1)
    bodies = []
    for place in range(count):
        moment = (now - timedelta(seconds=count - place)).replace(microsecond=0)
        at = pacific(moment)
        own = _plain_customer(first + place) if kind == "Customer" else _plain_invoice(first + place)
        bodies.append({
            "id": f"{realm}:{first + place}",
            "realm": realm,
            "updated_at": stamp(moment),
            "deleted_at": None,
            "Id": str(first + place),
            "SyncToken": "0",
            "MetaData": {"CreateTime": at, "LastUpdatedTime": at},
            **own,
        })  # fmt: skip
    with store.transaction():
        store.put(SLUG, kind, *bodies)


def _plain_customer(number: int) -> Body:
    return {
        "DisplayName": f"Client {number:06d}",
        "FullyQualifiedName": f"Client {number:06d}",
        "PrimaryEmailAddr": {"Address": f"client.{number:06d}@courriel.example"},
        "PrimaryPhone": {"FreeFormNumber": f"514-555-{number % 10000:04d}"},
        "Active": True,
        "Balance": 0.0,
    }


def _plain_invoice(number: int) -> Body:
    line = {"Id": "1", "LineNum": 1, "Description": "Service", "Amount": 100.0, "DetailType": "SalesItemLineDetail"}
    detail = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 100.0}
    return {
        "DocNumber": f"B-{number:06d}",
        "TxnDate": "2026-06-01",
        "DueDate": "2026-07-01",
        "CustomerRef": {"value": "1"},
        "CurrencyRef": {"value": "CAD", "name": "Canadian Dollar"},
        "GlobalTaxCalculation": "NotApplicable",
        "Line": [{**line, "SalesItemLineDetail": detail}],
        "TxnTaxDetail": {"TotalTax": 0.0, "TaxLine": []},
        "TotalAmt": 100.0,
        "Balance": 100.0,
        "LinkedTxn": [],
    }
