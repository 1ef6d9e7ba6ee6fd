"""The books of the fake companies: what a write does to them. Objects are kept as "<realm>:<Id>"; members in lower case
(id, realm, updated_at, deleted_at) are the store's, the others QuickBooks'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.quickbooks.simulator import money
from connectors.quickbooks.simulator.problems import STALE, TAKEN, Fault
from connectors.quickbooks.simulator.schema import DETAIL_REFS, ENTITIES, NAMELESS, PEOPLE
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "quickbooks"
PACIFIC = ZoneInfo("America/Los_Angeles")
KEPT = frozenset({"id", "realm", "updated_at", "deleted_at"})
Body = dict[str, Any]
_COSTS = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")
LINES = {"Invoice": ("SalesItemLineDetail",), "Purchase": _COSTS, "Bill": _COSTS}


def pacific(moment: datetime, timespec: str = "seconds") -> str:
    """As QuickBooks writes instants."""
    return moment.astimezone(PACIFIC).isoformat(timespec=timespec)


class Books:
    """Reads and writes of every company. `setting`: the fake's switches."""

    def __init__(self, store: Store, now: Callable[[], datetime], setting: Callable[[str], Any]) -> None:
        self._store, self._now, self._setting = store, now, setting
        self.tell: Callable[..., None] = lambda realm, entity, object_id, verb, lost="": None

    # Reading

    def every(self, realm: str, entity: str, since: str = "", *, dead: bool = False) -> list[Body]:
        """Objects of a company, oldest change first; `since`: the store's own stamp; dead: deleted ones too."""
        where = "id >= ? AND id < ? AND updated_at >= ?" + ("" if dead else " AND deleted_at IS NULL")
        return self._store.select(SLUG, entity, where, (f"{realm}:", f"{realm};", since))

    def get(self, realm: str, entity: str, object_id: Any) -> Body:
        """A live object; Fault 610 when there is none."""
        found = self._store.get(SLUG, entity, f"{realm}:{object_id}")
        if found is None or found["deleted_at"]:
            raise Fault("610", f"Object Not Found : Something you're trying to use has been made inactive. {object_id}")
        return found

    # Writing, as the API does it

    def create(self, realm: str, entity: str, body: Body, *, duplicates: bool = False) -> Body:
        """A new object. duplicates: allow a document number that is in use."""
        made = self._checked(realm, entity, body)
        self._refuse_missing(entity, made)
        made |= {"realm": realm, "Id": self._store_id(realm, entity), "SyncToken": "0"}
        if ENTITIES[entity].names:
            made.setdefault("Active", True)
        return self._finish(realm, entity, made, None, duplicates=duplicates)

    def update(self, realm: str, entity: str, body: Body, *, duplicates: bool = False) -> Body:
        """A full update clears what the body leaves out; a sparse one keeps it."""
        before = self._current(realm, entity, body)
        given = self._checked(realm, entity, {k: v for k, v in body.items() if k not in ("sparse", "SyncToken", "Id")})
        cleared = {name for name, value in body.items() if money.clean(value) is None}
        if body.get("sparse") is True:
            kept = {name: value for name, value in before.items() if name not in cleared}
        else:
            own = ENTITIES[entity].computed | KEPT | {"Id", "MetaData", "SyncToken", "Active"}
            kept = {name: value for name, value in before.items() if name in own}
        after = {**kept, **given}
        self._refuse_missing(entity, after)
        return self._finish(realm, entity, after, before, duplicates=duplicates)

    def delete(self, realm: str, entity: str, body: Body) -> Body:
        """A transaction goes away; its tombstone stays for CDC."""
        if ENTITIES[entity].names:
            raise Fault("2010", f"{entity} cannot be deleted; set Active to false", element="operation")
        before = self._current(realm, entity, body)
        dead = self._touch({**before, "deleted_at": stamp(self._now())})
        self._store.put(SLUG, entity, dead)
        self.tell(realm, entity, before["Id"], "deleted")
        if entity == "Invoice":
            for payment in self._paying(realm, before["Id"]):
                self._release(realm, payment, before["Id"])
        self._ripple(realm, entity, before, None)
        return dead

    def void(self, realm: str, entity: str, body: Body) -> Body:
        """A zeroed transaction that stays."""
        before = self._current(realm, entity, body)
        note = str(before.get("PrivateNote") or "")
        after = {**before, "PrivateNote": f"Voided - {note}" if note else "Voided", "TotalAmt": 0.0}
        if entity == "Payment":
            after |= {"Line": [], "UnappliedAmt": 0.0}
        else:
            after |= {"Balance": 0.0, "LinkedTxn": [], "TxnTaxDetail": {"TotalTax": 0.0, "TaxLine": []}}
            after["Line"] = [money.zeroed(line) for line in before.get("Line", [])]
        self._save(realm, entity, after, before, verb="voided")
        if entity == "Invoice":
            for payment in self._paying(realm, before["Id"]):
                self._release(realm, payment, before["Id"])
        self._ripple(realm, entity, before, after)
        return self.get(realm, entity, before["Id"])

    # Writing, as a person does it in QuickBooks itself

    def edit(self, realm: str, entity: str, object_id: str, values: Body, remove: list[str]) -> Body:
        """Change an object as it is wanted, rules apart; figures follow from its lines."""
        before = self._store.get(SLUG, entity, f"{realm}:{object_id}")
        if before is None:
            raise KeyError(object_id)
        after = {name: value for name, value in {**before, **values}.items() if name not in remove}
        return self._finish(realm, entity, after, before, duplicates=True, strict=False)

    def merge(self, realm: str, kept_id: str, lost_id: str) -> Body:
        """One customer takes over what the other one owes and paid; the other becomes inactive."""
        kept, lost = self.get(realm, "Customer", kept_id), self.get(realm, "Customer", lost_id)
        for entity in ("Invoice", "Payment"):
            for one in self._of(realm, entity, lost_id):
                ref = {"value": kept_id, "name": kept["DisplayName"]}
                self._store.put(SLUG, entity, self._touch({**one, "CustomerRef": ref}))
        gone = {"Active": False, "Balance": 0.0, "SyncToken": str(int(lost["SyncToken"]) + 1)}
        self._store.put(SLUG, "Customer", self._touch({**lost, **gone}))
        self._owe(realm, kept_id)
        self.tell(realm, "Customer", kept_id, "merged", lost_id)
        return self.get(realm, "Customer", kept_id)

    # Inside: one object

    def _store_id(self, realm: str, entity: str) -> str:
        return str(self._store.next_number(SLUG, f"id:{realm}:{entity}"))

    def _current(self, realm: str, entity: str, body: Body) -> Body:
        before = self.get(realm, entity, body.get("Id"))
        if body.get("SyncToken") in (None, ""):
            raise Fault("2020", "Required parameter SyncToken is missing in the request", element="SyncToken")
        if str(body["SyncToken"]) != before["SyncToken"]:
            raise Fault("5010", STALE)
        return before

    def _checked(self, realm: str, entity: str, body: Body) -> Body:
        """What a caller may set, cleaned; Fault when something of it is wrong."""
        spec = ENTITIES[entity]
        for name in body:
            if name not in spec.fields:
                raise Fault("2010", f"Property Name:{name} specified is unsupported or invalid", element=name)
        own = spec.computed | {"Id", "SyncToken", "MetaData", "sparse", "domain", "status"}
        given = {name: money.clean(value) for name, value in body.items() if name not in own}
        given = {name: value for name, value in given.items() if value is not None}
        for name, longest in spec.longest.items():
            if len(str(given.get(name, ""))) > longest:
                raise Fault("2050", f"String length specified exceeds max of {longest} characters", element=name)
        for name, target in spec.refs.items():
            self._check_ref(realm, given, name, target)
        for line in given.get("Line", []):
            for name, target in DETAIL_REFS.get(line.get("DetailType", ""), {}).items():
                self._check_ref(realm, line.get(line["DetailType"]) or {}, name, target)
        return given

    def _check_ref(self, realm: str, holder: Body, name: str, target: str) -> None:
        ref = holder.get(name)
        if ref is None:
            return
        value = ref.get("value") if isinstance(ref, dict) else None
        found = self._store.get(SLUG, target, f"{realm}:{value}")
        if found is None:
            raise Fault("2500", f"Invalid Reference Id : {name} {value} does not exist", element=name)
        if found.get("Active") is False:
            raise Fault("610", f"Object Not Found : Something you're trying to use has been made inactive. {name}")
        label = found.get("DisplayName") or found.get("FullyQualifiedName") or found.get("Name")
        holder[name] = {**ref, "value": str(value)} | ({} if name in NAMELESS else {"name": label})

    def _refuse_missing(self, entity: str, body: Body) -> None:
        for name in ENTITIES[entity].required:
            if body.get(name) in (None, "", []):
                raise Fault("2020", f"Required parameter {name} is missing in the request", element=name)

    def _finish(
        self, realm: str, entity: str, after: Body, before: Body | None, *, duplicates: bool, strict: bool = True
    ) -> Body:
        """Rules and figures of the whole object, then everything that follows from it elsewhere."""
        if entity in PEOPLE:
            self._name(realm, entity, after)
        if entity in LINES:
            if strict:
                for line in after["Line"]:
                    money.check_line(line)
            self._number(realm, entity, after, duplicates)
            side = "Sales" if entity == "Invoice" else "Purchase"
            money.settle(after, LINES[entity], lambda code: self._rates(realm, code, side))
            if entity != "Purchase":
                after["Balance"] = after["TotalAmt"]
        if entity == "Payment":
            self._allocate(realm, after, before)
        if entity not in PEOPLE and not ENTITIES[entity].names:
            after.setdefault("TxnDate", self._now().astimezone(PACIFIC).date().isoformat())
            after.setdefault("CurrencyRef", {"value": "CAD", "name": "Canadian Dollar"})
        self._save(realm, entity, after, before)
        self._ripple(realm, entity, before, after)
        return self.get(realm, entity, after["Id"])

    def _save(self, realm: str, entity: str, after: Body, before: Body | None, verb: str = "updated") -> None:
        after["SyncToken"] = str(int(before["SyncToken"]) + 1) if before else "0"
        self._store.put(SLUG, entity, self._touch(after | {"realm": realm, "id": f"{realm}:{after['Id']}"}))
        self.tell(realm, entity, after["Id"], verb if before else "created")

    def _touch(self, body: Body) -> Body:
        now = self._now().replace(microsecond=0)
        created = (body.get("MetaData") or {}).get("CreateTime") or pacific(now)
        meta = {"CreateTime": created, "LastUpdatedTime": pacific(now)}
        return {"deleted_at": None, **body, "MetaData": meta, "updated_at": stamp(now)}

    # Inside: the rules of each entity

    def _name(self, realm: str, entity: str, body: Body) -> None:
        name = " ".join(str(body["DisplayName"]).split())
        if longest := self._setting("truncate_display_name"):
            name = name[: int(longest)].rstrip()
        recase = self._setting("recase")
        name = {"upper": name.upper, "lower": name.lower, "title": name.title}.get(recase, lambda: name)()
        for other in PEOPLE:
            for one in self.every(realm, other):
                same = (other, one["Id"]) == (entity, body["Id"])
                if not same and one["DisplayName"].casefold() == name.casefold():
                    raise Fault("6240", f"{TAKEN} Id={one['Id']}")
        body["DisplayName"] = name
        if entity == "Customer":
            body |= {"FullyQualifiedName": name, "PrintOnCheckName": body.get("PrintOnCheckName") or name}
            body.setdefault("Balance", 0.0)

    def _number(self, realm: str, entity: str, body: Body, duplicates: bool) -> None:
        if entity == "Invoice" and not body.get("DocNumber") and not self._setting("custom_txn_numbers"):
            body["DocNumber"] = str(1000 + self._store.next_number(SLUG, f"number:{realm}"))
        if duplicates or not body.get("DocNumber") or not self._setting("warn_duplicate_numbers"):
            return
        for one in self.every(realm, entity):
            if one["Id"] != body["Id"] and one.get("DocNumber") == body["DocNumber"]:
                raise Fault("6140", f"Duplicate Document Number Error : DocNumber={one['DocNumber']} TxnId={one['Id']}")

    def _rates(self, realm: str, code: str, side: str) -> list[tuple[str, Decimal]]:
        found = self._store.get(SLUG, "TaxCode", f"{realm}:{code}") or {}
        details = (found.get(f"{side}TaxRateList") or {}).get("TaxRateDetail", [])
        ids = [one["TaxRateRef"]["value"] for one in details]
        return [(one, Decimal(str(self.get(realm, "TaxRate", one)["RateValue"]))) for one in ids]

    def _allocate(self, realm: str, payment: Body, before: Body | None) -> None:
        total, applied = money.decimal(payment["TotalAmt"], "TotalAmt"), Decimal(0)
        own = money.applied(before) if before else {}
        for invoice_id, amount in money.applied(payment).items():
            invoice = self._store.get(SLUG, "Invoice", f"{realm}:{invoice_id}")
            if invoice is None or invoice["deleted_at"]:
                raise Fault("2500", f"Invalid Reference Id : TxnId {invoice_id}", element="Line.LinkedTxn.TxnId")
            if invoice["CustomerRef"]["value"] != payment["CustomerRef"]["value"]:
                raise Fault("6000", "The linked transaction belongs to another customer.", element="CustomerRef")
            if amount > Decimal(str(invoice["Balance"])) + own.get(invoice_id, Decimal(0)):
                raise Fault("6000", "The amount applied is more than the open balance of the invoice.", element="Line")
            applied += amount
        if applied > total:
            raise Fault("6000", "The amount applied is more than the payment.", element="Line")
        payment |= {"TotalAmt": money.out(total), "UnappliedAmt": money.out(total - applied)}
        payment.setdefault("DepositToAccountRef", {"value": "4"})

    # Inside: what follows elsewhere

    def _paying(self, realm: str, invoice_id: str) -> list[Body]:
        return [one for one in self.every(realm, "Payment") if invoice_id in money.applied(one)]

    def _release(self, realm: str, payment: Body, invoice_id: str) -> None:
        lines = [line for line in payment["Line"] if invoice_id not in money.applied({"Line": [line]})]
        freed = money.applied(payment)[invoice_id]
        after = {**payment, "Line": lines, "UnappliedAmt": money.out(Decimal(str(payment["UnappliedAmt"])) + freed)}
        self._save(realm, "Payment", after, payment)

    def _ripple(self, realm: str, entity: str, before: Body | None, after: Body | None) -> None:
        """Balances of the invoices and customers that a write bears on."""
        customers = {one["CustomerRef"]["value"] for one in (before, after) if one and "CustomerRef" in one}
        if entity == "Payment":
            touched = {key: None for one in (before, after) if one for key in money.applied(one)}
            for invoice_id in touched:
                self._rebalance(realm, invoice_id)
        elif entity == "Invoice" and after is not None:
            self._rebalance(realm, after["Id"], quiet=True)
        if entity in ("Invoice", "Payment"):
            for customer_id in customers:
                self._owe(realm, customer_id)

    def _rebalance(self, realm: str, invoice_id: str, *, quiet: bool = False) -> None:
        invoice = self._store.get(SLUG, "Invoice", f"{realm}:{invoice_id}")
        if invoice is None or invoice["deleted_at"]:
            return
        payments = self._paying(realm, invoice_id)
        paid = sum((money.applied(one)[invoice_id] for one in payments), Decimal(0))
        links = [{"TxnId": one["Id"], "TxnType": "Payment"} for one in payments]
        after = {**invoice, "Balance": money.out(Decimal(str(invoice["TotalAmt"])) - paid), "LinkedTxn": links}
        if quiet:
            self._store.put(SLUG, "Invoice", after)
        else:
            self._save(realm, "Invoice", after, invoice)

    def _owe(self, realm: str, customer_id: str) -> None:
        """A customer's balance moves its time of change, not its SyncToken."""
        customer = self._store.get(SLUG, "Customer", f"{realm}:{customer_id}")
        if customer is None:
            return
        owed = sum((Decimal(str(one["Balance"])) for one in self._of(realm, "Invoice", customer_id)), Decimal(0))
        free = sum((Decimal(str(one["UnappliedAmt"])) for one in self._of(realm, "Payment", customer_id)), Decimal(0))
        if money.out(owed - free) != customer.get("Balance"):
            self._store.put(SLUG, "Customer", self._touch({**customer, "Balance": money.out(owed - free)}))

    def _of(self, realm: str, entity: str, customer_id: str) -> list[Body]:
        return [one for one in self.every(realm, entity) if one["CustomerRef"]["value"] == customer_id]
