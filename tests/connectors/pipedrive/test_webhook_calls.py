"""Webhooks made by Pipedrive's API, called, kept and removed."""

import json
from dataclasses import replace

import pytest

from connectors.base.errors import Misconfigured, Transient
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.pipedrive.conftest import GROUP
from tests.connectors.support import told

PASSWORD = "un secret: à nous"


@pytest.fixture(params=["consent", "key"])
def either(request, pipedrive, by_key):
    """A connector by consent, or by API token."""
    return pipedrive if request.param == "consent" else by_key()


def listed(api):
    return {one["event_object"]: one for one in api("GET", "v1/webhooks").json()["data"]}


def test_one_webhook_for_each_kind_of_object_is_made_once(either, api, receiver, exchanges):
    first = either.subscribe(receiver.url, PASSWORD)
    assert either.subscribe(receiver.url, PASSWORD) == first
    assert either.subscribe(receiver.url, first.secrets[0]) == first, "switched off and on again"
    found = listed(api)
    assert set(found) == {"person", "organization", "deal"}
    assert {str(one["id"]) for one in found.values()} == set(first.ids)
    assert {(one["event_action"], one["version"], one["subscription_url"]) for one in found.values()} == {
        ("*", "2.0", receiver.url)
    }
    [secret] = first.secrets
    assert secret.endswith(f":{PASSWORD}")
    logged = " ".join(f"{one.url} {one.request_body} {one.response_body}" for one in exchanges)
    assert PASSWORD not in logged
    assert receiver.url not in logged, "the last part of an address is a secret too"


def test_each_event_is_called_with_the_credentials_and_read(either, simulator, receiver):
    subscription = either.subscribe(receiver.url, PASSWORD)
    made = simulator.create("persons", "pipedrive", name="Zoé Adam")
    simulator.edit("persons", str(made["id"]), slug="pipedrive", name="Zoë Adam")
    simulator.delete("persons", str(made["id"]), "pipedrive")
    deal = either.push("deals", {"title": "Affaire"}, idempotency_key="k")
    calls = receiver.calls(4)
    assert [
        (one.resource, one.remote_id, one.kind, one.account, one.deleted)
        for one in told(Pipedrive, calls, *subscription.secrets)
    ] == [
        ("persons", str(made["id"]), "create.person", GROUP, False),
        ("persons", str(made["id"]), "change.person", GROUP, False),
        ("persons", str(made["id"]), "delete.person", GROUP, True),
        ("deals", str(deal["id"]), "create.deal", GROUP, False),
    ]
    change, gone, new = (json.loads(call.body) for call in calls[1:])
    assert change["previous"]["name"] == "Zoé Adam"
    assert set(change["previous"]) >= {"name", "update_time"}
    assert "is_deleted" not in change["data"]
    assert gone["data"] is None
    assert new["data"]["update_time"] is None
    assert (change["meta"]["change_source"], new["meta"]["change_source"]) == ("app", "api")


def test_another_company_hears_nothing(pipedrive, connect, simulator, receiver):
    other = connect("123002")
    subscription = other.subscribe(receiver.url, PASSWORD)
    simulator.create("persons", "pipedrive", name="Ici")
    simulator.create("persons", "pipedrive", name="Là", company=123002)
    [hint] = told(Pipedrive, receiver.calls(1), *subscription.secrets)
    assert hint.account == "123002"


def test_another_secret_replaces_the_webhooks_at_the_address(pipedrive, api, receiver):
    first = pipedrive.subscribe(receiver.url, PASSWORD)
    second = pipedrive.subscribe(receiver.url, "un autre")
    assert not set(first.ids) & set(second.ids)
    assert {str(one["id"]) for one in listed(api).values()} == set(second.ids)


def test_the_daily_check_makes_anew_what_is_missing(pipedrive, api, receiver):
    before = pipedrive.subscribe(receiver.url, PASSWORD)
    assert pipedrive.renew(before, receiver.url) == before
    lost = listed(api)["organization"]["id"]
    assert api("DELETE", f"v1/webhooks/{lost}").status_code == 200
    after = pipedrive.renew(before, receiver.url)
    assert after.secrets == before.secrets
    assert len(set(after.ids) & set(before.ids)) == 2
    assert set(listed(api)) == {"person", "organization", "deal"}


def test_they_are_removed_and_removing_them_again_is_no_error(either, api, receiver):
    subscription = either.subscribe(receiver.url, PASSWORD)
    either.unsubscribe(subscription)
    assert listed(api) == {}
    either.unsubscribe(replace(subscription, ids=(*subscription.ids, "1")))


def test_no_more_than_forty_are_taken(pipedrive, api):
    hook = {"subscription_url": "https://a.example/x", "event_action": "*", "event_object": "note"}
    for _ in range(40):
        assert api("POST", "v1/webhooks", json=hook).status_code == 201
    with pytest.raises(Misconfigured, match="40 webhooks"):
        pipedrive.subscribe("https://b.example/x", PASSWORD)


def test_what_was_not_taken_comes_again_three_times(pipedrive, simulator, receiver):
    subscription = pipedrive.subscribe(receiver.url, PASSWORD)
    receiver.answers = [500, 500, 500, 500]
    simulator.create("organizations", "pipedrive", name="Compagnie")
    for tries, seconds in enumerate((4, 31, 151), start=1):
        receiver.wait(tries)
        simulator.advance(seconds)
    calls = receiver.calls(4)
    assert [json.loads(call.body)["meta"]["attempt"] for call in calls] == [1, 2, 3, 4]
    assert len({one.dedupe_key for one in told(Pipedrive, calls, *subscription.secrets)}) == 1
    simulator.advance(3600)
    assert len(receiver.received) == 4


def test_after_three_days_of_failures_a_webhook_is_gone_until_the_check(pipedrive, simulator, api, receiver):
    before = pipedrive.subscribe(receiver.url, PASSWORD)
    receiver.reply = lambda call: (500, b"")
    simulator.create("organizations", "pipedrive", name="Compagnie")
    for tries, seconds in enumerate((4, 31, 151), start=1):
        receiver.wait(tries)
        simulator.advance(seconds)
    receiver.wait(4)
    simulator.advance(3 * 24 * 3600)
    simulator.provider("pipedrive").sender.wake()
    assert set(listed(api)) == {"person", "deal"}
    pipedrive.tokens.renew_now()
    assert set(pipedrive.renew(before, receiver.url).ids) - set(before.ids)


def test_an_answer_that_was_lost_makes_no_second_webhook(by_key, simulator, api, receiver):
    simulator.fault("error", path="/v1/webhooks", slug="pipedrive", method="POST", after=True)
    with pytest.raises(Transient):
        by_key().subscribe(receiver.url, PASSWORD)
    assert len(listed(api)) == 1
    assert set(by_key().subscribe(receiver.url, PASSWORD).ids) == {str(one["id"]) for one in listed(api).values()}
    assert len(api("GET", "v1/webhooks").json()["data"]) == 3
