"""Signatures, judged by the official library and by vectors that two libraries confirmed."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks import signing
from webhooks.models import Endpoint
from webhooks.sending import compose

MESSAGE, TIMESTAMP = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1674087231
BODY = (
    b'{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
    b'"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}'
)
A, SIGNED_A = (
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "v1,4PMU5Dl90B4kgwxDpwuMZ/cnZ5ztf+Y+kviYQD66rJg=",
)
B, SIGNED_B = (
    "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    "v1,5CyhuKt3yZ7+PZSJKIkwyhMQZvRQ11nPoA9y5B34upY=",
)


@pytest.mark.parametrize(("secret", "expected"), [(A, SIGNED_A), (B, SIGNED_B)])
def test_the_signature_is_that_of_the_vectors(secret, expected):
    assert signing.signature(secret, MESSAGE, TIMESTAMP, BODY) == expected


def test_during_a_rotation_both_secrets_sign_with_one_space_between():
    headers = signing.headers([B, A], MESSAGE, TIMESTAMP, BODY)
    assert headers["webhook-signature"] == f"{SIGNED_B} {SIGNED_A}"


def test_a_receiver_verifies_with_the_old_and_with_the_new_secret_and_not_with_another():
    old, new = signing.new_secret(), signing.new_secret()
    headers = signing.headers([new, old], "evt_1", int(time.time()), BODY)
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + b" ", headers)


def test_the_plain_signature_is_the_hex_hmac_of_the_body_under_the_secret_as_text():
    headers = signing.headers([A], MESSAGE, TIMESTAMP, BODY)
    assert headers["X-Webhook-Signature"] == hmac.new(A.encode(), BODY, hashlib.sha256).hexdigest()
    assert "X-Webhook-Signature-Next" not in headers


def test_a_simple_receiver_keeps_working_during_a_rotation():
    headers = signing.headers([B, A], MESSAGE, TIMESTAMP, BODY)
    assert headers["X-Webhook-Signature"] == hmac.new(A.encode(), BODY, hashlib.sha256).hexdigest()
    assert headers["X-Webhook-Signature-Next"] == hmac.new(B.encode(), BODY, hashlib.sha256).hexdigest()


def test_secrets_are_fresh_and_long():
    secrets = {signing.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(signing.key_of(secret)) == 32 for secret in secrets)


def test_the_old_secret_stops_signing_at_its_end():
    now = datetime.now(UTC)
    endpoint = Endpoint(secret=B, old_secret=A, old_secret_until=now)
    assert endpoint.live_secrets(now - timedelta(seconds=1)) == [B, A]
    assert endpoint.live_secrets(now) == [B]


def test_a_custom_header_never_replaces_one_of_ours():
    stored = {"WEBHOOK-SIGNATURE": "v1,forged", "x-webhook-signature": "forged", "user-agent": "x", "X-Team": "a"}
    endpoint = Endpoint(secret=A, headers=stored)
    request = compose.signed(endpoint, MESSAGE, BODY, datetime.fromtimestamp(TIMESTAMP, UTC))
    assert request.headers["webhook-signature"] == SIGNED_A
    assert request.headers["X-Team"] == "a"
    assert not any(value in ("v1,forged", "forged", "x") for value in request.headers.values())
