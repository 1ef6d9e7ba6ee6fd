"""Lines, taxes, allocations and divisions: one field of their record."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from integrations.records.children import match_lines
from integrations.records.kinds import KINDS, value_of
from integrations.records.models import Customer, CustomerDivision, Event, InvoiceLine, InvoiceTax, RecordHistory
from tests.records.conftest import SYNC, create, statements, update

pytestmark = pytest.mark.django_db
LINES = KINDS["invoice"].fields["lines"]


def lines_of(record: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = value_of(type(record).objects.get(pk=record.pk), LINES)
    return items


@pytest.fixture
def invoice(customer: Any) -> Any:
    return create(
        "invoice", customer=customer.pk,
        lines=[
            {"description": "Tuyau", "quantity": 2, "subtotal": "20", "remote_ids": {"42": "a"}},
            {"description": "Main-d’œuvre", "subtotal": "100", "remote_ids": {"42": "b"}},
        ],
        taxes=[{"name": "TPS", "rate": "5", "base": "120", "amount": "6"}],
    )  # fmt: skip


def test_lines_are_rows_in_order_and_the_record_shows_them_without_a_query(invoice: Any) -> None:
    with statements() as seen:
        shown = [line.description for line in invoice.lines.all()]
    assert shown == ["Tuyau", "Main-d’œuvre"] and not seen
    assert [item["description"] for item in lines_of(invoice)] == shown
    assert invoice.lines.filter(subtotal__gt=50).get().description == "Main-d’œuvre"
    assert InvoiceTax.objects.get().amount == Decimal("6.00")


def test_the_same_lines_given_again_change_nothing(invoice: Any) -> None:
    before = lines_of(invoice)
    without_ids = [{key: value for key, value in item.items() if key not in ("id", "remote_ids")} for item in before]
    assert update(invoice, lines=without_ids).action == "unchanged"
    assert update(invoice, lines=before).action == "unchanged"
    assert lines_of(invoice) == before


def test_one_edited_line_rewrites_that_row_only(invoice: Any) -> None:
    first, second = lines_of(invoice)
    with statements() as seen:
        applied = update(invoice, SYNC, lines=[first, {**second, "subtotal": "110"}])
    assert applied.changed.keys() == {"lines"} and applied.version == 2
    assert lines_of(invoice) == [first, {**second, "subtotal": Decimal("110.00")}]
    (written,) = [sql for sql in seen if "invoiceline" in sql and sql.startswith("INSERT")]
    assert len(json.loads(written.params[0])) == 1
    assert not [sql for sql in seen if sql.startswith("DELETE")]
    assert applied.record.provenance["lines"]["by"] == "integration:42"


def test_lines_can_be_added_moved_and_removed(invoice: Any) -> None:
    _first, second = lines_of(invoice)
    update(invoice, lines=[second, {"description": "Frais", "subtotal": "5"}])
    moved, added = lines_of(invoice)
    assert moved == second and added["description"] == "Frais"
    assert InvoiceLine.objects.count() == 2
    update(invoice, lines=[])
    assert lines_of(invoice) == [] and not InvoiceLine.objects.exists()
    changes = RecordHistory.objects.filter(record_id=invoice.pk).values_list("changes", flat=True)
    assert [len(row["lines"][1]) for row in changes] == [0, 2, 2]


def test_a_line_is_recognised_by_its_remote_id_and_keeps_those_of_other_systems(invoice: Any) -> None:
    first, second = lines_of(invoice)
    update(invoice, lines=[{"description": "Tuyau", "remote_ids": {"99": "z"}}, second])
    update(
        invoice,
        lines=[{"description": "B", "remote_ids": {"42": "b"}}, {"description": "A", "remote_ids": {"42": "a"}}],
    )
    new_first, new_second = lines_of(invoice)
    assert (new_first["id"], new_first["remote_ids"]) == (second["id"], {"42": "b"})
    assert (new_second["id"], new_second["remote_ids"]) == (first["id"], {"42": "a", "99": "z"})


def test_two_lines_that_one_system_tells_apart_are_never_taken_for_one() -> None:
    old = [{"id": uuid4(), "description": "A", "remote_ids": {"42": "a"}}]
    (new,) = match_lines(old, [{"description": "A", "remote_ids": {"42": "other"}}])
    assert new["id"] != old[0]["id"] and new["remote_ids"] == {"42": "other"}


def test_a_line_id_of_another_record_is_never_taken_over(invoice: Any, customer: Any) -> None:
    stolen = lines_of(invoice)[0]
    other = create("invoice", customer=customer.pk, lines=[{"id": stolen["id"], "description": "Copie"}])
    assert lines_of(other)[0]["id"] != stolen["id"]
    assert lines_of(invoice)[0] == stolen


def test_a_customer_has_several_divisions_and_each_once() -> None:
    a, b, c = (create("division", code=code, name=code).pk for code in "abc")
    customer = create("customer", name="X", divisions=[b, a, a])
    info = KINDS["customer"].fields["divisions"]
    assert value_of(Customer.objects.get(), info) == sorted([a, b])
    assert update(customer, divisions=[a, b]).action == "unchanged"
    with statements() as seen:
        applied = update(customer, divisions=[b, c])
    assert applied.changed["divisions"] == (sorted([a, b]), sorted([b, c]))
    assert len([sql for sql in seen if "customerdivision" in sql]) == 3  # read, delete, insert
    assert set(CustomerDivision.objects.values_list("division_id", flat=True)) == {b, c}
    assert Customer.objects.filter(divisions__division=c).get() == customer


def test_allocations_tell_which_invoice_a_payment_pays(invoice: Any) -> None:
    payment = create("payment", amount="20", allocations=[{"invoice": invoice.pk, "amount": "20"}])
    assert invoice.allocations.get().payment == payment
    sent = Event.objects.filter(type="invoice.created").get().payload["record"]
    assert [line["description"] for line in sent["lines"]] == ["Tuyau", "Main-d’œuvre"]
