"""The books of the fake organisations: what a write does to them. Members in lower case (id, tenant, updated_at,
deleted_at) are the store's, the others Xero's. Nothing is ever deleted: a status says that it is gone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.xero.simulator.money import by_type, cents, millis, number, set_date, settle
from connectors.xero.simulator.problems import NAME_TAKEN, NUMBER_TAKEN, Invalid, Missing

SLUG = "xero"
KEPT = frozenset({"id", "tenant", "updated_at", "deleted_at"})
IDS = {"Contact": "ContactID", "Invoice": "InvoiceID", "Payment": "PaymentID", "Account": "AccountID",
       "TaxRate": "TaxType"}  # fmt: skip
Row = dict[str, Any]
_SPACE = uuid.UUID("6f9d1c52-0d7e-4f0e-9c53-8a1f4f3f2b10")
_TARGET = ("Type", "InvoiceID", "InvoiceNumber", "CurrencyCode", "Contact")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COMPUTED = frozenset({
    "SubTotal", "TotalTax", "Total", "TotalDiscount", "AmountDue", "AmountPaid", "AmountCredited", "FullyPaidOnDate",
    "UpdatedDateUTC", "Payments", "CreditNotes", "Prepayments", "Overpayments", "HasAttachments", "DateString",
    "DueDateString", "ValidationErrors", "Warnings", "StatusAttributeString", "HasErrors",
})  # fmt: skip


class Books:
    """Reads and writes of every organisation."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.tell: Callable[..., None] = lambda tenant, kind, object_id, *, new: None

    # Reading

    def every(self, tenant: str, kind: str) -> list[Row]:
        """All objects of an organisation, oldest change first, whatever their status."""
        return self._store.select(SLUG, kind, "json_extract(body, '$.tenant') = ?", (tenant,))

    def get(self, tenant: str, kind: str, object_id: Any) -> Row:
        """One object; Missing when there is none."""
        found = self._store.get(SLUG, kind, str(object_id).lower() if kind != "TaxRate" else f"{tenant}:{object_id}")
        if found is None or found["tenant"] != tenant:
            raise Missing
        return found

    def find(self, tenant: str, kind: str, ref: Any) -> Row | None:
        """What a reference names, by its id or by its code."""
        if not isinstance(ref, dict):
            return None
        if ref.get(IDS[kind]):
            found = self._store.get(SLUG, kind, str(ref[IDS[kind]]).lower())
            return found if found and found["tenant"] == tenant else None
        code = ref.get("Code") if kind == "Account" else None
        return next((one for one in self.every(tenant, kind) if code and one.get("Code") == code), None)

    # Writing

    def save(self, tenant: str, kind: str, row: Row, before: Row | None, *, strict: bool = True) -> Row:
        """Create or change an object by its kind's rules; strict=False as a person's own screen, rules apart."""
        rule = {"Contact": self._contact, "Invoice": self._invoice, "Payment": self._payment}.get(kind)
        after = rule(tenant, row, before, strict) if rule else {**(before or {}), **row}
        return self._put(tenant, kind, after)

    def _put(self, tenant: str, kind: str, row: Row) -> Row:
        now = self._now().replace(microsecond=self._now().microsecond // 1000 * 1000)
        new = IDS[kind] not in row or self._store.get(SLUG, kind, str(row[IDS[kind]])) is None
        row.setdefault(IDS[kind], self.new_id(kind))
        key = row[IDS[kind]] if kind != "TaxRate" else f"{tenant}:{row['TaxType']}"
        if kind != "TaxRate":
            row["UpdatedDateUTC"] = millis(now)
        saved = {"deleted_at": None, **row, "id": key, "tenant": tenant, "updated_at": stamp(now)}
        self._store.put(SLUG, kind, saved)
        self.tell(tenant, kind, key, new=new)
        return saved

    def new_id(self, kind: str) -> str:
        """The same ids on every machine, in order of creation."""
        return str(uuid.uuid5(_SPACE, f"{kind}{self._store.next_number(SLUG, f'id:{kind}')}"))

    # Contacts

    def _contact(self, tenant: str, row: Row, before: Row | None, strict: bool) -> Row:
        given = {name: value for name, value in row.items() if value is not None and name not in _COMPUTED}
        after = {"ContactStatus": "ACTIVE", "IsSupplier": False, "IsCustomer": False, **(before or {}), **given}
        for name, key in (("Phones", "PhoneType"), ("Addresses", "AddressType")):
            after[name] = by_type(after.get(name), (before or {}).get(name), key)
        after = {name: value for name, value in after.items() if value != ""}
        problems = []
        if not str(after.get("Name") or "").strip():
            problems.append("The contact name must not be empty.")
        if strict and after.get("EmailAddress") and not _EMAIL.fullmatch(after["EmailAddress"]):
            problems.append("Email address must be valid.")
        if len(str(after.get("Name") or "")) > 255:
            problems.append("The length of the contact name must not exceed 255 characters.")
        if after["ContactStatus"] == "ACTIVE" and self._name_taken(tenant, after):
            problems.append(NAME_TAKEN.format(name=after["Name"]))
        if problems and strict:
            raise Invalid(*problems, row=row)
        return after

    def merge(self, tenant: str, object_id: str, into: str) -> Row:
        """As a person does in Xero: one contact is archived, the other has its documents."""
        lost, kept = self.get(tenant, "Contact", object_id), self.get(tenant, "Contact", into)
        for one in self.every(tenant, "Invoice"):
            if one["Contact"]["ContactID"] == lost["ContactID"]:
                contact = {"ContactID": kept["ContactID"], "Name": kept["Name"]}
                self._put(tenant, "Invoice", {**one, "Contact": contact})
        self._put(tenant, "Contact", {**lost, "ContactStatus": "ARCHIVED", "MergedToContactID": kept["ContactID"]})
        return self._put(tenant, "Contact", kept)

    def _name_taken(self, tenant: str, row: Row) -> bool:
        name = str(row.get("Name") or "").strip().casefold()
        return any(
            one["ContactID"] != row.get("ContactID")
            and one["ContactStatus"] == "ACTIVE"
            and one["Name"].strip().casefold() == name
            for one in self.every(tenant, "Contact")
        )

    # Invoices and bills

    def _invoice(self, tenant: str, row: Row, before: Row | None, strict: bool) -> Row:
        given = {name: value for name, value in row.items() if value is not None and name not in _COMPUTED}
        after = {"Status": "DRAFT", "LineAmountTypes": "Exclusive", "CurrencyCode": "CAD", "CurrencyRate": 1.0,
                 "SentToContact": False, "HasAttachments": False, "HasErrors": False, "Payments": [],
                 "CreditNotes": [], "Prepayments": [], "Overpayments": [], **(before or {}), **given}  # fmt: skip
        if after.get("Type") not in ("ACCREC", "ACCPAY"):
            raise Invalid("Invoice type is not valid.", row=row)
        contact = self.find(tenant, "Contact", after.get("Contact"))
        if contact is None or contact["ContactStatus"] != "ACTIVE":
            raise Invalid("A Contact must be specified for this type of transaction.", row=row)
        after["Contact"] = {"ContactID": contact["ContactID"], "Name": contact["Name"]}
        if after["CurrencyCode"] != "CAD":
            raise Invalid(f"Organisation is not subscribed to currency {after['CurrencyCode']}", row=row)
        if strict:
            self._judge_status(after, before, row)
        for name in ("Date", "DueDate"):
            set_date(after, name, given.get(name))
        if after["Type"] == "ACCREC":
            self._number(tenant, after, row)
        if "LineItems" in given or before is None:
            after["LineItems"] = [self._line(tenant, line, after, row) for line in given.get("LineItems") or []]
        if after["Status"] in ("AUTHORISED", "SUBMITTED") and strict:
            self._demand_whole(after, row)
        settle(after)
        self._mark(tenant, contact, after)
        return after

    def _judge_status(self, after: Row, before: Row | None, row: Row) -> None:
        old, new = (before or {}).get("Status", "DRAFT"), after["Status"]
        allowed = {"DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
                   "SUBMITTED": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
                   "AUTHORISED": {"AUTHORISED", "VOIDED"}, "PAID": {"PAID", "AUTHORISED"}}  # fmt: skip
        if old in ("VOIDED", "DELETED"):
            raise Invalid("Invoice not of valid status for modification", row=row)
        if new not in allowed[old]:
            raise Invalid(f"Invalid status change from {old} to {new}", row=row)
        if new == "VOIDED" and after.get("Payments"):
            raise Invalid("Invoice not of valid status for modification. This document has payments.", row=row)
        if old == "PAID":
            after["Status"] = "PAID"
            if "LineItems" in row:
                raise Invalid("Invoice not of valid status for modification. This document is paid.", row=row)

    def _number(self, tenant: str, after: Row, row: Row) -> None:
        wanted = str(after.get("InvoiceNumber") or "")
        if not wanted:
            after["InvoiceNumber"] = f"INV-{self._store.next_number(SLUG, f'number:{tenant}'):04d}"
            return
        for one in self.every(tenant, "Invoice"):
            same = one["InvoiceID"] == after.get("InvoiceID")
            live = one["Type"] == "ACCREC" and one["Status"] != "DELETED"
            if live and not same and one.get("InvoiceNumber") == wanted:
                raise Invalid(NUMBER_TAKEN, row=row)

    def _line(self, tenant: str, line: Row, after: Row, row: Row) -> Row:
        made = {"LineItemID": self.new_id("LineItem"), "Tracking": [], **line}
        if line.get("AccountID"):
            found = self.find(tenant, "Account", {"AccountID": line["AccountID"]})
            made["AccountCode"] = found.get("Code") if found else None
        if made.get("AccountCode") and not self.find(tenant, "Account", {"Code": made["AccountCode"]}):
            raise Invalid(f"Account code '{made['AccountCode']}' is not a valid code for this document.", row=row)
        rate = self._rate(tenant, str(made.get("TaxType") or "NONE"), row)
        quantity = number(made.get("Quantity", 1), "Quantity")
        price = number(made.get("UnitAmount", 0), "UnitAmount")
        discount = number(made.get("DiscountRate") or 0, "DiscountRate")
        net = cents(quantity * price * (100 - discount) / 100)
        if "LineAmount" in line and cents(number(line["LineAmount"], "LineAmount")) != net:
            raise Invalid(f"The line total {line['LineAmount']} does not match the expected line total {net}", row=row)
        inclusive = after["LineAmountTypes"] == "Inclusive"
        tax = cents(net * rate / (100 + rate)) if inclusive else cents(net * rate / 100)
        made |= {"Quantity": float(quantity), "UnitAmount": float(price), "LineAmount": float(net),
                 "TaxAmount": 0.0 if after["LineAmountTypes"] == "NoTax" else float(tax),
                 "TaxType": made.get("TaxType") or "NONE"}  # fmt: skip
        return {name: value for name, value in made.items() if value is not None}

    def _rate(self, tenant: str, kind: str, row: Row) -> Decimal:
        if kind == "NONE":
            return Decimal(0)
        found = self._store.get(SLUG, "TaxRate", f"{tenant}:{kind}")
        if found is None:
            raise Invalid(f"The TaxType code '{kind}' does not exist or cannot be used for this type of transaction.",
                          row=row)  # fmt: skip
        return Decimal(str(found["EffectiveRate"]))

    def _demand_whole(self, after: Row, row: Row) -> None:
        problems = []
        if not after["LineItems"]:
            problems.append("One or more line items must be specified")
        if not after.get("Date"):
            problems.append("Invoice date is required")
        if not after.get("DueDate"):
            problems.append("Due Date cannot be empty")
        for line in after["LineItems"]:
            if not str(line.get("Description") or "").strip():
                problems.append("Description is required for line items.")
            if not line.get("AccountCode") and not line.get("AccountID"):
                problems.append("Account code must be specified.")
        if problems:
            raise Invalid(*problems, row=row)

    def _mark(self, tenant: str, contact: Row, document: Row) -> None:
        flag = "IsCustomer" if document["Type"] == "ACCREC" else "IsSupplier"
        if not contact[flag] and document["Status"] in ("AUTHORISED", "PAID"):
            self._put(tenant, "Contact", {**contact, flag: True})

    # Payments

    def _payment(self, tenant: str, row: Row, before: Row | None, strict: bool) -> Row:
        if before is not None:
            if not strict and "Status" not in row:
                return {**before, **row}
            if set(row) - {"Status", "PaymentID"} or row.get("Status") != "DELETED":
                raise Invalid("Payments cannot be updated, only deleted.", row=row)
            if before["Status"] == "DELETED":
                raise Invalid("Payment has already been deleted.", row=row)
            after = {**before, "Status": "DELETED"}
            self._pay(tenant, after, gone=True)
            return after
        invoice = self.find(tenant, "Invoice", row.get("Invoice"))
        account = self.find(tenant, "Account", row.get("Account"))
        problems = []
        if invoice is None or invoice["Status"] != "AUTHORISED":
            problems.append("Payments can only be made against Authorised documents")
        if account is None or not (account["Type"] == "BANK" or account.get("EnablePaymentsToAccount")):
            problems.append("The account is not valid for payments: it must be a bank account.")
        paid = number(row.get("Amount"), "Amount")
        if paid <= 0 or (invoice and paid > Decimal(str(invoice["AmountDue"]))):
            problems.append("Payment amount exceeds the amount outstanding on this document")
        if problems:
            raise Invalid(*problems, row=row)
        assert invoice is not None
        assert account is not None
        after = {
            "PaymentID": self.new_id("Payment"), "Amount": float(paid), "BankAmount": float(paid), "CurrencyRate": 1.0,
            "Reference": row.get("Reference") or "", "IsReconciled": bool(row.get("IsReconciled")), "HasAccount": True,
            "PaymentType": f"{invoice['Type']}PAYMENT", "Status": "AUTHORISED",
            "Account": {name: account[name] for name in ("AccountID", "Code") if account.get(name)},
            "Invoice": {name: invoice[name] for name in _TARGET if name in invoice},
        }  # fmt: skip
        set_date(after, "Date", row.get("Date") or self._now().date().isoformat())
        after.pop("DateString")
        self._pay(tenant, after)
        return after

    def _pay(self, tenant: str, payment: Row, *, gone: bool = False) -> None:
        """What a payment, or its end, does to its invoice."""
        invoice = self.get(tenant, "Invoice", payment["Invoice"]["InvoiceID"])
        others = [one for one in invoice["Payments"] if one["PaymentID"] != payment["PaymentID"]]
        mine = {name: payment[name] for name in ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")}
        invoice["Payments"] = others if gone else [*others, mine]
        settle(invoice)
        invoice["Status"] = "PAID" if invoice["AmountDue"] == 0 and invoice["Total"] > 0 else "AUTHORISED"
        if invoice["Status"] == "PAID":
            invoice["FullyPaidOnDate"] = payment["Date"]
        else:
            invoice.pop("FullyPaidOnDate", None)
        self._put(tenant, "Invoice", invoice)

    def balances(self, tenant: str, contact: Row) -> Row:
        """What a contact owes and is owed."""
        found: dict[str, Any] = {}
        for kind, name in (("ACCREC", "AccountsReceivable"), ("ACCPAY", "AccountsPayable")):
            mine = [
                one
                for one in self.every(tenant, "Invoice")
                if one["Type"] == kind and one["Status"] == "AUTHORISED"
                and one["Contact"]["ContactID"] == contact["ContactID"]
            ]  # fmt: skip
            owed = sum((Decimal(str(one["AmountDue"])) for one in mine), Decimal(0))
            found[name] = {"Outstanding": float(owed), "Overdue": 0.0}
        return found
