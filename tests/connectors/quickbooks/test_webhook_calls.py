"""The simulator calls an address that was registered at the developer's portal, as Intuit does."""

import json

import pytest

from connectors.quickbooks.connector import QuickBooks
from tests.connectors.quickbooks.conftest import PLUMBING
from tests.connectors.support import told


@pytest.fixture
def portal(simulator, receiver):
    def register(**more):
        return simulator.act("quickbooks", "register_webhook", url=receiver.url, **more)["key"]

    return register


def test_each_change_in_any_company_is_told_in_the_form_of_today(simulator, portal, receiver, quickbooks):
    key = portal()
    made = simulator.create("Customer", "quickbooks", DisplayName="Client à suivre")
    simulator.edit("Customer", f"{PLUMBING}:{made['Id']}", slug="quickbooks", CompanyName="Suivi inc.")
    found = told(QuickBooks, receiver.calls(2), key)
    assert [(one.resource, one.remote_id, one.kind, one.account) for one in found] == [
        ("customers", made["Id"], "qbo.customer.created.v1", PLUMBING),
        ("customers", made["Id"], "qbo.customer.updated.v1", PLUMBING),
    ]
    assert len({one.dedupe_key for one in found}) == 2
    assert quickbooks.fetch("customers", found[1].remote_id)["CompanyName"] == "Suivi inc."


def test_a_payment_tells_its_invoice_too_and_void_and_deleted_have_their_words(simulator, portal, receiver, quickbooks):
    key = portal()
    invoice = next(
        one for one in simulator.objects("Invoice", "quickbooks") if one["realm"] == PLUMBING and one["Balance"] > 1
    )
    line = {"Amount": 1.0, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    values = {"CustomerRef": {"value": invoice["CustomerRef"]["value"]}, "TotalAmt": 1.0, "Line": [line]}
    payment = quickbooks.push("payments", values, idempotency_key="p-1")
    assert [one.kind for one in told(QuickBooks, receiver.calls(2), key)] == [
        "qbo.payment.created.v1",
        "qbo.invoice.updated.v1",
    ]
    simulator.act("quickbooks", "void", kind="Payment", id=f"{PLUMBING}:{payment['Id']}")
    simulator.delete("Payment", f"{PLUMBING}:{payment['Id']}", "quickbooks")
    found = told(QuickBooks, receiver.calls(5)[2:], key)
    verbs = [(one.kind, one.deleted) for one in found if one.resource == "payments"]
    assert verbs == [("qbo.payment.voided.v1", False), ("qbo.payment.deleted.v1", True)]


@pytest.mark.parametrize("form", ["cloudevents", "legacy"])
def test_a_merge_tells_who_stays_and_who_went(simulator, portal, receiver, form):
    key = portal(form=form)
    first, second = [one for one in simulator.objects("Customer", "quickbooks") if one["realm"] == PLUMBING][:2]
    simulator.act("quickbooks", "merge", id=f"{PLUMBING}:{first['Id']}", other=f"{PLUMBING}:{second['Id']}")
    found = told(QuickBooks, receiver.calls(1), key)
    assert [(one.remote_id, one.deleted, one.merged_into, one.account) for one in found] == [
        (first["Id"], False, "", PLUMBING),
        (second["Id"], True, first["Id"], PLUMBING),
    ]


def test_what_was_not_taken_comes_again_the_same(simulator, portal, receiver):
    portal(entities=["Customer"])
    receiver.answers = [500]
    simulator.create("Customer", "quickbooks", DisplayName="Client patient")
    receiver.wait(1)
    simulator.advance(11)
    (first, _), (again, _) = receiver.wait(2)
    assert first == again
    assert json.loads(first)[0]["type"] == "qbo.customer.created.v1"


def test_what_comes_later_waits_behind_what_failed(simulator, portal, receiver):
    key = portal()
    receiver.answers = [500]
    first = simulator.create("Customer", "quickbooks", DisplayName="Client refusé")
    receiver.wait(1)
    second = simulator.create("Customer", "quickbooks", DisplayName="Client qui attend")
    simulator.provider("quickbooks").sender.wake()
    simulator.advance(11)
    found = told(QuickBooks, receiver.calls(3), key)
    assert [one.remote_id for one in found] == [first["Id"], first["Id"], second["Id"]]


def test_an_address_that_was_taken_away_is_left_alone(simulator, portal, receiver):
    portal()
    simulator.act("quickbooks", "remove_webhook", url=receiver.url)
    simulator.create("Customer", "quickbooks", DisplayName="Client discret")
    assert simulator.call("GET", "/quickbooks/deliveries")["data"] == []
