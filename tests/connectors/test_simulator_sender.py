"""The kit's sender: any bytes, the provider's own schedule, signatures, and what goes wrong on demand."""

import json
import time

import pytest

from connectors.simulator.clock import Clock
from connectors.simulator.faults import Faults
from connectors.simulator.portal import Portal
from connectors.simulator.sender import Message, Schedule, Sender, Target, form_message, json_message, xml_message
from connectors.simulator.store import Store


@pytest.fixture
def store(tmp_path):
    kept = Store(str(tmp_path / "state.sqlite3"))
    yield kept
    kept.clear("essai")


@pytest.fixture
def clock(store):
    return Clock(store)


@pytest.fixture
def make(store, clock, receiver):
    def sender(target=None, **options):
        return Sender(store, clock, "essai", target or (lambda _: Target(receiver.url)), **options)

    return sender


def done(sender, count):
    """The deliveries, once nothing more is to be tried for any of them."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = sender.all()
        if len(found) == count and all(each["next_at"] is None for each in found):
            return found
        time.sleep(0.01)
    raise AssertionError(sender.all())


@pytest.mark.parametrize(
    ("message", "kind", "body"),
    [
        (json_message({"nom": "Évier"}), "application/json", '{"nom":"Évier"}'.encode()),
        (form_message([("name", "a.b"), ("id", "1 é")]), "application/x-www-form-urlencoded", b"name=a.b&id=1+%C3%A9"),
        (xml_message("<a>é</a>"), "text/xml; charset=UTF-8", "<a>é</a>".encode()),
        (Message(b"\x00\xff", "application/octet-stream"), "application/octet-stream", b"\x00\xff"),
    ],
)
def test_a_body_goes_out_to_the_byte_with_its_own_type(make, receiver, message, kind, body):
    make().send("e", message)
    [(sent, headers)] = receiver.wait(1)
    assert (sent, headers["Content-Type"]) == (body, kind)


def test_the_signature_is_made_of_address_id_time_and_body(make, receiver, clock):
    seen = []

    def sign(*given):
        seen.append(given)
        return {"X-Signature": "s"}

    sender = make(lambda _: Target(receiver.url, sign))
    message_id = sender.send("e", json_message({}))
    [(_, headers)] = receiver.wait(1)
    assert headers["X-Signature"] == "s"
    [(url, signed_id, at, body)] = seen
    assert (url, signed_id, body) == (receiver.url, message_id, b"{}")
    assert abs(at - clock.now().timestamp()) < 5


def test_a_refused_delivery_follows_the_schedule_and_then_ends(make, receiver, clock):
    receiver.answers = [500, 500, 500]
    ended = []
    sender = make(
        lambda _: Target(receiver.url, amend=lambda body, attempt: body.replace(b"0", str(attempt).encode())),
        schedule=Schedule(delays=(60, 600)),
        ended=lambda *told: ended.append(told),
    )
    sender.send("e", json_message({"attempt": 0}))
    receiver.wait(1)
    clock.advance(61)
    sender.wake()
    receiver.wait(2)
    clock.advance(601)
    sender.wake()
    assert [json.loads(body)["attempt"] for body, _ in receiver.wait(3)] == [0, 1, 2]
    [row] = done(sender, 1)
    assert (row["attempts"], row["status"], ended) == (3, 500, [("e", 500)])


def test_a_final_status_ends_a_delivery_at_once(make, receiver):
    receiver.answers = [410]
    ended = []
    sender = make(schedule=Schedule(delays=(60,), final=(410,)), ended=lambda *told: ended.append(told))
    sender.send("e", json_message({}))
    done(sender, 1)
    assert ended == [("e", 410)]


def test_an_answer_that_is_not_the_wanted_one_is_no_success(make, receiver):
    receiver.answers = [(200, b"no"), (200, b"yes")]
    sender = make(
        lambda _: Target(receiver.url, accepted=lambda answer: answer.content == b"yes"), schedule=Schedule((0, 0))
    )
    sender.send("e", json_message({}))
    receiver.wait(2)
    assert done(sender, 1)[0]["attempts"] == 2


def test_a_duplicate_comes_with_the_same_id_and_bytes(make, store, receiver):
    Faults(store, "essai").add("duplicate_webhook", times=1)
    sender = make(lambda _: Target(receiver.url, lambda _url, message_id, _at, _body: {"X-Id": message_id}))
    sender.send("e", json_message({"n": 1}))
    sender.send("e", json_message({"n": 2}))
    calls = receiver.wait(3)
    done(sender, 3)
    ids = [headers["X-Id"] for _, headers in calls]
    assert sorted(body for body, _ in calls) == [b'{"n":1}', b'{"n":1}', b'{"n":2}']
    assert len(set(ids)) == 2


def test_a_reordered_webhook_comes_after_the_next_one(make, store, receiver):
    Faults(store, "essai").add("reordered_webhook", times=1, seconds=60)
    sender = make()
    for number in (1, 2, 3):
        sender.send("e", json_message({"n": number}))
    assert json.loads(receiver.wait(3)[0][0])["n"] == 2
    assert sorted(json.loads(body)["n"] for body, _ in receiver.received) == [1, 2, 3]


def test_a_reordered_webhook_that_nothing_follows_comes_late(make, store, receiver):
    Faults(store, "essai").add("reordered_webhook", times=1, seconds=0.2)
    make().send("e", json_message({"n": 1}))
    receiver.wait(1)


def test_a_request_uses_up_no_fault_of_webhooks(store):
    faults = Faults(store, "essai")
    faults.add("duplicate_webhook", times=1)
    assert faults.take("GET", "/") is None
    assert faults.take_webhook("e").kind == "duplicate_webhook"
    assert faults.take_webhook("e") is None


def test_the_portal_keeps_an_address_and_its_key(store):
    portal = Portal(store, "essai", lambda: "clef")
    assert portal.act("register_webhook", {"url": "https://a", "events": ["x"]})["key"] == "clef"
    assert portal.act("register_webhook", {"url": "https://b", "key": "donnée"})["key"] == "donnée"
    assert portal.act("register_webhook", {"url": "https://a", "events": ["y"]})["key"] == "clef"
    assert [each["events"] for each in portal.all() if "events" in each] == [["y"]]
    portal.act("remove_webhook", {"url": "https://a"})
    assert portal.get("https://a") is None
    assert portal.act("webhooks", {}) == {"data": [{"url": "https://b", "key": "donnée"}]}
