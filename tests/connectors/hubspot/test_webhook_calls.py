"""The simulator calls the address of an application, as HubSpot does."""

import json

import pytest

from connectors.hubspot.connector import HubSpot
from tests.connectors.hubspot.conftest import APP
from tests.connectors.support import told

SECRET = APP.client_secret


@pytest.fixture
def portal(simulator, receiver):
    def register(**more):
        assert simulator.act("hubspot", "register_webhook", url=receiver.url, **more)["key"] == SECRET

    return register


def seen(hints):
    return [(one.resource, one.remote_id, one.kind, one.deleted) for one in hints]


def test_a_life_is_told_with_one_event_for_each_property(simulator, portal, receiver, hubspot):
    portal()
    made = simulator.create("contacts", "hubspot", firstname="Zoé", lastname="Adam")
    simulator.edit("contacts", made["id"], slug="hubspot", firstname="Zoë", jobtitle="Directrice")
    hubspot.delete("contacts", made["id"], idempotency_key="d-1")
    simulator.act("hubspot", "restore", kind="contacts", id=made["id"])
    calls = receiver.calls(4)
    found = told(HubSpot, calls, SECRET)
    own = ("contacts", made["id"])
    assert seen(found) == [
        (*own, "contact.creation", False),
        (*own, "contact.propertyChange", False),
        (*own, "contact.propertyChange", False),
        (*own, "contact.deletion", True),
        (*own, "contact.restore", False),
    ]
    assert {one.account for one in found} == {"24011111"}
    assert {event["propertyName"] for event in json.loads(calls[1].body)} == {"firstname", "jobtitle"}


def test_an_association_is_told_from_both_sides_and_a_merge_by_all_who_took_part(simulator, portal, receiver):
    portal(subscriptions=["contact.associationChange", "company.associationChange", "contact.merge"])
    company = simulator.objects("companies", "hubspot")[0]["id"]
    one = simulator.create("contacts", "hubspot", lastname="Un", company_id=company)["id"]
    other = simulator.create("contacts", "hubspot", lastname="Deux")["id"]
    simulator.act("hubspot", "merge", kind="contacts", id=one, other=other)
    assert seen(told(HubSpot, receiver.calls(2), SECRET)) == [
        ("contacts", one, "contact.associationChange", False),
        ("companies", company, "company.associationChange", False),
        ("contacts", one, "contact.merge", False),
        ("contacts", other, "contact.merge", False),
    ]


def test_a_repetition_counts_its_attempt_and_says_the_same(simulator, portal, receiver):
    portal()
    receiver.answers = [500]
    simulator.create("companies", "hubspot", name="Compagnie têtue")
    receiver.wait(1)
    simulator.advance(80)
    first, again = receiver.calls(2)
    assert [json.loads(call.body)[0]["attemptNumber"] for call in (first, again)] == [0, 1]
    # The simulator's clock is ahead of ours by then, so that the second signature is judged at its own time.
    assert HubSpot.webhooks.parse(first) == HubSpot.webhooks.parse(again)
    at = int(again.headers["x-hubspot-request-timestamp"]) / 1000
    assert HubSpot.webhooks.scheme.verify(again.body, again.headers, [SECRET], now=at, url=again.url).ok


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_older_signature_is_taken_only_where_it_was_opened(simulator, portal, receiver, version):
    portal(signature=version)
    simulator.create("deals", "hubspot", dealname="Affaire ancienne", dealstage="appointmentscheduled")
    [call] = receiver.calls(1)
    verify = HubSpot.webhooks.scheme.verify
    assert verify(call.body, call.headers, [SECRET], url=call.url).reason == "missing_header"
    assert verify(call.body, call.headers, [f"{version}:{SECRET}"], url=call.url).ok


def test_many_changes_come_in_calls_of_a_hundred(simulator, portal, receiver, api):
    portal()
    rows = [{"properties": {"name": f"Compagnie {number}"}} for number in range(100)]
    assert api("POST", "crm/v3/objects/companies/batch/create", json={"inputs": rows}).status_code == 201
    simulator.create("companies", "hubspot", name="Encore une")
    assert [len(told(HubSpot, [call], SECRET)) for call in receiver.calls(2)] == [100, 1]
