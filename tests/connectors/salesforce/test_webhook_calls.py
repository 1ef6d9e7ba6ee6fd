"""The simulator sends outbound messages to an address that a person gave in Setup, as Salesforce does."""

import time

import pytest

from connectors.salesforce.connector import Salesforce
from tests.connectors.support import as_receiver, told


@pytest.fixture
def setup(simulator, receiver):
    receiver.reply = as_receiver(Salesforce)
    simulator.act("salesforce", "register_webhook", url=receiver.url)


def organization(simulator):
    return simulator.provider("salesforce").organization_id


def test_what_is_made_and_changed_is_told_and_what_is_deleted_is_not(simulator, setup, receiver, salesforce):
    made = simulator.create("Account", "salesforce", Name="Compte & « frères »")
    simulator.edit("Account", made["Id"], slug="salesforce", Phone="514 555-0100")
    simulator.delete("Account", made["Id"], "salesforce")
    pushed = salesforce.push("accounts", {"Name": "Compte envoyé"}, idempotency_key="k-1")
    found = told(Salesforce, receiver.calls(3))
    assert [(one.resource, one.remote_id, one.account) for one in found] == [
        ("accounts", made["Id"], organization(simulator)),
        ("accounts", made["Id"], organization(simulator)),
        ("accounts", pushed["Id"], organization(simulator)),
    ]
    assert len({one.dedupe_key for one in found}) == 3
    assert len(simulator.call("GET", "/salesforce/deliveries")["data"]) == 3


def test_changes_made_together_are_told_together(setup, receiver, api):
    records = [{"attributes": {"type": "Account"}, "Name": f"Compte {number}"} for number in range(130)]
    assert api("POST", "composite/sobjects", json={"allOrNone": False, "records": records}).status_code == 200
    many, rest = (told(Salesforce, [call]) for call in receiver.calls(2))
    assert (len(many), len(rest)) == (100, 30)
    assert len({one.dedupe_key for one in many + rest}) == 130


def test_what_was_rolled_back_is_not_told(simulator, setup, receiver, api):
    records = [{"attributes": {"type": "Account"}, "Name": "Compte bon"}, {"attributes": {"type": "Account"}}]
    assert api("POST", "composite/sobjects", json={"allOrNone": True, "records": records}).status_code == 200
    assert simulator.call("GET", "/salesforce/deliveries")["data"] == []


ACK = b"<Envelope><Body><Ack>%s</Ack></Body></Envelope>"


@pytest.mark.parametrize("answer", [200, (200, b"true"), (200, ACK % b"true"), 500, (403, b"")])
def test_without_the_ack_the_message_comes_again_with_what_is_true_by_then(simulator, setup, receiver, answer):
    receiver.answers = [answer]
    made = simulator.create("Contact", "salesforce", LastName="Bérubé", Email="un@courriel.example")
    receiver.wait(1)
    simulator.provider("salesforce").store.put(
        "salesforce", "Contact", {**simulator.objects("Contact", "salesforce")[-1], "LastName": "Côté"}
    )
    simulator.advance(16)
    first, again = receiver.calls(2)
    assert told(Salesforce, [first]) == told(Salesforce, [again])
    assert (made["LastName"].encode() in first.body, "Côté".encode() in again.body) == (True, True)


def test_an_ack_ends_it(simulator, setup, receiver):
    simulator.create("Contact", "salesforce", LastName="Entendu")
    receiver.wait(1)
    deadline = time.monotonic() + 5
    while not (delivery := simulator.call("GET", "/salesforce/deliveries")["data"][0])["attempts"]:
        assert time.monotonic() < deadline, "the answer was never noted"
        time.sleep(0.01)
    simulator.advance(3600)
    assert (delivery["attempts"], delivery["next_at"], len(receiver.received)) == (1, None, 1)
