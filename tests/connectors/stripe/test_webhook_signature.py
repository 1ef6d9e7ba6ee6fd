"""Stripe's signatures, by the worked vectors of its page."""

import hashlib

import pytest

from connectors.stripe.connector import Stripe

SECRET, ROLLED = "whsec_example_0123456789abcdefABCDEF", "whsec_example_rolled_out_secret_9876"
TIME = 1767225600
BODY = (
    b'{"id":"evt_1ExampleSucceeded001","object":"event","api_version":"2023-08-16","created":1767225600,"livemode":false,'
    b'"pending_webhooks":1,"request":{"id":"req_Example01","idempotency_key":"order-1001-attempt-1"},'
    b'"type":"payment_intent.succeeded","data":{"object":{"id":"pi_3Example0000000000000001","object":"payment_intent",'
    b'"amount":125000,"amount_received":125000,"currency":"cad","status":"succeeded","customer":"cus_ExampleA1",'
    b'"metadata":{"order_ref":"SO-1001"}}}}'
)
GOOD = "14b9d6a60931ac4eb61d79388ee19d9c62301ddf49c266d9331732acd62b928f"
OLD = "625ec301d44d49323347bfe242059cc73ab48dc9b0d8947e184dec440d62a32b"


def verify(header, *secrets, body=BODY, now=TIME):
    headers = {"stripe-signature": header} if header else {}
    return Stripe.webhook_scheme.verify(body, headers, secrets or (SECRET,), now=now).reason


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
