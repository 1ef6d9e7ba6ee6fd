"""Reading Stripe: everything by list, then what changed by events."""

from decimal import Decimal

import pytest

from connectors.base.errors import Malformed, Misconfigured, NotFound, RepeatedCursor, Unreadable
from connectors.stripe.connector import Stripe
from tests.connectors.stripe.conftest import FIRST
from tests.connectors.support import read


def test_everything_is_read_with_what_follows_from_it(stripe):
    customers, cursor, _ = read(stripe, "customers")
    assert len(customers) == 20
    assert "Boulangerie Aux Blés d’Or inc." in {one["name"] for one in customers.values()}
    assert cursor["mode"] == "events"
    invoices, _, _ = read(stripe, "invoices")
    assert {one["_status"] for one in invoices.values()} == {"draft", "open", "paid", "void"}
    payments, _, _ = read(stripe, "payments")
    assert {one["_status"] for one in payments.values()} == {"cleared", "failed", "refunded", "partially_refunded"}
    refunds, _, _ = read(stripe, "refunds")
    assert {one["_reason"] for one in refunds.values()} == {"Demande du client", "Paiement en double"}
    assert {one["payment_intent"] for one in refunds.values()} <= set(payments)


def test_a_customer_without_a_name_is_called_by_its_address(stripe, simulator):
    made = simulator.create("customer", slug="stripe", email="sans.nom@courriel.example")
    assert stripe.fetch("customers", made["id"])["name"] == "sans.nom@courriel.example"


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_pages_end_where_the_provider_says(stripe, simulator, count, pages):
    simulator.empty("stripe")
    simulator.seed("customer", count, slug="stripe")
    found, _, read_pages = read(stripe, "customers", size=10)
    assert (len(found), read_pages) == (count, pages)


def test_a_pull_goes_on_from_any_page(stripe, simulator):
    whole, _, _ = read(stripe, "customers", size=7)
    first = next(stripe.pull("customers", None, page_size=7))
    rest, cursor, _ = read(stripe, "customers", first.cursor, size=7)
    assert {one["id"] for one in first.records} | set(rest) == set(whole)
    assert cursor["since"] == first.cursor["mark"] - 300


def test_the_place_in_the_list_may_be_deleted_meanwhile(stripe, simulator):
    first = next(stripe.pull("customers", None, page_size=7))
    simulator.delete("customer", first.cursor["after"], slug="stripe")
    rest, _, _ = read(stripe, "customers", first.cursor, size=7)
    assert len(rest) == 19


def test_nothing_new_is_one_request(stripe, simulator):
    _, cursor, _ = read(stripe, "customers")
    simulator.forget_requests("stripe")
    found, following, pages = read(stripe, "customers", cursor)
    assert (found, pages, len(simulator.requests("stripe"))) == ({}, 1, 1)
    assert following["mode"] == "events"


def test_changes_and_deletions_come_by_the_feed_each_once(stripe, simulator):
    customers, cursor, _ = read(stripe, "customers")
    changed, gone = list(customers)[:2]
    simulator.edit("customer", changed, slug="stripe", name="Zoé Côté-Lévesque")
    simulator.edit("customer", changed, slug="stripe", phone="+15145550999")
    simulator.delete("customer", gone, slug="stripe")
    made = simulator.create("customer", slug="stripe", name="Nouveau")
    found, cursor, _ = read(stripe, "customers", cursor)
    assert set(found) == {changed, gone, made["id"]}
    assert (found[changed]["name"], found[changed]["phone"]) == ("Zoé Côté-Lévesque", "+15145550999")
    resource = Stripe.resource("customers")
    assert resource.is_deleted(found[gone]) and not resource.is_deleted(found[changed])
    assert read(stripe, "customers", cursor)[0] == {}, "events of the overlap are done"


def test_a_long_feed_is_walked_from_its_oldest_event_and_resumed(stripe, simulator):
    _, cursor, _ = read(stripe, "customers")
    made = [simulator.create("customer", slug="stripe", name=f"Client {n}")["id"] for n in range(23)]
    found, _, pages = read(stripe, "customers", cursor, size=5)
    assert list(found) == made, "oldest first"
    assert pages >= 5
    walk = stripe.pull("customers", cursor, page_size=5)
    early = [record["id"] for page in (next(walk), next(walk)) for record in page.records]
    walk = stripe.pull("customers", cursor, page_size=5)
    next(walk)
    resumed, following, _ = read(stripe, "customers", next(walk).cursor, size=5)
    assert early + list(resumed) == made
    assert read(stripe, "customers", following, size=5)[0] == {}


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6])
def test_pages_of_the_feed_end_where_the_provider_says(stripe, simulator, count):
    _, cursor, _ = read(stripe, "customers")
    made = [simulator.create("customer", slug="stripe", name=f"Client {n}")["id"] for n in range(count)]
    assert list(read(stripe, "customers", cursor, size=5)[0]) == made


def test_what_the_feed_forgot_is_read_from_the_lists(stripe, simulator):
    _, cursor, _ = read(stripe, "customers")
    found, _, _ = read(stripe, "customers", {**cursor, "since": cursor["since"] - 40 * 86400})
    assert len(found) == 20


def test_a_draft_that_was_deleted_is_a_tombstone(stripe, simulator):
    invoices, cursor, _ = read(stripe, "invoices")
    draft = next(key for key, one in invoices.items() if one["status"] == "draft")
    simulator.delete("invoice", draft, slug="stripe")
    found, _, _ = read(stripe, "invoices", cursor)
    assert found == {draft: {"id": draft, "object": "invoice", "deleted": True}}
    with pytest.raises(NotFound):
        stripe.fetch("invoices", draft)


def test_a_deleted_customer_is_not_found(stripe, simulator):
    made = simulator.create("customer", slug="stripe", name="Passager")
    simulator.delete("customer", made["id"], slug="stripe")
    with pytest.raises(NotFound, match="supprimé"):
        stripe.fetch("customers", made["id"])


def test_an_invoice_that_is_paid_is_told_with_its_payment(stripe, simulator):
    invoices, cursor, _ = read(stripe, "invoices")
    _, of_payments, _ = read(stripe, "payments")
    due = next(one for one in invoices.values() if one["status"] == "open")
    simulator.act("stripe", "pay_invoice", id=due["id"])
    invoice = read(stripe, "invoices", cursor)[0][due["id"]]
    assert (invoice["_status"], invoice["_balance"]) == ("paid", "0")
    payment = read(stripe, "payments", of_payments)[0][due["payment_intent"]]
    assert (payment["_status"], payment["_amount"], payment["_method"]) == ("cleared", due["_total"], "card")
    assert payment["_allocations"] == [{"invoice": due["id"], "amount": due["_total"]}]
    assert Decimal(payment["_fee"]) > 0


def test_a_refused_card_is_a_failed_payment_that_may_still_come(stripe, simulator):
    _, cursor, _ = read(stripe, "payments")
    made = simulator.create(
        "payment_intent", slug="stripe", amount=12345, payment_method="pm_card_chargeDeclinedInsufficientFunds"
    )
    payment = read(stripe, "payments", cursor)[0][made["id"]]
    assert (payment["_status"], payment["_amount"]) == ("failed", "123.45")
    assert payment["_failure_reason"] == "Your card has insufficient funds."


def test_an_intent_that_nobody_tried_to_pay_is_no_payment(stripe, simulator):
    intents = simulator.objects("payment_intent", slug="stripe")
    untried = [one["id"] for one in intents if one["status"] == "requires_payment_method" and not one["latest_charge"]]
    assert untried
    assert not set(untried) & set(read(stripe, "payments")[0])


def test_a_refund_changes_its_payment(stripe, simulator):
    payments, cursor, _ = read(stripe, "payments")
    _, of_refunds, _ = read(stripe, "refunds")
    whole = next(one for one in payments.values() if one["_status"] == "cleared")
    made = simulator.create("refund", slug="stripe", payment_intent=whole["id"], amount=1234)
    after = read(stripe, "payments", cursor)[0][whole["id"]]
    assert (after["_status"], after["_refunded"]) == ("partially_refunded", "12.34")
    refund = read(stripe, "refunds", of_refunds)[0][made["id"]]
    assert (refund["_amount"], refund["payment_intent"], refund["_status"]) == ("12.34", whole["id"], "succeeded")


def test_an_invoice_of_many_lines_is_read_whole(stripe, simulator):
    customer = next(iter(read(stripe, "customers")[0]))
    lines = [[f"Pièce {n}", 101 + n] for n in range(13)]
    made = simulator.create("invoice", slug="stripe", customer=customer, lines=lines)
    raw = stripe.fetch("invoices", made["id"])
    assert [one["description"] for one in raw["_lines"]] == [f"Pièce {n}" for n in range(13)]
    assert Decimal(raw["_total"]) == sum(Decimal(101 + n) for n in range(13)) / 100
    listed = read(stripe, "invoices")[0][made["id"]]
    assert listed["_version"] == raw["_version"]


def test_a_period_narrows_lists_and_feed(stripe, simulator):
    whole, _, _ = read(stripe, "customers")
    dates = {"date_from": "2026-03-05", "date_to": "2026-03-10"}
    some, cursor, _ = read(stripe, "customers", filters=dates)
    assert 0 < len(some) < len(whole)
    simulator.create("customer", slug="stripe", name="Trop récent")
    assert read(stripe, "customers", cursor, filters=dates)[0] == {}
    with pytest.raises(Misconfigured, match="filtrer"):
        read(stripe, "customers", filters={"couleur": "rouge"})
    with pytest.raises(Misconfigured, match="période"):
        read(stripe, "customers", filters={"date_from": "hier"})


def test_yen_have_no_cents(stripe, simulator):
    made = simulator.create("payment_intent", slug="stripe", amount=5000)
    simulator.edit("payment_intent", made["id"], slug="stripe", currency="jpy")
    assert stripe.fetch("payments", made["id"])["_amount"] == "5000"


def test_the_other_mode_is_refused(connect, hosts):
    live = connect(key="sk_live_x", environment="production")
    live._judge(True)
    with pytest.raises(Misconfigured, match="de test"):
        live._judge(False)


def test_half_an_answer_is_tried_again_and_another_form_is_told(stripe, simulator):
    simulator.fault("truncated", "/v1/customers", slug="stripe")
    assert len(read(stripe, "customers")[0]) == 20
    simulator.fault("truncated", "/v1/customers", times=None, slug="stripe")
    with pytest.raises(Unreadable):
        read(stripe, "customers")
    simulator.clear_faults("stripe")
    simulator.fault("missing_field", "/v1/customers", slug="stripe", field="id")
    page = next(stripe.pull("customers", None, page_size=100))
    assert len(page.records) == 20
    with pytest.raises(Malformed):
        Stripe.resource("customers").remote_id(page.records[0])


def test_a_list_that_never_ends_is_left(stripe, simulator):
    simulator.empty("stripe")
    simulator.seed("customer", 1, slug="stripe")
    simulator.create("customer", slug="stripe", name="Deux")
    walk = stripe.pull("customers", None, page_size=1)
    first = next(walk)
    simulator.fault("repeated_cursor", "/v1/customers", times=None, slug="stripe")
    state = {**first.cursor, "after": ""}
    walk = stripe.pull("customers", state, page_size=2)
    second = next(walk)
    assert not second.last
    with pytest.raises((RepeatedCursor, StopIteration)):
        for _ in range(5):
            next(walk)


def test_another_account_is_another_world(connect, api):
    other = connect(key="sk_test_demo_toitures")
    found, _, _ = read(other, "customers")
    assert len(found) == 6
    assert api("GET", f"customers/{next(iter(found))}").status_code == 404
    assert other.check().name == "Lacoste Toitures inc."
    assert other.check().id != FIRST
