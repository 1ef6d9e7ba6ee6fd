"""Intuit's signatures, by the worked vectors of its page."""

import pytest

from connectors.quickbooks.connector import QuickBooks

TOKEN = "9d2f7c1e-0b8a-4d43-8c55-6f1f3f2a7e10"
LEGACY = (
    b'{"eventNotifications":[{"realmId":"9341453212345678","dataChangeEvent":{"entities":[{"id":"145","operation":'
    b'"Update","name":"Invoice","lastUpdated":"2026-05-04T14:05:31.000Z"}]}}]}'
)
CLOUD = (
    b'[{"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":'
    b'"intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=","type":"qbo.invoice.updated.v1","datacontenttype":'
    b'"application/json","time":"2026-09-10T21:31:25.179851517Z","intuitentityid":"145","intuitaccountid":'
    b'"9341453212345678","data":{}}]'
)
GOOD = "fRKMY9AMMl8Ow/ZbPkXgX/txSodLwkFyHu+ezhlbaNI="


def verify(body, signature, *secrets):
    headers = {"Intuit-Signature": signature} if signature else {}
    return QuickBooks.webhook_scheme.verify(body, headers, secrets or (TOKEN,))


def test_both_forms_of_body_are_authentic():
    assert (len(LEGACY), len(CLOUD)) == (180, 309)
    assert verify(LEGACY, GOOD).ok
    assert verify(CLOUD, "/s6eLRA1RWz8gcFVRm1z4Whl6DwvWfqYMwwYDdzIu8A=").ok


def test_every_live_secret_is_tried():
    assert verify(LEGACY, GOOD, "ancien", TOKEN).ok


@pytest.mark.parametrize(
    ("body", "signature", "secrets", "reason"),
    [
        (LEGACY, "oH5yOeD32Pwh1e79eW1NIViM4IZ7+iDrDXntGwEDyvM=", (), "bad_signature"),
        (LEGACY + b"\n", GOOD, (), "bad_signature"),
        (LEGACY, "é", (), "bad_signature"),
        (LEGACY, GOOD, ("autre",), "bad_signature"),
        (LEGACY, "", (), "missing_header"),
        (LEGACY, GOOD, ("",), "no_secret"),
    ],
)
def test_what_is_not_authentic_is_refused(body, signature, secrets, reason):
    assert verify(body, signature, *secrets).reason == reason
