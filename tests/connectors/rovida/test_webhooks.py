"""Subscriptions at ROVIDA, what its events are read as, and the plain signature."""

import hmac
import json

import pytest
import standardwebhooks
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.base.errors import Misconfigured
from connectors.base.webhooks import Call, Hint, Subscription, Unreadable
from connectors.rovida.connector import Rovida
from tests.connectors.rovida.calls import CALLER, SECRET, UPDATED
from tests.connectors.suite import heard
from tests.connectors.suite.calls import Moment

TENANT = "ten_01DEMO0001"
parse, scheme = Rovida.webhooks.parse, Rovida.webhooks.scheme


def read(event, **headers):
    return parse(Call(json.dumps(event).encode(), headers))


def test_a_change_is_announced_until_we_unsubscribe(rovida, simulator, receiver):
    subscription = rovida.subscribe(receiver.url, "")
    made = simulator.create("tenants", property_id="prop_01DEMO0001", given_name="Zoé", family_name="Bérubé")
    simulator.edit("tenants", made["id"], family_name="L’Écuyer")
    simulator.delete("tenants", made["id"])
    found = heard.hints(rovida, subscription, receiver.calls(3))
    assert [(hint.resource, hint.remote_id, hint.kind, hint.version, hint.deleted) for hint in found] == [
        ("tenants", made["id"], "tenant.created", "1", False),
        ("tenants", made["id"], "tenant.updated", "2", False),
        ("tenants", made["id"], "tenant.deleted", "3", True),
    ]
    assert len({hint.dedupe_key for hint in found}) == 3
    rovida.unsubscribe(subscription)
    simulator.edit("tenants", TENANT, family_name="X")
    simulator.settle()
    assert len(receiver.received) == 3
    rovida.unsubscribe(subscription)


def test_our_own_writes_are_announced_too(rovida, receiver):
    subscription = rovida.subscribe(receiver.url, "")
    rovida.push("tenants", {"family_name": "L’Écuyer"}, idempotency_key="k", remote_id=TENANT)
    [hint] = heard.hints(rovida, subscription, receiver.calls(1))
    assert (hint.remote_id, hint.kind) == (TENANT, "tenant.updated")


def test_the_official_package_agrees(rovida, simulator, receiver):
    subscription = rovida.subscribe(receiver.url, "")
    simulator.edit("tenants", TENANT, family_name="L’Écuyer")
    [call] = receiver.calls(1)
    standardwebhooks.Webhook(subscription.secrets[0]).verify(call.body, dict(call.headers))


def test_the_same_address_is_subscribed_once_with_a_secret_that_serves(rovida, simulator, receiver):
    first = rovida.subscribe(receiver.url, "")
    again = rovida.subscribe(receiver.url, "")
    assert again.ids == first.ids
    assert again.secrets != first.secrets
    assert len(simulator.objects("webhook_endpoints")) == 1
    simulator.edit("tenants", TENANT, family_name="X")
    calls = receiver.calls(1)
    assert heard.hints(rovida, again, calls)
    assert heard.hints(rovida, first, calls), "the older secret signs for a day"


def test_renewing_switches_on_again_and_makes_anew_what_is_gone(rovida, simulator, receiver):
    subscription = rovida.subscribe(receiver.url, "")
    simulator.edit("webhook_endpoints", subscription.ids[0], enabled=False)
    assert rovida.renew(subscription, receiver.url) == subscription
    assert simulator.objects("webhook_endpoints")[0]["enabled"]
    simulator.delete("webhook_endpoints", subscription.ids[0])
    anew = rovida.renew(subscription, receiver.url)
    assert anew.ids != subscription.ids
    simulator.edit("tenants", TENANT, family_name="X")
    assert heard.hints(rovida, anew, receiver.calls(1))


def test_renewing_follows_a_new_address(rovida, simulator, receiver):
    subscription = rovida.subscribe("https://ancienne.exemple.ca/webhook/rovida/x", "")
    rovida.renew(subscription, receiver.url)
    simulator.edit("tenants", TENANT, family_name="X")
    assert heard.hints(rovida, subscription, receiver.calls(1))


def test_every_event_of_the_contract_is_read(judge):
    for name, operation in judge.document["webhooks"].items():
        schema = operation["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("Event")
        word, _, act = name.partition(".")
        event = {"type": name, "timestamp": "2026-01-01T00:00:00Z", "data": {"id": "x_1", "version": 7}}
        found = read(event, **{"webhook-id": "m"})
        if name == "ping":
            assert found == []
            continue
        resource = {"property": "properties"}.get(word, f"{word}s")
        at = "2026-01-01T00:00:00Z"
        assert found == [Hint(resource, "x_1", name, "m", deleted=act == "deleted", at=at, version="7")]
    event = {"$ref": "#/components/schemas/WorkOrderUpdatedEvent", "components": judge.document["components"]}
    Draft202012Validator(event).validate(json.loads(UPDATED))


def test_an_event_that_is_new_to_us_is_kept_and_concerns_nothing():
    assert read({"type": "lease.signed", "data": {"id": "l_1"}}, **{"webhook-id": "m"}) == [
        Hint("", "", "lease.signed", "m")
    ]


@pytest.mark.parametrize("data", [{}, None, [], {"id": None}, {"id": "\u0000"}, {"id": {"a": 1}}])
def test_an_object_without_id_is_unreadable(data):
    with pytest.raises(Unreadable):
        read({"type": "tenant.updated", "data": data})


def test_where_the_vendor_signs_plainly_the_typed_secret_counts(connect, receiver):
    connector = connect(config={"verify_mode": "hmac_sha256"})
    with pytest.raises(Misconfigured, match="secret de webhook"):
        connector.subscribe(receiver.url, "")
    connector.connection.credentials["webhook_secret"] = "clef très secrète"
    subscription = connector.subscribe(receiver.url, "")
    assert subscription == Subscription((), ("hmac:X-Webhook-Signature:clef très secrète",))
    assert connector.renew(subscription, receiver.url) == subscription
    connector.unsubscribe(subscription)
    # Computed with `openssl dgst -sha256 -hmac`.
    signature = "d5dd46c6d56e6c4b9be4945a4ea12403964a71dc4be43d4fd38e2f886929cce8"
    body = b'{"type":"tenant.updated","data":{"id":"ten_1"}}'
    good = {"x-webhook-signature": signature}
    assert scheme.verify(body, good, subscription.secrets).ok
    assert not scheme.verify(body + b" ", good, subscription.secrets).ok
    assert scheme.verify(body, {}, subscription.secrets).reason == "missing_header"
    [hint] = parse(Call(body, good))
    assert hint.dedupe_key == parse(Call(body, good))[0].dedupe_key != parse(Call(body + b" ", good))[0].dedupe_key


def test_a_subscription_is_given_up_when_the_vendor_signs_plainly_after_all(connect, rovida, simulator, receiver):
    subscription = rovida.subscribe(receiver.url, "")
    connector = connect(config={"verify_mode": "hmac_sha256"})
    connector.connection.credentials["webhook_secret"] = "clef"
    assert connector.renew(subscription, receiver.url).ids == ()
    assert simulator.objects("webhook_endpoints")[0]["deleted_at"]


def test_a_plain_signature_opens_nothing_where_the_standard_one_is_agreed():
    body = UPDATED
    moment = Moment(SECRET, "1", "", 1767225600)
    assert scheme.verify(body, CALLER.sign(body, moment), [SECRET], now=moment.at).ok
    plain = hmac.digest(SECRET.encode(), body, "sha256").hex()
    assert scheme.verify(body, {"x-webhook-signature": plain}, [SECRET], now=moment.at).reason == "missing_header"
