"""Xero's signatures, by the worked vectors of its page, and what its events are read as."""

import pytest

from connectors.base.webhooks import Call, Reply, Unreadable
from connectors.xero.connector import Xero
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.xero.calls import EVENT, INTENT, KEY

GOOD = "8ixlMNHe6s9xPp9Dii+uFunM+moqqDQupTIDlU9+naw="


def verify(body, signature, *secrets):
    headers = {"X-Xero-Signature": signature} if signature else {}
    return Xero.webhooks.scheme.verify(body, headers, secrets or (KEY,))


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


def test_events_of_mixed_organisations_are_read_and_a_document_is_looked_at_as_sale_and_purchase():
    found = Xero.webhooks.parse(Call((FOLDER / "xero/events/mixed.json").read_bytes(), {}))
    assert [(one.account, one.kind, one.resource, one.remote_id[:8], one.deleted) for one in found] == [
        ("c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "INVOICE.UPDATE", "invoices", "4f1b7d0c", False),
        ("c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "INVOICE.UPDATE", "bills", "4f1b7d0c", False),
        ("0b1c2d3e-9458-4c7d-93cc-f02b81b05000", "CONTACT.CREATE", "contacts", "717f2bfc", False),
        ("c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "CREDITNOTE.CREATE", "", "aa1b7d0c", False),
        ("dd1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11", "SUBSCRIPTION.UPDATE", "", "bb1b7d0c", False),
    ]
    assert len({one.dedupe_key for one in found}) == len(found)
    assert found[2].dedupe_key == (
        "0b1c2d3e-9458-4c7d-93cc-f02b81b05000:717f2bfc-c6d4-41fd-b238-3f2f0c0cf777:CREATE:2026-05-04T14:05:32.000"
    )
    assert found[3].at == "2026-05-04T14:05:33.100000Z"


def test_the_check_of_an_address_asks_for_nothing_and_is_answered_by_the_status_alone():
    call = Call(INTENT, {})
    assert Xero.webhooks.parse(call) == []
    assert Xero.webhooks.reply(call) == Reply(200)
    assert Xero.webhooks.refusal(call) == Reply(401)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events":{}}', b'{"events":[1]}', b"null"])
def test_what_has_no_events_is_unreadable(body):
    with pytest.raises(Unreadable):
        Xero.webhooks.parse(Call(body, {}))
