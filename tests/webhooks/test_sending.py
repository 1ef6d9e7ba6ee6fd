"""What is sent, when it is tried again, when it is given up, and what a misbehaving receiver can do: nothing."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook

from tests.webhooks import receiver as wire
from tests.webhooks.conftest import all_ended, make_customers, make_endpoint, send_until
from webhooks import fanout, notices, payload, signing
from webhooks.models import Attempt, Delivery, DeliveryStatus, DisabledReason, Endpoint, PendingEvent

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_is_delivered_signed_and_logged(sender, receive):
    receiver = receive()
    endpoint = make_endpoint(receiver.url, headers={"X-Team": "Lacoste"})
    (event,) = make_customers()
    send_until(sender, all_ended("delivered"))
    (call,) = receiver.calls
    assert call.id == payload.message_id(event.pk)
    assert call.headers["x-team"] == "Lacoste"
    content = Webhook(endpoint.secret).verify(call.body, call.headers)
    assert content["type"] == "customer.created"
    assert content["data"]["record"]["name"] == "Client 0"
    assert call.headers["x-webhook-signature"] == signing.plain_signature(endpoint.secret, call.body)
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status_code, attempt.response_body, attempt.error) == (1, 200, "ok", "")


def test_only_subscribed_active_endpoints_get_an_event():
    wanted = make_endpoint()
    everything = make_endpoint(all_events=True, event_types=[])
    make_endpoint(event_types=["invoice.paid"])
    make_endpoint(active=False)
    make_endpoint(deleted_at=datetime.now(UTC))
    make_customers()
    fanout.fan_out()
    assert set(Delivery.objects.values_list("endpoint_id", flat=True)) == {wanted.pk, everything.pk}
    assert not PendingEvent.objects.exists()


def test_a_change_that_is_rolled_back_tells_nobody():
    make_endpoint()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_customers()
        raise ZeroDivisionError
    assert fanout.fan_out() == 0
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("count", [1, 200])
def test_fanning_out_costs_the_same_for_one_event_and_for_many(count):
    for _ in range(3):
        make_endpoint()
    make_customers(count)
    with CaptureQueriesContext(connection) as seen:
        assert fanout.fan_out() == count
    statements = [each["sql"] for each in seen if each["sql"].split()[0] in ("SELECT", "INSERT", "DELETE", "UPDATE")]
    assert len(statements) == 6
    assert Delivery.objects.count() == count * 3


def test_an_event_that_is_handed_on_twice_is_delivered_once():
    make_endpoint()
    (event,) = make_customers()
    fanout.fan_out()
    PendingEvent.objects.create(event_id=event.pk)
    fanout.fan_out()
    assert Delivery.objects.count() == 1


def test_five_retries_then_the_delivery_failed_and_stays_in_the_log(sender, receive):
    receiver = receive(wire.answer(500, b"boom"))
    endpoint = make_endpoint(receiver.url)
    make_customers()
    send_until(sender, all_ended("failed"))
    assert len(receiver.calls) == 6
    assert len(receiver.ids) == 1
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.last_code, delivery.last_error) == (6, 500, "Le destinataire a répondu 500.")
    assert [each.number for each in delivery.log.order_by("id")] == [1, 2, 3, 4, 5, 6]
    endpoint.refresh_from_db()
    assert endpoint.failing_since
    assert endpoint.active


def test_the_waits_grow_as_the_endpoint_says(sender, receive):
    receiver = receive(wire.in_turn(wire.answer(503), wire.answer(503), wire.answer(503), wire.answer(200)))
    make_endpoint(receiver.url, delay_ms=200, multiplier=2)
    make_customers()
    send_until(sender, all_ended("delivered"))
    times = [call.at for call in receiver.calls]
    waits = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert [round(wait, 1) for wait in waits] == pytest.approx([0.2, 0.4, 0.8], abs=0.25)
    assert Endpoint.objects.get().failing_since is None


def test_a_receiver_that_asks_to_wait_is_left_alone_for_that_long(sender, receive):
    receiver = receive(wire.in_turn(wire.answer(429, Retry_After="1"), wire.answer(200)))
    make_endpoint(receiver.url)
    make_customers(5)
    send_until(sender, all_ended("delivered"))
    later = [call.at for call in receiver.calls if call.at - receiver.calls[0].at > 0.5]
    assert later
    assert min(later) - receiver.calls[0].at >= 1


def test_a_redirect_is_a_failure_and_nobody_follows_it(sender, receive):
    target = receive()
    receiver = receive(wire.answer(307, Location=target.url))
    make_endpoint(receiver.url, max_retries=0)
    make_customers()
    send_until(sender, all_ended("failed"))
    assert target.calls == []
    assert Delivery.objects.get().last_code == 307


def test_410_closes_the_endpoint_and_the_administrators_are_told(sender, receive, administrator):
    receiver = receive(wire.answer(410))
    endpoint = make_endpoint(receiver.url)
    make_customers()
    send_until(sender, all_ended("failed"))
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_reason) == (False, DisabledReason.GONE)
    assert len(receiver.calls) == 1
    mail.outbox.clear()
    assert (notices.send_due(), notices.send_due()) == (1, 0)
    assert "410" in mail.outbox[0].body
    assert f"/webhooks/{endpoint.pk}/replay" in mail.outbox[0].body


def test_five_days_of_failure_close_the_endpoint(sender, receive):
    receiver = receive(wire.answer(500))
    now = datetime.now(UTC)
    old = make_endpoint(receiver.url, failing_since=now - timedelta(days=5, minutes=1))
    young = make_endpoint(receiver.url, failing_since=now - timedelta(days=4), max_retries=0)
    make_customers()
    send_until(sender, lambda: Attempt.objects.count() >= 2)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.active, old.disabled_reason, young.active) == (False, DisabledReason.FAILING, True)
    assert old.notice_due_at
    # What waited for it stays in the queue.
    assert Delivery.objects.get(endpoint=old).status == DeliveryStatus.PENDING


def test_a_closed_endpoint_gets_nothing_and_goes_on_where_it_was_when_it_opens(sender, receive):
    receiver = receive()
    endpoint = make_endpoint(receiver.url)
    make_customers(3)
    fanout.fan_out()
    Endpoint.objects.update(active=False)
    sender.run_pass(0.5)
    assert receiver.calls == []
    Endpoint.objects.update(active=True)
    send_until(sender, all_ended("delivered"))
    assert len(receiver.ids) == 3
    assert endpoint.deliveries.count() == 3


@pytest.mark.parametrize(
    ("behaviour", "status", "said"),
    [
        (wire.reset, "failed", "coupée"),
        (wire.hang, "failed", "délai"),
        (wire.drip_headers, "failed", "délai"),
        (wire.drip_body, "failed", "délai"),
        (wire.not_http, "failed", "HTTP"),
        (wire.ten_megabytes, "delivered", ""),
        (wire.gzip_bomb, "delivered", ""),
        (wire.answer(200, b"\x00\xff\xfe"), "delivered", ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whatever_a_receiver_does_ends_in_time_and_within_64_kib(sender, receive, behaviour, status, said):
    receiver = receive(behaviour)
    make_endpoint(receiver.url, max_retries=0, timeout_seconds=1)
    make_customers()
    send_until(sender, all_ended(status), 10)
    attempt = Attempt.objects.get()
    assert said in attempt.error
    assert attempt.duration_ms <= 1500
    assert len(attempt.response_body) <= 64 * 1024
    if behaviour in (wire.ten_megabytes,):
        assert attempt.truncated


def test_a_port_where_nothing_listens_is_told_as_refused(sender, receive):
    receiver = receive()
    receiver.close()
    time.sleep(0.05)
    make_endpoint(receiver.url, max_retries=0)
    make_customers()
    send_until(sender, all_ended("failed"))
    assert "refusée" in Attempt.objects.get().error


def test_a_kept_connection_that_was_closed_costs_no_attempt(sender, receive):
    def once(opened: Any, receiver: wire.Receiver) -> None:
        wire.answer(200)(opened, receiver)
        if len(receiver.calls) == 1:
            opened.shutdown(2)

    receiver = receive(once)
    make_endpoint(receiver.url, max_retries=0)
    make_customers()
    send_until(sender, all_ended("delivered"))
    make_customers()
    send_until(sender, lambda: Delivery.objects.filter(status="delivered").count() == 2)
    assert Attempt.objects.filter(error="").count() == 2


def test_one_that_hangs_does_not_hold_the_others_up(sender, receive):
    stuck, quick = receive(wire.hang), receive()
    make_endpoint(stuck.url, timeout_seconds=5)
    healthy = make_endpoint(quick.url)
    make_customers(200)
    began = time.monotonic()
    send_until(sender, lambda: not healthy.deliveries.exclude(status="delivered").exists() and fanout_done())
    assert time.monotonic() - began < 5
    assert len(stuck.calls) <= 8


def fanout_done() -> bool:
    return not PendingEvent.objects.exists()


def test_slow_retries_go_on_for_three_days_and_no_longer(sender, receive):
    receiver = receive(wire.answer(500))
    make_endpoint(receiver.url, max_retries=0, slow_retry=True)
    make_customers()
    send_until(sender, lambda: Attempt.objects.count() == 1)
    delivery = Delivery.objects.get()
    assert delivery.status == DeliveryStatus.PENDING
    assert 50 < (delivery.next_at - datetime.now(UTC)).total_seconds() < 70
    now = datetime.now(UTC)
    Delivery.objects.update(next_at=now, asked_at=now - timedelta(days=3))
    send_until(sender, all_ended("failed"))


def test_an_answer_with_odd_headers_is_stored(sender, receive):
    def odd(opened: Any, receiver: wire.Receiver) -> None:
        opened.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Odd: a\x00b\xe9\xff\r\n\r\nok")

    make_endpoint(receive(odd).url)
    make_customers()
    send_until(sender, all_ended("delivered"))
    assert Attempt.objects.get().response_headers["X-Odd"].startswith("a\ufffdb")


def test_a_delivery_that_was_purged_under_way_holds_nothing_up(sender, receive):
    receiver = receive(wire.slow(0.5))
    make_endpoint(receiver.url)
    make_customers(4)
    send_until(sender, lambda: len(receiver.calls) == 4)
    purged = Delivery.objects.first()
    assert purged
    purged.delete()
    send_until(sender, all_ended("delivered"))
    assert Delivery.objects.filter(status="delivered").count() == 3


def test_an_endpoint_whose_secret_cannot_be_read_holds_nobody_up(sender, receive):
    receiver = receive()
    broken, unusable, sound = make_endpoint(receiver.url), make_endpoint(receiver.url), make_endpoint(receiver.url)
    with connection.cursor() as cursor:
        value = broken.pk.hex if connection.vendor == "sqlite" else broken.pk
        cursor.execute("UPDATE webhooks_endpoint SET secret = 'g1.t1.nonsense' WHERE id = %s", [value])
    Endpoint.objects.filter(pk=unusable.pk).update(secret="whsec_not base64", max_retries=0)
    make_customers()
    send_until(sender, lambda: sound.deliveries.filter(status="delivered").exists())
    send_until(sender, lambda: unusable.deliveries.filter(status="failed").exists())
    assert "secret" in unusable.deliveries.get().last_error
    assert broken.deliveries.get().status == DeliveryStatus.PENDING


def test_an_endpoint_that_fails_now_and_then_stays_open(sender, receive):
    receiver = receive(wire.in_turn(wire.answer(500), wire.answer(200)))
    endpoint = make_endpoint(receiver.url, failing_since=datetime.now(UTC) - timedelta(days=4))
    make_customers()
    send_until(sender, all_ended("delivered"))
    endpoint.refresh_from_db()
    assert endpoint.active
    assert endpoint.failing_since is None
