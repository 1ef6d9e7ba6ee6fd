"""What people do on both sides between two runs, and what both must hold in the end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from integrations.models import RecordLink
from integrations.records.models import Customer
from integrations.records.services import Change, Origin, apply
from tests.integrations.quickbooks import there
from tests.simulator import Control

USER = Origin("user", "1")
FIELDS = {"company_name": "CompanyName", "first_name": "GivenName", "last_name": "FamilyName"}


@dataclass
class Ledger:
    """What both sides must hold in the end."""

    names: set[str] = field(default_factory=set)
    """Living customers that a round made, on either side."""
    gone: set[str] = field(default_factory=set)
    """Customers that were archived here or made inactive there."""
    invoices: dict[UUID, str] = field(default_factory=dict)
    """Invoices made here, and their memos."""
    deleted: set[UUID] = field(default_factory=set)
    """Those of them that were deleted there."""
    agreed: dict[tuple[UUID, str], str] = field(default_factory=dict)
    """The value that must stand on both sides, by customer and field."""


@dataclass
class People:
    """They edit here and there, and keep the ledger."""

    fake: Control
    dice: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    values: int = 0
    """New values that were given so far."""
    edited: set[UUID] = field(default_factory=set)
    """Customers of this round that somebody has changed."""

    def edit(self, label: str, *, deletions: bool = True) -> None:
        """New customers and invoices here, new customers there, edits of one field on either side or on both."""
        self.edited = set()
        for number in range(self.dice.randint(1, 3)):
            self._invoice_for_a_new_customer(f"Client {label}-{number} inc.")
            seen_there = f"Cliente {label}-{number}"
            self.fake.create("Customer", slug="quickbooks", DisplayName=seen_there)
            self.ledger.names.add(seen_there)
        for record, remote in self.dice.sample(self.living(), 6):
            self.edited.add(record)
            name, sides = self.dice.choice(list(FIELDS)), self.dice.choice(["here", "there", "both"])
            if sides != "there":
                self.change_here(record, name)
            if sides != "here":  # the provider's value wins where both were changed
                self.change_there(record, remote, name)
        if deletions:
            self._delete()

    def _invoice_for_a_new_customer(self, name: str) -> None:
        who = apply([Change("customer", action="create", values={"name": name})], USER)[0].id
        for number in range(self.dice.randint(1, 2)):
            self._invoice(who, f"{name} ({number})")
        self.ledger.names.add(name)

    def _invoice(self, who: UUID, memo: str) -> None:
        price = Decimal(self.dice.randint(100, 99999)) / 100
        line = {"description": "Visite", "quantity": Decimal(1), "unit_price": price, "subtotal": price}
        values = {"customer": who, "issue_date": "2026-11-20", "memo": memo}
        values["lines"] = [{**line, "total": price, "tax_code": "gst_qst"}]
        self.ledger.invoices[apply([Change("invoice", action="create", values=values)], USER)[0].id] = memo

    def _delete(self) -> None:
        """Now and then a deletion: of an invoice there, of a customer on either side."""
        bills = dict(live("invoices").filter(record_id__in=self.ledger.invoices).values_list("record_id", "remote_id"))
        if bills and self.dice.random() < 0.4:
            record = self.dice.choice(sorted(bills))
            self.fake.delete("Invoice", bills[record], slug="quickbooks")
            self.ledger.deleted.add(record)
        names = dict(Customer.objects.filter(name__startswith="Cliente").values_list("pk", "name"))
        able = [(r, i) for r, i in self.living() if r in names and r not in self.edited]
        if able and self.dice.random() < 0.4:
            record, remote = self.dice.choice(able)
            self.edited.add(record)
            self.ledger.names.discard(names[record])
            self.ledger.gone.add(names[record])
            if self.dice.random() < 0.5:
                apply([Change("customer", record, "archive")], USER)
            else:
                self.fake.edit("Customer", remote, remove=None, slug="quickbooks", Active=False)

    def living(self) -> list[tuple[UUID, str]]:
        """Customers that live on both sides: record and remote id."""
        active = {one["Id"] for one in there(self.fake, "Customer").values() if one["Active"]}
        here = set(Customer.objects.filter(archived_at=None).values_list("pk", flat=True))
        links = live("customers").values_list("record_id", "remote_id")
        return sorted((record, remote) for record, remote in links if remote in active and record in here)

    def change_here(self, record: UUID, name: str) -> None:
        value = self._new_value(name)
        apply([Change("customer", record, values={name: value})], USER)
        self.ledger.agreed[record, name] = value

    def change_there(self, record: UUID, remote: str, name: str) -> None:
        value = self._new_value(name)
        self.fake.edit("Customer", remote, remove=None, slug="quickbooks", **{FIELDS[name]: value})
        self.ledger.agreed[record, name] = value

    def _new_value(self, name: str) -> str:
        """A value that was never there: one that comes back is seen."""
        self.values += 1
        return f"{name[0]}-{self.values}"


def live(resource: str) -> Any:
    """The living links of a resource."""
    return RecordLink.objects.filter(resource=resource, state="live")
