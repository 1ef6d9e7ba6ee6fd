"""The webhooks that the fake ROVIDA sends, as two independent receivers see them."""

import json
import time

import pytest
import standardwebhooks
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.rovida.connector import Rovida


@pytest.fixture
def subscribe(api, receiver):
    def make(*events):
        body = {"url": receiver.url, "event_types": list(events or ("*",))}
        answer = api("POST", "webhook_endpoints", once="sub", json=body)
        assert answer.status_code == 201
        return answer.json()

    return make


def both_accept(secret, body, headers):
    """Whether our verifier and the reference package agree that the call is authentic."""
    ours = Rovida.webhooks.scheme.verify(body, headers, [secret])
    try:
        standardwebhooks.Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
        theirs = True
    except standardwebhooks.WebhookVerificationError:
        theirs = False
    assert ours.ok == theirs, ours.sentence
    return ours.ok


def test_each_event_is_signed_and_follows_the_contract(simulator, subscribe, receiver, judge):
    secret = subscribe()["secret"]
    made = simulator.create("tenants", property_id="prop_01DEMO0001", given_name="Zoé", family_name="Bérubé")
    simulator.edit("tenants", made["id"], family_name="L’Écuyer")
    simulator.delete("tenants", made["id"])
    calls = receiver.wait(3)
    bodies = [json.loads(body) for body, _ in calls]
    assert [body["type"] for body in bodies] == ["tenant.created", "tenant.updated", "tenant.deleted"]
    assert [body["data"]["version"] for body in bodies] == [1, 2, 3]
    assert bodies[2]["data"]["deleted_at"]
    for (raw, headers), body in zip(calls, bodies, strict=True):
        assert both_accept(secret, raw, headers)
        assert not both_accept(secret, raw + b" ", headers)
        name = "Tenant" + body["type"].split(".")[1].capitalize() + "Event"
        schema = {"$ref": f"#/components/schemas/{name}", "components": judge.document["components"]}
        Draft202012Validator(schema).validate(body)
    assert "L’Écuyer".encode() in calls[1][0]
    assert len({headers["webhook-id"] for _, headers in calls}) == 3


def test_only_the_chosen_events_are_sent(simulator, subscribe, receiver):
    subscribe("unit.updated")
    simulator.edit("tenants", "ten_01DEMO0001", family_name="X")
    simulator.edit("units", "unit_01DEMO010101", floor=9)
    assert json.loads(receiver.wait(1)[0][0])["type"] == "unit.updated"
    assert len(simulator.call("GET", "/rovida/deliveries")["data"]) == 1


def test_the_secret_is_shown_once(api, subscribe):
    endpoint = subscribe()
    path = f"webhook_endpoints/{endpoint['id']}"
    assert endpoint["secret"].startswith("whsec_")
    assert "secret" not in api("GET", path).json()
    assert "secret" not in api("GET", "webhook_endpoints").json()["data"][0]
    assert "secret" not in api("PATCH", path, once="1", json={"enabled": False}).json()
    assert api("DELETE", path, once="2").status_code == 204
    assert api("GET", path).status_code == 404


def test_a_ping_is_sent_whatever_was_chosen(api, subscribe, receiver):
    endpoint = subscribe("unit.updated")
    assert api("POST", f"webhook_endpoints/{endpoint['id']}/test", once="t").status_code == 200
    body, headers = receiver.wait(1)[0]
    assert json.loads(body) == {
        "type": "ping",
        "timestamp": json.loads(body)["timestamp"],
        "data": {"endpoint_id": endpoint["id"]},
    }
    assert both_accept(endpoint["secret"], body, headers)


def test_both_secrets_sign_for_a_day_after_a_rotation(api, simulator, subscribe, receiver):
    old = subscribe()
    path = f"webhook_endpoints/{old['id']}"
    new = api("POST", f"{path}/rotate_secret", once="r").json()
    assert new["secret"] != old["secret"]
    api("POST", f"{path}/test", once="t1")
    body, headers = receiver.wait(1)[0]
    assert both_accept(old["secret"], body, headers)
    assert both_accept(new["secret"], body, headers)
    simulator.advance(24 * 3600 + 1)
    api("POST", f"{path}/test", once="t2")
    body, headers = receiver.wait(2)[1]
    scheme, now = Rovida.webhooks.scheme, time.time() + 24 * 3600
    assert scheme.verify(body, headers, [new["secret"]], now=now).ok
    assert scheme.verify(body, headers, [old["secret"]], now=now).reason == "bad_signature"


def test_a_failed_delivery_is_tried_again_later_with_the_same_id(api, simulator, subscribe, receiver):
    receiver.answers = [500]
    endpoint = subscribe()
    api("POST", f"webhook_endpoints/{endpoint['id']}/test", once="t")
    receiver.wait(1)
    simulator.advance(6)
    (first, before), (second, after) = receiver.wait(2)
    assert first == second
    assert before["webhook-id"] == after["webhook-id"]
    assert int(after["webhook-timestamp"]) > int(before["webhook-timestamp"])


def test_an_endpoint_that_answers_gone_is_switched_off(api, simulator, subscribe, receiver):
    receiver.answers = [410]
    endpoint = subscribe()
    path = f"webhook_endpoints/{endpoint['id']}"
    api("POST", f"{path}/test", once="t")
    receiver.wait(1)
    deadline = time.monotonic() + 5
    while api("GET", path).json()["enabled"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not api("GET", path).json()["enabled"]
    simulator.edit("tenants", "ten_01DEMO0001", family_name="X")
    assert len(simulator.call("GET", "/rovida/deliveries")["data"]) == 1
