"""Writing to QuickBooks."""

import json
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected
from connectors.base.writes import PreparedWrite
from connectors.quickbooks.connector import QuickBooks
from connectors.quickbooks.writing import dumps
from tests.connectors.quickbooks.conftest import read

TAXED = {"value": "9"}
INVOICES, PAYMENTS, PURCHASES = (QuickBooks.resource(name) for name in ("invoices", "payments", "purchases"))


def line(description="Entretien", quantity="10", price="120", tax_code="9", **more):
    remote = {"item": "1", "tax_code": tax_code}
    return {
        "description": description,
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price),
        "remote": remote,
    } | more


def invoice_values(*items, **more):
    lines = INVOICES.codecs["invoice_lines"].encode(list(items) or [line()])
    return {"CustomerRef": {"value": "1"}, "DocNumber": "QC-1042", "TxnDate": "2026-05-04", "Line": lines, **more}


@pytest.fixture
def invoice(quickbooks):
    return quickbooks.push("invoices", invoice_values(), idempotency_key="facture-1")


def payment_values(invoice, amount, total=None):
    lines = PAYMENTS.codecs["allocations"].encode([{"amount": Decimal(amount), "remote": {"invoice": invoice["Id"]}}])
    return {
        "CustomerRef": {"value": "1"},
        "TotalAmt": Decimal(total or amount),
        "PaymentRefNum": "VIR-1",
        "Line": lines,
    }


# --- Customers ----------------------------------------------------------------------------------------------------
def test_a_customer_is_created_once_for_its_key(quickbooks, simulator):
    values = {
        "DisplayName": "Toitures Laval inc.",
        "PrimaryEmailAddr": {"Address": "ap@toitureslaval.example"},
        "PrimaryPhone": {"FreeFormNumber": None},
        "GivenName": "",
    }
    first = quickbooks.push("customers", values, idempotency_key="k1")
    again = quickbooks.push("customers", values, idempotency_key="k1")
    assert again == first
    assert (first["SyncToken"], first["PrimaryEmailAddr"]["Address"]) == ("0", "ap@toitureslaval.example")
    assert "PrimaryPhone" not in first and "GivenName" not in first
    assert len(simulator.objects("Customer", "quickbooks")) == 43


@pytest.mark.parametrize("kind", ["error", "unavailable"])
def test_a_creation_whose_answer_was_lost_is_not_made_twice(quickbooks, simulator, kind):
    simulator.fault(kind, "/v3", slug="quickbooks", after=True)
    made = quickbooks.push("customers", {"DisplayName": "Une fois"}, idempotency_key="k1")
    assert quickbooks.retries == 1
    found = [one["Id"] for one in simulator.objects("Customer", "quickbooks") if one["DisplayName"] == "Une fois"]
    assert found == [made["Id"]]


def test_a_change_touches_only_its_fields(quickbooks):
    before = quickbooks.fetch("customers", "2")
    after = quickbooks.push(
        "customers", {"GivenName": "Léo", "PrimaryPhone": {"FreeFormNumber": "514-555-9999"}},
        remote_id="2", version=before["SyncToken"], idempotency_key="k",
    )  # fmt: skip
    moved = {name for name in after if after[name] != before.get(name)}
    assert moved == {"GivenName", "PrimaryPhone", "SyncToken", "MetaData"}


def test_what_stands_beside_a_changed_member_goes_along(quickbooks, simulator):
    simulator.edit("Customer", "2", PrimaryEmailAddr={"Address": "a@b.example", "Domain": "x"}, slug="quickbooks")
    base = quickbooks.fetch("customers", "2")
    prepared = quickbooks.prepare_push(
        "customers", {"PrimaryEmailAddr": {"Address": "c@d.example"}}, remote_id="2", version=base["SyncToken"],
        idempotency_key="k", base=base,
    )  # fmt: skip
    assert quickbooks.send(prepared)["PrimaryEmailAddr"] == {"Address": "c@d.example", "Domain": "x"}


def test_a_field_is_emptied(quickbooks):
    after = quickbooks.push(
        "customers", {"PrimaryEmailAddr": {"Address": ""}, "CompanyName": None}, remote_id="3",
        version=quickbooks.fetch("customers", "3")["SyncToken"], idempotency_key="k",
    )  # fmt: skip
    assert "PrimaryEmailAddr" not in after and "CompanyName" not in after


def test_a_change_of_an_older_state_is_a_conflict(quickbooks, simulator):
    version = quickbooks.fetch("customers", "2")["SyncToken"]
    simulator.edit("Customer", "2", GivenName="Ailleurs", slug="quickbooks")
    with pytest.raises(Conflict, match="relu") as caught:
        quickbooks.push("customers", {"GivenName": "Ici"}, remote_id="2", version=version, idempotency_key="k")
    assert caught.value.code == "stale"
    assert quickbooks.fetch("customers", "2")["GivenName"] == "Ailleurs"
    with pytest.raises(Conflict):
        quickbooks.push("customers", {"GivenName": "Ici"}, remote_id="2", idempotency_key="k2")


@pytest.mark.parametrize("name", ["zoé tremblay", "Luc Desjardins", "Quincaillerie Rosemont inc."])
def test_a_name_that_a_customer_or_supplier_has_is_a_conflict_to_adopt_or_change(quickbooks, name):
    with pytest.raises(Conflict, match="Reliez") as caught:
        quickbooks.push("customers", {"DisplayName": name}, idempotency_key="k")
    assert caught.value.code == "duplicate_name"
    assert "6240" in caught.value.detail


def test_a_customer_is_never_deleted_but_made_inactive_and_active_again(quickbooks, simulator):
    base = quickbooks.fetch("customers", "2")
    dead = quickbooks.send(quickbooks.prepare_delete("customers", "2", idempotency_key="k1", version=base["SyncToken"]))
    assert QuickBooks.resource("customers").is_deleted(dead)
    alive = quickbooks.send(
        quickbooks.prepare_act("customers", "2", "reactivate", idempotency_key="k2", version=dead["SyncToken"])
    )
    assert alive["Active"] is True and alive["GivenName"] == base["GivenName"]


def test_a_provider_that_cuts_and_recases_answers_what_it_kept(quickbooks, simulator):
    simulator.configure("quickbooks", truncate_display_name=10, recase="upper")
    made = quickbooks.push("customers", {"DisplayName": "Toitures Laval inc."}, idempotency_key="k")
    assert made["DisplayName"] == "TOITURES L"


# --- Invoices -----------------------------------------------------------------------------------------------------
def test_taxes_are_worked_out_to_the_cent(quickbooks):
    values = invoice_values(line(), line("Pièce", "3", "33.35"), line("Exempté", "1", "10.01", tax_code="12"))
    made = quickbooks.push("invoices", values, idempotency_key="k")
    # 1200.00 + 100.05 taxed: TPS 65.0025, TVQ 129.6799...; 10.01 not.
    assert [str(row["amount"]) for row in INVOICES.codecs["taxes"].decode(made["TxnTaxDetail"]["TaxLine"])][:2] == [
        "65.0", "129.68",
    ]  # fmt: skip
    assert Decimal(made["TotalAmt"]) == Decimal("1200.00") + Decimal("100.05") + Decimal("10.01") + Decimal("194.68")
    rows = INVOICES.codecs["taxes"].decode(made["TxnTaxDetail"]["TaxLine"])
    assert [(row["name"], row["rate"]) for row in rows if row["rate"]] == [("TPS", 5), ("TVQ", Decimal("9.975"))]


def test_an_invoice_is_sent_with_exact_amounts_and_read_back_as_it_was(quickbooks, invoice):
    items = INVOICES.codecs["invoice_lines"].decode(invoice["Line"])
    assert len(items) == 1
    assert (items[0]["quantity"], items[0]["unit_price"], items[0]["subtotal"]) == (10, 120, 1200)
    assert items[0]["remote"] == {"id": "1", "item": "1", "tax_code": "9"}
    assert items[0]["code"] == "Main-d’œuvre, plomberie"
    assert (invoice["TotalAmt"], invoice["_status"], invoice["_subtotal"]) == ("1379.7", "sent", "1200.0")


def test_the_lines_of_an_invoice_change_as_a_whole_and_keep_what_we_do_not_map(quickbooks, simulator, invoice):
    lines = [
        {
            **invoice["Line"][0],
            "SalesItemLineDetail": {**invoice["Line"][0]["SalesItemLineDetail"], "ClassRef": {"value": "7"}},
        },
        {"DetailType": "DescriptionOnly", "Description": "Merci"},
        {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}},
    ]
    lines[0] |= {"Amount": 1200.0}
    lines[0]["SalesItemLineDetail"] |= {"Qty": 10, "UnitPrice": 120}
    simulator.edit("Invoice", invoice["Id"], Line=lines, slug="quickbooks")
    base = quickbooks.fetch("invoices", invoice["Id"])
    items = INVOICES.codecs["invoice_lines"].decode(base["Line"])
    items[0] |= {"quantity": Decimal(2), "subtotal": Decimal(240)}
    values = {"Line": INVOICES.codecs["invoice_lines"].encode([*items, line("Neuve", "1", "60")])}
    prepared = quickbooks.prepare_push(
        "invoices", values, remote_id=invoice["Id"], version=base["SyncToken"], idempotency_key="k", base=base
    )
    after = quickbooks.send(prepared)
    kinds = [one["DetailType"] for one in after["Line"]]
    assert kinds.count("DiscountLineDetail") == kinds.count("DescriptionOnly") == kinds.count("SubTotalLineDetail") == 1
    first = next(one for one in after["Line"] if one.get("Id") == "1")
    assert first["SalesItemLineDetail"]["ClassRef"] == {"value": "7"}
    assert Decimal(after["_discount"]) == 30
    assert Decimal(str(after["TotalAmt"])) == Decimal("270") + Decimal("13.50") + Decimal("26.93")


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        (
            line(quantity="3", price="33.333", subtotal=Decimal("100.00")),
            {"Qty": 3, "UnitPrice": 33.333, "Amount": 100},
        ),
        (line(quantity="2", price="50", discount_percent=Decimal(10)), {"Qty": 2, "UnitPrice": 45, "Amount": 90}),
        (line(quantity="3", price="10", subtotal=Decimal("29.99")), {"Qty": None, "UnitPrice": None, "Amount": 29.99}),
        (line(quantity="0.3333", price="0.0150"), {"Qty": 0.3333, "UnitPrice": 0.015, "Amount": 0}),
    ],
)
def test_quantity_and_price_are_sent_when_they_make_the_amount(quickbooks, item, sent):
    prepared = quickbooks.prepare_push("invoices", invoice_values(item), idempotency_key="k")
    [made] = json.loads(prepared.body)["Line"]
    detail = made["SalesItemLineDetail"]
    assert {"Qty": detail.get("Qty"), "UnitPrice": detail.get("UnitPrice"), "Amount": made["Amount"]} == sent
    quickbooks.send(prepared)


@given(st.decimals("0", "99999", places=4), st.decimals("-99999", "99999", places=4), st.decimals("0", "100", places=2))
def test_whatever_the_figures_the_amount_is_what_quantity_and_price_make(quantity, price, discount):
    item = line(quantity=quantity, price=price, discount_percent=discount)
    [made] = INVOICES.codecs["invoice_lines"].encode([item])
    sent = json.loads(dumps({"Line": [made]}), parse_float=Decimal)["Line"][0]
    detail = sent["SalesItemLineDetail"]
    wanted = (quantity * price * (100 - discount) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert sent["Amount"] == wanted
    if "Qty" in detail:
        assert (detail["Qty"] * detail["UnitPrice"] * Decimal(1)).quantize(Decimal("0.01"), ROUND_HALF_UP) == wanted
    else:
        assert discount


def test_lines_without_what_account_mapping_gives_are_refused_before_any_request(simulator):
    for codec, item, word in (
        ("invoice_lines", {"remote": {}}, "article"),
        ("expense_lines", {"amount": 1}, "compte de dépenses"),
        ("allocations", {"amount": 1}, "Envoyez d’abord la facture"),
    ):
        with pytest.raises(ValueError, match=word):
            INVOICES.codecs[codec].encode([item])


def test_a_number_that_is_in_use_is_a_conflict(quickbooks, invoice):
    with pytest.raises(Conflict, match="numéro") as caught:
        quickbooks.push("invoices", invoice_values(), idempotency_key="facture-2")
    assert caught.value.code == "duplicate_number"


def test_a_number_that_is_too_long_names_its_field(quickbooks):
    with pytest.raises(Rejected, match="trop long") as caught:
        quickbooks.push("invoices", invoice_values(DocNumber="1" * 22), idempotency_key="k")
    assert "DocNumber" in caught.value.field_errors


def test_a_tax_code_that_no_longer_exists_is_told(quickbooks):
    with pytest.raises(Rejected, match="n’existe plus") as caught:
        quickbooks.push("invoices", invoice_values(line(tax_code="999")), idempotency_key="k")
    assert (caught.value.code, set(caught.value.field_errors)) == ("invalid_reference", {"TaxCodeRef"})


def test_a_creation_for_an_inactive_customer_is_a_refusal_and_not_a_missing_invoice(quickbooks):
    with pytest.raises(Rejected, match="inactif") as caught:
        quickbooks.push("invoices", invoice_values(CustomerRef={"value": "30"}), idempotency_key="k")
    assert caught.value.code == "dead_reference"


def test_a_missing_or_unknown_field_is_named(quickbooks):
    with pytest.raises(Rejected, match="exige une valeur") as caught:
        quickbooks.push("customers", {"GivenName": "Zoé"}, idempotency_key="k1")
    assert set(caught.value.field_errors) == {"DisplayName"}
    with pytest.raises(Rejected, match="ne connaît pas") as caught:
        quickbooks.push("customers", {"DisplayName": "N", "Couleur": "bleu"}, idempotency_key="k2")
    assert set(caught.value.field_errors) == {"Couleur"}


def test_an_invoice_that_is_gone_is_not_found(quickbooks, simulator, invoice):
    simulator.delete("Invoice", invoice["Id"], "quickbooks")
    with pytest.raises(NotFound):
        quickbooks.push("invoices", {"PrivateNote": "x"}, remote_id=invoice["Id"], version="0", idempotency_key="k")


def test_an_invoice_is_deleted_and_leaves_a_tombstone(quickbooks, invoice):
    _, cursor, _ = read(quickbooks, "invoices")
    prepared = quickbooks.prepare_delete("invoices", invoice["Id"], idempotency_key="k", version=invoice["SyncToken"])
    for _ in range(2):
        assert INVOICES.is_deleted(quickbooks.send(prepared))
    assert INVOICES.is_deleted(read(quickbooks, "invoices", cursor)[0][invoice["Id"]])


# --- Payments -----------------------------------------------------------------------------------------------------
def test_payments_pay_an_invoice_in_part_then_whole(quickbooks, invoice):
    half = quickbooks.push("payments", payment_values(invoice, "500.00"), idempotency_key="p1")
    assert PAYMENTS.codecs["allocations"].decode(half["Line"]) == [
        {"amount": Decimal("500"), "remote": {"invoice": invoice["Id"]}}
    ]
    now = quickbooks.fetch("invoices", invoice["Id"])
    assert (now["_status"], Decimal(now["Balance"])) == ("partial", Decimal("879.70"))
    rest = quickbooks.push("payments", payment_values(invoice, "879.70", "900"), idempotency_key="p2")
    assert Decimal(rest["UnappliedAmt"]) == Decimal("20.3")
    now = quickbooks.fetch("invoices", invoice["Id"])
    assert (now["_status"], Decimal(now["Balance"])) == ("paid", 0)
    assert [one["TxnId"] for one in now["LinkedTxn"]] == [half["Id"], rest["Id"]]


def test_a_payment_goes_to_another_invoice_and_the_first_is_due_again(quickbooks, invoice):
    other = quickbooks.push("invoices", invoice_values(DocNumber="QC-1043"), idempotency_key="f2")
    base = quickbooks.push("payments", payment_values(invoice, "1379.70"), idempotency_key="p1")
    values = {"Line": payment_values(other, "1000.00")["Line"]}
    after = quickbooks.send(
        quickbooks.prepare_push(
            "payments", values, remote_id=base["Id"], version=base["SyncToken"], idempotency_key="p2", base=base
        )
    )
    assert (Decimal(after["UnappliedAmt"]), len(after["Line"])) == (Decimal("379.70"), 1)
    assert quickbooks.fetch("invoices", invoice["Id"])["_status"] == "sent"
    assert Decimal(quickbooks.fetch("invoices", other["Id"])["Balance"]) == Decimal("379.70")


def test_a_credit_in_a_payment_goes_along_when_its_invoices_change(quickbooks):
    credit = {"Amount": "20.00", "LinkedTxn": [{"TxnId": "77", "TxnType": "CreditMemo"}]}
    paid = {"Amount": "50.00", "LinkedTxn": [{"TxnId": "5", "TxnType": "Invoice"}]}
    lines = PAYMENTS.codecs["allocations"].encode([{"amount": Decimal("49.5"), "remote": {"invoice": "6"}}])
    prepared = quickbooks.prepare_push(
        "payments", {"Line": lines}, remote_id="1", version="0", idempotency_key="k", base={"Line": [credit, paid]}
    )
    assert json.loads(prepared.body)["Line"] == [
        {"Amount": 49.5, "LinkedTxn": [{"TxnId": "6", "TxnType": "Invoice"}]},
        {"Amount": 20, "LinkedTxn": [{"TxnId": "77", "TxnType": "CreditMemo"}]},
    ]


def test_a_payment_is_voided_and_the_invoice_is_due_again(quickbooks, invoice):
    paid = quickbooks.push("payments", payment_values(invoice, "1379.70"), idempotency_key="p1")
    assert paid["_status"] == "cleared"
    prepared = quickbooks.prepare_act("payments", paid["Id"], "void", idempotency_key="v", version=paid["SyncToken"])
    assert prepared.action == "act:void"
    void = quickbooks.send(prepared)
    assert (void["_status"], Decimal(void["TotalAmt"]), void["Line"]) == ("failed", 0, [])
    assert void["_failure_reason"]
    assert quickbooks.fetch("invoices", invoice["Id"])["_status"] == "sent"


def test_an_invoice_is_voided_and_its_payment_is_free_again(quickbooks, invoice):
    paid = quickbooks.push("payments", payment_values(invoice, "1379.70"), idempotency_key="p1")
    now = quickbooks.fetch("invoices", invoice["Id"])
    void = quickbooks.send(
        quickbooks.prepare_act("invoices", now["Id"], "void", idempotency_key="v", version=now["SyncToken"])
    )
    assert (void["_status"], Decimal(void["TotalAmt"]), Decimal(void["Balance"])) == ("void", 0, 0)
    assert Decimal(quickbooks.fetch("payments", paid["Id"])["UnappliedAmt"]) == Decimal("1379.70")


def test_a_payment_beyond_the_balance_breaks_a_rule_that_is_shown(quickbooks, invoice):
    with pytest.raises(Rejected, match="règle de gestion : « The amount applied") as caught:
        quickbooks.push("payments", payment_values(invoice, "1379.71"), idempotency_key="p1")
    assert caught.value.code == "business_rule"


def test_an_act_that_does_not_exist_is_told(quickbooks):
    with pytest.raises(Misconfigured, match="n’offre pas"):
        quickbooks.prepare_act("purchases", "1", "void", idempotency_key="k")


# --- Expenses -----------------------------------------------------------------------------------------------------
def test_a_purchase_and_a_bill_are_written(quickbooks):
    items = [{"description": "Tuyaux", "amount": Decimal("200.00"), "remote": {"account": "10", "tax_code": "9"}}]
    lines = PURCHASES.codecs["expense_lines"].encode(items)
    supplier = PURCHASES.codecs["supplier"].encode({"value": "1", "name": "Quincaillerie"})
    made = quickbooks.push(
        "purchases", {"AccountRef": {"value": "2"}, "EntityRef": supplier, "DocNumber": "A-1", "Line": lines},
        idempotency_key="k1",
    )  # fmt: skip
    assert (made["PaymentType"], made["EntityRef"]["type"], made["_gst"], made["_qst"]) == (
        "Cash", "Vendor", "10.0", "19.95",
    )  # fmt: skip
    assert PURCHASES.codecs["supplier"].decode(made["EntityRef"]) == "Quincaillerie Rosemont inc."
    [item] = PURCHASES.codecs["expense_lines"].decode(made["Line"])
    assert (item["amount"], item["account"], item["remote"]["tax_code"]) == (200, "Matériaux et pièces", "9")
    bill = quickbooks.push("bills", {"VendorRef": {"value": "1"}, "Line": lines}, idempotency_key="k2")
    assert (bill["_status"], Decimal(bill["TotalAmt"])) == ("approved", Decimal("229.95"))


# --- Prepared writes ----------------------------------------------------------------------------------------------
def test_a_prepared_write_is_the_same_after_storage_and_holds_no_credential(quickbooks, simulator):
    token = quickbooks.tokens.current().access_token
    prepared = quickbooks.prepare_push("customers", {"DisplayName": "É"}, idempotency_key="k" * 80)
    stored = prepared.to_json()
    assert PreparedWrite.from_json(stored) == prepared
    assert token not in stored
    assert len(prepared.params["requestid"]) == 50
    assert (
        prepared.params["requestid"]
        != quickbooks.prepare_push("customers", {"DisplayName": "É"}, idempotency_key="k" * 81).params["requestid"]
    )
    assert simulator.requests("quickbooks")[-1]["path"].startswith("/oauth2")
    first = quickbooks.send(PreparedWrite.from_json(stored))
    assert quickbooks.send(prepared) == first


def test_an_amount_that_is_no_number_is_refused_before_any_request(quickbooks):
    for wrong in ("abc", Decimal("NaN"), Decimal("12345678901234567.89")):
        with pytest.raises(Rejected, match="nombre"):
            quickbooks.prepare_push("payments", {"TotalAmt": wrong}, idempotency_key="k")


def test_what_we_derive_is_not_sent_back(quickbooks):
    prepared = quickbooks.prepare_push(
        "invoices", {"_status": "paid", "PrivateNote": "x"}, remote_id="1", version="3", idempotency_key="k"
    )
    assert json.loads(prepared.body) == {"Id": "1", "SyncToken": "3", "sparse": True, "PrivateNote": "x"}
