"""Subscriptions at Financeit, what its events are read as, and the other ways to be known."""

import json

import pytest
import standardwebhooks

from connectors.base.errors import Misconfigured
from connectors.base.webhooks import Call, Subscription
from connectors.financeit.connector import Financeit
from tests.connectors.suite import heard

parse, scheme = Financeit.webhooks.parse, Financeit.webhooks.scheme
NEW = {"amount_requested": {"amount": 900000, "currency": "CAD"}, "applicant": {"given_name": "Zoé",
       "family_name": "L’Écuyer", "email": "zoe@ex.example", "phone": "+14185550111", "language": "fr"}}  # fmt: skip


def test_every_step_is_announced_until_we_unsubscribe(financeit, simulator, receiver):
    subscription = financeit.subscribe(receiver.url, "")
    loan = simulator.create("loans", "financeit", **NEW)
    steps = ["send_invite", "open", "submit", "approve", "accept", "sign", "request_funding", "fund"]
    for step in steps:
        simulator.act("financeit", step, id=loan["id"])
    calls = receiver.calls(10)
    found = heard.hints(financeit, subscription, calls)
    moved = ["loan.state_changed"] * 8
    assert [hint.kind for hint in found] == ["loan.created", *moved, "loan.funds_released"]
    assert {(hint.resource, hint.remote_id) for hint in found} == {("loans", loan["id"])}
    assert [hint.version for hint in found][:3] == ["1", "2", "3"]
    assert len({hint.dedupe_key for hint in found}) == 10
    assert json.loads(calls[-1].body)["data"]["status"] == "funded"
    for call in calls:
        standardwebhooks.Webhook(subscription.secrets[0]).verify(call.body, dict(call.headers))
    financeit.unsubscribe(subscription)
    simulator.create("loans", "financeit", **NEW)
    simulator.settle("financeit")
    assert len(receiver.received) == 10


def test_a_loan_that_begins_as_an_invitation_is_announced_once(api, financeit, receiver, simulator):
    subscription = financeit.subscribe(receiver.url, "")
    api("POST", "loans", once="1", json={**NEW, "send_invite": True})
    [hint] = heard.hints(financeit, subscription, receiver.calls(1))
    assert hint.kind == "loan.created"
    simulator.settle("financeit")
    assert len(receiver.received) == 1


def test_what_is_there_is_kept_and_what_is_gone_is_made_anew(financeit, receiver):
    first = financeit.subscribe(receiver.url, "")
    again = financeit.subscribe(receiver.url, "")
    assert again.ids == first.ids and again.secrets != first.secrets
    assert financeit.renew(again, receiver.url) == again
    financeit.unsubscribe(again)
    anew = financeit.renew(again, receiver.url)
    assert anew.ids != again.ids and anew.secrets


def test_a_wrong_subscription_is_refused(api):
    wrong = api("POST", "webhook_endpoints", once="1", json={"url": "ftp://x", "event_types": ["loan.sold"]})
    assert wrong.status_code == 422
    assert [one["field"] for one in wrong.json()["errors"]] == ["url", "event_types"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("loan_state_event", "loan.state_changed"), ("funds_released", "loan.funds_released"), ("loan.sold", "loan.sold")],
)
def test_the_vendors_own_kinds_are_known(theirs, ours):
    [hint] = parse(Call(json.dumps({"type": theirs, "data": {"id": "ln_1"}}).encode(), {}))
    assert (hint.resource, hint.remote_id, hint.kind) == ("loans", "ln_1", ours)


@pytest.mark.parametrize(
    ("mode", "header", "kept"),
    [
        ("shared_token", "", "token:X-Webhook-Token:jeton-convenu"),
        ("shared_token", "X-Financeit-Token", "token:X-Financeit-Token:jeton-convenu"),
        ("hmac_sha256", "", "hmac:X-Webhook-Signature:jeton-convenu"),
    ],
)
def test_the_way_to_be_known_is_a_setting_of_the_connection(connect, receiver, mode, header, kept):
    config = {"verify_mode": mode, "webhook_header": header}
    with pytest.raises(Misconfigured, match="secret de webhook"):
        connect(config=config).subscribe(receiver.url, "")
    connector = connect(config=config, webhook_secret="jeton-convenu")
    assert connector.subscribe(receiver.url, "") == Subscription((), (kept,))


def test_a_shared_token_is_compared_whole():
    secrets = ["token:X-Financeit-Token:jeton-convenu", "token:X-Financeit-Token:ancien-jeton"]
    for good in ("jeton-convenu", "ancien-jeton"):
        assert scheme.verify(b"{}", {"x-financeit-token": good}, secrets).ok
    for bad in ("jeton-conven", "jeton-convenu2", "é", "token:X-Financeit-Token:jeton-convenu"):
        assert scheme.verify(b"{}", {"x-financeit-token": bad}, secrets).reason == "bad_signature"
    assert scheme.verify(b"{}", {"x-webhook-token": "jeton-convenu"}, secrets).reason == "missing_header"
    assert scheme.verify(b"{}", {"x-financeit-token": ""}, ["token:X-Financeit-Token:"]).reason == "missing_header"
    assert scheme.verify(b"{}", {"x-financeit-token": "a"}, ["token:X-Financeit-Token:"]).reason == "no_secret"
    assert scheme.verify(b"{}", {}, []).reason in ("no_secret", "missing_header")
