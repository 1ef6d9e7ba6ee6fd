"""FreshBooks' signatures by the worked vectors of its page, the check of our address, and what events are read as."""

from dataclasses import replace

import pytest
from freshbooks import Client

from connectors.base.errors import Rejected
from connectors.base.webhooks import Call, Handshake, Hint, Unreadable
from connectors.freshbooks import webhooks
from connectors.freshbooks.connector import FreshBooks
from connectors.freshbooks.webhooks import signed_text
from tests.connectors.freshbooks.calls import ESCAPED, SIGNED, UPDATE, VERIFIER, VERIFY
from tests.connectors.freshbooks.conftest import APP, CALLBACK, GARDENS, REPAIRS
from tests.connectors.suite import heard

GOOD = SIGNED[UPDATE]
parse, handshake = FreshBooks.webhooks.parse, FreshBooks.webhooks.handshake


def verify(body, signature, *secrets):
    headers = {"X-Freshbooks-Hmac-Sha256": signature} if signature else {}
    return FreshBooks.webhooks.scheme.verify(body, headers, secrets or (VERIFIER,))


@pytest.mark.parametrize(("body", "signature"), SIGNED.items())
def test_the_fields_of_a_form_are_authentic(body, signature):
    assert verify(body, signature).ok
    assert verify(body, signature, "ancien", VERIFIER).ok
    assert verify(body, signature, "2002:ancien", f"2001:{VERIFIER}").ok


def test_what_is_signed_is_their_text():
    assert signed_text(ESCAPED) == (
        b'{"name": "client.update", "object_id": "77", "account_id": "6BApk", "note": "\\u00c9ric & fils, 50 %"}'
    )
    assert signed_text(b"b=2&a=&c") == b'{"b": "2", "a": "", "c": ""}'


@pytest.mark.parametrize(
    ("body", "signature", "secrets", "reason"),
    [
        # The signature of the raw body.
        (UPDATE, "lxhy5Hf3HB17WnzKWwpWGwYrK2VkoXtF/LdXyV4kTbA=", (), "bad_signature"),
        (UPDATE + b"&x=1", GOOD, (), "bad_signature"),
        (UPDATE, GOOD, ("autre",), "bad_signature"),
        (b"\xff\xfe", GOOD, (), "bad_signature"),
        (UPDATE + b"&a=1" * 60, GOOD, (), "bad_signature"),
        (UPDATE, GOOD, (f"mots:{VERIFIER}",), "bad_signature"),
        (UPDATE, GOOD, ("2001:",), "no_secret"),
        (UPDATE, "", (), "missing_header"),
        (UPDATE, GOOD, ("",), "no_secret"),
    ],
)
def test_what_is_not_authentic_is_refused(body, signature, secrets, reason):
    assert verify(body, signature, *secrets).reason == reason


# --- Events ---------------------------------------------------------------------------------------------------------
def read(body):
    return parse(Call(body, {}))


@pytest.mark.parametrize(
    ("name", "resource", "deleted"),
    [
        (f"{noun}.{verb}", f"{noun}s", verb == "delete")
        for noun in ("client", "invoice", "payment")
        for verb in ("create", "update", "delete")
    ]
    + [("invoice.sendByEmail", "invoices", False), ("expense.delete", "", False), ("estimate.create", "", False)],
)
def test_every_event_is_read(monkeypatch, name, resource, deleted):
    monkeypatch.setattr(webhooks.time, "time", lambda: 1767225600.5)
    [hint] = read(f"name={name}&object_id=77&account_id=6BApk".encode())
    own = "77" if resource else ""
    assert hint == Hint(resource, own, name, f"6BApk:{name}:77:1767225600", "6BApk", deleted)


def test_the_same_words_later_are_another_event(monkeypatch):
    monkeypatch.setattr(webhooks.time, "time", lambda: 1767225600.1)
    first, repeated = read(UPDATE), read(UPDATE)
    monkeypatch.setattr(webhooks.time, "time", lambda: 1767225601.1)
    [later] = read(UPDATE)
    assert first == repeated
    assert later.dedupe_key != first[0].dedupe_key


@pytest.mark.parametrize(
    "body", [b"", b"name=&object_id=1", b"name=client.update", b"name=a&object_id=%00", b"\xff=1", b"&" * 100]
)
def test_a_form_without_name_or_object_is_unreadable(body):
    with pytest.raises(Unreadable):
        read(body)


def test_the_check_of_an_address_is_told_from_an_event():
    assert handshake(Call(VERIFY, {})) == Handshake("6BApk", "2001", VERIFIER)
    assert read(VERIFY) == []
    for other in (UPDATE, b"", b"\xff", b"name=callback.verify&object_id=2001&account_id=6BApk&verifier="):
        assert handshake(Call(other, {})) is None


# --- Subscriptions --------------------------------------------------------------------------------------------------
def confirmed(connector, subscription, calls):
    """The subscription once every code was given back."""
    for call in calls:
        subscription = connector.confirm(subscription, handshake(call))
    return subscription


@pytest.fixture
def subscription(freshbooks, receiver):
    made = freshbooks.subscribe(receiver.url, "")
    assert (len(made.ids), made.secrets, made.checked) == (3, (), False)
    done = confirmed(freshbooks, made, receiver.calls(3))
    assert done.checked
    receiver.received.clear()
    return done


def test_nothing_is_announced_before_every_code_came_back(freshbooks, receiver, simulator):
    made = freshbooks.subscribe(receiver.url, "")
    calls = receiver.calls(3)
    assert {handshake(call).remote_id for call in calls} == set(made.ids)
    half = confirmed(freshbooks, made, calls[:2])
    assert (half.ids, len(half.secrets), half.checked) == (made.ids, 2, False)
    simulator.create("Client", "freshbooks", organization="X")
    whole = confirmed(freshbooks, half, calls[2:])
    assert (len(whole.secrets), whole.checked) == (3, True)
    assert confirmed(freshbooks, whole, calls[2:]) == whole


def test_a_code_that_is_not_the_providers_confirms_nothing(freshbooks, receiver):
    made = freshbooks.subscribe(receiver.url, "")
    with pytest.raises(Rejected):
        freshbooks.confirm(made, Handshake(GARDENS, made.ids[0], "faux"))


def test_a_change_is_announced_until_we_unsubscribe(freshbooks, subscription, simulator, receiver):
    client = simulator.create("Client", "freshbooks", organization="Œuvre", email="oe@courriel.example")
    simulator.edit("Client", client["id"], slug="freshbooks", organization="Écurie")
    simulator.delete("Client", client["id"], "freshbooks")
    calls = receiver.calls(3)
    found = heard.hints(freshbooks, subscription, calls)
    assert [(hint.resource, hint.remote_id, hint.kind, hint.deleted, hint.account) for hint in found] == [
        ("clients", client["id"], "client.create", False, GARDENS),
        ("clients", client["id"], "client.update", False, GARDENS),
        ("clients", client["id"], "client.delete", True, GARDENS),
    ]
    freshbooks.unsubscribe(subscription)
    simulator.create("Client", "freshbooks", organization="X")
    simulator.settle("freshbooks")
    assert len(receiver.received) == 3
    freshbooks.unsubscribe(subscription)


def test_a_payment_is_announced_with_what_it_makes_of_its_invoice(freshbooks, subscription, simulator, receiver):
    invoice = next(one for one in simulator.objects("Invoice", "freshbooks") if one["v3_status"] == "sent"
                   and one["_account"] == GARDENS)  # fmt: skip
    simulator.create("Payment", "freshbooks", invoiceid=invoice["invoiceid"], amount={"amount": "1.00", "code": "CAD"})
    found = heard.hints(freshbooks, subscription, receiver.calls(2))
    assert {(hint.resource, hint.kind) for hint in found} == {
        ("payments", "payment.create"), ("invoices", "invoice.update"),
    }  # fmt: skip


def test_our_own_writes_and_no_other_accounts_are_announced(freshbooks, subscription, simulator, receiver):
    simulator.create("Client", "freshbooks", organization="X", account=REPAIRS)
    made = freshbooks.push("clients", {"_name": "Œuvre"}, idempotency_key="k")
    found = heard.hints(freshbooks, subscription, receiver.calls(1))
    assert [hint.remote_id for hint in found] == [str(made["id"])]
    simulator.settle("freshbooks")
    assert len(receiver.received) == 1


def test_subscribing_again_makes_everything_anew(freshbooks, subscription, receiver, simulator):
    again = freshbooks.subscribe(receiver.url, "")
    assert not set(again.ids) & set(subscription.ids)
    assert len([one for one in simulator.objects("Callback", "freshbooks") if not one["deleted_at"]]) == 3


def test_renewing_leaves_alone_what_is_right(freshbooks, subscription, receiver, simulator):
    assert freshbooks.renew(subscription, receiver.url) == subscription
    simulator.settle("freshbooks")
    assert len(receiver.received) == 0


def test_a_code_that_did_not_come_is_asked_for_again(freshbooks, receiver):
    receiver.answers = [500, 500, 500]
    made = freshbooks.subscribe(receiver.url, "")
    receiver.wait(3)
    renewed = freshbooks.renew(made, receiver.url)
    assert (renewed.ids, renewed.checked) == (made.ids, False)
    assert confirmed(freshbooks, renewed, receiver.calls(6)[3:]).checked


def test_what_is_gone_or_of_another_address_is_made_anew(freshbooks, subscription, receiver, simulator):
    gone, *others = subscription.ids
    simulator.provider("freshbooks").callbacks.put(
        {**simulator.provider("freshbooks").callbacks.find(GARDENS, gone), "deleted_at": "2026-01-01T00:00:00.000Z"}
    )
    renewed = freshbooks.renew(subscription, receiver.url)
    assert (renewed.ids[1:], renewed.ids[0] != gone, renewed.checked) == (tuple(others), True, False)
    assert len(renewed.secrets) == 2
    whole = confirmed(freshbooks, renewed, receiver.calls(1))
    moved = freshbooks.renew(whole, f"{receiver.url}/ailleurs")
    assert not set(moved.ids) & set(whole.ids)


def test_a_verified_callback_whose_code_we_lost_is_made_anew(freshbooks, subscription, receiver):
    renewed = freshbooks.renew(replace(subscription, secrets=subscription.secrets[1:]), receiver.url)
    assert len(set(renewed.ids) & set(subscription.ids)) == 2
    assert not renewed.checked


def test_the_sdk_registers_verifies_and_lists_as_the_simulator_does(simulator, monkeypatch, receiver):
    monkeypatch.setenv("FRESHBOOKS_API_URL", f"{simulator.url}/freshbooks")
    token = simulator.act("freshbooks", "grant")
    sdk = Client(APP.client_id, client_secret=APP.client_secret, redirect_uri=CALLBACK,
                 access_token=token["access_token"], auto_retry=False)  # fmt: skip
    made = sdk.callbacks.create(GARDENS, {"event": "invoice.create", "uri": receiver.url})
    assert not made.verified
    code = handshake(receiver.calls(1)[0]).code
    sdk.callbacks.resend_verification(GARDENS, made.callbackid)
    assert handshake(receiver.calls(2)[1]).code == code
    assert sdk.callbacks.verify(GARDENS, made.callbackid, code).verified
    assert [one.callbackid for one in sdk.callbacks.list(GARDENS)] == [made.callbackid]
    sdk.callbacks.delete(GARDENS, made.callbackid)
    assert not list(sdk.callbacks.list(GARDENS))
