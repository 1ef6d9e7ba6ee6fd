"""Reading Square."""

from decimal import Decimal

import pytest

from connectors.base.errors import Malformed, Misconfigured, NotFound, RepeatedCursor, Unreadable
from connectors.square.connector import Square
from tests.connectors.support import read


def test_everything_is_read_with_what_follows_from_it(square):
    customers, cursor, _ = read(square, "customers")
    assert len(customers) == 12
    assert {"Café L’Étincelle inc.", "Aurélie Bouchard"} <= {one["_name"] for one in customers.values()}
    assert set(cursor) == {"since", "mark", "location", "at"} and cursor["since"]
    invoices, _, _ = read(square, "invoices")
    assert {one["_status"] for one in invoices.values()} == {"draft", "sent", "partial", "paid"}
    assert {one["location_id"] for one in invoices.values()} == {"LPLATEAU0001", "LLAVAL000002"}
    payments, _, _ = read(square, "payments")
    assert {one["_status"] for one in payments.values()} == {"cleared", "failed", "refunded", "partially_refunded"}
    assert {one["_method"] for one in payments.values()} == {"card", "cash", "interac"}
    assert {one["location_id"] for one in payments.values()} == {"LPLATEAU0001", "LLAVAL000002"}
    refunds, _, _ = read(square, "refunds")
    assert {one["payment_id"] for one in refunds.values()} <= set(payments)


def test_an_invoice_has_lines_taxes_and_totals_of_its_order(square):
    invoices, _, _ = read(square, "invoices")
    raw = next(one for one in invoices.values() if one["_status"] == "partial")
    lines = Square.resource("invoices").codecs["lines"].decode(raw["_lines"])
    taxes = Square.resource("invoices").codecs["taxes"].decode(raw["_taxes"])
    assert sum(one["subtotal"] for one in lines) == Decimal(raw["_subtotal"])
    assert {one["name"]: one["rate"] for one in taxes} == {"TPS": 5, "TVQ": Decimal("9.975")}
    assert sum(one["amount"] for one in taxes) == Decimal(raw["_total_tax"])
    assert Decimal(raw["_total"]) == Decimal(raw["_subtotal"]) + Decimal(raw["_total_tax"])
    assert 0 < Decimal(raw["_balance"]) < Decimal(raw["_total"])


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
@pytest.mark.parametrize("kind", ["customer", "payment"])
def test_pages_end_where_the_provider_says(square, simulator, kind, count, pages):
    simulator.empty("square")
    simulator.provider("square").limit(None, 1)
    simulator.create("location", slug="square", id="LPLATEAU0001", name="Seul")
    simulator.seed(kind, count, slug="square")
    found, _, read_pages = read(square, f"{kind}s", size=10)
    assert (len(found), read_pages) == (count, pages)


@pytest.mark.parametrize("resource", ["customers", "payments", "refunds", "invoices"])
def test_a_pull_goes_on_from_any_page(square, resource):
    whole, _, _ = read(square, resource, size=2)
    assert len(whole) >= 3
    for skip in (1, 2):
        early, cursor = {}, None
        walk = square.pull(resource, None, page_size=2)
        for _ in range(skip):
            page = next(walk)
            early |= {one["id"]: one for one in page.records}
            cursor = page.cursor
        rest, following, _ = read(square, resource, cursor, size=2)
        assert early | rest == whole
        assert following["since"]


def test_changes_come_with_the_next_pass(square, simulator):
    customers, cursor, _ = read(square, "customers")
    one = next(iter(customers))
    simulator.edit("customer", one, slug="square", given_name="Renée-Ève")
    made = simulator.create("customer", slug="square", company_name="Neuf inc.")
    found, cursor, _ = read(square, "customers", cursor)
    assert set(found) == {one, made["id"]}
    assert found[one]["given_name"] == "Renée-Ève"
    assert Square.resource("customers").version(found[one]) == "1"
    simulator.advance(3600)
    simulator.edit("customer", one, slug="square", family_name="Plus tard")
    assert one in read(square, "customers", cursor)[0]


def test_a_payment_and_its_invoice_move_together(square, simulator):
    invoices, of_invoices, _ = read(square, "invoices")
    _, of_payments, _ = read(square, "payments")
    due = next(one for one in invoices.values() if one["_status"] == "sent")
    simulator.act("square", "pay_invoice", id=due["id"])
    found = read(square, "invoices", of_invoices)[0]
    assert list(found) == [due["id"]]
    assert (found[due["id"]]["_status"], found[due["id"]]["_balance"]) == ("paid", "0")
    [payment] = read(square, "payments", of_payments)[0].values()
    assert (payment["total_money"]["amount"], payment["_status"]) == (int(Decimal(due["_total"]) * 100), "cleared")
    assert Decimal(payment["_fee"]) > 0


def test_a_refund_changes_its_payment(square, simulator):
    payments, cursor, _ = read(square, "payments")
    _, of_refunds, _ = read(square, "refunds")
    whole = next(one for one in payments.values() if one["_status"] == "cleared")
    simulator.create("refund", slug="square", payment_id=whole["id"], amount_money={"amount": 1234, "currency": "CAD"})
    after = read(square, "payments", cursor)[0][whole["id"]]
    assert (after["_status"], after["refunded_money"]["amount"]) == ("partially_refunded", 1234)
    [refund] = read(square, "refunds", of_refunds)[0].values()
    assert (refund["amount_money"]["amount"], refund["payment_id"]) == (1234, whole["id"])


def test_a_refused_card_is_a_failed_payment(square):
    failed = [one for one in read(square, "payments")[0].values() if one["_status"] == "failed"]
    assert {one["_failure_reason"] for one in failed} == {"Card declined."}


def test_deletions_and_merges_are_seen_among_the_events_when_wanted(connect, simulator):
    square = connect(config={"read_events": "oui"})
    customers, cursor, _ = read(square, "customers")
    gone, merged, kept = list(customers)[:3]
    simulator.delete("customer", gone, slug="square")
    simulator.act("square", "merge_customers", id=merged, into=kept)
    found, cursor, _ = read(square, "customers", cursor)
    deleted = Square.resource("customers").is_deleted
    assert {key for key, one in found.items() if deleted(one)} == {gone, merged}
    assert not deleted(found[kept])
    told = Square.resource("customers").merged_into
    assert (told(found[merged]), told(found[gone]), told(found[kept])) == (kept, "", "")
    simulator.configure("square", events_enabled=False)
    with pytest.raises(Misconfigured):
        read(square, "customers", cursor)


def test_without_the_events_a_deleted_customer_is_not_found(square, simulator):
    customers, cursor, _ = read(square, "customers")
    gone = next(iter(customers))
    simulator.delete("customer", gone, slug="square")
    assert read(square, "customers", cursor)[0] == {}
    with pytest.raises(NotFound, match="supprimé"):
        square.fetch("customers", gone)


def test_a_period_narrows_payments(square):
    whole, _, _ = read(square, "payments")
    dates = {"date_from": "2026-04-01", "date_to": "2026-04-10"}
    some, _, _ = read(square, "payments", filters=dates)
    assert 0 < len(some) < len(whole)
    assert all("2026-04-01" <= one["created_at"] <= "2026-04-11T05" for one in some.values())
    with pytest.raises(Misconfigured, match="filtrer"):
        read(square, "customers", filters=dates)
    with pytest.raises(Misconfigured, match="période"):
        read(square, "payments", filters={"date_from": "hier"})


def test_a_payment_of_years_ago_is_read_too(square, simulator):
    made = simulator.create("payment", slug="square", amount=100)
    simulator.edit("payment", made["id"], slug="square", created_at="2021-01-01T00:00:00.000Z")
    assert made["id"] in read(square, "payments")[0]


def test_a_cursor_that_is_too_old_starts_the_walk_again(square, simulator):
    walk = square.pull("customers", None, page_size=5)
    early = {one["id"] for one in next(walk).records}
    simulator.advance(16 * 60)
    rest = {one["id"] for page in walk for one in page.records}
    assert len(early | rest) == 12


def test_a_list_that_never_ends_is_left(square, simulator):
    for resource, path in (("invoices", "/v2/invoices"), ("customers", "/v2/customers"), ("payments", "/v2/payments")):
        simulator.fault("repeated_cursor", path, times=None, slug="square")
        with pytest.raises(RepeatedCursor, match="deux fois la même page"):
            read(square, resource)


def test_half_an_answer_is_tried_again_and_another_form_is_told(square, simulator):
    simulator.fault("truncated", "/v2/customers", slug="square")
    assert len(read(square, "customers")[0]) == 12
    simulator.fault("truncated", "/v2/customers", times=None, slug="square")
    with pytest.raises(Unreadable):
        read(square, "customers")
    simulator.clear_faults("square")
    simulator.fault("missing_field", "/v2/customers", slug="square", field="id")
    page = next(square.pull("customers", None, page_size=100))
    assert len(page.records) == 12
    with pytest.raises(Malformed):
        Square.resource("customers").remote_id(page.records[0])


def test_another_seller_is_another_world(connect):
    other = connect(key="EAAAl-demo-lacoste-peinture")
    assert other.check().name == "Lacoste Peinture inc."
    assert len(read(other, "customers")[0]) == 5
    assert [one.label for one in other.options("location")] == ["Atelier de Longueuil"]
    with pytest.raises(Misconfigured):
        other.options("licornes")


@pytest.mark.parametrize("resource", Square.resources, ids=lambda resource: resource.name)
def test_declarations_hold_together_and_every_demonstration_object_is_read(square, resource):
    names = {other.name for other in Square.resources}
    assert set(resource.depends_on) <= names and resource.create_guard == "key"
    assert ("act" in resource.capabilities) == bool(resource.acts)
    for raw in read(square, resource.name)[0].values():
        for one in resource.mappings:
            assert one.local.startswith(f"{resource.record}.")
            value = raw
            for step in one.remote.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if one.codec:
                resource.codecs[one.codec].decode(value)
            if one.values:
                assert value in one.values
            if one.required:
                assert value
