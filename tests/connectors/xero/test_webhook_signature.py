"""Xero's signatures, by the worked vectors of its page."""

import pytest

from connectors.xero.connector import Xero

KEY = "pBc4dHf0sQ7vYz1LkT9mWeRuIoPaSdFgHjKlZxCvBnM2468ace+/xeroDemoKey=="
INTENT = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
EVENT = (
    b'{"events":[{"resourceUrl":"https://api.xero.com/api.xro/2.0/Invoices/4f1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11",'
    b'"resourceId":"4f1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11","tenantId":"c2cc9b6e-9458-4c7d-93cc-f02b81b0594f",'
    b'"tenantType":"ORGANISATION","eventCategory":"INVOICE","eventType":"UPDATE",'
    b'"eventDateUtc":"2026-05-04T14:05:31.902"}],"firstEventSequence":1,"lastEventSequence":1,'
    b'"entropy":"FXNGWLCCGVANWHKILRUB"}'
)
GOOD = "8ixlMNHe6s9xPp9Dii+uFunM+moqqDQupTIDlU9+naw="


def verify(body, signature, *secrets):
    headers = {"X-Xero-Signature": signature} if signature else {}
    return Xero.webhook_scheme.verify(body, headers, secrets or (KEY,))


def test_an_intent_to_receive_and_an_event_are_authentic():
    assert (len(INTENT), len(EVENT)) == (85, 405)
    assert verify(INTENT, GOOD).ok
    assert verify(EVENT, "AQ4eWbgOtVg0Lzn0lcoa3Fr0wHcCcaqm4XS56CW86xc=").ok
    assert verify(INTENT, GOOD, "ancienne", KEY).ok


@pytest.mark.parametrize(
    ("body", "signature", "secrets", "reason"),
    [
        (INTENT, "C8ULaqTCu9Hy5OHmDmXjCFIIFw6CoaWF4o3q57PZ7mA=", (), "bad_signature"),
        (INTENT + b"\n", GOOD, (), "bad_signature"),
        (INTENT, GOOD, ("autre",), "bad_signature"),
        (INTENT, "", (), "missing_header"),
        (INTENT, GOOD, ("",), "no_secret"),
    ],
)
def test_what_is_not_authentic_is_refused(body, signature, secrets, reason):
    assert verify(body, signature, *secrets).reason == reason
