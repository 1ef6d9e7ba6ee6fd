"""The token that a Zoho notification echoes, with the worked vectors."""

import hashlib
import hmac
import json

import pytest

from connectors.zoho.connector import Zoho

TOKEN = "d6f4c962d8daee9ccae0bc5d2666f6b805ae8f7a8a951279"
CHANNEL = "1000000068001"
BODY = {
    "server_time": 1767268800456, "query_params": {}, "module": "Contacts",
    "resource_uri": "https://www.zohoapis.eu/crm/v2/Contacts", "ids": ["554023000000527002"], "affected_fields": [],
    "operation": "update", "channel_id": CHANNEL, "token": TOKEN,
}  # fmt: skip
SECRET = f"{CHANNEL}:{TOKEN}"


def verify(body, *secrets):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Zoho.webhook_scheme.verify(raw, {}, secrets)


def test_the_vectors_token_is_what_it_says():
    message = f"org:60001234567:{CHANNEL}".encode()
    assert hmac.new(b"zoho-callback-key-1", message, hashlib.sha256).hexdigest()[:48] == TOKEN


def test_a_known_channel_with_its_token_is_accepted():
    assert verify(BODY, SECRET).ok
    assert verify(BODY, f"{CHANNEL}:ancien", SECRET).ok, "every live secret counts"
    assert verify({**BODY, "channel_id": int(CHANNEL)}, SECRET).ok


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "token": TOKEN[:-1] + "0"},
        {**BODY, "channel_id": "1000000068002"},
        {name: value for name, value in BODY.items() if name != "token"},
        {**BODY, "token": ""},
        {**BODY, "token": None},
        {**BODY, "channel_id": None},
        b"pas du JSON",
        b"[]",
        b"",
    ],
)
def test_anything_else_is_refused(body):
    assert verify(body, SECRET).reason == "bad_signature"


def test_without_a_secret_nothing_is_accepted():
    assert verify(BODY).reason == verify(BODY, "").reason == "no_secret"
