"""Reading by query: in order of change, over pages that shift, with deletions that nobody lists."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sage import quirks
from connectors.sage.connector import Sage
from tests.connectors.sage.conftest import read

INVOICES = Sage.resource("invoices")
DAY = 86400


@pytest.mark.parametrize(("resource", "count"), [("customers", 40), ("invoices", 60)])
def test_everything_is_read_and_invoices_with_their_lines(sage, simulator, resource, count):
    records, _ = read(sage, resource, page_size=25)
    assert len(records) == count
    made = [one["method"] for one in simulator.requests("sage") if "oauth2" not in one["path"]]
    assert made.count("POST") == -(-count // 25)
    # A page starts at the last second of the one before.
    assert made.count("GET") == (count + 2 if resource == "invoices" else 0)


def test_a_row_and_the_object_itself_say_the_same(sage):
    row = next(iter(read(sage, "customers")[0].values()))
    whole = sage.fetch("customers", row["key"])
    for one in sage.resource("customers").mappings:
        path = one.remote.split(".")
        values = [row, whole]
        for step in path:
            values = [value.get(step) if isinstance(value, dict) else None for value in values]
        assert values[0] == values[1], one.remote


def test_five_minutes_are_read_again_by_the_providers_clock(sage, simulator):
    simulator.advance(40 * DAY)
    _, cursor = read(sage, "customers")
    now = simulator.provider("sage").clock.now()
    assert 299 <= (now - datetime.fromisoformat(cursor["since"])).total_seconds() <= 303


def test_what_changes_while_it_is_read_is_neither_lost_nor_jumped_over(sage, simulator):
    pages = sage.pull("customers", None, page_size=10)
    first = next(pages)
    for record in first.records[:5]:
        simulator.edit("customer", record["key"], slug="sage", taxId="moved")
    rest = {record["key"] for page in pages for record in page.records}
    keys = {str(one["id"]) for one in simulator.objects("customer", "sage")}
    assert rest | {record["key"] for record in first.records} == keys


def test_many_changes_of_one_second_fill_several_pages(sage, simulator):
    simulator.seed("customer", 35, slug="sage")
    assert len(read(sage, "customers", page_size=10)[0]) == 75


def test_hard_deletions_are_seen_by_a_weekly_comparison(sage, simulator):
    records, cursor = read(sage, "invoices")
    wanted = sorted(records, key=int)[3]
    simulator.act("sage", "purge", kind="invoice", key=wanted)
    simulator.advance(3 * DAY)
    found, cursor = read(sage, "invoices", cursor)
    assert found == {}
    simulator.advance(5 * DAY)
    found, cursor = read(sage, "invoices", cursor)
    assert {key: INVOICES.is_deleted(one) for key, one in found.items()} == {wanted: True}
    simulator.advance(8 * DAY)
    assert read(sage, "invoices", cursor)[0] == {}


def test_a_filtered_pull_takes_nothing_for_deleted(sage, simulator):
    _, cursor = read(sage, "invoices", date_from="2026-05-10", date_to="2026-05-12")
    simulator.advance(9 * DAY)
    assert read(sage, "invoices", cursor, date_from="2026-05-10", date_to="2026-05-12")[0] == {}


def test_dates_limit_what_is_read(sage):
    records, _ = read(sage, "invoices", date_from="2026-05-10", date_to="2026-05-12")
    assert {one["invoiceDate"] for one in records.values()} == {"2026-05-10", "2026-05-11", "2026-05-12"}


def test_an_invoice_that_goes_between_query_and_reading_is_left_out(sage, simulator):
    simulator.fault("error", "/ia/api/v1/objects", slug="sage", status=404)
    assert len(read(sage, "invoices")[0]) == 59


def test_taxes_and_totals_follow_from_the_entries_to_the_cent(sage):
    for raw in read(sage, "invoices")[0].values():
        rows = INVOICES.codecs["taxes"].decode(raw["_taxes"])
        assert [(row["name"], row["rate"]) for row in rows] == [("TPS", Decimal(5)), ("TVQ", Decimal("9.975"))]
        assert sum(row["amount"] for row in rows) == Decimal(raw["_tax"])
        assert Decimal(raw["_subtotal"]) + Decimal(raw["_tax"]) == Decimal(raw["totalTxnAmount"])
        [item] = INVOICES.codecs["lines"].decode(raw["lines"])
        assert (item["tax_code"], item["tax_amount"]) == ("gst_qst", Decimal(raw["_tax"]))


def test_tax_rows_without_entries_still_count_as_tax():
    whole = quirks.complete("invoices", {"totalTxnAmount": "114.98", "lines": [{"txnAmount": "100.00"}]})
    assert (whole["_subtotal"], whole["_tax"], whole["_taxes"]) == ("100.00", "14.98", [])


def test_a_part_paid_invoice_says_so(sage):
    raw = next(one for one in read(sage, "invoices")[0].values() if one["state"] == "partiallyPaid")
    assert Decimal(raw["totalTxnAmountDue"]) == Decimal(raw["totalTxnAmount"]) - 50


@given(st.sets(st.integers(1, 300)))
def test_keys_are_kept_short_and_exact(keys):
    assert quirks.numbers(quirks.ranges(keys)) == keys
    assert quirks.ranges(range(1, 5000)) == "1-4999"


def test_the_lists_of_the_company_are_options(sage):
    accounts = {one.id: one for one in sage.options("account")}
    assert {one: accounts[one].data["kind"] for one in ("4000", "5000", "1200")} == {
        "4000": "revenue", "5000": "expense", "1200": "balance",
    }  # fmt: skip
    assert not accounts["4999"].active
    assert [(one.id, one.label) for one in sage.options("tax_detail")] == [("51", "TPS"), ("52", "TVQ")]
