"""Reading FreshBooks: whole days, deleted ones apart, filters that are ignored."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.base.errors import Malformed, Misconfigured
from connectors.freshbooks import codecs, quirks
from connectors.freshbooks.connector import FreshBooks
from tests.connectors.freshbooks.conftest import REPAIRS, read

CLIENTS, INVOICES, PAYMENTS = (FreshBooks.resource(name) for name in ("clients", "invoices", "payments"))


@pytest.mark.parametrize(("resource", "count"), [("clients", 12), ("invoices", 14), ("payments", 8)])
def test_the_first_pull_reads_what_lives(freshbooks, resource, count):
    records, cursor, pages = read(freshbooks, resource)
    assert (len(records), pages) == (count, 1)
    assert cursor["since"].endswith("Z") and not cursor["deleted"]
    json.dumps(records)


@pytest.mark.parametrize("size", [1, 5, 13, 14, 15])
def test_pages_of_any_size_hold_everything(freshbooks, size):
    records, _, pages = read(freshbooks, "invoices", size=size)
    assert (len(records), pages) == (14, -(-14 // size))


def test_each_business_has_its_own_books(connect):
    assert len(read(connect(REPAIRS), "invoices")[0]) == 4


def test_archived_clients_live_and_deleted_ones_come_with_the_next_pass(freshbooks, simulator):
    records, cursor, _ = read(freshbooks, "clients")
    assert [raw["vis_state"] for raw in records.values()].count(2) == 1
    assert not any(CLIENTS.is_deleted(raw) for raw in records.values())
    key = next(iter(records))
    simulator.delete("Client", key, "freshbooks")
    changed, _, pages = read(freshbooks, "clients", cursor)
    assert pages == 2 and set(changed) == {key} and CLIENTS.is_deleted(changed[key])
    assert CLIENTS.is_deleted(freshbooks.fetch("clients", key))


def test_the_day_is_asked_for_and_the_second_is_looked_at(freshbooks, simulator):
    records, cursor, _ = read(freshbooks, "clients")
    simulator.edit("Client", next(iter(records)), fname="Avant", slug="freshbooks")
    simulator.advance(3600)
    _, cursor, _ = read(freshbooks, "clients", cursor)
    second = list(records)[1]
    simulator.edit("Client", second, fname="Après", slug="freshbooks")
    simulator.forget_requests("freshbooks")
    changed, _, _ = read(freshbooks, "clients", cursor)
    assert set(changed) == {second}, "what changed an hour ago is of the same day, but was read already"
    assert all("updated_min" in one["query"] for one in simulator.requests("freshbooks"))


def test_rows_that_change_or_go_during_a_pull_hide_no_others(freshbooks, simulator):
    everything = set(read(freshbooks, "clients")[0])
    seen, gone = set(), ""
    for page in freshbooks.pull("clients", None, page_size=4):
        seen |= {str(raw["id"]) for raw in page.records}
        if not gone:
            gone = str(page.records[0]["id"])
            simulator.delete("Client", gone, "freshbooks")
            simulator.edit("Client", str(page.records[1]["id"]), fname="Changé", slug="freshbooks")
    assert seen == everything


def test_a_pull_goes_on_after_any_page(freshbooks):
    pages = list(freshbooks.pull("payments", None, page_size=3))
    rest, _, _ = read(freshbooks, "payments", json.loads(json.dumps(pages[0].cursor)), size=3)
    assert len({str(raw["id"]) for raw in pages[0].records} | set(rest)) == 8


def test_dates_limit_what_is_read(freshbooks):
    dates = {"date_from": "2026-05-01", "date_to": "2026-05-31"}
    records, _, _ = read(freshbooks, "invoices", filters=dates)
    assert records and {raw["create_date"][:7] for raw in records.values()} == {"2026-05"}
    assert read(freshbooks, "payments", filters=dates)[0]
    with pytest.raises(Misconfigured, match="filtrer"):
        read(freshbooks, "clients", filters=dates)


def test_taxes_are_worked_out_and_make_the_total_to_the_cent(freshbooks):
    for raw in read(freshbooks, "invoices")[0].values():
        rows = INVOICES.codecs["taxes"].decode(raw["_taxes"])
        assert sum(row["amount"] for row in rows) == Decimal(raw["_total_tax"])
        assert {row["name"] for row in rows} in ({"TPS", "TVQ"}, set())
        total = Decimal(raw["_subtotal"]) - Decimal(raw["_discount"]) + Decimal(raw["_total_tax"])
        assert total == Decimal(raw["amount"]["amount"])
    assert any(Decimal(raw["_discount"]) for raw in read(freshbooks, "invoices")[0].values())


def test_the_page_s_own_example_is_split_into_its_taxes():
    line = {"amount": {"amount": "1200.00"}, "taxName1": "TPS", "taxAmount1": "5", "taxName2": "TVQ",
            "taxAmount2": 9.975, "compounded_tax": False}  # fmt: skip
    rows = quirks.taxes({"lines": [line], "discount_value": "0"}, Decimal("179.70"))
    assert [(row["name"], row["base"], row["amount"]) for row in rows] == [
        ("TPS", "1200.00", "60.00"), ("TVQ", "1200.00", "119.70"),
    ]  # fmt: skip
    compound = quirks.taxes({"lines": [{**line, "taxAmount2": 10, "compounded_tax": True}]}, Decimal("186.00"))
    assert [row["amount"] for row in compound] == ["60.00", "126.00"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [({"payment_status": "unpaid", "v3_status": "draft"}, "draft"), ({"payment_status": "auto-paid"}, "paid"),
     ({"payment_status": "partial", "v3_status": "overdue"}, "partial"), ({"v3_status": "overdue"}, "sent"),
     ({"status": 1}, "draft"), ({"v3_status": "viewed", "status": 3}, "sent")],
)  # fmt: skip
def test_a_status_follows_from_what_was_paid(raw, status):
    assert quirks.status_of(raw) == status


def test_times_are_eastern_and_never_too_early():
    assert quirks.instant("2026-05-15 09:12:44") == datetime(2026, 5, 15, 13, 12, 44, tzinfo=UTC)
    assert quirks.instant("2026-01-15 09:12:44") == datetime(2026, 1, 15, 14, 12, 44, tzinfo=UTC)
    assert quirks.instant("2026-11-01 01:30:00") == datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "the second of the two"
    assert quirks.instant("hier") is quirks.instant(None) is None


def test_a_filter_that_is_ignored_finds_nothing_wrong(freshbooks, simulator, monkeypatch):
    monkeypatch.setattr("connectors.freshbooks.simulator.listing._SAME", {})
    [found] = freshbooks.lookup("invoices", {"invoice_number": "QC-1044"})
    assert found["invoice_number"] == "QC-1044" and found["lines"]
    assert freshbooks.lookup("invoices", {"invoice_number": "Inconnu"}) == []


def test_a_client_without_an_address_is_found_by_its_organization(freshbooks):
    made = freshbooks.push("clients", {"organization": "Sans courriel inc."}, idempotency_key="k")
    [found] = freshbooks.lookup("clients", {"_twin": "|Sans courriel inc.||"})
    assert found["id"] == made["id"]
    assert freshbooks.lookup("clients", {"_twin": "|||"}) == []
    for keys in ({}, {"email": "a@b.example"}):
        with pytest.raises(Misconfigured, match="chercher"):
            freshbooks.lookup("clients", keys)


def test_options_say_what_a_person_chooses_by(freshbooks):
    assert [(one.id, one.label) for one in sorted(freshbooks.options("tax"), key=lambda one: one.id)] == [
        ("TPS|5", "TPS 5 %"), ("TVH|13", "TVH 13 %"), ("TVQ|9.975", "TVQ 9,975 %"),
    ]  # fmt: skip
    assert len(freshbooks.options("item")) == 5
    assert {one.label for one in freshbooks.options("account")} >= {"4000 Revenus"}


@pytest.mark.parametrize("kind", ["missing_field", "unknown_value"])
def test_a_record_in_disorder_is_still_handed_over(freshbooks, simulator, kind):
    simulator.fault(kind, "/accounting", slug="freshbooks")
    assert len(read(freshbooks, "clients", size=5)[0]) == 12


def test_an_answer_of_another_form_is_told(freshbooks, script, connect):
    there = connect(hosts={"api": script.url}, tokens=freshbooks.tokens.current())
    results = (b"[]", b'{"clients": [1]}', b'{"clients": [], "pages": "x"}', b"{}")
    for body in (b"{}", *(b'{"response": {"result": ' + result + b"}}" for result in results)):
        script.then_answer(200, body)
    for _ in range(4):
        with pytest.raises(Malformed, match="forme prévue"):
            list(there.pull("clients", None, page_size=10))
    with pytest.raises(Malformed, match="objet"):
        there.fetch("clients", "1")


def test_an_amount_in_another_currency_is_never_converted():
    assert codecs.MONEY.decode({"amount": "1379.70", "code": "CAD"}) == Decimal("1379.70")
    with pytest.raises(ValueError, match="USD"):
        codecs.MONEY.decode({"amount": "1.00", "code": "USD"})
    with pytest.raises(ValueError, match="fractions"):
        codecs.MONEY.encode(Decimal("1.001"))
