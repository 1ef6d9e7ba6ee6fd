"""Reading Xero: everything first, then what changed."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from openapi_core.exceptions import OpenAPIError

from connectors.base.errors import Malformed, Misconfigured, NotFound
from connectors.xero import codecs
from connectors.xero.connector import Xero
from connectors.xero.options import tax_code_of
from tests.connectors.xero.conftest import COOLING, WIRING, read

# 22 customers and one archived; suppliers are left out.
COUNTS = {"contacts": 23, "invoices": 18, "payments": 10, "bills": 6}
CONTACTS, INVOICES = Xero.resource("contacts"), Xero.resource("invoices")


@pytest.mark.parametrize(("resource", "count"), list(COUNTS.items()))
def test_the_first_pull_reads_everything(xero, resource, count):
    records, cursor, pages = read(xero, resource)
    assert (len(records), pages) == (count, 1)
    assert cursor["since"].endswith("Z") and cursor["page"] == 1
    json.dumps(records)


@pytest.mark.parametrize("size", [1, 5, 17, 18, 19])
def test_pages_of_any_size_hold_everything(xero, size):
    records, _, _ = read(xero, "invoices", size=size)
    assert len(records) == 18


def test_pages_end_where_the_list_ends(connect, simulator):
    simulator.empty("xero")
    xero = connect()
    # The last row of a page opens the next one, so that the fourth row makes a third page.
    for number, pages in ((0, 1), (1, 1), (2, 1), (3, 2), (4, 3)):
        if number:
            simulator.create("Contact", "xero", Name=f"Client {number}")
            simulator.advance(60)
        found, _, read_pages = read(xero, "contacts", size=2)
        assert (len(found), read_pages) == (number, pages)


def test_each_organisation_has_its_own_books(connect):
    assert len(read(connect(WIRING), "invoices")[0]) == 6


def test_a_pull_goes_on_after_any_page(xero):
    pages = list(xero.pull("invoices", None, page_size=7))
    rest, _, _ = read(xero, "invoices", json.loads(json.dumps(pages[0].cursor)), size=7)
    assert len({raw["InvoiceID"] for raw in pages[0].records} | set(rest)) == 18


def test_rows_that_change_during_a_pull_hide_no_others(xero, simulator):
    seen = set()
    for page in xero.pull("contacts", None, page_size=5):
        if len(seen) < 10:
            # The row goes to the end of the list, and all that follow move up by one place.
            simulator.edit("Contact", page.records[0]["ContactID"], FirstName="Changé", slug="xero")
        seen |= {raw["ContactID"] for raw in page.records}
    assert len(seen) == 23


def test_many_rows_of_one_second_do_not_stop_the_walk(xero, simulator):
    fake = simulator.provider("xero")
    for body in fake.store.select("xero", "Contact"):
        fake.store.put("xero", "Contact", {**body, "updated_at": "2026-05-01T12:00:00.000Z",
                                           "UpdatedDateUTC": "/Date(1777636800000+0000)/"})  # fmt: skip
    records, _, pages = read(xero, "contacts", size=7)
    assert (len(records), pages) == (23, 5)


def test_then_only_changes_are_read(xero, simulator):
    records, cursor, _ = read(xero, "contacts")
    assert read(xero, "contacts", cursor)[0] == {}
    simulator.edit("Contact", next(iter(records)), FirstName="Léo", slug="xero")
    changed, after, _ = read(xero, "contacts", cursor)
    assert [raw["FirstName"] for raw in changed.values()] == ["Léo"]
    assert after["since"] >= cursor["since"]


def test_a_change_just_before_the_end_of_a_pass_is_read_again(xero, simulator):
    records, _, _ = read(xero, "contacts")
    simulator.edit("Contact", next(iter(records)), FirstName="Léo", slug="xero")
    _, cursor, _ = read(xero, "contacts")
    assert len(read(xero, "contacts", cursor)[0]) == 1
    simulator.advance(600)
    _, cursor, _ = read(xero, "contacts", cursor)
    assert read(xero, "contacts", cursor)[0] == {}


def test_archived_merged_and_deleted_objects_arrive_as_deleted(xero, simulator):
    contacts, contact_cursor, _ = read(xero, "contacts")
    assert [CONTACTS.is_deleted(raw) for raw in contacts.values()].count(True) == 1
    invoices, cursor, _ = read(xero, "invoices")
    draft = next(key for key, raw in invoices.items() if raw["Status"] == "DRAFT")
    open_one = next(key for key, raw in invoices.items() if raw["Status"] == "AUTHORISED" and not raw["Payments"])
    for key in (draft, open_one):
        simulator.delete("Invoice", key, "xero")
    gone = next(iter(contacts))
    simulator.delete("Contact", gone, "xero")
    changed, _, _ = read(xero, "invoices", cursor)
    assert INVOICES.is_deleted(changed[draft]) and not INVOICES.is_deleted(changed[open_one])
    assert changed[open_one]["_status"] == "VOIDED"
    assert CONTACTS.is_deleted(read(xero, "contacts", contact_cursor)[0][gone])
    assert CONTACTS.is_deleted({"ContactStatus": "ACTIVE", "MergedToContactID": gone})
    payments, cursor, _ = read(xero, "payments")
    simulator.delete("Payment", next(iter(payments)), "xero")
    [dead] = read(xero, "payments", cursor)[0].values()
    assert Xero.resource("payments").is_deleted(dead)


def test_suppliers_are_no_customers_unless_they_buy_or_we_made_them(xero, simulator):
    names = {raw["Name"] for raw in read(xero, "contacts")[0].values()}
    assert "Toitures Laval inc." in names and "Distribution Électrik inc." not in names
    mine = [one for one in simulator.objects("Contact", "xero") if one["tenant"] == COOLING]
    supplier = next(one for one in mine if one["Name"].startswith("Distribution"))
    simulator.edit("Contact", supplier["ContactID"], ContactNumber="nous-1", slug="xero")
    assert supplier["ContactID"] in read(xero, "contacts")[0]


def test_dates_limit_what_is_read(xero):
    dates = {"date_from": "2026-05-01", "date_to": "2026-05-31"}
    records, _, _ = read(xero, "invoices", filters=dates)
    assert records and {raw["DateString"][:7] for raw in records.values()} == {"2026-05"}
    assert read(xero, "payments", filters=dates)[0] and read(xero, "bills", filters=dates)[0]
    with pytest.raises(Misconfigured, match="filtrer"):
        read(xero, "contacts", filters=dates)


def test_amounts_keep_every_digit_and_dates_are_read_in_utc(xero, script, connect):
    body = b'{"Invoices": [{"InvoiceID": "1", "Type": "ACCREC", "Status": "AUTHORISED", "Total": 1379.70, '
    body += (
        b'"AmountPaid": 0.10, "UpdatedDateUTC": "/Date(1778850764230+1300)/", "Date": "/Date(1777852800000+0000)/"}]}'
    )
    script.then_answer(200, body).then_answer(200, b'{"TaxRates": []}')
    there = connect(hosts={"api": script.url}, tokens=xero.tokens.current())
    raw = there.fetch("invoices", "1")
    assert (raw["Total"], raw["_status"], raw["_updated"]) == ("1379.70", "PARTIAL", "2026-05-15T13:12:44.230000Z")
    assert codecs.DATE.decode(raw["Date"]) == date(2026, 5, 4)
    assert codecs.DATE.decode("2026-05-04T00:00:00") == date(2026, 5, 4)
    with pytest.raises(ValueError, match="date"):
        codecs.DATE.decode("bientôt")


def test_a_purchase_is_not_found_among_the_sales_nor_the_reverse(xero):
    sale, bill = (next(iter(read(xero, name)[0])) for name in ("invoices", "bills"))
    assert xero.fetch("invoices", sale)["Type"] == "ACCREC"
    assert xero.fetch("bills", bill)["Type"] == "ACCPAY"
    for name, other in (("invoices", bill), ("bills", sale)):
        with pytest.raises(NotFound):
            xero.fetch(name, other)


def test_one_object_is_fetched_and_one_that_is_not_there_is_told(xero):
    key = next(iter(read(xero, "payments")[0]))
    assert xero.fetch("payments", key)["PaymentID"] == key
    with pytest.raises(NotFound, match="supprimé"):
        xero.fetch("payments", "00000000-0000-0000-0000-000000000001")


def test_taxes_are_split_by_their_components_to_the_cent(xero):
    for raw in read(xero, "invoices")[0].values():
        rows = INVOICES.codecs["taxes"].decode(raw["_taxes"])
        if raw["Status"] == "VOIDED":
            continue
        assert sum(row["amount"] for row in rows) == Decimal(raw["TotalTax"])
        assert {row["name"] for row in rows} <= {"TPS", "TVQ"}
        for row in rows:
            assert abs(row["amount"] - row["base"] * row["rate"] / 100) < Decimal("0.04")
    bill = next(raw for raw in read(xero, "bills")[0].values() if raw["InvoiceNumber"] == "F-7100")
    assert Decimal(bill["_gst"]) + Decimal(bill["_qst"]) == Decimal(bill["TotalTax"]) > 0
    assert bill["_supplier"]["name"] == "Réfrigération Boréale ltée"


def test_statuses_follow_from_the_figures(xero):
    found = [raw["_status"] for raw in read(xero, "invoices")[0].values()]
    assert {name: found.count(name) for name in set(found)} == {
        "PAID": 8, "PARTIAL": 2, "AUTHORISED": 6, "DRAFT": 1, "VOIDED": 1,
    }  # fmt: skip


def test_contacts_are_found_by_name_and_by_our_number(xero, simulator):
    [found] = xero.lookup("contacts", {"Name": "jean-françois l’écuyer"})
    assert found["Phones"]["DEFAULT"]["PhoneAreaCode"] == "438"
    simulator.edit("Contact", found["ContactID"], ContactNumber="nous-58", slug="xero")
    assert [raw["ContactID"] for raw in xero.lookup("contacts", {"ContactNumber": "nous-58"})] == [found["ContactID"]]
    assert xero.lookup("contacts", {"Name": "Ancien client inc."}) == []
    simulator.create("Contact", "xero", Name='Les "Vrais" Amis')
    assert len(xero.lookup("contacts", {"Name": 'Les "Vrais" Amis'})) == 1
    for keys in ({}, {"EmailAddress": "a@b.example"}):
        with pytest.raises(Misconfigured, match="chercher"):
            xero.lookup("contacts", keys)


def test_invoices_are_found_by_their_number(xero):
    [found] = xero.lookup("invoices", {"InvoiceNumber": "QC-1044"})
    assert found["InvoiceNumber"] == "QC-1044" and found["LineItems"]
    assert xero.lookup("invoices", {"InvoiceNumber": "F-7100"}) == [], "a supplier's number"


def test_options_say_what_a_person_chooses_by(xero):
    accounts = {one.id: one for one in xero.options("account")}
    assert accounts["200"].label == "200 Revenus de services"
    assert accounts["200"].data["class"] == "REVENUE" and accounts["300"].data["class"] == "EXPENSE"
    assert {key for key, one in accounts.items() if one.data["payments"]} == {"090", "095", "880"}
    rates = {one.label: (one.id, one.data["code"], one.active) for one in xero.options("tax_rate")}
    assert rates == {
        "TPS/TVQ QC": ("TAX001", "gst_qst", True),
        "TPS seulement": ("TAX002", "gst", True),
        "Exonéré": ("NONE", "exempt", True),
        "TVH Ontario": ("TAX004", "hst", True),
        "TPS/TVQ 2012": ("TAX005", "", False),
    }
    contacts = xero.options("contact")
    assert {one.label for one in contacts if one.data["supplier"]} >= {"Réfrigération Boréale ltée"}
    assert [one.active for one in contacts].count(False) == 1
    json.dumps([one.data for one in [*accounts.values(), *xero.options("tax_rate"), *contacts]])
    with pytest.raises(Misconfigured, match="liste"):
        xero.options("étape")


def test_a_list_of_contacts_is_read_to_its_end(xero, simulator, monkeypatch):
    monkeypatch.setattr("connectors.xero.options.PAGE", 10)
    assert len(xero.options("contact")) == 27


@pytest.mark.parametrize(
    ("name", "percents", "code"),
    [("TVQ", ["9.975"], "qst"), ("Détaxé", [], "zero"), ("Zero rated", ["0"], "zero"), ("Autre", [], ""),
     ("TVH", ["15"], "hst"), ("Étrange", ["5", "7"], "")],
)  # fmt: skip
def test_a_tax_rate_is_known_by_its_components(name, percents, code):
    assert tax_code_of(name, [Decimal(one) for one in percents]) == code


def test_the_judge_refuses_what_leaves_the_contract(xero, recorded, judge):
    xero.check()
    read(xero, "invoices", size=2)
    seen = next(one for one in recorded if one.path.endswith("/Invoices"))
    judge.check(seen)
    body = json.loads(seen.answer)
    for spoil in (
        {"query": "page=une"},
        {"path": "/api.xro/2.0/Licornes"},
        {"headers": {}},
        {"answer": json.dumps({**body, "Invoices": [{"Type": "LICORNE"}]}).encode()},
        {"answer": json.dumps({**body, "Invoices": {}}).encode()},
    ):
        with pytest.raises(OpenAPIError):
            judge.check(replace(seen, **spoil))


@pytest.mark.parametrize("kind", ["missing_field", "unknown_value"])
def test_a_record_in_disorder_is_still_handed_over(xero, simulator, kind):
    simulator.fault(kind, "/api.xro", slug="xero")
    assert len(read(xero, "contacts", size=10)[0]) == 23


def test_an_answer_of_another_form_is_told(xero, script, connect):
    there = connect(hosts={"api": script.url}, tokens=xero.tokens.current())
    for body in (b"{}", b'{"Contacts": {}}', b'{"Contacts": [1]}', b'{"Contacts": []}'):
        script.then_answer(200, body)
    for _ in range(3):
        with pytest.raises(Malformed, match="forme prévue"):
            list(there.pull("contacts", None, page_size=10))
    with pytest.raises(Malformed, match="objet"):
        there.fetch("contacts", COOLING)
