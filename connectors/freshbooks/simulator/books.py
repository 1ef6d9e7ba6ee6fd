"""The books of the fake accounts: what a write does to them. Members `_account`, `updated_at` and `deleted_at` are the
store's, and ids are texts there; the others are FreshBooks'. Nothing ever goes away: vis_state says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from connectors.freshbooks.simulator.problems import BAD_VALUE, DUPLICATE, READ_ONLY, Refused, missing
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "freshbooks"
EASTERN = ZoneInfo("America/New_York")
KEPT = frozenset({"_account", "updated_at", "deleted_at"})
OWN_ID = {"Client": "userid", "Invoice": "invoiceid", "Payment": "logid", "Tax": "taxid", "Item": "itemid"}
Row = dict[str, Any]
_CENT = Decimal("0.01")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TYPES = frozenset({
    "Check", "Credit", "Cash", "Bank Transfer", "Credit Card", "Debit", "PayPal", "2Checkout", "VISA", "MASTERCARD",
    "DISCOVER", "AMEX", "DINERS", "JCB", "ACH", "Other",
})  # fmt: skip
_READ_ONLY = {"Invoice": ("due_date", "amount", "paid", "outstanding", "payment_status", "v3_status"), "Client": (),
              "Payment": ("clientid",)}  # fmt: skip
_ADDRESS = [f"{side}_{part}" for side in "ps" for part in ("street", "street2", "city", "province", "code", "country")]
_PERSON = ("fname", "lname", "organization", "email", "bus_phone", "mob_phone", "vat_name", "vat_number", "note")
_CLIENT = dict.fromkeys((*_PERSON, *_ADDRESS), "")


def decimal(value: Any, field: str) -> Decimal:
    """A figure, alone or in an amount; 1015 when it is none."""
    value = value.get("amount") if isinstance(value, Mapping) else value
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise Refused(BAD_VALUE, f"{value} is not a number.", field=field)
    return found


def cad(value: Decimal) -> dict[str, str]:
    """An amount as FreshBooks writes it."""
    return {"amount": str(value.quantize(_CENT, ROUND_HALF_UP)), "code": "CAD"}


class Books:
    """Reads and writes of every account. `announce`: gets every event (account, name, object's id)."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.announce: Callable[[str, str, str], None] = lambda account, name, object_id: None

    # Reading

    def every(self, account: str, kind: str) -> list[Row]:
        """All objects of an account, deleted ones too."""
        return self._store.select(SLUG, kind, "json_extract(body, '$._account') = ?", (account,))

    def get(self, account: str, kind: str, object_id: Any, field: str = "") -> Row:
        """One object, deleted or not; 1012 when there is none."""
        found = self._store.get(SLUG, kind, str(object_id))
        if found is None or found["_account"] != account:
            raise missing(kind.lower(), field or OWN_ID.get(kind, "id"))
        return found

    # Writing

    def create(self, account: str, kind: str, given: Row) -> Row:
        """A new object."""
        return self._save(account, kind, {}, given, strict=True)

    def change(self, account: str, kind: str, object_id: Any, given: Row, *, strict: bool = True) -> Row:
        """What is given changes, the rest stays. With vis_state, only that changes."""
        before = self.get(account, kind, object_id)
        if "vis_state" in given:
            given = {"vis_state": given["vis_state"]}
        elif before["vis_state"] == 1 and strict:
            raise missing(kind.lower(), OWN_ID[kind])
        return self._save(account, kind, before, given, strict=strict)

    def _save(self, account: str, kind: str, before: Row, given: Row, *, strict: bool) -> Row:
        if strict:
            for name in _READ_ONLY.get(kind, ()):
                if name in given:
                    raise Refused(READ_ONLY, f"{name} is not writable.", field=name, status=403)
        rule = {"Client": self._client, "Invoice": self._invoice, "Payment": self._payment}.get(kind)
        after = rule(account, before, given) if rule else {**before, **given}
        saved = self._put(account, kind, after)
        if kind == "Payment":
            self._settle(account, str(saved["invoiceid"]))
        return saved

    def _put(self, account: str, kind: str, row: Row) -> Row:
        now = self._now()
        if "id" not in row:
            row["id"] = str(self._store.next_number(SLUG, "id") + 100000)
        if kind in OWN_ID:
            row[OWN_ID[kind]] = int(row["id"])
        row.setdefault("vis_state", 0)
        local = now.astimezone(EASTERN).strftime("%Y-%m-%d %H:%M:%S")
        new = self._store.get(SLUG, kind, row["id"]) is None
        saved = {**row, "updated": local, "_account": account, "updated_at": stamp(now), "deleted_at": None}
        self._store.put(SLUG, kind, saved)
        verb = "create" if new else "delete" if saved["vis_state"] == 1 else "update"
        self.announce(account, f"{kind.lower()}.{verb}", saved["id"])
        return saved

    def _client(self, account: str, before: Row, given: Row) -> Row:
        after = {**_CLIENT, "currency_code": "CAD", "language": "fr", **before, **given}
        if after["email"] and not _EMAIL.fullmatch(str(after["email"])):
            raise Refused(BAD_VALUE, "Invalid email address.", field="email", obj="client")
        return after

    def _invoice(self, account: str, before: Row, given: Row) -> Row:
        today = self._now().astimezone(EASTERN).date().isoformat()
        defaults = {
            "create_date": today, "due_offset_days": 0, "currency_code": "CAD", "language": "fr", "status": 1,
            "discount_value": "0", "po_number": None, "notes": "", "terms": None, "date_paid": None, "lines": [],
            "accountid": account, "paid": cad(Decimal(0)),
        }  # fmt: skip
        after = {**defaults, **before, **given}
        if after.pop("action_mark_as_sent", None) and after["status"] == 1:
            after["status"] = 2
        if isinstance(after["status"], bool) or not isinstance(after["status"], int):
            raise Refused(BAD_VALUE, "status must be a number.", field="status", obj="invoice")
        if "status" in given and given["status"] not in (0, 1, 2, 3):
            raise Refused(BAD_VALUE, "status cannot be set.", field="status", obj="invoice")
        client = self.get(account, "Client", after.get("customerid"), "customerid")
        if client["vis_state"] == 1 and not before:
            raise missing("client", "customerid")
        after |= {name: client.get(name) for name in ("organization", "fname", "lname")}
        after["customerid"] = int(client["id"])
        self._number(account, after)
        try:
            day = date.fromisoformat(str(after["create_date"]))
        except ValueError:
            raise Refused(BAD_VALUE, "create_date is not a date.", field="create_date", obj="invoice") from None
        after["due_date"] = (day + timedelta(days=int(after["due_offset_days"]))).isoformat()
        after["lines"] = [_line(line, place) for place, line in enumerate(after["lines"], start=1)]
        return _totals(after)

    def _number(self, account: str, after: Row) -> None:
        if not after.get("invoice_number"):
            after["invoice_number"] = f"{self._store.next_number(SLUG, f'number:{account}'):07d}"
        for one in self.every(account, "Invoice"):
            same = one["id"] == after.get("id")
            if not same and one["vis_state"] != 1 and one["invoice_number"] == after["invoice_number"]:
                raise Refused(DUPLICATE, "Invoice number already in use.", field="invoice_number", obj="invoice")

    def _payment(self, account: str, before: Row, given: Row) -> Row:
        defaults = {
            "type": "Other", "note": "", "orderid": None, "transactionid": None, "gateway": None, "from_credit": False,
            "creditid": None, "overpaymentid": None, "date": self._now().astimezone(EASTERN).date().isoformat(),
        }  # fmt: skip
        after = {**defaults, **before, **given}
        invoice = self.get(account, "Invoice", after.get("invoiceid"), "invoiceid")
        if invoice["vis_state"] == 1 and not before:
            raise missing("invoice", "invoiceid")
        paid = decimal(after.get("amount"), "amount")
        if paid <= 0:
            raise Refused(BAD_VALUE, "amount must be positive.", field="amount", obj="payment")
        if after["type"] not in _TYPES:
            raise Refused(BAD_VALUE, "Unknown payment type.", field="type", obj="payment")
        if paid > decimal(invoice["outstanding"], "amount") and not before:
            after["overpaymentid"] = self._store.next_number(SLUG, "overpayment")
        after |= {"amount": cad(paid), "invoiceid": int(invoice["id"]), "clientid": invoice["customerid"]}
        return after

    def _settle(self, account: str, invoice_id: str) -> None:
        """What payments make of their invoice."""
        invoice = self.get(account, "Invoice", invoice_id)
        mine = [
            one
            for one in self.every(account, "Payment")
            if one["vis_state"] != 1 and str(one["invoiceid"]) == invoice_id
        ]
        paid = sum((decimal(one["amount"], "amount") for one in mine), Decimal(0))
        invoice["paid"] = cad(min(paid, decimal(invoice["amount"], "amount")))
        invoice["date_paid"] = max((one["date"] for one in mine), default=None)
        self._put(account, "Invoice", _totals(invoice))


def _line(line: Any, place: int) -> Row:
    if not isinstance(line, dict):
        raise Refused(BAD_VALUE, "lines must be objects.", field="lines", obj="invoice")
    quantity, price = decimal(line.get("qty", 1), "lines"), decimal(line.get("unit_cost", 0), "lines")
    made = {
        "type": 0, "name": "", "description": "", "taxName1": "", "taxAmount1": 0, "taxName2": "", "taxAmount2": 0,
        "taxNumber1": None, "taxNumber2": None, "compounded_tax": False, **line,
    }  # fmt: skip
    return {**made, "lineid": place, "qty": str(line.get("qty", 1)), "unit_cost": cad(price),
            "amount": cad(quantity * price)}  # fmt: skip


def _totals(invoice: Row) -> Row:
    """Amounts and statuses."""
    lines = invoice["lines"]
    subtotal = sum((decimal(line["amount"], "lines") for line in lines), Decimal(0))
    kept = (100 - decimal(invoice["discount_value"], "discount_value")) / 100
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        for place in ("1", "2"):
            key = (str(line[f"taxName{place}"] or ""), decimal(line[f"taxAmount{place}"] or 0, "lines"))
            bases[key] = bases.get(key, Decimal(0)) + decimal(line["amount"], "lines") * kept
    tax = sum(((base * key[1] / 100).quantize(_CENT, ROUND_HALF_UP) for key, base in bases.items()), Decimal(0))
    discount = (subtotal * (1 - kept)).quantize(_CENT, ROUND_HALF_UP)
    total, paid = subtotal - discount + tax, decimal(invoice["paid"], "paid")
    status = invoice["status"] if invoice["status"] in (0, 1, 2, 3) else 2
    state, word = "unpaid", {0: "disputed", 1: "draft", 3: "viewed"}.get(status, "sent")
    if paid > 0:
        status, state, word = (4, "paid", "paid") if paid >= total else (8, "partial", "partial")
    return {
        **invoice, "amount": cad(total), "outstanding": cad(total - paid), "discount_total": cad(-discount),
        "status": status, "payment_status": state, "v3_status": word, "display_status": word,
    }  # fmt: skip
