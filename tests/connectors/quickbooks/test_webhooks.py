"""Intuit's signatures, by the worked vectors of its page and by its Python library; and what its events are read as."""

import pytest
from quickbooks import QuickBooks as Library

from connectors.base.webhooks import Call, Unreadable
from connectors.quickbooks.connector import QuickBooks
from tests.connectors.quickbooks.calls import CLOUD, LEGACY, TOKEN
from tests.connectors.suite.adapter import FOLDER

GOOD = "fRKMY9AMMl8Ow/ZbPkXgX/txSodLwkFyHu+ezhlbaNI="


def verify(body, signature, *secrets):
    headers = {"Intuit-Signature": signature} if signature else {}
    return QuickBooks.webhooks.scheme.verify(body, headers, secrets or (TOKEN,))


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


@pytest.mark.parametrize("body", [LEGACY, CLOUD])
@pytest.mark.parametrize("signature", [GOOD, "/s6eLRA1RWz8gcFVRm1z4Whl6DwvWfqYMwwYDdzIu8A="])
def test_the_library_judges_the_same(body, signature):
    library = Library(verifier_token=TOKEN, minorversion=75)
    assert library.validate_webhook_signature(body.decode(), signature) == verify(body, signature).ok


def hints(name):
    found = QuickBooks.webhooks.parse(Call((FOLDER / "quickbooks/events" / name).read_bytes(), {}))
    assert len({one.dedupe_key for one in found}) == len(found)
    assert {one.merged_into for one in found if one.remote_id != "61"} == {""}
    return [(one.account, one.kind, one.resource, one.remote_id, one.merged_into or one.deleted) for one in found]


def test_cloudevents_of_mixed_companies_are_read():
    assert hints("cloudevents.json") == [
        ("9341453212345678", "qbo.invoice.updated.v1", "invoices", "145", False),
        ("9341453287654321", "qbo.customer.merged.v1", "customers", "58", False),
        ("9341453287654321", "qbo.customer.merged.v1", "customers", "61", "58"),
        ("9341453212345678", "qbo.payment.voided.v1", "payments", "231", False),
        ("9341453212345678", "qbo.bill.deleted.v1", "bills", "77", True),
        ("9341453212345678", "qbo.invoice.emailed.v1", "invoices", "145", False),
        ("9341453212345678", "qbo.salesreceipt.created.v1", "", "9", False),
    ]


def test_the_older_form_is_read_too():
    assert hints("legacy.json") == [
        ("9341453212345678", "Invoice.Update", "invoices", "145", False),
        ("9341453212345678", "Customer.Merge", "customers", "58", False),
        ("9341453212345678", "Customer.Merge", "customers", "61", "58"),
        ("9341453212345678", "Payment.Void", "payments", "231", False),
        ("9341453287654321", "Purchase.Delete", "purchases", "12", True),
        ("9341453287654321", "SalesReceipt.Create", "", "13", False),
    ]


def test_an_event_without_an_id_of_its_own_is_known_again_by_what_it_says():
    body = b'[{"type":"qbo.invoice.updated.v1","intuitentityid":"1"}]'
    [one] = QuickBooks.webhooks.parse(Call(body, {}))
    [again] = QuickBooks.webhooks.parse(Call(body.replace(b",", b" , "), {}))
    assert (one.resource, one.remote_id, len(one.dedupe_key)) == ("invoices", "1", 64)
    assert one == again


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b"null",
        b'{"eventNotifications":1}',
        b'{"eventNotifications":[{"dataChangeEvent":{"entities":[1]}}]}',
    ],
)
def test_what_has_neither_form_is_unreadable(body):
    with pytest.raises(Unreadable):
        QuickBooks.webhooks.parse(Call(body, {}))
