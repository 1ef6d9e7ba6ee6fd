"""Writing to a provider without idempotency keys and without versions."""

import json
from decimal import Decimal

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.errors import Conflict, Rejected, Transient
from connectors.sage.connector import Sage
from connectors.sage.quirks import customer_id

LINES = Sage.resource("invoices").codecs["lines"]
REMOTE = {"account": "4000", "location": "10", "gst": "51", "qst": "52"}


def item(net="1200", code="gst_qst", **remote):
    amounts = {"quantity": Decimal(1), "unit_price": Decimal(net), "subtotal": Decimal(net)}
    return {"description": "10 h", "tax_code": code, **amounts, "remote": REMOTE | remote}


def invoice_values(simulator, *items, number="QC-9042", **more):
    customer = simulator.objects("customer", "sage")[0]["id"]
    return {
        "customer": {"key": customer}, "invoiceNumber": number, "invoiceDate": "2026-05-04",
        "lines": LINES.encode(list(items) or [item()]), "taxSolution": {"value": "Canadian Sales Tax"}, **more,
    }  # fmt: skip


@pytest.fixture
def invoice(sage, simulator):
    return sage.push("invoices", invoice_values(simulator), idempotency_key="k")


def numbered(simulator, number):
    return [one for one in simulator.objects("invoice", "sage") if one["object"]["invoiceNumber"] == number]


def test_an_invoice_is_sent_as_the_documentation_shows_it(sage, simulator):
    prepared = sage.prepare_push("invoices", invoice_values(simulator), idempotency_key="k")
    body = json.loads(prepared.body)
    assert body["currency"] == {"txnCurrency": "CAD", "baseCurrency": "CAD"}
    assert body["taxSolution"] == {"id": "Canadian Sales Tax"}
    assert body["lines"] == [
        {
            "txnAmount": "1200.00", "glAccount": {"id": "4000"}, "memo": "10 h",
            "dimensions": {"location": {"id": "10"}},
            "taxEntries": [
                {"txnTaxAmount": "60.00", "baseTaxAmount": "60.00", "taxRate": 5,
                 "orderEntryTaxDetail": {"key": "51"}},
                {"txnTaxAmount": "119.70", "baseTaxAmount": "119.70", "taxRate": 9.975,
                 "orderEntryTaxDetail": {"key": "52"}},
            ],
        }
    ]  # fmt: skip
    made = sage.send(prepared)
    assert (made["totalTxnAmount"], made["_subtotal"], made["_tax"]) == ("1379.70", "1200.00", "179.70")


def test_cents_are_rounded_half_up_and_discounts_taken_off(sage, simulator):
    lines = LINES.encode([
        item("33.35"),
        {**item("0", "gst"), "quantity": Decimal(3), "unit_price": Decimal("33.333"), "discount_percent": Decimal(10)},
        item("10.01", "exempt"),
    ])  # fmt: skip
    assert [line["txnAmount"] for line in lines] == ["33.35", "90.00", "10.01"]
    assert [[one["txnTaxAmount"] for one in line["taxEntries"]] for line in lines] == [["1.67", "3.33"], ["4.50"], []]


def test_a_line_keeps_its_keys_when_it_changes(sage, invoice):
    [before] = LINES.decode(invoice["lines"])
    assert not {"quantity", "unit_price"} & set(before), "a line of Sage has an amount only"
    before |= {"subtotal": Decimal(240), "description": "2 h"}
    before["remote"] |= {"gst": "51", "qst": "52"}
    after = sage.push(
        "invoices", {"lines": LINES.encode([before])}, idempotency_key="k", remote_id=invoice["key"],
        version=invoice["audit"]["modifiedDateTime"],
    )  # fmt: skip
    [line] = after["lines"]
    assert (line["key"], line["memo"]) == (invoice["lines"][0]["key"], "2 h")
    assert [one["key"] for one in line["taxEntries"]] == [one["key"] for one in invoice["lines"][0]["taxEntries"]]
    assert after["totalTxnAmount"] == "275.94"


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"account": ""}, "compte"), ({"location": ""}, "emplacement"), ({"gst": ""}, "détail de taxe")],
)
def test_what_account_mapping_gives_is_demanded_before_any_request(changes, word):
    with pytest.raises(ValueError, match=word):
        LINES.encode([item(**changes)])


def test_a_tax_that_sage_has_no_detail_for_is_not_guessed():
    with pytest.raises(ValueError, match="ne sait pas envoyer"):
        LINES.encode([item(code="hst")])


def test_a_company_with_a_tax_solution_wants_entries_on_each_line(sage, simulator):
    with pytest.raises(Rejected, match="tax entries") as caught:
        sage.push("invoices", invoice_values(simulator, item(code="exempt")), idempotency_key="k")
    assert set(caught.value.field_errors) == {"lines.0.taxEntries"}


def test_a_creation_that_times_out_is_found_and_not_doubled(connect, sage, simulator):
    values = invoice_values(simulator)
    hasty = connect(timeout=0.15, retry=RetryPolicy(max_retries=0))
    hasty.check()
    prepared = hasty.prepare_push("invoices", values, idempotency_key="k")
    assert not prepared.repeatable
    simulator.call("POST", "/sage/faults", kind="timeout", path="/ia/api/v1/objects", method="POST", times=1,
                   seconds=0.4, after=True)  # fmt: skip
    with pytest.raises(Transient) as caught:
        hasty.send(prepared)
    assert caught.value.code == "timeout"
    [found] = sage.lookup("invoices", {"invoiceNumber": "QC-9042"})
    assert found["_tax"] == "179.70"
    with pytest.raises(Conflict):
        sage.send(prepared)
    assert len(numbered(simulator, "QC-9042")) == 1


def test_a_failure_at_a_creation_is_not_answered_by_a_second_one(sage, simulator):
    simulator.call("POST", "/sage/faults", kind="error", path="/ia/api/v1/objects", method="POST", times=1, after=True)
    with pytest.raises(Transient):
        sage.push("invoices", invoice_values(simulator), idempotency_key="k")
    assert len(numbered(simulator, "QC-9042")) == 1


def test_a_customer_gets_a_number_of_ours_unless_sage_numbers_them(connect, simulator):
    made = connect().push("customers", {"name": "Toitures Laval inc."}, idempotency_key="k", reference="fiche-1")
    assert made["id"] == customer_id("L-", "fiche-1") and len(made["id"]) == 12
    assert made["contacts"]["default"]["printAs"] == "Toitures Laval inc."
    own = connect(config={"customer_prefix": "QC-"}).push(
        "customers", {"name": "A"}, idempotency_key="k", reference="f"
    )
    assert own["id"].startswith("QC-")
    auto = connect(config={"customer_ids": "sage"}).push("customers", {"name": "B"}, idempotency_key="k", reference="g")
    assert auto["id"].startswith("C-")


def test_what_stands_beside_a_changed_member_stays(sage, simulator):
    key = simulator.objects("customer", "sage")[0]["id"]
    before = sage.fetch("customers", key)
    after = sage.push(
        "customers", {"contacts": {"default": {"email1": "neuf@client.example"}}}, idempotency_key="k", remote_id=key,
        version=before["audit"]["modifiedDateTime"],
    )  # fmt: skip
    contact = after["contacts"]["default"]
    assert contact == {**before["contacts"]["default"], "email1": "neuf@client.example"}


def test_an_older_state_is_a_conflict_before_anything_is_written(sage, simulator):
    key = simulator.objects("customer", "sage")[0]["id"]
    version = sage.fetch("customers", key)["audit"]["modifiedDateTime"]
    simulator.edit("customer", key, slug="sage", taxId="ailleurs")
    simulator.forget_requests("sage")
    with pytest.raises(Conflict) as caught:
        sage.push("customers", {"taxId": "ici"}, idempotency_key="k", remote_id=key, version=version)
    assert caught.value.code == "stale"
    assert {one["method"] for one in simulator.requests("sage")} == {"GET"}


def test_a_name_without_a_guard_meets_409(sage, simulator):
    values = {"name": "Unique", "id": simulator.objects("customer", "sage")[0]["object"]["id"]}
    with pytest.raises(Conflict, match="relié"):
        sage.push("customers", values, idempotency_key="k", reference="fiche-2")


@pytest.mark.parametrize("missing", ["invoiceNumber", "lines"])
def test_what_guards_a_creation_is_demanded(sage, simulator, missing):
    with pytest.raises(Rejected) as caught:
        sage.prepare_push("invoices", {**invoice_values(simulator), missing: None}, idempotency_key="k")
    assert set(caught.value.field_errors) == {missing}


def test_an_invoice_is_reversed_and_a_customer_made_inactive(sage, invoice):
    gone = sage.send(sage.prepare_delete("invoices", invoice["key"], idempotency_key="k"))
    assert (gone["state"], gone["totalTxnAmountDue"]) == ("reversed", "0.00")
    with pytest.raises(Rejected, match="state is reversed"):
        sage.send(sage.prepare_act("invoices", invoice["key"], "reverse", idempotency_key="k2"))
    customer = invoice["customer"]["key"]
    dead = sage.send(sage.prepare_delete("customers", customer, idempotency_key="k3"))
    assert Sage.resource("customers").is_deleted(dead)
    alive = sage.send(sage.prepare_act("customers", customer, "reactivate", idempotency_key="k4"))
    assert not Sage.resource("customers").is_deleted(alive)
