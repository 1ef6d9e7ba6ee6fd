"""Signatures of incoming webhooks, on the published vectors and against the reference package."""

import base64
import hashlib
import hmac
import json
from datetime import datetime

import pytest
import standardwebhooks

from connectors.base.signatures import SENTENCES, HmacHex, StandardWebhooks
from connectors.simulator.signing import standard_webhook_headers

SECRET = "whsec_cm92aWRhLWV4YW1wbGUtc2lnbmluZy1zZWNyZXR4eHg="
OTHER = "whsec_" + base64.b64encode(b"another secret of 24 bytes!").decode()
NOW = 1767225600
PING = b'{"type":"ping","timestamp":"2026-01-01T00:00:00Z","data":{"endpoint_id":"we_01EXAMPLE0001"}}'
WORK_ORDER = (
    '{"type":"work_order.updated","timestamp":"2026-01-02T15:30:00Z","data":{"id":"wo_01EXAMPLE0001","object":"work_order",'
    '"number":"BT-2026-0007","property_id":"prop_01EXAMPLE0001","unit_id":"unit_01EXAMPLE0001",'
    '"tenant_id":"ten_01EXAMPLE0001",'
    '"title":"Chauffe-eau qui fuit","description":"Fuite derrière le réservoir",'
    '"category":"plumbing","priority":"high",'
    '"status":"in_progress","permission_to_enter":true,"assigned_to":"Tech 4","requested_at":"2026-01-01T00:00:00Z",'
    '"scheduled_at":"2026-01-02T15:30:00Z","due_at":null,"completed_at":null,'
    '"estimated_cost":{"amount":45000,"currency":"CAD"},'
    '"actual_cost":null,"reference_id":"JOB-501","metadata":{"job_id":"501"},"version":3,"created_at":"2026-01-01T00:00:00Z",'
    '"updated_at":"2026-01-02T15:30:00Z","deleted_at":null}}'
).encode()
VECTORS = [
    (
        "msg_rovida_0001",
        PING,
        "645bc5573b12489944e7f9b6449f333d93e3d24bafc5644695ca46605620b54a",
        "v1,giPvJjbV865S05lGv2e/25w3hdWy+FjxDsth1LDRb2I=",
    ),
    (
        "msg_rovida_0002",
        WORK_ORDER,
        "3030bfd77061d8f71686e6bc35ac08a32e05d676a3207b05d64620bd954dddfe",
        "v1,mJAV49M0Q10borXhd3c4fKz0EkW46m+wIgQ+cRXYQPA=",
    ),
]  # fmt: skip


def headers(message_id, signature, timestamp=NOW):
    return {"Webhook-Id": message_id, "Webhook-Timestamp": str(timestamp), "Webhook-Signature": signature}


@pytest.fixture
def frozen(monkeypatch):
    """The reference package reads the clock itself."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(NOW, tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Frozen)


@pytest.mark.parametrize(("message_id", "body", "digest", "signature"), VECTORS)
def test_the_published_vectors_are_accepted(message_id, body, digest, signature, frozen):
    assert hashlib.sha256(body).hexdigest() == digest
    given = headers(message_id, signature)
    assert StandardWebhooks().verify(body, given, [SECRET], now=NOW).ok
    assert standardwebhooks.Webhook(SECRET).verify(
        body, {name.lower(): value for name, value in given.items()}
    ) == json.loads(body)


@pytest.mark.parametrize(("message_id", "body", "digest", "signature"), VECTORS)
def test_the_simulators_own_signature_is_that_of_the_vectors(message_id, body, digest, signature):
    assert standard_webhook_headers([SECRET], message_id, NOW, body)["webhook-signature"] == signature


@pytest.mark.parametrize(("shift", "reason"), [(301, "too_old"), (-301, "too_new"), (300, ""), (-300, "")])
def test_the_signed_time_must_be_near(shift, reason):
    message_id, body, _, signature = VECTORS[0]
    assert StandardWebhooks().verify(body, headers(message_id, signature), [SECRET], now=NOW + shift).reason == reason


def test_the_real_clock_is_read_when_none_is_given():
    message_id, body, _, signature = VECTORS[0]
    assert StandardWebhooks().verify(body, headers(message_id, signature), [SECRET]).reason == "too_old"


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_every_header_is_needed(missing):
    message_id, body, _, signature = VECTORS[0]
    given = {name: value for name, value in headers(message_id, signature).items() if name != missing}
    assert StandardWebhooks().verify(body, given, [SECRET], now=NOW).reason == "missing_header"


@pytest.mark.parametrize("stamp", ["demain", "1767225600.5", "-5", "٣", "9" * 40])
def test_a_time_that_cannot_be_read_is_refused(stamp):
    assert StandardWebhooks().verify(b"", headers("m", "v1,x", stamp), [SECRET], now=NOW).reason == "bad_timestamp"


@pytest.mark.parametrize("change", ["body", "id", "secret", "version", "signature"])
def test_any_change_breaks_the_signature(change):
    message_id, body, _, signature = VECTORS[1]
    verdict = StandardWebhooks().verify(
        body.replace(b"high", b"low ") if change == "body" else body,
        headers(
            message_id + ("x" if change == "id" else ""),
            {"version": "v2" + signature[2:], "signature": "v1,é"}.get(change, signature),
        ),
        [OTHER if change == "secret" else SECRET],
        now=NOW,
    )
    assert verdict.reason == "bad_signature"
    assert verdict.sentence == SENTENCES["bad_signature"]


def test_one_of_several_secrets_and_signatures_is_enough():
    message_id, body, _, signature = VECTORS[0]
    given = headers(message_id, f"v2,zzz v1,AAAA {signature}")
    assert StandardWebhooks().verify(body, given, [OTHER, "pas du base64 !", SECRET], now=NOW).ok


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_%%%"]])
def test_without_a_usable_secret_nothing_is_accepted(secrets):
    message_id, body, _, signature = VECTORS[0]
    assert StandardWebhooks().verify(body, headers(message_id, signature), secrets, now=NOW).reason == "no_secret"


def test_a_plain_hmac_is_accepted_in_hexadecimal_with_its_prefix():
    digest = hmac.new(b"secret", WORK_ORDER, hashlib.sha256).hexdigest()
    assert HmacHex().verify(WORK_ORDER, {"x-webhook-signature": digest.upper()}, ["autre", "secret"]).ok
    assert HmacHex("X-Sig", "sha256=").verify(WORK_ORDER, {"X-Sig": f"sha256={digest}"}, ["secret"]).ok


@pytest.mark.parametrize(
    ("given", "secrets", "reason"),
    [
        ({}, ["secret"], "missing_header"),
        ({"X-Webhook-Signature": "00"}, [], "no_secret"),
        ({"X-Webhook-Signature": "é"}, ["secret"], "bad_signature"),
    ],
)
def test_a_plain_hmac_is_refused_with_its_reason(given, secrets, reason):
    assert HmacHex().verify(b"{}", given, secrets).reason == reason
