"""Reading QuickBooks: everything first, then what changed."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.base.errors import Malformed, Misconfigured, NotFound
from connectors.quickbooks import reading
from connectors.quickbooks.connector import QuickBooks
from connectors.quickbooks.reading import format_instant
from tests.connectors.quickbooks.conftest import PLUMBING, ROOFING, read

COUNTS = {"customers": 30, "invoices": 25, "payments": 14, "purchases": 8, "bills": 6}


def asked(simulator, path="/query"):
    return [one for one in simulator.requests("quickbooks") if one["path"].endswith(path)]


@pytest.mark.parametrize(("resource", "count"), list(COUNTS.items()))
def test_the_first_pull_reads_everything(quickbooks, resource, count):
    records, cursor, pages = read(quickbooks, resource)
    assert (len(records), pages) == (count, 1)
    assert cursor["mode"] == "changes"
    json.dumps([records, cursor])


@pytest.mark.parametrize("size", [1, 7, 10, 30])
def test_pages_of_any_size_hold_everything_once_or_twice(quickbooks, size):
    records, _, pages = read(quickbooks, "customers", size=size)
    assert len(records) == 30
    assert pages <= 62


def test_inactive_customers_are_read_as_deleted(quickbooks):
    records, _, _ = read(quickbooks, "customers")
    resource = QuickBooks.resource("customers")
    assert [resource.is_deleted(raw) for raw in records.values()].count(True) == 1


def test_each_company_has_its_own_books(connect):
    records, _, _ = read(connect(ROOFING), "invoices")
    assert len(records) == 8


def test_a_pull_goes_on_after_any_page(quickbooks):
    pages = list(quickbooks.pull("invoices", None, page_size=10))
    rest, _, _ = read(quickbooks, "invoices", json.loads(json.dumps(pages[0].cursor)), size=10)
    assert {raw["Id"] for raw in pages[0].records} | set(rest) == {str(number) for number in range(1, 26)}


def test_rows_that_change_during_a_pull_hide_no_others(quickbooks, simulator):
    seen = set()
    for page in quickbooks.pull("customers", None, page_size=5):
        seen |= {raw["Id"] for raw in page.records}
        if len(seen) <= 10:
            # The row goes to the end of the list, and all that follow move up by one place.
            simulator.edit("Customer", page.records[0]["Id"], GivenName="Changé", slug="quickbooks")
    assert seen == {str(number) for number in range(1, 31)}


def test_many_rows_of_one_second_do_not_stop_the_walk(quickbooks, simulator):
    fake = simulator.provider("quickbooks")
    for body in fake.store.select("quickbooks", "Customer"):
        body |= {"updated_at": "2026-05-01T12:00:00.000Z"}
        body["MetaData"] = {**body["MetaData"], "LastUpdatedTime": "2026-05-01T05:00:00-07:00"}
        fake.store.put("quickbooks", "Customer", body)
    records, _, pages = read(quickbooks, "customers", size=7)
    assert len(records) == 30
    assert pages <= 6


def test_then_only_changes_are_read_by_cdc(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "customers")
    _, cursor, _ = read(quickbooks, "customers", cursor)
    simulator.forget_requests("quickbooks")
    simulator.edit("Customer", "3", GivenName="Léo", slug="quickbooks")
    records, after, pages = read(quickbooks, "customers", cursor)
    assert (set(records), pages) == ({"3"}, 1)
    assert [one["path"] for one in simulator.requests("quickbooks")] == [f"/v3/company/{PLUMBING}/cdc"]
    assert after["since"] >= cursor["since"]


def test_a_change_is_seen_even_when_it_is_listed_late(quickbooks, simulator):
    simulator.edit("Customer", "3", GivenName="Léo", slug="quickbooks")
    _, cursor, _ = read(quickbooks, "customers")
    records, _, _ = read(quickbooks, "customers", cursor)
    assert set(records) == {"3"}
    simulator.advance(600)
    _, cursor, _ = read(quickbooks, "customers", cursor)
    assert read(quickbooks, "customers", cursor)[0] == {}


def test_deletions_and_voids_arrive_like_changes(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "invoices")
    simulator.delete("Invoice", "22", "quickbooks")
    simulator.act("quickbooks", "void", kind="Invoice", id="21")
    records, _, _ = read(quickbooks, "invoices", cursor)
    resource = QuickBooks.resource("invoices")
    assert resource.is_deleted(records["22"]) and resource.remote_id(records["22"]) == "22"
    assert not resource.is_deleted(records["21"])
    assert (records["21"]["_status"], records["21"]["TotalAmt"]) == ("void", "0.0")


def test_a_deactivated_customer_arrives_as_deleted_and_comes_back(quickbooks, simulator):
    resource = QuickBooks.resource("customers")
    _, cursor, _ = read(quickbooks, "customers")
    simulator.edit("Customer", "5", Active=False, slug="quickbooks")
    assert resource.is_deleted(read(quickbooks, "customers", cursor)[0]["5"])
    simulator.edit("Customer", "5", Active=True, slug="quickbooks")
    assert not resource.is_deleted(read(quickbooks, "customers", cursor)[0]["5"])


def test_more_changes_than_cdc_tells_are_read_by_query(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "customers")
    simulator.seed("Customer", 1200, "quickbooks")
    simulator.edit("Customer", "2", GivenName="Après", slug="quickbooks")
    cursor["since"] = format_instant(datetime.now(UTC) - timedelta(days=1))
    simulator.forget_requests("quickbooks")
    records, after, _ = read(quickbooks, "customers", cursor, size=500)
    assert len(records) == 1201
    assert after["mode"] == "changes"
    assert len(asked(simulator, "/cdc")) == 2 and len(asked(simulator)) >= 3


def test_a_deletion_among_more_changes_than_cdc_tells_is_seen(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "invoices")
    simulator.seed("Invoice", 1100, "quickbooks")
    simulator.delete("Invoice", "22", "quickbooks")
    cursor["since"] = format_instant(datetime.now(UTC) - timedelta(days=1))
    records, _, _ = read(quickbooks, "invoices", cursor)
    assert len(records) == 1101
    assert QuickBooks.resource("invoices").is_deleted(records["22"])


def test_a_company_not_read_for_a_month_is_read_again_whole(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "payments")
    cursor["since"] = format_instant(datetime.now(UTC) - timedelta(days=30))
    simulator.forget_requests("quickbooks")
    records, _, _ = read(quickbooks, "payments", cursor)
    assert len(records) == 14
    assert asked(simulator, "/cdc") == []


def test_changes_come_in_pages_too_and_resume_from_the_same_point(quickbooks, simulator):
    _, cursor, _ = read(quickbooks, "customers")
    for number in range(1, 6):
        simulator.edit("Customer", str(number), GivenName="Léo", slug="quickbooks")
    pages = list(quickbooks.pull("customers", cursor, page_size=2))
    assert [len(page.records) for page in pages] == [2, 2, 1]
    assert set(read(quickbooks, "customers", pages[0].cursor)[0]) == {"1", "2", "3", "4", "5"}


def test_dates_limit_what_is_read_by_query_and_by_cdc(quickbooks, simulator):
    dates = {"date_from": "2026-05-01", "date_to": "2026-05-31"}
    records, cursor, _ = read(quickbooks, "invoices", filters=dates)
    assert {raw["TxnDate"][:7] for raw in records.values()} == {"2026-05"}
    inside = next(iter(records))
    for number in ("25", inside):
        simulator.edit("Invoice", number, PrivateNote="x", slug="quickbooks")
    simulator.delete("Invoice", "24", "quickbooks")
    assert set(read(quickbooks, "invoices", cursor, filters=dates)[0]) == {inside, "24"}
    with pytest.raises(Misconfigured, match="filtrer"):
        read(quickbooks, "customers", filters=dates)


def test_amounts_keep_every_digit(quickbooks, script, connect):
    assert all(isinstance(raw["TotalAmt"], str) for raw in read(quickbooks, "payments")[0].values())
    body = b'{"Invoice": {"Id": "1", "TotalAmt": 1379.70, "Balance": 0, "TxnTaxDetail": {"TotalTax": 0.10}}}'
    script.then_answer(200, body)
    there = connect(tokens=quickbooks.tokens.current())
    there.connection = quickbooks.connection.__class__("simulator", {}, {}, {"api": script.url}, account_id=PLUMBING)
    raw = there.fetch("invoices", "1")
    assert (raw["TotalAmt"], raw["Balance"], raw["_subtotal"]) == ("1379.70", 0, "1379.60")


def test_one_object_is_fetched_and_one_that_is_gone_is_told(quickbooks, simulator):
    raw = quickbooks.fetch("invoices", "1")
    assert (raw["Id"], raw["_status"]) == ("1", "paid")
    simulator.delete("Invoice", "22", "quickbooks")
    with pytest.raises(NotFound, match="supprimé"):
        quickbooks.fetch("invoices", "22")


def test_statuses_follow_from_the_figures(quickbooks):
    records, _, _ = read(quickbooks, "invoices")
    by_status = {}
    for raw in records.values():
        by_status.setdefault(raw["_status"], []).append(raw)
        tax = Decimal(str(raw["TxnTaxDetail"]["TotalTax"]))
        assert Decimal(raw["_subtotal"]) - Decimal(raw["_discount"]) + tax == Decimal(str(raw["TotalAmt"]))
    assert {name: len(found) for name, found in by_status.items()} == {
        "paid": 11, "partial": 3, "sent": 9, "draft": 1, "void": 1,
    }  # fmt: skip
    assert any(Decimal(raw["_discount"]) > 0 for raw in records.values())
    assert {raw["_status"] for raw in read(quickbooks, "purchases")[0].values()} == {"paid"}
    bill = read(quickbooks, "bills")[0]["1"]
    assert bill["_status"] == "approved"
    net = Decimal(bill["_subtotal"])
    assert Decimal(bill["_gst"]) == (net * Decimal("0.05")).quantize(Decimal("0.01"))
    assert Decimal(bill["_qst"]) == (net * Decimal("0.09975")).quantize(Decimal("0.01"))


def test_customers_are_found_by_name_even_inactive_ones_and_by_email(quickbooks):
    assert [raw["Id"] for raw in quickbooks.lookup("customers", {"DisplayName": "Jérôme D’Amours"})] == ["6"]
    [inactive] = quickbooks.lookup("customers", {"DisplayName": "luc desjardins"})
    assert inactive["Active"] is False
    mail = {"PrimaryEmailAddr.Address": "zoe.tremblay@courriel.example"}
    assert [raw["DisplayName"] for raw in quickbooks.lookup("customers", mail)] == ["Zoé Tremblay"]
    assert quickbooks.lookup("customers", {"DisplayName": "Per'sonne \\"}) == []


def test_transactions_are_found_by_their_number(quickbooks):
    assert [raw["Id"] for raw in quickbooks.lookup("invoices", {"DocNumber": "1004"})] == ["4"]
    assert [raw["Id"] for raw in quickbooks.lookup("payments", {"PaymentRefNum": "VIR-8802"})] == ["3"]
    assert [raw["Id"] for raw in quickbooks.lookup("purchases", {"DocNumber": "A-301"})] == ["2"]
    for keys in ({}, {"TotalAmt": "1"}):
        with pytest.raises(Misconfigured, match="chercher"):
            quickbooks.lookup("invoices", keys)


def test_options_say_what_a_person_chooses_by(quickbooks, simulator):
    read_options = {kind: quickbooks.options(kind) for kind, _ in QuickBooks.option_kinds}
    codes = {one.label: (one.data["code"], one.active) for one in read_options["tax_code"]}
    assert codes == {
        "GST/QST QC - 9.975": ("gst_qst", True),
        "GST": ("gst", True),
        "QST QC - 9.975": ("qst", True),
        "Exempt": ("exempt", True),
        "Zero-rated": ("zero", True),
        "Out of Scope": ("", True),
        "HST ON": ("hst", True),
        "GST/QST QC - 9.5 (2012)": ("gst", False),
    }
    accounts = {one.label: one.data for one in read_options["account"]}
    assert accounts["4000 Revenus de services"]["classification"] == "Revenue"
    assert {one.active for one in read_options["item"]} == {True, False}
    assert {one.label: one.data["method"] for one in read_options["payment_method"]} == {
        "Chèque": "cheque", "Comptant": "cash", "Visa": "card", "Mastercard": "card", "Virement Interac": "interac",
        "Dépôt direct": "eft",
    }  # fmt: skip
    assert len(read_options["vendor"]) == 8
    json.dumps([one.data for kind in read_options.values() for one in kind])
    with pytest.raises(Misconfigured, match="liste"):
        quickbooks.options("étape")


def test_long_lists_of_options_are_read_to_their_end(quickbooks, monkeypatch):
    monkeypatch.setattr(reading, "MAX_RESULTS", 5)
    assert len(quickbooks.options("account")) == 18


@pytest.mark.parametrize("kind", ["missing_field", "unknown_value"])
def test_a_record_in_disorder_is_still_handed_over(quickbooks, simulator, kind):
    simulator.fault(kind, "/v3", slug="quickbooks", field="MetaData")
    assert len(read(quickbooks, "customers", size=10)[0]) == 30


def test_an_answer_of_another_form_is_told(quickbooks, script, connect):
    there = connect(tokens=quickbooks.tokens.current())
    there.connection = quickbooks.connection.__class__("simulator", {}, {}, {"api": script.url}, account_id=PLUMBING)
    for body in (b"{}", b'{"QueryResponse": []}', b'{"QueryResponse": {"Customer": [1]}}', b'{"Invoice": 3}'):
        script.then_answer(200, body)
    for _ in range(3):
        with pytest.raises(Malformed, match="forme prévue"):
            list(there.pull("customers", None, page_size=10))
    with pytest.raises(Malformed, match="objet"):
        there.fetch("invoices", "1")
