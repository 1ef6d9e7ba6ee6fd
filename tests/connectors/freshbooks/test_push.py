"""Writing to FreshBooks, which has neither keys nor versions."""

import json
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.freshbooks import codecs
from connectors.freshbooks.connector import FreshBooks
from tests.connectors.freshbooks.conftest import read

CLIENTS, INVOICES, PAYMENTS = (FreshBooks.resource(name) for name in ("clients", "invoices", "payments"))
CENT = Decimal("0.01")


def line(description="Aménagement\nSecteur Villeray", quantity="10", price="120", tax_code="gst_qst", **more):
    item = {"description": description, "quantity": Decimal(quantity), "unit_price": Decimal(price)}
    return {**item, "tax_code": tax_code, "remote": {}} | more


@pytest.fixture
def client(freshbooks):
    return next(iter(read(freshbooks, "clients")[0]))


@pytest.fixture
def values(client):
    def make(*items, **more):
        lines = codecs.LINES.encode(list(items) or [line()])
        own = {"customerid": client, "create_date": "2026-05-04", "due_date": "2026-06-03"}
        return {**own, "invoice_number": "QC-9042", "lines": lines, "_status": "sent", **more}

    return make


@pytest.fixture
def invoice(freshbooks, values):
    return freshbooks.push("invoices", values(), idempotency_key="k")


def payment(invoice, amount, **more):
    parts = codecs.ALLOCATIONS.encode([{"amount": Decimal(amount), "remote": {"invoice": str(invoice["id"])}}])
    return {"amount": codecs.MONEY.encode(Decimal(amount)), "date": "2026-05-15", "type": "Bank Transfer",
            "note": "VIR-8891", "_allocations": parts, **more}  # fmt: skip


def change(connector, resource, raw, **values):
    declared = connector.resource(resource)
    return connector.push(
        resource, values, remote_id=str(raw["id"]), version=declared.version(raw), idempotency_key="k"
    )


# --- Clients ------------------------------------------------------------------------------------------------------
def test_a_client_has_its_parts(freshbooks):
    address = {
        "line1": "12, rue de l’Église",
        "city": "Lévis",
        "province": "QC",
        "postal_code": "G6V 1A1",
        "country": "CA",
    }
    values = {"_name": "Zoé Lœwe", "fname": "Zoé", "lname": "Lœwe", "_language": "en",
              "_billing": codecs.ADDRESS.encode(address)}  # fmt: skip
    made = freshbooks.push("clients", values, idempotency_key="k")
    assert (made["_name"], made["_language"], made["currency_code"]) == ("Zoé Lœwe", "en", "CAD")
    assert made["p_country"] == "Canada" and codecs.ADDRESS.decode(made["_billing"])["line1"] == address["line1"]
    assert codecs.ADDRESS.decode(made["_shipping"]) is None


def test_a_name_goes_where_it_came_from(freshbooks):
    records = read(freshbooks, "clients")[0]
    firm = next(raw for raw in records.values() if raw["organization"])
    person = next(raw for raw in records.values() if not raw["organization"])
    assert change(freshbooks, "clients", firm, _name="Nouveau nom inc.")["organization"] == "Nouveau nom inc."
    after = change(freshbooks, "clients", person, _name="Ève La Rue")
    assert (after["organization"], after["fname"], after["lname"]) == ("", "Ève", "La Rue")
    new = freshbooks.push("clients", {"_name": "Tout court"}, idempotency_key="k")
    assert new["organization"] == "Tout court"


def test_a_field_is_emptied_and_the_others_stay(freshbooks, client):
    before = freshbooks.fetch("clients", client)
    after = change(freshbooks, "clients", before, bus_phone=None, _billing=None)
    assert after["bus_phone"] == "" and codecs.ADDRESS.decode(after["_billing"]) is None
    assert (after["email"], after["_name"]) == (before["email"], before["_name"])


def test_two_changes_of_one_second_are_told_apart(freshbooks, simulator, client):
    before = freshbooks.fetch("clients", client)
    simulator.edit("Client", client, fname="Ailleurs", slug="freshbooks")
    with pytest.raises(Conflict, match="relu") as caught:
        change(freshbooks, "clients", before, fname="Ici")
    assert caught.value.code == "stale"


def test_a_deletion_stands_alone_and_may_be_repeated(freshbooks, client):
    first, again = (
        freshbooks.send(freshbooks.prepare_delete("clients", client, idempotency_key=key)) for key in ("k1", "k2")
    )
    assert CLIENTS.is_deleted(first) and CLIENTS.is_deleted(again)
    with pytest.raises(NotFound, match="supprimé"):
        change(freshbooks, "clients", again, fname="Trop tard")
    alive = freshbooks.send(freshbooks.prepare_act("clients", client, "restore", idempotency_key="k3"))
    assert not CLIENTS.is_deleted(alive) and alive["email"] == first["email"]
    with pytest.raises(Misconfigured, match="opération"):
        freshbooks.prepare_act("invoices", client, "remove", idempotency_key="k4")


@pytest.mark.parametrize("kind", ["error", "unavailable"])
def test_a_creation_whose_answer_was_lost_is_not_sent_again_but_found(freshbooks, simulator, kind):
    prepared = freshbooks.prepare_push(
        "clients", {"_name": "Une fois", "email": "une@fois.example"}, idempotency_key="k"
    )
    assert not prepared.repeatable
    simulator.fault(kind, "/accounting", slug="freshbooks", after=True)
    with pytest.raises(Transient):
        freshbooks.send(prepared)
    made = [one["id"] for one in simulator.objects("Client", "freshbooks") if one["organization"] == "Une fois"]
    [twin] = freshbooks.lookup("clients", {"_twin": json.loads(prepared.body)["_twin"]})
    assert made == [str(twin["id"])]


# --- Invoices -----------------------------------------------------------------------------------------------------
def test_an_invoice_is_sent_with_its_taxes_and_due_days(freshbooks, invoice):
    assert (invoice["amount"]["amount"], invoice["_total_tax"], invoice["_status"]) == ("1379.70", "179.70", "sent")
    assert (invoice["due_date"], invoice["due_offset_days"]) == ("2026-06-03", 30)
    [one] = codecs.LINES.decode(invoice["lines"])
    assert (one["description"], one["tax_code"], one["quantity"]) == (
        "Aménagement\nSecteur Villeray", "gst_qst", Decimal(10),
    )  # fmt: skip


def test_a_draft_that_the_provider_makes_of_a_sent_one_is_marked(freshbooks, simulator, values, monkeypatch):
    from connectors.freshbooks import writing

    monkeypatch.setattr(writing, "SENT_STATUS", 1)
    made = freshbooks.push("invoices", values(), idempotency_key="k")
    assert made["_status"] == "sent"
    assert [one["method"] for one in simulator.requests("freshbooks")][-2:] == ["POST", "PUT"]


def test_a_draft_is_marked_as_sent_later(freshbooks, values):
    draft = freshbooks.push("invoices", values(_status="draft"), idempotency_key="k")
    assert draft["_status"] == "draft"
    assert change(freshbooks, "invoices", draft, _status="sent")["_status"] == "sent"


def test_a_due_date_alone_counts_from_the_date_that_is_there(freshbooks, invoice):
    assert change(freshbooks, "invoices", invoice, due_date="2026-05-14")["due_offset_days"] == 10
    with pytest.raises(Rejected, match="échéance"):
        change(freshbooks, "invoices", freshbooks.fetch("invoices", str(invoice["id"])), due_date="2026-05-01")


def test_lines_are_replaced_together(freshbooks, invoice):
    items = codecs.LINES.decode(invoice["lines"])
    after = change(
        freshbooks, "invoices", invoice, lines=codecs.LINES.encode([*items, line("De plus", "1", "5", "zero")])
    )
    assert [one["name"] for one in after["lines"]] == ["Aménagement", "De plus"]
    assert after["_total_tax"] == "179.70"


def test_a_harmonised_tax_is_the_one_that_was_chosen(freshbooks, values):
    [sent] = codecs.LINES.encode([line(tax_code="hst", remote={"hst": "TVH|13"})])
    assert (sent["taxName1"], sent["taxAmount1"]) == ("TVH", "13") and "taxName2" not in sent
    [back] = codecs.LINES.decode([{**sent, "amount": {"amount": "1200.00"}, "lineid": 1}])
    assert (back["tax_code"], back["remote"]) == ("hst", {"id": "1", "hst": "TVH|13"})
    unknown = values(line(tax_code="hst"))
    for more in ({}, {"remote_id": "1"}):
        with pytest.raises(Rejected, match="harmonisée"):
            freshbooks.prepare_push("invoices", unknown, idempotency_key="k", **more)


@given(
    quantity=st.decimals("0.01", "999", places=2), price=st.decimals("0.0001", "9999", places=4),
    discount=st.decimals("0", "99", places=2), off=st.sampled_from(["0", "0.01", "-0.02"]),
)  # fmt: skip
def test_a_line_always_makes_its_subtotal(quantity, price, discount, off):
    made = (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP) + Decimal(off)
    item = {"quantity": quantity, "unit_price": price, "discount_percent": discount, "subtotal": made, "remote": {}}
    [sent] = codecs.LINES.encode([item])
    net = Decimal(sent["qty"]) * Decimal(sent["unit_cost"]["amount"])
    assert made == 0 or net.quantize(CENT, ROUND_HALF_UP) == made


def test_lines_that_are_read_and_written_back_change_nothing(freshbooks):
    for raw in read(freshbooks, "invoices")[0].values():
        items = codecs.LINES.decode(raw["lines"])
        sent = codecs.LINES.encode(items)
        for before, after in zip(raw["lines"], sent, strict=True):
            assert (after["name"], after["description"]) == (before["name"], before["description"])
            net = Decimal(after["qty"]) * Decimal(after["unit_cost"]["amount"])
            assert net.quantize(CENT, ROUND_HALF_UP) == Decimal(before["amount"]["amount"])
            assert after.get("taxName2", "") == before["taxName2"]


def test_an_invoice_without_a_number_has_a_twin_too(freshbooks, values):
    prepared = freshbooks.prepare_push("invoices", values(invoice_number=""), idempotency_key="k")
    twin = json.loads(prepared.body)["_twin"]
    assert freshbooks.lookup("invoices", {"_twin": twin}) == []
    made = freshbooks.send(prepared)
    assert made["invoice_number"] and [raw["id"] for raw in freshbooks.lookup("invoices", {"_twin": twin})] == [
        made["id"]
    ]


def test_a_number_that_is_taken_is_a_conflict_and_a_dead_client_a_refusal(
    freshbooks, simulator, invoice, values, client
):
    with pytest.raises(Conflict, match="Reliez") as caught:
        freshbooks.push("invoices", values(), idempotency_key="k2")
    assert caught.value.code == "duplicate_number"
    simulator.delete("Client", client, "freshbooks")
    with pytest.raises(Rejected, match="supprimé") as refused:
        freshbooks.push("invoices", values(invoice_number="QC-9043"), idempotency_key="k3")
    assert set(refused.value.field_errors) == {"customerid"}
    with pytest.raises(Rejected, match="identifiant"):
        freshbooks.prepare_push("invoices", values(customerid="abc"), idempotency_key="k4")


# --- Payments -----------------------------------------------------------------------------------------------------
def test_a_payment_pays_its_invoice_changes_and_goes(freshbooks, invoice):
    paid = freshbooks.push("payments", payment(invoice, "600.00"), idempotency_key="k")
    assert freshbooks.fetch("invoices", str(invoice["id"]))["_status"] == "partial"
    more = change(freshbooks, "payments", paid, **payment(invoice, "1379.70"))
    assert PAYMENTS.codecs["money"].decode(more["amount"]) == Decimal("1379.70")
    assert freshbooks.fetch("invoices", str(invoice["id"]))["_status"] == "paid"
    freshbooks.delete("payments", str(paid["id"]), idempotency_key="k")
    assert freshbooks.fetch("invoices", str(invoice["id"]))["outstanding"]["amount"] == "1379.70"


def test_a_payment_that_freshbooks_cannot_hold_is_refused(freshbooks, invoice):
    for parts in (
        [],
        [{"invoiceid": "1", "amount": "5"}, {"invoiceid": "2", "amount": "10"}],
        [{"invoiceid": "1", "amount": "5"}],
    ):
        with pytest.raises(Rejected, match="une seule facture"):
            freshbooks.prepare_push("payments", payment(invoice, "15", _allocations=parts), idempotency_key="k")
    paid = freshbooks.push("payments", payment(invoice, "15"), idempotency_key="k")
    with pytest.raises(Rejected, match="ne déplace pas"):
        change(freshbooks, "payments", paid, _allocations=[{"invoiceid": "1", "amount": "15"}])


@pytest.mark.parametrize(
    ("theirs", "ours", "again"),
    [("Check", "cheque", "Check"), ("VISA", "card", "Credit Card"), ("Debit", "interac", "Debit"),
     ("PayPal", "other", "Other"), ("ACH", "eft", "Bank Transfer")],
)  # fmt: skip
def test_a_kind_of_payment_has_its_word(theirs, ours, again):
    assert codecs.METHOD.decode(theirs) == ours and codecs.METHOD.encode(ours) == again
    assert codecs.METHOD.encode("financing") == "Other"
    assert codecs.METHOD.decode(None) is codecs.METHOD.encode("") is None
