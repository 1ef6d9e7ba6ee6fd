"""Writing to Stripe: what is sent, what comes back, and nothing twice."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base.errors import Conflict, Misconfigured, NotFound, Rejected, Transient
from connectors.base.writes import PreparedWrite
from connectors.stripe.connector import Stripe
from tests.connectors.support import read

CUSTOMERS, INVOICES = Stripe.resource("customers"), Stripe.resource("invoices")
ADDRESS = {
    "line1": "12 rue de l’Église", "line2": "", "city": "Trois-Rivières", "province": "QC", "postal_code": "G9A 1A1",
    "country": "CA",
}  # fmt: skip


def customer_values(**more):
    return {
        "name": "Zoé Exemple",
        "email": "zoe@courriel.example",
        "phone": "+15145550142",
        "address": CUSTOMERS.codecs["address"].encode(ADDRESS),
        "preferred_locales": CUSTOMERS.codecs["language"].encode("fr"),
        "tax_exempt": CUSTOMERS.codecs["exempt"].encode(False),
        **more,
    }


@pytest.fixture
def customer(stripe):
    return stripe.push("customers", customer_values(), idempotency_key="c1", reference="rec-1")


def item(description, quantity, price, subtotal, **remote):
    return {"description": description, "quantity": Decimal(quantity), "unit_price": Decimal(price),
            "subtotal": Decimal(subtotal), "remote": remote}  # fmt: skip


ITEMS = [item("Main-d’œuvre", "4.5", "120.00", "540.00"), item("Robinet", "2", "268.55", "537.10")]
TAXES = [
    {"name": "TPS", "rate": Decimal(5), "base": Decimal("1077.10"), "amount": Decimal("53.86")},
    {"name": "TVQ", "rate": Decimal("9.975"), "base": Decimal("1077.10"), "amount": Decimal("107.44")},
]


def invoice_values(customer, status="open", items=ITEMS, **more):
    codecs = INVOICES.codecs
    return {
        "customer": customer["id"],
        "_number": "QC-1042",
        "_status": status,
        "due_date": codecs["due"].encode(date(2027, 1, 31)),
        "_lines": codecs["lines"].encode(items),
        "_taxes": codecs["taxes"].encode(TAXES),
        "description": "Merci d’avoir fait appel à nous",
        "currency": codecs["currency"].encode("CAD"),
        "_tax_inclusive": False,
        **more,
    }


@pytest.fixture
def invoice(stripe, customer):
    return stripe.push("invoices", invoice_values(customer), idempotency_key="f1", reference="rec-f1")


@pytest.fixture
def draft(stripe, customer):
    return stripe.push("invoices", invoice_values(customer, "draft"), idempotency_key="f1", reference="rec-f1")


def paid(simulator, amount=10000, **more):
    return simulator.create("payment_intent", slug="stripe", amount=amount, **more)


# --- Customers ----------------------------------------------------------------------------------------------------
def test_a_customer_is_created_with_accents_and_our_reference(stripe, customer):
    assert customer["name"] == "Zoé Exemple"
    assert CUSTOMERS.codecs["address"].decode(customer["address"]) == ADDRESS
    assert CUSTOMERS.codecs["language"].decode(customer["preferred_locales"]) == "fr"
    assert customer["metadata"] == {"customer_ref": "rec-1"}
    assert customer == stripe.fetch("customers", customer["id"])


def test_a_change_leaves_the_rest_and_an_empty_value_clears(stripe, customer):
    version = customer["_version"]
    after = stripe.push(
        "customers", {"phone": None, "name": "Zoé Côté"}, remote_id=customer["id"], version=version, idempotency_key="u"
    )
    assert (after["name"], after["phone"], after["email"]) == ("Zoé Côté", None, "zoe@courriel.example")
    assert after["metadata"] == {"customer_ref": "rec-1"}
    shorter = CUSTOMERS.codecs["address"].encode({"line1": "1 rue Neuve", "city": "Laval", "country": "CA"})
    after = stripe.push("customers", {"address": shorter}, remote_id=customer["id"], idempotency_key="u2")
    assert CUSTOMERS.codecs["address"].decode(after["address"])["postal_code"] == ""


def test_a_change_on_an_old_state_is_a_conflict(stripe, simulator, customer):
    simulator.edit("customer", customer["id"], slug="stripe", name="Changé ailleurs")
    with pytest.raises(Conflict, match="a changé dans Stripe"):
        stripe.push(
            "customers", {"name": "Ici"}, remote_id=customer["id"], version=customer["_version"], idempotency_key="u"
        )
    assert stripe.fetch("customers", customer["id"])["name"] == "Changé ailleurs"


def test_a_change_whose_answer_was_lost_is_seen_as_done(stripe, customer):
    prepared = stripe.prepare_push(
        "customers", {"name": "Zoé Côté"}, remote_id=customer["id"], version=customer["_version"], idempotency_key="u"
    )
    assert stripe.send(prepared) == stripe.send(prepared)


def test_the_same_creation_twice_makes_one_customer(stripe, simulator):
    prepared = stripe.prepare_push("customers", customer_values(), idempotency_key="c1", reference="rec-1")
    again = PreparedWrite.from_json(prepared.to_json())
    assert again == prepared
    before = len(simulator.objects("customer", slug="stripe"))
    assert stripe.send(prepared)["id"] == stripe.send(again)["id"]
    assert len(simulator.objects("customer", slug="stripe")) == before + 1


def test_a_creation_whose_answer_is_lost_is_not_doubled(stripe, simulator):
    before = len(simulator.objects("customer", slug="stripe"))
    simulator.fault("error", "/v1/customers", method="POST", slug="stripe", after=True)
    stripe.push("customers", customer_values(), idempotency_key="c1")
    assert len(simulator.objects("customer", slug="stripe")) == before + 1


def test_a_creation_that_times_out_is_not_doubled(connect, simulator):
    stripe = connect(timeout=0.4)
    before = len(simulator.objects("customer", slug="stripe"))
    simulator.fault("slow", "/v1/customers", method="POST", slug="stripe", after=True, seconds=1.5)
    stripe.push("customers", customer_values(), idempotency_key="c1")
    assert len(simulator.objects("customer", slug="stripe")) == before + 1


def test_the_same_key_for_something_else_is_refused(stripe, customer):
    with pytest.raises(Rejected) as caught:
        stripe.push("customers", customer_values(name="Autre"), idempotency_key="c1")
    assert caught.value.code == "idempotency_key_reused"


def test_a_customer_is_found_by_our_reference_or_its_address(stripe, simulator, customer):
    simulator.configure("stripe", search_delay_seconds=60)
    assert stripe.lookup("customers", {"email": "zoe@courriel.example"}) == [customer]
    assert stripe.lookup("customers", {"metadata.customer_ref": "rec-1"}) == [], "not searchable at once"
    simulator.advance(90)
    assert stripe.lookup("customers", {"metadata.customer_ref": "rec-1"}) == [customer]
    assert stripe.lookup("customers", {"email": "personne@courriel.example"}) == []
    with pytest.raises(Misconfigured, match="chercher"):
        stripe.lookup("customers", {"phone": "1"})


def test_an_invalid_address_is_refused_with_its_field(stripe):
    with pytest.raises(Rejected, match="courriel n’est pas valable") as caught:
        stripe.push("customers", {"name": "X", "email": "pas une adresse"}, idempotency_key="k")
    assert list(caught.value.field_errors) == ["email"]
    corrected = stripe.push("customers", {"name": "X", "email": "x@courriel.example"}, idempotency_key="k2")
    assert corrected["email"] == "x@courriel.example"


def test_a_customer_is_deleted_for_good(stripe, customer):
    stripe.delete("customers", customer["id"], idempotency_key="d")
    with pytest.raises(NotFound):
        stripe.fetch("customers", customer["id"])
    with pytest.raises(NotFound):
        stripe.delete("customers", customer["id"], idempotency_key="d2")
    with pytest.raises(NotFound):
        stripe.push("customers", {"name": "X"}, remote_id=customer["id"], idempotency_key="u")


def test_a_deletion_whose_answer_is_lost_is_done(stripe, simulator, customer):
    simulator.fault("error", "/v1/customers", method="DELETE", slug="stripe", after=True)
    stripe.delete("customers", customer["id"], idempotency_key="d")


# --- Invoices -----------------------------------------------------------------------------------------------------
def test_an_invoice_goes_with_lines_and_taxes_to_the_cent_and_comes_back_the_same(stripe, invoice):
    assert (invoice["_status"], invoice["_number"], invoice["_total"]) == ("open", "QC-1042", "1238.40")
    assert (invoice["_subtotal"], invoice["_total_tax"], invoice["_balance"]) == ("1077.10", "161.30", "1238.40")
    assert invoice["hosted_invoice_url"]
    assert INVOICES.codecs["due"].decode(invoice["due_date"]) == "2027-01-31"
    lines = INVOICES.codecs["lines"].decode(invoice["_lines"])
    assert [(one["quantity"], one["unit_price"], one["subtotal"]) for one in lines] == [
        (Decimal("4.5"), Decimal(120), Decimal("540.00")), (Decimal(2), Decimal("268.55"), Decimal("537.10")),
    ]  # fmt: skip
    taxes = INVOICES.codecs["taxes"].decode(invoice["_taxes"])
    assert [{k: v for k, v in one.items() if k != "remote"} for one in taxes] == TAXES


def test_an_invoice_sent_twice_is_made_once(stripe, simulator, customer):
    prepared = stripe.prepare_push("invoices", invoice_values(customer), idempotency_key="f1", reference="rec-f1")
    assert stripe.send(prepared) == stripe.send(prepared)
    made = [one for one in simulator.objects("invoice", slug="stripe") if one["customer"] == customer["id"]]
    assert len(made) == 1


@pytest.mark.parametrize("path", ["/v1/invoices", "/v1/invoiceitems", "/v1/invoices/in_"])
def test_an_invoice_interrupted_anywhere_goes_on_and_is_not_doubled(connect, simulator, customer, path):
    from connectors.base.client import RetryPolicy

    hasty = connect(retry=RetryPolicy(max_retries=0))
    prepared = hasty.prepare_push("invoices", invoice_values(customer), idempotency_key="f1", reference="rec-f1")
    simulator.fault("error", path, method="POST", slug="stripe", after=True)
    with pytest.raises(Transient):
        hasty.send(prepared)
    done = hasty.send(prepared)
    assert (done["_total"], done["_status"], len(done["_lines"])) == ("1238.40", "open", 2)
    made = [one for one in simulator.objects("invoice", slug="stripe") if one["customer"] == customer["id"]]
    assert len(made) == 1


def test_an_invoice_that_cannot_be_finished_leaves_nothing(stripe, simulator, customer):
    values = invoice_values(customer)
    values["_lines"][1]["description"] = "x" * 6000
    with pytest.raises(Rejected):
        stripe.push("invoices", values, idempotency_key="f1")
    left = [one for one in simulator.objects("invoice", slug="stripe") if one["customer"] == customer["id"]]
    assert [one["deleted_at"] is not None for one in left] == [True]


def test_an_invoice_for_a_customer_who_is_gone_is_refused(stripe, simulator, customer):
    simulator.delete("customer", customer["id"], slug="stripe")
    with pytest.raises(Rejected) as caught:
        stripe.push("invoices", invoice_values(customer), idempotency_key="f1")
    assert caught.value.code == "resource_missing"


def test_an_invoice_that_was_paid_elsewhere_is_created_paid(stripe, customer):
    made = stripe.push("invoices", invoice_values(customer, "paid"), idempotency_key="f1")
    assert (made["_status"], made["paid_out_of_band"], made["_balance"]) == ("paid", True, "0")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"_status": "void"}, "annulée ou payée en partie"),
        ({"_status": "partial"}, "annulée ou payée en partie"),
        ({"_tax_inclusive": True}, "taxes comprises"),
        (
            {"_lines": [{"id": "", "description": "x", "amount": "1.005", "quantity": "1", "unit_price": "1"}]},
            "fractions",
        ),
        ({"_lines": [{"id": "", "description": "x", "amount": "NaN", "quantity": "1", "unit_price": "1"}]}, "montant"),
    ],
)
def test_what_stripe_cannot_hold_is_refused_before_any_request(stripe, simulator, customer, changes, sentence):
    simulator.forget_requests("stripe")
    with pytest.raises(Rejected, match=sentence):
        stripe.push("invoices", invoice_values(customer) | changes, idempotency_key="f1")
    assert simulator.requests("stripe") == []


def test_an_invoice_without_a_due_date_has_the_delay_of_the_settings(connect, customer):
    stripe = connect(config={"days_until_due": "15"})
    made = stripe.push("invoices", invoice_values(customer, due_date=None), idempotency_key="f1")
    assert made["due_date"] - made["created"] == 15 * 86400


def test_lines_and_taxes_of_a_draft_are_replaced(stripe, draft):
    lines = INVOICES.codecs["lines"].decode(draft["_lines"])
    kept = {**lines[1], "description": "Robinet chromé"}
    new = item("Déplacement", "1", "65.00", "65.00")
    values = {"_lines": INVOICES.codecs["lines"].encode([kept, new]), "description": "Révisée"}
    prepared = stripe.prepare_push(
        "invoices", values, remote_id=draft["id"], version=draft["_version"], idempotency_key="u"
    )
    after = stripe.send(prepared)
    assert [one["description"] for one in after["_lines"]] == ["Robinet chromé", "Déplacement"]
    assert after["_lines"][0]["id"] == lines[1]["remote"]["id"]
    assert (after["description"], after["_subtotal"], after["_total_tax"]) == ("Révisée", "602.10", "161.30")


def test_lines_of_a_finalized_invoice_stay(stripe, invoice):
    values = {"_lines": INVOICES.codecs["lines"].encode([item("Autre", "1", "1", "1.00")])}
    with pytest.raises(Rejected, match="émise") as caught:
        stripe.push("invoices", values, remote_id=invoice["id"], version=invoice["_version"], idempotency_key="u")
    assert caught.value.code == "invoice_not_editable"
    same = {"_lines": INVOICES.codecs["lines"].encode(INVOICES.codecs["lines"].decode(invoice["_lines"]))}
    assert (
        stripe.push("invoices", same, remote_id=invoice["id"], idempotency_key="u2")["_version"] == invoice["_version"]
    )


def test_a_status_without_an_act_changes_nothing(stripe, invoice):
    after = stripe.push(
        "invoices", {"_status": "partial"}, remote_id=invoice["id"], version=invoice["_version"], idempotency_key="u"
    )
    assert after == invoice


def test_the_customer_of_an_invoice_never_changes(stripe, invoice):
    with pytest.raises(Rejected, match="une fois l’élément créé"):
        stripe.push("invoices", {"customer": "cus_1"}, remote_id=invoice["id"], idempotency_key="u")


def act(stripe, resource, remote_id, name, key="a", **values):
    return stripe.send(stripe.prepare_act(resource, remote_id, name, values, idempotency_key=key))


def test_a_draft_is_finalized_then_sent_then_voided(stripe, draft):
    assert act(stripe, "invoices", draft["id"], "finalize")["_status"] == "open"
    assert act(stripe, "invoices", draft["id"], "send", "b")["_status"] == "open"
    void = act(stripe, "invoices", draft["id"], "void", "c")
    assert (void["_status"], void["_balance"]) == ("void", "0")


def test_an_invoice_is_paid_elsewhere_or_given_up(stripe, invoice, customer):
    assert act(stripe, "invoices", invoice["id"], "pay")["_status"] == "paid"
    other = stripe.push("invoices", invoice_values(customer), idempotency_key="f2")
    assert act(stripe, "invoices", other["id"], "mark_uncollectible", "b")["_status"] == "uncollectible"
    with pytest.raises(Rejected):
        act(stripe, "invoices", invoice["id"], "void", "c")


def test_a_draft_is_deleted_and_a_finalized_invoice_is_not(stripe, draft, customer):
    stripe.delete("invoices", draft["id"], idempotency_key="d")
    with pytest.raises(NotFound):
        stripe.fetch("invoices", draft["id"])
    final = stripe.push("invoices", invoice_values(customer), idempotency_key="f2")
    with pytest.raises(Rejected):
        stripe.delete("invoices", final["id"], idempotency_key="d2")


def test_an_invoice_is_found_by_our_reference_or_number(stripe, simulator, invoice):
    simulator.advance(90)
    assert stripe.lookup("invoices", {"metadata.invoice_ref": "rec-f1"}) == [invoice]
    assert stripe.lookup("invoices", {"metadata.invoice_number": "QC-1042"}) == [invoice]


# --- Payment links ------------------------------------------------------------------------------------------------
def test_the_link_of_a_stripe_invoice_is_its_own_page(stripe, draft):
    first = act(stripe, "invoices", draft["id"], "payment_link")
    assert first["_status"] == "open" and first["hosted_invoice_url"].startswith("https://")
    assert (
        act(stripe, "invoices", draft["id"], "payment_link", "b")["hosted_invoice_url"] == first["hosted_invoice_url"]
    )


def test_a_link_for_a_document_of_another_system_is_paid_and_closed(stripe, simulator):
    values = {"amount": "1379.70", "currency": "CAD", "description": "Facture QC-7", "reference": "QC-7"}
    link = act(stripe, "invoices", "", "payment_link", **values)
    assert link["url"].startswith("https://buy.stripe.com/")
    assert act(stripe, "invoices", "", "payment_link", **values)["id"] == link["id"], "the same key makes the same link"
    session = simulator.act("stripe", "pay_link", id=link["id"])
    [payment] = stripe.lookup("payments", {"payment_link": link["id"]})
    assert (payment["id"], payment["_amount"]) == (session["payment_intent"], "1379.70")
    assert payment["metadata"] == {"invoice_ref": "QC-7"}
    assert act(stripe, "invoices", link["id"], "close_payment_link", "c")["active"] is False


# --- Payments and refunds -----------------------------------------------------------------------------------------
def test_a_payment_takes_our_reference_and_nothing_else(stripe, simulator):
    made = paid(simulator)
    after = stripe.push("payments", {"metadata": {"payment_ref": "REF-É1"}}, remote_id=made["id"], idempotency_key="u")
    assert after["metadata"] == {"payment_ref": "REF-É1"}
    with pytest.raises(Misconfigured, match="créer"):
        stripe.push("payments", {"_amount": "1"}, idempotency_key="k")
    with pytest.raises(Misconfigured, match="supprime jamais"):
        stripe.delete("payments", made["id"], idempotency_key="d")


def test_a_payment_is_refunded_in_part_then_whole(stripe, simulator):
    made = paid(simulator)
    part = act(stripe, "payments", made["id"], "refund", amount="25.50", reason="duplicate")
    assert (part["_status"], part["_refunded"]) == ("partially_refunded", "25.50")
    assert act(stripe, "payments", made["id"], "refund", amount="25.50", reason="duplicate") == part, "once"
    assert act(stripe, "payments", made["id"], "refund", "b")["_status"] == "refunded"
    with pytest.raises(Rejected, match="déjà remboursé"):
        act(stripe, "payments", made["id"], "refund", "c")


def test_a_refund_is_created_from_a_record(stripe, simulator):
    made = paid(simulator)
    values = {"payment_intent": made["id"], "_amount": Decimal("12.34"), "currency": "cad", "_reason": "Client déçu"}
    refund = stripe.push("refunds", values, idempotency_key="r1", reference="rec-r1")
    assert (refund["_amount"], refund["_reason"], refund["reason"]) == ("12.34", "Client déçu", "requested_by_customer")
    assert refund["metadata"]["refund_ref"] == "rec-r1"
    assert stripe.lookup("refunds", {"metadata.refund_ref": "rec-r1"}) == [refund]
    assert stripe.lookup("refunds", {"metadata.refund_ref": "rec-?"}) == []
    assert stripe.push("refunds", values, idempotency_key="r1", reference="rec-r1")["id"] == refund["id"]
    known = stripe.push("refunds", {**values, "_reason": "Paiement en double"}, idempotency_key="r2")
    assert (known["reason"], known["_reason"]) == ("duplicate", "Paiement en double")
    with pytest.raises(Rejected, match="greater|refuse"):
        stripe.push("refunds", {**values, "_amount": Decimal(500)}, idempotency_key="r3")
    with pytest.raises(Rejected, match="désigner le paiement"):
        stripe.push("refunds", {"_amount": Decimal(5)}, idempotency_key="r4")
    with pytest.raises(Rejected, match="une fois"):
        stripe.push("refunds", {"_amount": Decimal(5)}, remote_id=refund["id"], idempotency_key="r5")
    with pytest.raises(Rejected):
        act(stripe, "refunds", refund["id"], "cancel")


def test_an_authorized_amount_is_captured_or_let_go(stripe, simulator):
    made = paid(simulator, capture_method="manual")
    assert stripe.fetch("payments", made["id"])["_status"] == "pending"
    part = act(stripe, "payments", made["id"], "capture", amount="80.00")
    assert (part["_status"], part["_amount"]) == ("cleared", "80.00")
    other = paid(simulator, capture_method="manual")
    assert act(stripe, "payments", other["id"], "cancel", "b")["_status"] == "failed"
    with pytest.raises(Misconfigured, match="n’offre pas"):
        act(stripe, "payments", made["id"], "voler")


def test_a_bank_debit_is_pending(stripe, simulator):
    raw = stripe.fetch("payments", paid(simulator, payment_method="pm_acss_debit")["id"])
    assert (raw["_status"], raw["_method"], raw["_fee"]) == ("pending", "eft", None)


def test_a_prepared_write_holds_no_credential(stripe, customer):
    prepared = stripe.prepare_push("invoices", invoice_values(customer), idempotency_key="k")
    assert "sk_test" not in prepared.to_json()


def test_what_was_written_here_is_read_by_the_next_pull(stripe, customer):
    _, cursor, _ = read(stripe, "customers")
    stripe.push("customers", {"name": "Relue"}, remote_id=customer["id"], idempotency_key="u")
    assert read(stripe, "customers", cursor)[0][customer["id"]]["name"] == "Relue"
