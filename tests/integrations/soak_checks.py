"""What must be true after a round: object by object, on both sides, and of what was done on the way."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import Count

from integrations.models import Conflict, PushOperation, PushStatus, RecordLink, SyncError
from integrations.records.models import Customer, Event, Invoice, RecordHistory
from tests.integrations.quickbooks import there
from tests.integrations.soak_edits import FIELDS, live
from tests.integrations.soaking import Soak

Bodies = dict[str, dict[str, Any]]


def check(soak: Soak) -> None:
    """Every property; AssertionError names what does not hold."""
    customers = {key: one for key, one in there(soak.fake, "Customer").items() if one["Active"]}
    bills = {key: one for key, one in there(soak.fake, "Invoice").items() if not is_deleted(one)}
    one_object_for_each_record(customers, bills)
    nothing_is_lost(soak, customers, bills)
    both_sides_are_the_same(soak, customers, bills)
    nothing_waits()
    nothing_was_done_twice(soak)
    assert soak.wire.hasty == 0, f"{soak.wire.hasty} requests did not wait as the provider had asked"


def is_deleted(bill: dict[str, Any]) -> bool:
    """Whether an invoice was deleted there."""
    return bool(bill.get("deleted_at")) or bill.get("status") == "Deleted"


def one_object_for_each_record(customers: Bodies, bills: Bodies) -> None:
    """Each living object has one living link to one living record, and the other way round."""
    for resource, model, objects in (("customers", Customer, customers), ("invoices", Invoice, bills)):
        links = dict(live(resource).values_list("remote_id", "record_id"))
        records = set(model.objects.filter(archived_at=None).values_list("pk", flat=True))  # type: ignore[attr-defined]
        living = {remote: record for remote, record in links.items() if remote in objects}
        assert set(living) == set(objects), f"{resource} there without a record: {set(objects) - set(living)}"
        assert sorted(living.values()) == sorted(records), f"{resource}: objects and records are not one to one"


def nothing_is_lost(soak: Soak, customers: Bodies, bills: Bodies) -> None:
    """Every creation and deletion of either side is on both."""
    ledger = soak.people.ledger
    names_here = Counter(Customer.objects.filter(archived_at=None).values_list("name", flat=True))
    names_there = Counter(one["DisplayName"] for one in customers.values())
    assert names_here == names_there, f"here {names_here - names_there}, there {names_there - names_here}"
    assert set(names_here) >= ledger.names, f"customers lost: {ledger.names - set(names_here)}"
    assert not set(names_here) & ledger.gone, f"customers that were deleted are back: {set(names_here) & ledger.gone}"
    memos = Counter(one.get("PrivateNote") for one in bills.values())
    for record, memo in ledger.invoices.items():
        assert memos[memo] == (record not in ledger.deleted), f"invoice {memo} is there {memos[memo]} times"


def both_sides_are_the_same(soak: Soak, customers: Bodies, bills: Bodies) -> None:
    """Fields of both sides, and those that somebody edited as they were edited last."""
    remote = {(link.resource, link.record_id): link.remote_id for link in RecordLink.objects.filter(state="live")}
    for customer in Customer.objects.filter(archived_at=None):
        other = customers[remote["customers", customer.pk]]
        for name, path in FIELDS.items():
            values = (getattr(customer, name), other.get(path) or "")
            wanted = soak.people.ledger.agreed.get((customer.pk, name), values[0])
            assert values == (wanted, wanted), (customer.name, name, values, f"wanted: {wanted}")
    for invoice in Invoice.objects.filter(archived_at=None):
        other = bills[remote["invoices", invoice.pk]]
        ours = (invoice.total, invoice.memo, str(invoice.issue_date), remote.get(("customers", invoice.customer_id)))
        theirs = (Decimal(str(other["TotalAmt"])), other.get("PrivateNote") or "", other["TxnDate"])
        assert ours == (*theirs, other["CustomerRef"]["value"]), f"invoice: {ours} here, {theirs} there"
        assert invoice.pk not in soak.people.ledger.invoices or invoice.total > 0


def nothing_waits() -> None:
    """No write, conflict or error is left."""
    left = list(PushOperation.objects.exclude(status=PushStatus.DONE).values("resource", "status", "message"))
    assert left == [], f"writes that wait: {left}"
    held = list(Conflict.objects.filter(code="field").values())
    assert held == [], f"conflicts that wait: {held}"
    errors = list(SyncError.objects.filter(resolved_at=None).values("resource", "remote_id", "message"))
    assert errors == [], f"objects that were not taken in: {errors}"


def nothing_was_done_twice(soak: Soak) -> None:
    """No value was written again under another key, none came back once it was replaced, no creation was told twice."""
    assert soak.wire.twice() == [], f"written again under another key: {soak.wire.twice()}"
    values: Counter[tuple[Any, ...]] = Counter()
    for record, changes in RecordHistory.objects.filter(kind="customer").values_list("record_id", "changes"):
        values.update((record, name, changes[name][1]) for name in FIELDS if name in changes and changes[name][1])
    back = [value for value, times in values.items() if times > 1]
    assert back == [], f"values that came back after others had replaced them: {back}"
    created = Event.objects.filter(type__endswith=".created").values("type", "record_id").annotate(times=Count("id"))
    assert list(created.filter(times__gt=1)) == [], "a creation was told twice"
