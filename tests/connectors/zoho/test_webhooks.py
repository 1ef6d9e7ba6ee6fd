"""The token that a Zoho notification echoes, with the worked vectors; channels, and what notifications are read as."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base.errors import Rejected
from connectors.base.webhooks import Call, Hint, Subscription, Unreadable
from connectors.zoho.connector import Zoho
from tests.connectors.suite import heard
from tests.connectors.zoho.calls import CHANNEL, SECRET, TOKEN
from tests.connectors.zoho.conftest import EUROPE

parse = Zoho.webhooks.parse
BODY = {
    "server_time": 1767268800456, "query_params": {}, "module": "Contacts",
    "resource_uri": "https://www.zohoapis.eu/crm/v2/Contacts", "ids": ["554023000000527002"], "affected_fields": [],
    "operation": "update", "channel_id": CHANNEL, "token": TOKEN,
}  # fmt: skip


def verify(body, *secrets):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Zoho.webhooks.scheme.verify(raw, {}, secrets)


def test_the_vectors_token_is_what_it_says():
    message = f"org:60001234567:{CHANNEL}".encode()
    assert hmac.new(b"zoho-callback-key-1", message, hashlib.sha256).hexdigest()[:48] == TOKEN


def test_a_known_channel_with_its_token_is_accepted():
    assert verify(BODY, SECRET).ok
    assert verify(BODY, f"{CHANNEL}:ancien", SECRET).ok, "every live secret counts"
    assert verify({**BODY, "channel_id": int(CHANNEL)}, SECRET).ok


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "token": TOKEN[:-1] + "0"},
        {**BODY, "channel_id": "1000000068002"},
        {name: value for name, value in BODY.items() if name != "token"},
        {**BODY, "token": ""},
        {**BODY, "token": None},
        {**BODY, "channel_id": None},
        {**BODY, "token": "\ud800"},
        {**BODY, "channel_id": "\ud800"},
        {**BODY, "channel_id": True},
        b"[" * 100_000,
        b"\xff",
        b"pas du JSON",
        b"[]",
        b"",
    ],
)
def test_anything_else_is_refused(body):
    assert verify(body, SECRET).reason == "bad_signature"


def test_without_a_secret_nothing_is_accepted():
    assert verify(BODY).reason == verify(BODY, "").reason == "no_secret"


# --- Notifications --------------------------------------------------------------------------------------------------
def read(**changes):
    return parse(Call(json.dumps({**BODY, **changes}).encode(), {}))


@pytest.mark.parametrize(
    ("module", "resource"), [("Accounts", "accounts"), ("Contacts", "contacts"), ("Deals", "deals"), ("Leads", "")]
)
@pytest.mark.parametrize("operation", ["insert", "update", "delete"])
def test_every_operation_on_every_module_is_read(module, resource, operation):
    [hint] = read(module=module, operation=operation)
    own = "554023000000527002"
    key = f"{CHANNEL}:{module}:{operation}:{own}:1767268800456"
    deleted, at = bool(resource) and operation == "delete", "2026-01-01T12:00:00.456000Z"
    assert hint == Hint(resource, own if resource else "", f"{module}.{operation}", key, "", deleted, at)


def test_each_record_of_a_call_is_a_hint_of_its_own_and_their_order_does_not_matter():
    found, other = read(ids=["1", "2", "1"]), read(ids=["2", "1"])
    assert [hint.remote_id for hint in found] == ["1", "2"]
    assert {hint.dedupe_key for hint in found} == {hint.dedupe_key for hint in other}


def test_without_a_time_the_words_tell_one_notification_from_another():
    first, second = read(server_time=None), read(server_time=None, affected_fields=["x"])
    assert first[0].at == ""
    assert first[0].dedupe_key != second[0].dedupe_key


@pytest.mark.parametrize(
    "changes", [{"ids": []}, {"ids": None}, {"ids": [{}]}, {"ids": "1"}, {"module": None}, {"operation": ""}]
)
def test_what_names_no_record_is_unreadable(changes):
    with pytest.raises(Unreadable):
        read(**changes)


# --- Channels -------------------------------------------------------------------------------------------------------
def test_a_change_is_announced_until_we_unsubscribe(zoho, simulator, receiver):
    subscription = zoho.subscribe(receiver.url, "")
    made = simulator.create("Contacts", "zoho", Last_Name="Œuvre", Email="oe@courriel.example")
    simulator.edit("Contacts", made["id"], slug="zoho", Last_Name="L’Écuyer")
    simulator.delete("Contacts", made["id"], "zoho")
    found = heard.hints(zoho, subscription, receiver.calls(3))
    assert [(hint.resource, hint.remote_id, hint.kind, hint.deleted) for hint in found] == [
        ("contacts", made["id"], "Contacts.insert", False),
        ("contacts", made["id"], "Contacts.update", False),
        ("contacts", made["id"], "Contacts.delete", True),
    ]
    zoho.unsubscribe(subscription)
    simulator.create("Contacts", "zoho", Last_Name="X")
    simulator.settle("zoho")
    assert len(receiver.received) == 3
    zoho.unsubscribe(subscription)


def test_our_own_writes_and_no_other_organisations_are_announced(zoho, simulator, receiver):
    subscription = zoho.subscribe(receiver.url, "")
    simulator.create("Contacts", "zoho", Last_Name="X", org=EUROPE)
    made = zoho.push("contacts", {"Last_Name": "Œuvre"}, idempotency_key="k")
    found = heard.hints(zoho, subscription, receiver.calls(1))
    assert [hint.remote_id for hint in found] == [made["id"]]
    simulator.settle("zoho")
    assert len(receiver.received) == 1


def test_a_channel_lives_almost_a_week_and_is_renewed_with_the_same_token(zoho, simulator, receiver):
    subscription = zoho.subscribe(receiver.url, "")
    left = datetime.fromisoformat(subscription.expires_at) - datetime.now(UTC)
    assert timedelta(days=6, hours=22) < left < timedelta(days=7)
    assert Zoho.webhooks.renew_every < left
    renewed = zoho.renew(subscription, receiver.url)
    assert (renewed.ids, renewed.secrets) == (subscription.ids, subscription.secrets)
    assert renewed.expires_at >= subscription.expires_at
    assert len(simulator.objects("Channel", "zoho")) == 1


def test_the_same_address_and_secret_make_one_channel_and_one_token(zoho, simulator, receiver):
    first, again = (zoho.subscribe(receiver.url, "whsec_AAAA") for _ in range(2))
    assert (first.ids, first.secrets) == (again.ids, again.secrets)
    [token] = [secret.partition(":")[2] for secret in first.secrets]
    assert len(token) == 48 and "AAAA" not in token
    assert len(simulator.objects("Channel", "zoho")) == 1


def test_a_channel_that_ended_says_nothing_and_is_opened_anew(zoho, simulator, receiver):
    subscription = zoho.subscribe(receiver.url, "")
    zoho.unsubscribe(subscription)
    renewed = zoho.renew(subscription, receiver.url)
    assert (renewed.ids, renewed.secrets) == (subscription.ids, subscription.secrets)
    simulator.create("Contacts", "zoho", Last_Name="X")
    assert heard.hints(zoho, renewed, receiver.calls(1))
    assert zoho.renew(Subscription(()), receiver.url).ids == subscription.ids


def test_after_its_end_a_channel_is_silent(zoho, simulator, receiver):
    zoho.subscribe(receiver.url, "")
    simulator.advance(7 * 86400)
    simulator.create("Contacts", "zoho", Last_Name="X")
    simulator.settle("zoho")
    assert len(receiver.received) == 0


def watch(**changes):
    given = {"channel_id": "77", "events": ["Contacts.all"], "notify_url": "https://x.example", "token": "t"}
    return {"watch": [{**given, **changes}]}


def test_a_refusal_is_a_success_to_http(api, zoho, receiver):
    refused = api("PUT", "actions/watch", json=watch())
    assert (refused.status_code, refused.json()["watch"][0]["code"]) == (202, "NOT_SUBSCRIBED")
    assert api("POST", "actions/watch", json=watch(token="x" * 50)).json()["watch"][0]["code"] == "INVALID_DATA"
    assert api("POST", "actions/watch", json=watch(events=["Leads.all"])).json()["watch"][0]["status"] == "error"
    assert api("GET", "actions/watch").status_code == 204
    with pytest.raises(Rejected):
        zoho.subscribe("", "")


def test_an_end_that_is_too_far_or_missing_is_in_an_hour(api):
    for expiry in ({}, {"channel_expiry": (datetime.now(UTC) + timedelta(days=8)).isoformat()}):
        [told] = api("POST", "actions/watch", json=watch(**expiry)).json()["watch"]
        ends = datetime.fromisoformat(told["details"]["events"][0]["channel_expiry"])
        assert ends - datetime.now(UTC) < timedelta(hours=1, minutes=1)


def test_a_grant_without_the_scope_is_refused(simulator, api):
    token = simulator.act("zoho", "grant", scope="ZohoCRM.modules.ALL")["access_token"]
    answer = api("GET", "actions/watch", headers={"Authorization": f"Zoho-oauthtoken {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")
