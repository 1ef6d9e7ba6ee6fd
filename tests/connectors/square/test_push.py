"""Writing to Square: what is sent, what comes back, and nothing twice."""

from decimal import Decimal

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from connectors.square.connector import Square

CUSTOMERS, INVOICES = Square.resource("customers"), Square.resource("invoices")
ADDRESS = {
    "line1": "12 rue de l’Église", "line2": "app. 3", "city": "Trois-Rivières", "province": "QC",
    "postal_code": "G9A 1A1", "country": "CA",
}  # fmt: skip
KEY = "0192f0c1-7a1f-7f2e-8d6b-9d6a0d3b6d1c"


def customer_values(**more):
    return {
        "_name": "Zoé Exemple",
        "given_name": "Zoé",
        "family_name": "Exemple",
        "email_address": "zoe@courriel.example",
        "phone_number": "+15145550142",
        "address": CUSTOMERS.codecs["address"].encode(ADDRESS),
        **more,
    }


@pytest.fixture
def customer(square):
    return square.push("customers", customer_values(), idempotency_key=KEY, reference="rec-1")


def item(description, quantity, price, subtotal, tax_code="gst_qst"):
    return {"description": description, "quantity": Decimal(quantity), "unit_price": Decimal(price),
            "subtotal": Decimal(subtotal), "tax_code": tax_code, "remote": {}}  # fmt: skip


ITEMS = [item("Main-d’œuvre", "4.5", "120.00", "540.00"), item("Permis", "1", "75.00", "75.00", "exempt")]
TAXES = [{"name": "TPS", "rate": Decimal(5)}, {"name": "TVQ", "rate": Decimal("9.975")}]


def invoice_values(customer, status="sent", items=ITEMS, **more):
    return {
        "primary_recipient": {"customer_id": customer["id"]},
        "invoice_number": "QC-1042",
        "_status": status,
        "_due_date": "2027-01-31",
        "_lines": INVOICES.codecs["lines"].encode(items),
        "_taxes": INVOICES.codecs["taxes"].encode(TAXES),
        "description": "Merci d’avoir fait appel à nous",
        **more,
    }


@pytest.fixture
def invoice(square, customer):
    return square.push("invoices", invoice_values(customer), idempotency_key=KEY)


def act(square, resource, remote_id, name, key=KEY, **values):
    return square.send(square.prepare_act(resource, remote_id, name, values, idempotency_key=key))


def orders_of(simulator, customer):
    return [one for one in simulator.objects("order", slug="square") if one.get("customer_id") == customer["id"]]


# --- Customers ----------------------------------------------------------------------------------------------------
def test_a_customer_is_created_with_accents_and_our_reference(square, customer):
    assert (customer["_name"], customer["reference_id"]) == ("Zoé Exemple", "rec-1")
    assert CUSTOMERS.codecs["address"].decode(customer["address"]) == ADDRESS
    assert customer == square.fetch("customers", customer["id"])
    only = square.push("customers", {"_name": "Sans autre nom"}, idempotency_key="k2")
    assert only["_name"] == only["company_name"] == "Sans autre nom"


def test_a_change_leaves_the_rest_and_null_clears(square, customer):
    values = {"phone_number": None, "family_name": "Côté"}
    after = square.push("customers", values, remote_id=customer["id"], version="0", idempotency_key="u")
    assert (after["_name"], after["email_address"], after["version"]) == ("Zoé Côté", "zoe@courriel.example", 1)
    assert "phone_number" not in after
    named = square.push("customers", {"_name": "Surnom"}, remote_id=customer["id"], version="1", idempotency_key="u")
    assert (named["nickname"], named["_name"]) == ("Surnom", "Zoé Côté")


def test_a_change_on_an_old_version_is_a_conflict(square, simulator, customer):
    simulator.edit("customer", customer["id"], slug="square", given_name="Ailleurs")
    with pytest.raises(Conflict, match="a été modifié"):
        square.push("customers", {"given_name": "Ici"}, remote_id=customer["id"], version="0", idempotency_key="u")
    assert square.fetch("customers", customer["id"])["given_name"] == "Ailleurs"


def test_a_change_whose_answer_is_lost_is_seen_as_done(square, simulator, customer):
    simulator.fault("error", "/v2/customers", method="PUT", slug="square", after=True)
    after = square.push(
        "customers", {"given_name": "Renée"}, remote_id=customer["id"], version="0", idempotency_key="u"
    )
    assert (after["given_name"], after["version"]) == ("Renée", 1)


def test_the_same_creation_twice_makes_one_customer(square, simulator):
    prepared = square.prepare_push("customers", customer_values(), idempotency_key=KEY, reference="rec-1")
    again = PreparedWrite.from_json(prepared.to_json())
    assert again == prepared and "EAAAl" not in prepared.to_json()
    before = len(simulator.objects("customer", slug="square"))
    simulator.fault("error", "/v2/customers", method="POST", slug="square", after=True)
    assert square.send(prepared)["id"] == square.send(again)["id"]
    assert len(simulator.objects("customer", slug="square")) == before + 1


def test_a_creation_that_times_out_is_not_doubled(connect, simulator):
    square = connect(timeout=0.4)
    before = len(simulator.objects("customer", slug="square"))
    simulator.fault("slow", "/v2/customers", method="POST", slug="square", after=True, seconds=1.5)
    square.push("customers", customer_values(), idempotency_key=KEY)
    assert len(simulator.objects("customer", slug="square")) == before + 1


def test_the_same_key_for_something_else_is_refused(square, customer):
    with pytest.raises(Rejected) as caught:
        square.push("customers", customer_values(given_name="Autre"), idempotency_key=KEY)
    assert caught.value.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"email_address": "pas une adresse"}, "email_address"), ({"phone_number": "123"}, "phone_number"),
     ({"given_name": "x" * 301}, "given_name")],
)  # fmt: skip
def test_an_invalid_value_is_refused_with_its_field(square, changes, field):
    with pytest.raises(Rejected, match="champs") as caught:
        square.push("customers", customer_values(**changes), idempotency_key=KEY)
    assert list(caught.value.field_errors) == [field]


def test_a_customer_is_found_by_what_it_carries(square, customer):
    assert square.lookup("customers", {"reference_id": "rec-1"}) == [customer]
    assert square.lookup("customers", {"email_address": "ZOE@courriel.example"}) == [customer]
    assert square.lookup("customers", {"reference_id": "rec-2"}) == []
    with pytest.raises(Misconfigured, match="chercher"):
        square.lookup("payments", {"id": "1"})


def test_a_customer_is_deleted_unless_it_changed(square, simulator, customer):
    simulator.edit("customer", customer["id"], slug="square", given_name="Ailleurs")
    with pytest.raises(Conflict):
        square.delete("customers", customer["id"], idempotency_key="d", version="0")
    simulator.fault("error", "/v2/customers", method="DELETE", slug="square", after=True)
    square.delete("customers", customer["id"], idempotency_key="d", version="1")
    with pytest.raises(NotFound):
        square.delete("customers", customer["id"], idempotency_key="d")
    with pytest.raises(NotFound):
        square.push("customers", {"given_name": "X"}, remote_id=customer["id"], version="1", idempotency_key="u")


# --- Invoices -----------------------------------------------------------------------------------------------------
def test_an_invoice_is_an_order_published_to_the_cent(square, invoice):
    assert (invoice["_status"], invoice["invoice_number"], invoice["_due_date"]) == ("sent", "QC-1042", "2027-01-31")
    assert (invoice["_subtotal"], invoice["_total_tax"], invoice["_total"]) == ("615.00", "80.87", "695.87")
    assert invoice["public_url"].startswith("https://")
    lines = INVOICES.codecs["lines"].decode(invoice["_lines"])
    assert [(one["quantity"], one["unit_price"], one["subtotal"]) for one in lines] == [
        (Decimal("4.5"), Decimal(120), Decimal(540)), (Decimal(1), Decimal(75), Decimal(75)),
    ]  # fmt: skip
    taxes = INVOICES.codecs["taxes"].decode(invoice["_taxes"])
    assert [(one["name"], one["base"], one["amount"]) for one in taxes] == [
        ("TPS", Decimal(540), Decimal("27.00")), ("TVQ", Decimal(540), Decimal("53.87")),
    ]  # fmt: skip


def test_a_line_whose_figures_do_not_multiply_goes_as_one_piece():
    [line] = INVOICES.codecs["lines"].encode([item("Forfait", "3", "33.333", "100.00")])
    assert (line["quantity"], line["base_price_money"]) == ("1", {"amount": 10000, "currency": "CAD"})


@pytest.mark.parametrize("path", ["/v2/orders", "/v2/invoices", "/v2/invoices/inv"])
def test_an_invoice_interrupted_anywhere_goes_on_and_is_not_doubled(connect, simulator, customer, path):
    hasty = connect(retry=RetryPolicy(max_retries=0))
    prepared = hasty.prepare_push("invoices", invoice_values(customer), idempotency_key=KEY)
    simulator.fault("error", path, method="POST", slug="square", after=True)
    with pytest.raises(Transient):
        hasty.send(prepared)
    done = hasty.send(prepared)
    assert (done["_total"], done["_status"]) == ("695.87", "sent")
    assert hasty.send(prepared)["id"] == done["id"]
    assert len(orders_of(simulator, customer)) == 1


def test_an_invoice_that_is_refused_leaves_no_open_order(square, simulator, customer, invoice):
    with pytest.raises(Rejected, match="number is taken"):
        square.push("invoices", invoice_values(customer), idempotency_key="autre")
    assert sorted(one["state"] for one in orders_of(simulator, customer)) == ["CANCELED", "OPEN"]


def test_the_location_is_the_chosen_one_else_that_of_the_settings_else_the_main_one(connect, customer):
    draft = invoice_values(customer, "draft", invoice_number="1", location_id={"value": "LLAVAL000002"})
    assert connect().push("invoices", draft, idempotency_key="k1")["location_id"] == "LLAVAL000002"
    plain = invoice_values(customer, "draft", invoice_number="2")
    chosen = connect(config={"location_id": "LLAVAL000002"}).push("invoices", plain, idempotency_key="k2")
    assert chosen["location_id"] == "LLAVAL000002"
    plain = invoice_values(customer, "draft", invoice_number="3", _due_date=None)
    main = connect().push("invoices", plain, idempotency_key="k3")
    assert (main["location_id"], main["_status"]) == ("LPLATEAU0001", "draft")
    assert main["_due_date"] > "2026"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"_status": "paid"}, "payée ailleurs"), ({"_status": "void"}, "annulée"), ({"_lines": []}, "sans ligne")],
)
def test_what_square_cannot_hold_is_refused_before_any_request(square, simulator, customer, changes, sentence):
    simulator.forget_requests("square")
    with pytest.raises(Rejected, match=sentence):
        square.push("invoices", invoice_values(customer) | changes, idempotency_key=KEY)
    assert simulator.requests("square") == []


def test_an_invoice_for_what_is_gone_is_refused(square, simulator, customer):
    simulator.delete("customer", customer["id"], slug="square")
    with pytest.raises(Rejected, match="n’existe plus"):
        square.push("invoices", invoice_values(customer), idempotency_key=KEY)


def test_number_text_and_date_of_an_invoice_change_and_lines_do_not(square, invoice):
    values = {"invoice_number": "QC-1043", "description": None, "_due_date": "2027-02-28", "_status": "partial"}
    about = {"remote_id": invoice["id"], "version": str(invoice["version"])}
    after = square.push("invoices", values, idempotency_key="u", **about)
    assert (after["invoice_number"], after.get("description"), after["_due_date"]) == ("QC-1043", None, "2027-02-28")
    with pytest.raises(Conflict):
        square.push("invoices", {"invoice_number": "X"}, idempotency_key="u2", **about)
    about["version"] = str(after["version"])
    same = {"_lines": invoice_values({"id": ""})["_lines"], "_taxes": invoice_values({"id": ""})["_taxes"]}
    assert square.push("invoices", same, idempotency_key="u3", **about) == after
    with pytest.raises(Rejected, match="ne changent plus"):
        other = {"_lines": INVOICES.codecs["lines"].encode([item("Autre", "1", "1", "1")])}
        square.push("invoices", other, idempotency_key="u4", **about)
    with pytest.raises(Rejected, match="une fois l’élément créé"):
        square.push("invoices", {"primary_recipient": {"customer_id": "x"}}, idempotency_key="u5", **about)


def test_a_draft_is_published_then_cancelled_or_deleted(square, customer):
    draft = square.push("invoices", invoice_values(customer, "draft"), idempotency_key=KEY)
    assert act(square, "invoices", draft["id"], "publish")["_status"] == "sent"
    void = act(square, "invoices", draft["id"], "cancel")
    assert (void["_status"], void["_balance"]) == ("void", "0")
    with pytest.raises(Rejected):
        square.delete("invoices", draft["id"], idempotency_key="d")
    other = square.push("invoices", invoice_values(customer, "draft", invoice_number="2"), idempotency_key="k")
    square.delete("invoices", other["id"], idempotency_key="d", version=str(other["version"]))
    with pytest.raises(NotFound):
        square.fetch("invoices", other["id"])


def test_an_invoice_is_found_by_its_number(square, invoice):
    assert square.lookup("invoices", {"invoice_number": "QC-1042"}) == [invoice]
    assert square.lookup("invoices", {"invoice_number": "QC-9"}) == []


# --- Links, payments and refunds ----------------------------------------------------------------------------------
def test_the_link_of_an_invoice_is_its_page_and_others_have_one_of_their_own(square, customer):
    draft = square.push("invoices", invoice_values(customer, "draft"), idempotency_key=KEY)
    first = act(square, "invoices", draft["id"], "payment_link")
    assert first["public_url"] == act(square, "invoices", draft["id"], "payment_link", "b")["public_url"]
    values = {"amount": "1379.70", "description": "Facture QC-7", "reference": "QC-7"}
    link = act(square, "invoices", "", "payment_link", "c", **values)
    assert link["url"].startswith("https://") and link["payment_note"] == "QC-7"
    assert act(square, "invoices", "", "payment_link", "c", **values) == link
    assert act(square, "invoices", link["id"], "close_payment_link")["cancelled_order_id"] == link["order_id"]
    with pytest.raises(Rejected, match="fractions"):
        act(square, "invoices", "", "payment_link", "d", amount="1.005")


def test_a_payment_is_refunded_in_part_then_whole(square, simulator):
    made = simulator.create("payment", slug="square", amount=10000)
    part = act(square, "payments", made["id"], "refund", amount="25.50", reason="Doublon")
    assert (part["_status"], part["refunded_money"]["amount"]) == ("partially_refunded", 2550)
    assert act(square, "payments", made["id"], "refund", amount="25.50", reason="Doublon") == part, "once"
    assert act(square, "payments", made["id"], "refund", "b")["_status"] == "refunded"
    with pytest.raises(Rejected, match="reste à rembourser"):
        act(square, "payments", made["id"], "refund", "c", amount="1.00")


def test_a_refund_is_created_from_a_record(square, simulator):
    made = simulator.create("payment", slug="square", amount=10000)
    money = Square.resource("refunds").codecs["money"].encode(Decimal("12.34"))
    values = {"payment_id": made["id"], "amount_money": money, "reason": "Client déçu"}
    refund = square.push("refunds", values, idempotency_key=KEY)
    assert (refund["amount_money"], refund["reason"], refund["status"]) == (money, "Client déçu", "COMPLETED")
    assert square.push("refunds", values, idempotency_key=KEY) == refund
    with pytest.raises(Rejected, match="désigner le paiement"):
        square.push("refunds", {"amount_money": money}, idempotency_key="r2")
    with pytest.raises(Rejected, match="une fois"):
        square.push("refunds", {"reason": "x"}, remote_id=refund["id"], idempotency_key="r3")


def test_an_authorized_payment_is_completed_or_cancelled(square, simulator):
    made = simulator.create("payment", slug="square", amount=10000, autocomplete=False)
    assert square.fetch("payments", made["id"])["_status"] == "pending"
    assert act(square, "payments", made["id"], "complete")["_status"] == "cleared"
    other = simulator.create("payment", slug="square", amount=10000, autocomplete=False)
    assert act(square, "payments", other["id"], "cancel")["_status"] == "failed"
    with pytest.raises(Misconfigured, match="n’offre pas"):
        act(square, "payments", made["id"], "voler")
    for call in (lambda: square.push("payments", {"note": "x"}, idempotency_key="k"),
                 lambda: square.push("payments", {"note": "x"}, remote_id="1", idempotency_key="k"),
                 lambda: square.delete("payments", "1", idempotency_key="k")):  # fmt: skip
        with pytest.raises(Misconfigured):
            call()
