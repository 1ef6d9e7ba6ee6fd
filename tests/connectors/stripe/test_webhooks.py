"""Stripe's signatures by the worked vectors of its page, subscriptions, and what events are read as."""

import hashlib
import json
import time

import pytest
import stripe as sdk

from connectors.base.webhooks import Call, Hint, Subscription, Unreadable
from connectors.stripe.connector import Stripe
from connectors.stripe.webhooks import SUBSCRIBED
from tests.connectors.stripe.calls import AT as TIME
from tests.connectors.stripe.calls import BODY, GOOD, OLD, ROLLED, SECRET
from tests.connectors.stripe.conftest import FIRST
from tests.connectors.suite import heard

parse = Stripe.webhooks.parse


def verify(header, *secrets, body=BODY, now=TIME):
    headers = {"stripe-signature": header} if header else {}
    return Stripe.webhooks.scheme.verify(body, headers, secrets or (SECRET,), now=now).reason


def test_the_body_of_the_page_is_authentic():
    assert len(BODY) == 466
    assert hashlib.sha256(BODY).hexdigest() == "a08250d9723fc6dfa213141a0fca1b7bd1b6d063f82f3a5e91c4feb309ce4b85"
    assert verify(f"t={TIME},v1={GOOD}") == ""
    assert verify(f"t={TIME}, v1={GOOD},v0=x", now=TIME + 300) == ""


def test_while_a_secret_is_rolled_either_serves():
    header = f"t={TIME},v1={OLD},v1={GOOD}"
    assert verify(header, SECRET) == verify(header, ROLLED) == verify(f"t={TIME},v1={OLD}", SECRET, ROLLED) == ""


@pytest.mark.parametrize(
    ("header", "options", "reason"),
    [
        (f"t={TIME},v1={GOOD}", {"now": TIME + 301}, "too_old"),
        (f"t={TIME},v1={GOOD}", {"now": TIME - 301}, "too_new"),
        (f"t={TIME},v1={GOOD}", {"body": BODY + b" "}, "bad_signature"),
        (f"t={TIME + 1},v1={GOOD}", {}, "bad_signature"),
        (f"t={TIME},v1=é", {}, "bad_signature"),
        (f"t={TIME},v1={GOOD},t={TIME},v1={GOOD}", {}, "bad_signature"),
        (f"t={TIME}" + f",v1={GOOD}" * 11, {}, "bad_signature"),
        (f"t={TIME},v0={GOOD}", {}, "missing_header"),
        (f"v1={GOOD}", {}, "missing_header"),
        (f"t=hier,v1={GOOD}", {}, "bad_timestamp"),
        ("", {}, "missing_header"),
    ],
)
def test_what_is_not_authentic_is_refused(header, options, reason):
    assert verify(header, **options) == reason


def test_another_or_no_secret_is_refused():
    assert verify(f"t={TIME},v1={GOOD}", "whsec_autre") == "bad_signature"
    assert verify(f"t={TIME},v1={GOOD}", "") == "no_secret"


@pytest.mark.parametrize("header", [f"t={TIME},v1={GOOD}", f"t={TIME},v1={OLD},v1={GOOD}", f"t={TIME},v0={GOOD}", ""])
@pytest.mark.parametrize("secret", [SECRET, ROLLED, "whsec_autre"])
def test_the_official_package_agrees(header, secret):
    try:
        theirs = sdk.WebhookSignature.verify_header(BODY.decode(), header, secret, tolerance=None)
    except sdk.SignatureVerificationError:
        theirs = False
    assert theirs == (verify(header, secret) == "")


# --- Events ---------------------------------------------------------------------------------------------------------
def read(kind, told, **envelope):
    event = {"id": "evt_1", "object": "event", "created": TIME, "type": kind, "data": {"object": told}, **envelope}
    return parse(Call(json.dumps(event).encode(), {}))


def about(kind, told):
    return [(hint.resource, hint.remote_id, hint.deleted) for hint in read(kind, told)]


@pytest.mark.parametrize("kind", SUBSCRIBED)
def test_every_event_that_we_ask_for_concerns_one_of_our_objects(kind):
    name = {"charge.refund.updated": "refund"}.get(kind, kind.rpartition(".")[0].replace("async_payment", ""))
    name = "checkout.session" if kind.startswith("checkout") else name
    told = {"id": "x_1", "object": name, "payment_intent": "pi_1"}
    resources = {
        "customer": ["customers"], "invoice": ["invoices"], "payment_intent": ["payments"], "charge": ["payments"],
        "refund": ["refunds", "payments"], "checkout.session": ["payments"],
    }  # fmt: skip
    assert [hint.resource for hint in read(kind, told)] == resources[name]
    assert {hint.kind for hint in read(kind, told)} == {kind}


def test_what_the_page_shows_is_read_as_it_says():
    failed = {"id": "pi_1", "object": "payment_intent", "status": "requires_payment_method", "amount": 125000}
    assert about("payment_intent.payment_failed", failed) == [("payments", "pi_1", False)]
    charge = {"id": "ch_1", "object": "charge", "amount_refunded": 25000, "refunded": False, "payment_intent": "pi_1"}
    assert about("charge.refunded", charge) == [("payments", "pi_1", False)]
    charge["refunds"] = {"data": [{"id": "re_1", "object": "refund"}, {"id": "re_2", "object": "refund"}]}
    assert about("charge.refunded", charge) == [
        ("payments", "pi_1", False), ("refunds", "re_1", False), ("refunds", "re_2", False),
    ]  # fmt: skip
    assert about("invoice.paid", {"id": "in_1", "object": "invoice"}) == [("invoices", "in_1", False)]
    assert about("customer.deleted", {"id": "cus_1", "object": "customer"}) == [("customers", "cus_1", True)]
    assert about("charge.succeeded", {"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_2"}}) == [
        ("payments", "pi_2", False)
    ]


def test_hints_of_one_event_have_keys_of_their_own_and_the_first_has_the_events():
    found = read("refund.created", {"id": "re_1", "object": "refund", "payment_intent": "pi_1"})
    assert [hint.dedupe_key for hint in found] == ["evt_1", "evt_1:payments:pi_1"]


def test_an_event_of_a_connected_account_names_it():
    [hint] = read("customer.updated", {"id": "cus_1", "object": "customer"}, account="acct_9")
    assert hint.account == "acct_9"


def test_an_event_that_is_none_of_ours_concerns_nothing():
    told = {"id": "acct_1", "object": "application"}
    assert read("account.application.deauthorized", told) == [
        Hint("", "", "account.application.deauthorized", "evt_1", at="2026-01-01T00:00:00Z")
    ]
    assert about("payment_link.created", {"id": "plink_1", "object": "payment_link"}) == [("", "", False)]


@pytest.mark.parametrize("told", [None, {}, [], {"object": "customer"}, {"object": "customer", "id": ["cus_1"]}])
def test_an_event_without_object_is_unreadable(told):
    with pytest.raises(Unreadable):
        read("customer.updated", told)


# --- Subscriptions --------------------------------------------------------------------------------------------------
def test_a_change_is_announced_until_we_unsubscribe(stripe, simulator, receiver):
    subscription = stripe.subscribe(receiver.url, "")
    made = simulator.create("customer", "stripe", name="Zoé", email="zoe@exemple.ca")
    simulator.edit("customer", made["id"], slug="stripe", name="L’Écuyer")
    simulator.delete("customer", made["id"], "stripe")
    calls = receiver.calls(3)
    found = heard.hints(stripe, subscription, calls)
    assert [(hint.remote_id, hint.kind, hint.deleted) for hint in found] == [
        (made["id"], "customer.created", False),
        (made["id"], "customer.updated", False),
        (made["id"], "customer.deleted", True),
    ]
    for call in calls:
        event = sdk.Webhook.construct_event(call.body, call.headers["stripe-signature"], subscription.secrets[0])
        assert (event.api_version, event.pending_webhooks) == ("2023-08-16", 1)
    stripe.unsubscribe(subscription)
    simulator.create("customer", "stripe", name="X")
    simulator.settle("stripe")
    assert len(receiver.received) == 3
    stripe.unsubscribe(subscription)


def test_a_refused_card_is_a_failed_payment_to_fetch(stripe, simulator, receiver):
    subscription = stripe.subscribe(receiver.url, "")
    simulator.create("payment_intent", "stripe", amount=125000, payment_method="pm_card_chargeDeclined")
    found = heard.hints(stripe, subscription, receiver.calls(2))
    failed = next(hint for hint in found if hint.kind == "payment_intent.payment_failed")
    assert {hint.resource for hint in found} == {"payments"}
    raw = stripe.fetch("payments", failed.remote_id)
    assert raw["last_payment_error"]["code"] == "card_declined"


def test_our_own_writes_are_announced_too(stripe, receiver):
    subscription = stripe.subscribe(receiver.url, "")
    made = stripe.push("customers", {"name": "Zoé"}, idempotency_key="k1")
    [hint] = heard.hints(stripe, subscription, receiver.calls(1))
    assert (hint.remote_id, hint.kind) == (made["id"], "customer.created")


def test_another_accounts_changes_are_not_announced(stripe, simulator, receiver):
    stripe.subscribe(receiver.url, "")
    simulator.create("customer", "stripe", name="X", account="acct_1LacosteToitures")
    simulator.settle("stripe")
    assert len(receiver.received) == 0


def test_by_consent_the_account_itself_is_subscribed(connect, grant, receiver, simulator):
    tokens = grant()
    connector = connect(key="", token_store=None)
    connector.tokens = type(connector.tokens)(tokens)
    subscription = connector.subscribe(receiver.url, "")
    simulator.create("customer", "stripe", name="X", account=FIRST)
    assert heard.hints(connector, subscription, receiver.calls(1))


def test_the_same_address_is_subscribed_once(stripe, api, receiver, simulator):
    first = stripe.subscribe(receiver.url, "")
    again = stripe.subscribe(receiver.url, "")
    listed = api("GET", "webhook_endpoints").json()["data"]
    assert [one["id"] for one in listed] == list(again.ids) != list(first.ids)
    assert "secret" not in listed[0]
    simulator.create("customer", "stripe", name="X")
    assert heard.hints(stripe, again, receiver.calls(1))


def test_renewing_puts_right_what_was_changed_and_makes_anew_what_is_gone(stripe, api, receiver):
    subscription = stripe.subscribe("https://ancienne.exemple.ca/webhook/stripe/x", "")
    path = f"webhook_endpoints/{subscription.ids[0]}"
    api("POST", path, data={"disabled": "true", "enabled_events[0]": "customer.created"})
    assert stripe.renew(subscription, receiver.url) == subscription
    shown = api("GET", path).json()
    assert (shown["status"], shown["url"], set(shown["enabled_events"])) == ("enabled", receiver.url, set(SUBSCRIBED))
    api("DELETE", path)
    assert stripe.renew(subscription, receiver.url).ids != subscription.ids


def test_while_a_secret_is_rolled_both_sign(stripe, simulator, receiver):
    subscription = stripe.subscribe(receiver.url, "")
    fresh = simulator.act("stripe", "roll_secret", id=subscription.ids[0])
    simulator.create("customer", "stripe", name="X")
    [call] = receiver.calls(1)
    assert call.headers["stripe-signature"].count("v1=") == 2
    for secret in (subscription.secrets[0], fresh["secret"]):
        assert heard.hints(stripe, Subscription(subscription.ids, (secret,)), [call])


def test_a_failed_delivery_is_tried_again_with_the_same_event_and_a_new_time(stripe, simulator, receiver):
    receiver.answers = [500]
    subscription = stripe.subscribe(receiver.url, "")
    simulator.create("customer", "stripe", name="X")
    receiver.wait(1)
    simulator.advance(4000)
    first, second = receiver.calls(2)
    assert first.body == second.body
    assert first.headers["stripe-signature"] != second.headers["stripe-signature"]
    assert heard.hints(stripe, subscription, [second], now=time.time() + 4000)


def test_a_doubled_event_has_the_same_key(stripe, simulator, receiver):
    subscription = stripe.subscribe(receiver.url, "")
    simulator.fault("duplicate_webhook", slug="stripe")
    simulator.create("customer", "stripe", name="X")
    first, second = heard.hints(stripe, subscription, receiver.calls(2))
    assert first == second


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"enabled_events[0]": "*"}, "url"),
        ({"url": "https://x.example"}, "enabled_events"),
        ({"url": "ftp://x.example", "enabled_events[0]": "*"}, "url"),
    ],
)
def test_a_wrong_endpoint_is_refused_by_the_simulator(api, form, param):
    answer = api("POST", "webhook_endpoints", data=form)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
