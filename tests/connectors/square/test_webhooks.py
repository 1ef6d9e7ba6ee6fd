"""Square's signatures by the worked vector of its page, subscriptions, and what events are read as."""

import hashlib
import json

import pytest
from square.utils.webhooks_helper import verify_signature

from connectors.base.webhooks import Call, Hint, Subscription, Unreadable
from connectors.square.connector import Square
from connectors.square.webhooks import SUBSCRIBED
from tests.connectors.square.calls import BODY, GOOD, KEY, URL
from tests.connectors.square.conftest import FIRST, SECOND
from tests.connectors.suite import heard

parse = Square.webhooks.parse


def verify(signature=GOOD, *secrets, body=BODY, url=URL):
    headers = {"X-Square-HmacSha256-Signature": signature} if signature else {}
    return Square.webhooks.scheme.verify(body, headers, secrets or (KEY,), url=url).reason


def test_the_vector_of_the_page_is_authentic():
    assert len(BODY) == 403
    assert hashlib.sha256(BODY).hexdigest() == "c539032dffc8c747ab573b7ba1a03c72f321ad361c9eca42d5dd8bbe411c43ed"
    assert verify() == ""
    assert verify(GOOD, "ancienne", KEY) == ""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"url": f"{URL}/"}, "bad_signature"),
        ({"body": BODY + b" "}, "bad_signature"),
        ({"body": b""}, "bad_signature"),
        ({"signature": "é"}, "bad_signature"),
        ({"signature": ""}, "missing_header"),
    ],
)
def test_what_is_not_authentic_is_refused(options, reason):
    assert verify(**options) == reason


def test_another_or_no_key_is_refused():
    assert verify(GOOD, "autre") == "bad_signature"
    assert verify(GOOD, "") == "no_secret"


@pytest.mark.parametrize("signature", [GOOD, "AAAA", ""])
@pytest.mark.parametrize("key", [KEY, "autre"])
@pytest.mark.parametrize("url", [URL, f"{URL}/"])
@pytest.mark.parametrize("body", [BODY, BODY + b" ", b""])
def test_the_official_package_agrees(signature, key, url, body):
    theirs = verify_signature(
        request_body=body.decode(), signature_header=signature, signature_key=key, notification_url=url
    )
    assert theirs == (verify(signature, key, body=body, url=url) == "")


# --- Events ---------------------------------------------------------------------------------------------------------
def read(kind, content, own="X1", **data):
    told = {"type": kind.partition(".")[0], "id": own, "object": content, **data}
    event = {"merchant_id": "M1", "type": kind, "event_id": "e1", "created_at": "2026-01-01T00:00:05Z", "data": told}
    return parse(Call(json.dumps(event).encode(), {}))


@pytest.mark.parametrize("kind", SUBSCRIBED)
def test_every_event_that_we_ask_for_concerns_one_of_our_objects(kind):
    word = kind.partition(".")[0]
    hint = read(kind, {word: {"id": "X1", "version": 4}})[0]
    version = "4" if word in ("customer", "invoice") else ""
    at, deleted = "2026-01-01T00:00:05Z", kind.endswith(".deleted")
    assert hint == Hint(f"{word}s", "X1", kind, "e1", "M1", deleted, at, version)


def test_a_refund_concerns_its_payment_too():
    first, second = read("refund.updated", {"refund": {"id": "X1", "payment_id": "P1"}})
    assert (first.resource, second.resource, second.remote_id) == ("refunds", "payments", "P1")
    assert second.dedupe_key == "e1:payments:P1"


def test_a_merged_customer_concerns_the_one_that_is_left():
    context = {"merge": {"from_customer_ids": ["X1"], "to_customer_id": "C2"}}
    content = {"customer": {"id": "X1"}, "event_context": context}
    first, second = read("customer.deleted", content, deleted=True)
    assert (first.remote_id, first.deleted, second.remote_id, second.deleted) == ("X1", True, "C2", False)
    assert (first.merged_into, second.merged_into) == ("C2", "")


def test_a_customer_made_by_a_merge_tells_who_became_it():
    context = {"merge": {"from_customer_ids": ["C1", "C2"], "to_customer_id": "X1"}}
    found = read("customer.created", {"customer": {"id": "X1"}, "event_context": context})
    assert [(one.remote_id, one.deleted, one.merged_into) for one in found] == [
        ("X1", False, ""),
        ("C1", True, "X1"),
        ("C2", True, "X1"),
    ]
    assert len({one.dedupe_key for one in found}) == 3


def test_a_deleted_invoice_has_no_object():
    [hint] = read("invoice.deleted", None, deleted=True)
    assert (hint.remote_id, hint.deleted, hint.version) == ("X1", True, "")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("order.updated", {"order_updated": {"order_id": "O1", "version": 3}}),
        ("location.updated", None),
        ("oauth.authorization.revoked", {"revocation": {"revoker_type": "MERCHANT"}}),
    ],
)
def test_what_is_none_of_our_objects_is_kept_and_not_followed(kind, content):
    assert read(kind, content) == [Hint("", "", kind, "e1", "M1", at="2026-01-01T00:00:05Z")]


@pytest.mark.parametrize("event", [{}, {"event_id": "e"}, {"event_id": "e", "type": "payment.updated"}, {"type": "x"}])
def test_an_event_without_id_kind_or_object_is_unreadable(event):
    with pytest.raises(Unreadable):
        parse(Call(json.dumps(event).encode(), {}))


# --- Subscriptions --------------------------------------------------------------------------------------------------
def test_a_change_is_announced_until_we_unsubscribe(square, simulator, receiver):
    subscription = square.subscribe(receiver.url, "")
    made = simulator.create("customer", "square", given_name="Zoé", email_address="zoe@exemple.ca")
    simulator.edit("customer", made["id"], slug="square", family_name="L’Écuyer")
    simulator.delete("customer", made["id"], "square")
    calls = receiver.calls(3)
    found = heard.hints(square, subscription, calls)
    assert [(hint.remote_id, hint.kind, hint.deleted, hint.account) for hint in found] == [
        (made["id"], "customer.created", False, FIRST),
        (made["id"], "customer.updated", False, FIRST),
        (made["id"], "customer.deleted", True, FIRST),
    ]
    for call in calls:
        assert verify_signature(
            request_body=call.body.decode(),
            signature_header=call.headers["x-square-hmacsha256-signature"],
            signature_key=subscription.secrets[0],
            notification_url=receiver.url,
        )
    square.unsubscribe(subscription)
    simulator.create("customer", "square", given_name="X")
    simulator.settle("square")
    assert len(receiver.received) == 3
    square.unsubscribe(subscription)


@pytest.mark.parametrize(
    ("card", "status"), [("cnon:card-nonce-ok", "COMPLETED"), ("cnon:card-nonce-declined", "FAILED")]
)
def test_a_payment_is_announced_whether_it_was_taken_or_refused(square, api, receiver, card, status):
    subscription = square.subscribe(receiver.url, "")
    amount = {"amount": 4599, "currency": "CAD"}
    api("POST", "payments", json={"source_id": card, "idempotency_key": "k1", "amount_money": amount})
    hint = heard.hints(square, subscription, receiver.calls(1))[0]
    assert (hint.resource, hint.kind.partition(".")[0]) == ("payments", "payment")
    assert square.fetch("payments", hint.remote_id)["status"] == status


def test_our_own_writes_are_announced_too(square, receiver):
    subscription = square.subscribe(receiver.url, "")
    made = square.push("customers", {"given_name": "Zoé"}, idempotency_key="k1")
    [hint] = heard.hints(square, subscription, receiver.calls(1))
    assert (hint.remote_id, hint.kind, hint.version) == (made["id"], "customer.created", str(made["version"]))


def test_by_consent_the_applications_own_subscription_announces_every_seller(connect, grant, simulator, receiver):
    connector = connect(key="")
    connector.tokens = type(connector.tokens)(grant(SECOND))
    assert connector.subscribe(receiver.url, "") == Subscription(())
    assert connector.renew(Subscription(()), receiver.url) == Subscription(())
    key = simulator.act("square", "register_webhook", url=receiver.url)["key"]
    simulator.create("customer", "square", given_name="X", merchant=SECOND)
    [hint] = heard.hints(connector, Subscription((), (key,)), receiver.calls(1))
    assert hint.account == SECOND


def test_a_sellers_token_may_not_subscribe(api, grant):
    answer = api("GET", "webhooks/subscriptions", key=grant().access_token)
    assert answer.status_code == 403


def test_the_same_address_is_subscribed_once(square, api, simulator, receiver):
    first = square.subscribe(receiver.url, "")
    again = square.subscribe(receiver.url, "")
    assert again.ids == first.ids
    [listed] = api("GET", "webhooks/subscriptions").json()["subscriptions"]
    assert "signature_key" not in listed
    simulator.create("customer", "square", given_name="X")
    assert heard.hints(square, again, receiver.calls(1))


def test_renewing_puts_right_what_was_changed_and_makes_anew_what_is_gone(square, api, receiver):
    subscription = square.subscribe("https://ancienne.exemple.ca/webhook/square/x", "")
    path = f"webhooks/subscriptions/{subscription.ids[0]}"
    api("PUT", path, json={"subscription": {"enabled": False, "event_types": ["payment.updated"]}})
    assert square.renew(subscription, receiver.url) == subscription
    shown = api("GET", path).json()["subscription"]
    assert (shown["enabled"], shown["notification_url"]) == (True, receiver.url)
    assert set(shown["event_types"]) == set(SUBSCRIBED)
    api("DELETE", path)
    assert square.renew(subscription, receiver.url).ids != subscription.ids


def test_a_doubled_event_has_the_same_key(square, simulator, receiver):
    subscription = square.subscribe(receiver.url, "")
    simulator.fault("duplicate_webhook", slug="square")
    simulator.create("customer", "square", given_name="X")
    first, second = heard.hints(square, subscription, receiver.calls(2))
    assert first == second
