"""Writing to Xero."""

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import Conflict, Misconfigured, Rejected
from connectors.xero import codecs, lines, writing
from connectors.xero.connector import Xero
from tests.connectors.xero.conftest import COOLING, read

CONTACTS, INVOICES, PAYMENTS, BILLS = (Xero.resource(name) for name in ("contacts", "invoices", "payments", "bills"))
CENT = Decimal("0.01")


def line(description="Entretien CVC", quantity="10", price="120", tax_code="TAX001", **more):
    remote = {"account": "200", "tax_code": tax_code}
    return {
        "description": description,
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price),
        "remote": remote,
    } | more


@pytest.fixture
def client(xero):
    return next(key for key, raw in read(xero, "contacts")[0].items() if raw["Name"] == "Toitures Laval inc.")


@pytest.fixture
def bill_to(client):
    def values(*items, status="AUTHORISED", **more):
        encoded = lines.INVOICE_LINES.encode(list(items) or [line()])
        own = {"Contact": {"ContactID": client}, "InvoiceNumber": "QC-9042", "Date": "2026-05-04"}
        return {**own, "LineItems": encoded, "_status": status, **more}

    return values


@pytest.fixture
def invoice(xero, bill_to):
    return xero.push("invoices", bill_to(), idempotency_key="facture-1")


def payment_values(invoice, amount, **more):
    parts = lines.ALLOCATIONS.encode([{"amount": Decimal(amount), "remote": {"invoice": invoice["InvoiceID"]}}])
    return {"Amount": Decimal(amount), "Date": "2026-05-15", "Reference": "VIR-8891", "Account": {"value": "090"},
            "_allocations": parts, **more}  # fmt: skip


# --- Contacts -----------------------------------------------------------------------------------------------------
def test_a_contact_carries_our_reference_and_its_parts(xero, simulator):
    values = {
        "Name": "Œuvre d’Anaïs",
        "EmailAddress": "",
        "Phones": {"DEFAULT": codecs.PHONE.encode("+15145550101"), "MOBILE": codecs.PHONE.encode("1-800-ALLO")},
        "Addresses": {
            "POBOX": codecs.ADDRESS.encode({"line1": "12, rue de l’Église", "city": "Lévis", "country": "CA"})
        },
    }
    made = xero.push("contacts", values, idempotency_key="k1", reference="0190-réf")
    assert made["ContactNumber"] == "0190-réf"
    assert made["Phones"]["DEFAULT"]["PhoneAreaCode"] == "514"
    assert codecs.PHONE.decode(made["Phones"]["DEFAULT"]) == "+1 514 5550101"
    assert codecs.PHONE.decode(made["Phones"]["MOBILE"]) == "1-800-ALLO"
    address = codecs.ADDRESS.decode(made["Addresses"]["POBOX"])
    assert (address["line1"], address["city"], address["country"]) == ("12, rue de l’Église", "Lévis", "CA")
    assert codecs.ADDRESS.decode(made["Addresses"]["STREET"]) is None


def test_a_field_is_emptied_and_the_others_stay(xero, client):
    before = xero.fetch("contacts", client)
    after = xero.push(
        "contacts", {"EmailAddress": None, "Phones": {"DEFAULT": None}}, remote_id=client,
        version=CONTACTS.version(before), idempotency_key="k",
    )  # fmt: skip
    assert "EmailAddress" not in after and codecs.PHONE.decode(after["Phones"]["DEFAULT"]) is None
    assert after["Addresses"] == before["Addresses"] and after["Name"] == before["Name"]


def test_a_change_of_an_older_state_is_a_conflict_and_is_not_sent(xero, simulator, client):
    version = CONTACTS.version(xero.fetch("contacts", client))
    simulator.edit("Contact", client, FirstName="Ailleurs", slug="xero")
    simulator.forget_requests("xero")
    with pytest.raises(Conflict, match="relu") as caught:
        xero.push("contacts", {"FirstName": "Ici"}, remote_id=client, version=version, idempotency_key="k")
    assert caught.value.code == "stale"
    assert {one["method"] for one in simulator.requests("xero")} == {"GET"}


@pytest.mark.parametrize("kind", ["error", "unavailable"])
def test_a_creation_whose_answer_was_lost_is_not_made_twice(xero, simulator, kind):
    simulator.fault(kind, "/api.xro", slug="xero", after=True)
    made = xero.push("contacts", {"Name": "Une fois"}, idempotency_key="k1")
    assert xero.retries == 1
    assert [c["id"] for c in simulator.objects("Contact", "xero") if c["Name"] == "Une fois"] == [made["ContactID"]]


def test_after_some_minutes_the_key_is_forgotten_and_the_twin_is_found(xero, simulator):
    prepared = xero.prepare_push("contacts", {"Name": "Une fois"}, idempotency_key="k1", reference="r-1")
    assert not prepared.repeatable, "a late repetition must look first"
    made = xero.send(prepared)
    simulator.advance(600)
    with pytest.raises(Conflict, match="contact actif") as caught:
        xero.send(prepared)
    assert caught.value.code == "duplicate_name"
    body = json.loads(prepared.body)
    for field in CONTACTS.lookup_fields:
        assert [raw["ContactID"] for raw in xero.lookup("contacts", {field: body[field]})] == [made["ContactID"]]


def test_an_archived_contact_comes_back(xero, client):
    dead = xero.send(xero.prepare_delete("contacts", client, idempotency_key="k1"))
    assert CONTACTS.is_deleted(dead)
    alive = xero.send(xero.prepare_act("contacts", client, "restore", idempotency_key="k2"))
    assert not CONTACTS.is_deleted(alive)
    with pytest.raises(Misconfigured, match="opération"):
        xero.prepare_act("contacts", client, "void", idempotency_key="k3")


# --- Invoices -----------------------------------------------------------------------------------------------------
def test_taxes_are_worked_out_by_xero_and_split_by_us(xero, bill_to):
    made = xero.push("invoices", bill_to(line(), line("Exonéré", "1", "10.01", "NONE")), idempotency_key="k")
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == ("1210.01", "179.7", "1389.71")
    rows = INVOICES.codecs["taxes"].decode(made["_taxes"])
    assert [(r["name"], r["rate"], r["base"], r["amount"]) for r in rows] == [
        ("TPS", Decimal(5), Decimal("1200.0"), Decimal("60.00")),
        ("TVQ", Decimal("9.975"), Decimal("1200.0"), Decimal("119.70")),
    ]
    assert codecs.DATE.decode(made["DueDate"]) == date(2026, 5, 4), "a date by default, or Xero would refuse"


def test_what_is_sent_are_numbers_to_the_cent(xero, bill_to):
    prepared = xero.prepare_push("invoices", bill_to(line("x", "4.5", "245.33")), idempotency_key="k")
    assert '"Quantity":4.5,"UnitAmount":245.33' in prepared.body
    body = json.loads(prepared.body)
    assert (body["Type"], body["Status"], body["LineAmountTypes"], body["CurrencyCode"]) == (
        "ACCREC", "AUTHORISED", "Exclusive", "CAD",
    )  # fmt: skip
    assert (prepared.method, prepared.params) == ("PUT", {"summarizeErrors": "true", "unitdp": "4"})
    with pytest.raises(Rejected, match="nombre"):
        writing.dumps({"Amount": Decimal("0.12345678901234567890")})


@given(
    quantity=st.decimals("0.01", "999", places=2), price=st.decimals("0.0001", "9999", places=4),
    discount=st.decimals("0", "99", places=2), off=st.sampled_from(["0", "0.01", "-0.02"]),
)  # fmt: skip
def test_a_line_always_makes_its_subtotal(quantity, price, discount, off):
    made = (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP) + Decimal(off)
    item = {"quantity": quantity, "unit_price": price, "discount_percent": discount, "subtotal": made, "remote": {}}
    [sent] = lines.INVOICE_LINES.encode([item])
    net = sent["Quantity"] * sent["UnitAmount"] * (100 - sent["DiscountRate"]) / 100
    assert made == 0 or net.quantize(CENT, ROUND_HALF_UP) == made


@pytest.mark.parametrize("name", ["invoices", "bills"])
def test_lines_that_are_read_and_written_back_change_nothing(xero, name):
    codec = lines.INVOICE_LINES if name == "invoices" else lines.EXPENSE_LINES
    for raw in read(xero, name)[0].values():
        sent = codec.encode(codec.decode(raw["LineItems"]))
        for before, after in zip(raw["LineItems"], sent, strict=True):
            net = after["Quantity"] * after["UnitAmount"] * (100 - after.get("DiscountRate", 0)) / 100
            assert net.quantize(CENT, ROUND_HALF_UP) == Decimal(before["LineAmount"])
            assert {k: after.get(k) for k in ("LineItemID", "AccountCode", "TaxType", "Description")} == {
                k: before[k] for k in ("LineItemID", "AccountCode", "TaxType", "Description")
            }


def test_lines_keep_their_ids_over_a_change(xero, invoice):
    items = lines.INVOICE_LINES.decode(invoice["LineItems"])
    sent = lines.INVOICE_LINES.encode([*items, line("De plus", "1", "5")])
    after = xero.push(
        "invoices", {"LineItems": sent}, remote_id=invoice["InvoiceID"], version=INVOICES.version(invoice),
        idempotency_key="k",
    )  # fmt: skip
    assert after["LineItems"][0]["LineItemID"] == invoice["LineItems"][0]["LineItemID"]
    assert len(after["LineItems"]) == 2 and after["Reference" if "Reference" in after else "Status"]


def test_an_account_without_a_code_is_named_by_its_id():
    assert lines.account("200") == {"Code": "200"} and lines.account(COOLING) == {"AccountID": COOLING}
    [sent] = lines.INVOICE_LINES.encode([line(remote={"account": COOLING})])
    assert sent["AccountID"] == COOLING and "AccountCode" not in sent


def test_a_draft_is_approved_then_void_and_a_void_one_is_left_alone(xero, bill_to):
    draft = xero.push("invoices", bill_to(status="DRAFT"), idempotency_key="k1")
    assert draft["_status"] == "DRAFT"
    sent = xero.push(
        "invoices", {"_status": "AUTHORISED"}, remote_id=draft["InvoiceID"], version=INVOICES.version(draft),
        idempotency_key="k2",
    )  # fmt: skip
    assert sent["_status"] == "AUTHORISED"
    for key in ("k3", "k4"):
        void = xero.send(xero.prepare_act("invoices", draft["InvoiceID"], "void", idempotency_key=key))
        assert void["_status"] == "VOIDED"


@pytest.mark.parametrize("status", ["PARTIAL", "PAID"])
def test_that_an_invoice_is_paid_is_for_payments_to_say(xero, bill_to, status):
    assert json.loads(xero.prepare_push("invoices", bill_to(status=status), idempotency_key="k").body)["Status"] == (
        "AUTHORISED"
    )
    prepared = xero.prepare_push("invoices", {"_status": status}, remote_id=COOLING, idempotency_key="k")
    assert "Status" not in json.loads(prepared.body)


def test_an_invoice_that_is_void_here_is_not_created_there(xero, bill_to):
    with pytest.raises(Rejected, match="annulé"):
        xero.prepare_push("invoices", bill_to(status="VOIDED"), idempotency_key="k")


def test_a_number_that_is_taken_is_a_conflict_to_adopt_or_change(xero, invoice, bill_to):
    with pytest.raises(Conflict, match="Reliez") as caught:
        xero.push("invoices", bill_to(), idempotency_key="k2")
    assert caught.value.code == "duplicate_number"
    assert [raw["InvoiceID"] for raw in xero.lookup("invoices", {"InvoiceNumber": "QC-9042"})] == [invoice["InvoiceID"]]


def test_a_refusal_quotes_xero(xero, bill_to):
    with pytest.raises(Rejected, match="« Account code '999' is not a valid code") as caught:
        xero.push("invoices", bill_to(line(remote={"account": "999"})), idempotency_key="k")
    assert set(caught.value.field_errors) == {"LineItems"} and caught.value.status == 400


# --- Payments -----------------------------------------------------------------------------------------------------
def test_a_payment_pays_its_invoice_and_its_end_opens_it_again(xero, invoice):
    paid = xero.push("payments", payment_values(invoice, invoice["Total"]), idempotency_key="k1")
    assert (paid["Amount"], paid["_account"], paid["PaymentType"]) == ("1379.7", {"value": "090"}, "ACCRECPAYMENT")
    assert xero.fetch("invoices", invoice["InvoiceID"])["_status"] == "PAID"
    with pytest.raises(Rejected, match="paiements"):
        xero.send(xero.prepare_act("invoices", invoice["InvoiceID"], "void", idempotency_key="k2"))
    for key in ("k3", "k4"):
        dead = xero.send(xero.prepare_delete("payments", paid["PaymentID"], idempotency_key=key))
        assert PAYMENTS.is_deleted(dead)
    assert xero.fetch("invoices", invoice["InvoiceID"])["_status"] == "AUTHORISED"


def test_half_a_payment_makes_it_partial(xero, invoice):
    xero.push("payments", payment_values(invoice, "600.00"), idempotency_key="k1")
    found = xero.fetch("invoices", invoice["InvoiceID"])
    assert (found["_status"], found["AmountDue"]) == ("PARTIAL", "779.7")


@pytest.mark.parametrize(
    "parts",
    [[], [{"InvoiceID": "1", "Amount": "10"}, {"InvoiceID": "2", "Amount": "5"}], [{"InvoiceID": "1", "Amount": "10"}]],
)
def test_a_payment_that_xero_cannot_hold_is_refused_before_any_request(xero, parts):
    with pytest.raises(Rejected, match="une seule facture"):
        xero.prepare_push("payments", {"Amount": Decimal(15), "_allocations": parts}, idempotency_key="k")


def test_a_payment_is_never_changed(xero):
    with pytest.raises(Rejected, match="modifier un paiement"):
        xero.prepare_push("payments", {"Reference": "x"}, remote_id=COOLING, idempotency_key="k")


def test_the_twin_of_a_payment_is_no_other_payment_of_the_same_cheque(xero, invoice, bill_to):
    other = xero.push("invoices", bill_to(InvoiceNumber="QC-9043"), idempotency_key="k0")
    prepared = xero.prepare_push("payments", payment_values(other, "50.10"), idempotency_key="k2")
    for values in (payment_values(invoice, "50.10"), payment_values(other, "50.11"),
                   payment_values(other, "50.10", Reference="Autre")):  # fmt: skip
        xero.push(
            "payments",
            values,
            idempotency_key=values["Reference"] + str(values["Amount"]) + values["_allocations"][0]["InvoiceID"],
        )
    twin = json.loads(prepared.body)["_twin"]
    assert xero.lookup("payments", {"_twin": twin}) == []
    made = xero.send(prepared)
    assert [raw["PaymentID"] for raw in xero.lookup("payments", {"_twin": twin})] == [made["PaymentID"]]


# --- Bills --------------------------------------------------------------------------------------------------------
def test_a_bill_goes_to_its_supplier(xero):
    supplier = next(one for one in xero.options("contact") if one.label == "Réfrigération Boréale ltée")
    items = [{"description": "Gaz", "amount": Decimal("200.95"), "remote": {"account": "300", "tax_code": "TAX001"}}]
    values = {
        "_supplier": codecs.NAMED.encode({"value": supplier.id, "name": supplier.label}), "Date": "2026-06-01",
        "InvoiceNumber": "F-9", "_status": "AUTHORISED", "LineItems": lines.EXPENSE_LINES.encode(items),
    }  # fmt: skip
    made = xero.push("bills", values, idempotency_key="k")
    assert (made["Type"], made["Contact"]["Name"], made["SubTotal"]) == ("ACCPAY", supplier.label, "200.95")
    assert (made["_gst"], made["_qst"]) == ("10.05", "20.04")
    twin = f"{supplier.id}|F-9"
    assert [raw["InvoiceID"] for raw in xero.lookup("bills", {"_twin": twin})] == [made["InvoiceID"]]
    with pytest.raises(ValueError, match="n’existe pas dans Xero"):
        codecs.NAMED.encode({"name": "Inconnu inc."})
