"""The company's books: what may be written, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sage.simulator.problems import Refused
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "sage"
PATHS = {
    "accounts-receivable/customer": "customer",
    "accounts-receivable/invoice": "invoice",
    "general-ledger/account": "account",
    "company-config/location": "location",
    "company-config/department": "department",
    "company-config/entity": "entity",
    "tax/order-entry-tax-detail": "tax_detail",
    "tax/tax-solution": "tax_solution",
}
Whole = dict[str, Any]


def second(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


class Books:
    """Objects by kind and key. now: the moment of what is written."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def every(self, kind: str, where: str = "1", *values: str | None) -> list[Whole]:
        """All objects of a kind, or those of which our own SQL is true."""
        found = self._store.select(SLUG, kind, f"deleted_at IS NULL AND {where}", values)
        return [one["object"] for one in found]

    def get(self, kind: str, key: str) -> Whole:
        """An object; Refused when there is none."""
        found = self._store.get(SLUG, kind, key)
        if found is None or found["deleted_at"]:
            raise Refused(404, f"There is no {kind} with key {key}")
        whole: Whole = found["object"]
        return whole

    def create(self, kind: str, body: Mapping[str, Any], *, checked: bool = True) -> Whole:
        """Add an object; Refused when it may not be."""
        key = str(self._store.next_number(SLUG, "key") + 100)
        now = second(self._now())
        audit = {"createdDateTime": now, "modifiedDateTime": now, "createdBy": "11", "modifiedBy": "11"}
        if kind == "customer":
            made = self._customer({"status": "active", "totalDue": "0.00", **body}, key, checked=checked)
        elif kind == "invoice":
            made = self._invoice({"state": "posted", **body}, key)
        else:
            raise Refused(405, "This object cannot be created")
        return self.keep(kind, {"key": key, **made, "audit": audit})

    def update(self, kind: str, key: str, body: Mapping[str, Any], *, checked: bool = True) -> Whole:
        """Change the given fields; Refused when it may not be."""
        found = self.get(kind, key)
        if checked and "state" in body:
            raise Refused(422, "state cannot be changed", ("AR-0422", "state is read-only", "state"))
        merged = _merged(found, body)
        made = self._customer(merged, key, checked=checked) if kind == "customer" else self._invoice(merged, key)
        return self.keep(kind, self._moved(found, made))

    def reverse(self, key: str) -> Whole:
        """Undo a posted invoice."""
        found = self.get("invoice", key)
        if found["state"] in ("draft", "reversed", "reversal"):
            raise Refused(
                422, "Only a posted invoice can be reversed", ("AR-0310", f"state is {found['state']}", "state")
            )
        due = {"totalTxnAmountDue": "0.00", "totalBaseAmountDue": "0.00"}
        return self.keep("invoice", self._moved(found, {**found, "state": "reversed", **due}))

    def delete(self, kind: str, key: str) -> None:
        """Take an object away without a trace."""
        found = self.get(kind, key)
        if kind == "customer" and any(one["customer"]["key"] == key for one in self.every("invoice")):
            raise Refused(422, "The customer is used", ("AR-0109", "The customer has invoices", ""))
        now = stamp(self._now())
        self._store.put(SLUG, kind, {"id": key, "updated_at": now, "deleted_at": now, "object": found})

    def keep(self, kind: str, whole: Whole) -> Whole:
        """Store an object as it is."""
        body = {"id": whole["key"], "updated_at": stamp(self._now()), "deleted_at": None, "object": whole}
        self._store.put(SLUG, kind, body)
        return whole

    def _moved(self, found: Whole, made: Whole) -> Whole:
        """With a new time of change, never the same twice."""
        before = datetime.fromisoformat(found["audit"]["modifiedDateTime"])
        at = max(self._now().replace(microsecond=0), before + timedelta(seconds=1))
        return {**made, "audit": {**found["audit"], "modifiedDateTime": second(at)}}

    def _customer(self, body: Mapping[str, Any], key: str, *, checked: bool) -> Whole:
        if checked and not body.get("name"):
            raise Refused(422, "A required field is missing", ("AR-0001", "name is required", "name"))
        own_id = body.get("id") or f"C-{int(key):05d}"
        self._unique("customer", "id", str(own_id), key)
        return {**body, "id": own_id, "href": f"/objects/accounts-receivable/customer/{key}"}

    def _unique(self, kind: str, name: str, value: str, key: str) -> None:
        if self.every(kind, "id <> ? AND json_extract(body, ?) = ?", key, f"$.object.{name}", value):
            raise Refused(409, f"{name} must be unique", ("REST-1051", f"{name} {value} is in use", name))

    def _invoice(self, body: Mapping[str, Any], key: str) -> Whole:
        customer = self._referred("customer", body.get("customer"), "customer")
        number = str(body.get("invoiceNumber") or f"INV-{key}")
        self._unique("invoice", "invoiceNumber", number, key)
        given = body.get("lines")
        if not isinstance(given, list) or not given:
            raise Refused(422, "A required field is missing", ("AR-0002", "lines is required", "lines"))
        taxed = bool((body.get("taxSolution") or {}).get("id"))
        lines = [self._line(line, place, key, taxed=taxed) for place, line in enumerate(given, start=1)]
        total = sum((Decimal(line["txnAmount"]) for line in lines), Decimal(0))
        total += sum((Decimal(one["txnTaxAmount"]) for line in lines for one in line["taxEntries"]), Decimal(0))
        paid = Decimal(str((body.get("paymentInformation") or {}).get("totalTxnAmountPaid") or 0))
        state = body["state"]
        if state in ("posted", "paid", "partiallyPaid"):
            state = "posted" if not paid else ("paid" if paid >= total else "partiallyPaid")
        short = {name: customer[name] for name in ("key", "id", "name")}
        return {
            **body, "id": key, "recordType": "ri", "invoiceNumber": number, "state": state, "lines": lines,
            "customer": {**short, "href": customer["href"]}, "totalTxnAmount": f"{total:.2f}",
            "totalBaseAmount": f"{total:.2f}", "totalTxnAmountDue": f"{total - paid:.2f}",
            "totalBaseAmountDue": f"{total - paid:.2f}",
            "currency": body.get("currency") or {"baseCurrency": "CAD", "txnCurrency": "CAD"},
            "paymentInformation": {"fullyPaidDate": None, "totalTxnAmountPaid": f"{paid:.2f}"},
        }  # fmt: skip

    def _line(self, line: Mapping[str, Any], place: int, key: str, *, taxed: bool) -> Whole:
        where = f"lines.{place - 1}"
        account = self._referred("account", line.get("glAccount"), f"{where}.glAccount")
        location = (line.get("dimensions") or {}).get("location")
        self._referred("location", location, f"{where}.dimensions.location")
        try:
            net = Decimal(str(line.get("txnAmount")))
        except InvalidOperation:
            raise Refused(422, "A value is wrong", ("AR-0003", "txnAmount is wrong", f"{where}.txnAmount")) from None
        entries = line.get("taxEntries") or []
        if taxed and not entries:
            raise Refused(
                422, "Tax entries are missing", ("SL-0749", "A line needs tax entries", f"{where}.taxEntries")
            )
        own = str(line.get("key") or f"{key}{place:02d}")
        return {
            **line, "key": own, "id": own, "lineNumber": place, "txnAmount": f"{net:.2f}", "baseAmount": f"{net:.2f}",
            "glAccount": {name: account[name] for name in ("key", "id", "name")},
            "taxEntries": [self._entry(entry, f"{own}{index}", where) for index, entry in enumerate(entries, start=1)],
        }  # fmt: skip

    def _entry(self, entry: Mapping[str, Any], own: str, where: str) -> Whole:
        detail = self._referred("tax_detail", entry.get("orderEntryTaxDetail"), f"{where}.taxEntries")
        tax = f"{Decimal(str(entry['txnTaxAmount'])):.2f}"
        key, shown = str(entry.get("key") or own), {"key": detail["key"], "id": detail["id"]}
        return {"key": key, "txnTaxAmount": tax, "baseTaxAmount": tax, "taxRate": entry["taxRate"],
                "orderEntryTaxDetail": shown}  # fmt: skip

    def _referred(self, kind: str, reference: Any, name: str) -> Whole:
        """The object that a reference names by key or id."""
        given = reference if isinstance(reference, Mapping) else {}
        key, own_id = str(given.get("key") or "") or None, given.get("id") or None
        for one in self.every(kind, "(id = ? OR json_extract(body, '$.object.id') = ?)", key, own_id):
            return one
        raise Refused(422, "A reference is wrong", ("AR-0004", f"{name} is missing or unknown", name))


def _merged(found: Mapping[str, Any], body: Mapping[str, Any]) -> Whole:
    """Fields left out stay, inside nested objects too; lists are replaced."""
    merged = dict(found)
    for name, value in body.items():
        before = found.get(name)
        nested = isinstance(value, Mapping) and isinstance(before, Mapping)
        # A reference is replaced as a whole, or its other half would contradict it.
        whole = nested and {"key", "id"} & set(value)
        merged[name] = _merged(before, value) if nested and not whole else value  # type: ignore[arg-type]
    return merged
