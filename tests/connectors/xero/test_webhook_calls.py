"""The simulator checks an address that is registered at the developer's portal, then calls it, as Xero does."""

import json
import time

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.xero.connector import Xero
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.support import as_receiver, told
from tests.connectors.xero.calls import KEY
from tests.connectors.xero.conftest import COOLING, WIRING


@pytest.fixture
def schema():
    document = json.loads((FOLDER / "xero/webhooks.json").read_text(encoding="utf-8"))
    reference = {"$ref": "#/components/schemas/WebhookEvent", "components": document["components"]}
    return Draft202012Validator(reference)


@pytest.fixture
def portal(simulator, receiver):
    receiver.reply = as_receiver(Xero, KEY)

    def register(key=KEY):
        found = simulator.act("xero", "register_webhook", url=receiver.url, key=key)
        return found["status"]

    return register


def test_an_address_that_tells_right_signatures_from_wrong_ones_passes_the_check(portal, receiver):
    assert portal() == "OK"
    calls = receiver.calls(4)
    verdicts = [Xero.webhooks.scheme.verify(call.body, call.headers, [KEY]).ok for call in calls]
    assert sorted(verdicts) == [False, False, True, True]
    assert [Xero.webhooks.parse(call) for call in calls] == [[]] * 4


@pytest.mark.parametrize("reply", [lambda call: (200, b""), lambda call: (401, b""), lambda call: (200, b"ok")])
def test_any_other_address_fails_it_and_is_told_nothing(simulator, portal, receiver, reply):
    receiver.reply = reply
    assert portal() == "INTENT_TO_RECEIVE_FAILED"
    simulator.create("Contact", "xero", Name="Client muet")
    assert simulator.call("GET", "/xero/deliveries")["data"] == []


def test_events_of_each_organisation_are_told_and_can_be_fetched(simulator, portal, receiver, xero, schema):
    portal()
    made = simulator.create("Contact", "xero", Name="Client annoncé")
    simulator.edit("Contact", made["ContactID"], slug="xero", Name="Client renommé")
    other = simulator.create("Contact", "xero", Name="Client d’ailleurs", tenant=WIRING)
    calls = receiver.calls(7)[4:]
    found = told(Xero, calls, KEY)
    assert [(one.resource, one.remote_id, one.kind, one.account) for one in found] == [
        ("contacts", made["ContactID"], "CONTACT.CREATE", COOLING),
        ("contacts", made["ContactID"], "CONTACT.UPDATE", COOLING),
        ("contacts", other["ContactID"], "CONTACT.CREATE", WIRING),
    ]
    assert xero.fetch("contacts", made["ContactID"])["Name"] == "Client renommé"
    bodies = [json.loads(call.body) for call in calls]
    assert [body["firstEventSequence"] for body in bodies] == [1, 2, 3]
    for body in bodies:
        schema.validate(body)


def test_a_payment_tells_its_invoice_only(simulator, portal, receiver, xero):
    portal()
    invoice = next(
        one
        for one in simulator.objects("Invoice", "xero")
        if one["tenant"] == COOLING and one["Type"] == "ACCREC" and one["Status"] == "AUTHORISED"
    )
    banks = [one for one in simulator.objects("Account", "xero") if one["Type"] == "BANK"]
    bank = next(one for one in banks if one["tenant"] == COOLING)
    simulator.create(
        "Payment", "xero", Invoice={"InvoiceID": invoice["InvoiceID"]}, Account={"Code": bank["Code"]}, Amount=1.0
    )
    found = told(Xero, receiver.calls(5)[4:], KEY)
    assert {(one.kind, one.remote_id) for one in found} == {("INVOICE.UPDATE", invoice["InvoiceID"])}
    assert [one.resource for one in found] == ["invoices", "bills"]


def test_a_day_of_failures_switches_the_address_off(simulator, portal, receiver):
    portal()
    receiver.reply = lambda call: (500, b"")
    simulator.create("Contact", "xero", Name="Client perdu")
    for tries, seconds in enumerate((61, 301, 901, 3601, 7201, 14401, 28801, 28801), start=1):
        receiver.wait(4 + tries)
        simulator.advance(seconds)
    receiver.wait(13)
    [address] = _until(lambda: [a for a in simulator.act("xero", "webhooks")["data"] if a["status"] != "OK"])
    assert address["status"] == "DISABLED"
    receiver.reply = as_receiver(Xero, KEY)
    assert portal() == "OK"


def _until(ask, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
