"""Square's signatures, by the worked vector of its page."""

import hashlib

import pytest

from connectors.square.connector import Square

KEY = "example-signature-key_0123456789"
URL = "https://hooks.example.ca/integrations/square/webhook"
BODY = (
    b'{"merchant_id":"MLEXAMPLE0001","type":"payment.updated","event_id":"6f1c2b7e-0d0a-4a51-9a3e-3c1f6d7e8a01",'
    b'"created_at":"2026-01-01T00:00:05.123Z","data":{"type":"payment","id":"pEXAMPLEpayment0000000001ZY","object":'
    b'{"payment":{"id":"pEXAMPLEpayment0000000001ZY","status":"COMPLETED","amount_money":{"amount":4599,"currency":'
    b'"CAD"},"location_id":"LEXAMPLE0001","updated_at":"2026-01-01T00:00:04.900Z"}}}}'
)
GOOD = "gnbffYF/h84ajiUbXJIUlLRaU5qJ4ZLfFfEChQulFro="


def verify(signature=GOOD, *secrets, body=BODY, url=URL):
    headers = {"X-Square-HmacSha256-Signature": signature} if signature else {}
    return Square.webhook_scheme.verify(body, headers, secrets or (KEY,), url=url).reason


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
