"""The pages about webhooks: who sees them, what they do, what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from standardwebhooks import Webhook

from integrations import panels
from integrations.core.models import AuditEvent
from tests.integrations import rows
from tests.webhooks import receiver as wire
from tests.webhooks.conftest import all_ended, make_customers, make_endpoint, send_until
from webhooks import fanout, signing
from webhooks.models import Delivery, DeliveryStatus, Endpoint, Replay

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["endpoints", "add", "events", "deliveries", "endpoint", "edit", "delete", "replay", "delivery"]
ACTS = ["test", "enable", "disable", "rotate", "remove_old_secret", "retry", "retry_many"]
SETTINGS = {"max_retries": "5", "delay_ms": "1000", "multiplier": "2", "timeout_seconds": "15"}


@pytest.fixture
def address() -> Any:
    """address(name): the address of a page about an endpoint with one delivery."""
    endpoint = make_endpoint()
    make_customers()
    fanout.fan_out()
    delivery = Delivery.objects.get()

    def find(name: str) -> str:
        if name in ("endpoints", "add", "events", "deliveries", "retry_many"):
            return reverse(f"webhooks:{name}")
        return reverse(f"webhooks:{name}", args=[delivery.pk if name in ("delivery", "retry") else endpoint.pk])

    return find


@pytest.mark.parametrize("name", PAGES)
def test_an_administrator_sees_every_page(name, address, administrator_client):
    response = administrator_client.get(address(name))
    assert response.status_code == 200
    assert '<html lang="fr-CA">' in response.content.decode()


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_nobody_else_does(name, address, support_client):
    for client, code in ((support_client, 403), (Client(), 302)):
        answer = client.post(address(name)) if name in ACTS else client.get(address(name))
        assert answer.status_code == code


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_never_done_by_following_a_link(name, address, administrator_client):
    assert administrator_client.get(address(name)).status_code == 405


def test_an_endpoint_is_added_and_its_secret_shown_once(administrator_client):
    data = SETTINGS | {
        "url": "https://example.com/in",
        "event_types": ["invoice.paid", "job.created"],
        "headers": "Authorization: Bearer abc123\nX-Team: Lacoste",
    }
    shown = administrator_client.post(reverse("webhooks:add"), data)
    endpoint = Endpoint.objects.get()
    assert endpoint.secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert endpoint.headers == {"Authorization": "Bearer abc123", "X-Team": "Lacoste"}
    for name in ("endpoint", "edit"):
        later = administrator_client.get(reverse(f"webhooks:{name}", args=[endpoint.pk])).content.decode()
        assert endpoint.secret not in later
        assert "abc123" not in later
    event = AuditEvent.objects.get(action="webhook.created")
    assert "abc123" not in str(event.after)
    assert endpoint.secret not in str(event.after)


def test_a_masked_header_keeps_its_value_and_the_change_is_audited(administrator_client):
    endpoint = make_endpoint(headers={"X-Key": "s3cret"})
    page = administrator_client.get(reverse("webhooks:edit", args=[endpoint.pk]))
    data = SETTINGS | {"url": endpoint.url, "event_types": "job.created"}
    data["headers"] = page.context["form"].initial["headers"] + "\nX-New: 1"
    assert administrator_client.post(reverse("webhooks:edit", args=[endpoint.pk]), data).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.headers == {"X-Key": "s3cret", "X-New": "1"}
    assert endpoint.event_types == ["job.created"]
    assert AuditEvent.objects.get(action="webhook.changed").after["en-têtes"] == "X-Key, X-New"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "https://10.0.0.5/x", "réseau privé"),
        ("url", "ftp://example.com", "https://"),
        ("headers", "webhook-signature: v1,x", "réservé"),
        ("headers", "Host: autre", "réservé"),
        ("headers", "Transfer-Encoding: chunked", "réservé"),
        ("headers", "X-Bon", "deux-points"),
        ("headers", "X-Bon: é", "ASCII"),
        ("headers", "X-Neuf: ••••••••", "Écrivez la valeur"),
        ("event_types", [], "Cochez au moins un événement"),
        ("timeout_seconds", "31", "30"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(administrator_client, field, value, sentence):
    data: dict[str, Any] = SETTINGS | {"url": "https://example.com", "event_types": ["job.created"]} | {field: value}
    answer = administrator_client.post(reverse("webhooks:add"), data)
    assert sentence in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_the_test_button_sends_a_real_signed_sample_and_shows_the_answer(administrator_client, receive):
    receiver = receive(wire.answer(202, b"bien recu"))
    endpoint = make_endpoint(receiver.url)
    answer = administrator_client.post(reverse("webhooks:test", args=[endpoint.pk]), {"event": "invoice.paid"})
    assert "bien recu" in answer.content.decode()
    (call,) = receiver.calls
    assert Webhook(endpoint.secret).verify(call.body, call.headers)["type"] == "invoice.paid"
    assert not Delivery.objects.exists()


def test_a_rotation_shows_the_new_secret_and_both_sign(administrator_client):
    endpoint = make_endpoint()
    old = endpoint.secret
    shown = administrator_client.post(reverse("webhooks:rotate", args=[endpoint.pk])).content.decode()
    endpoint.refresh_from_db()
    assert endpoint.secret in shown
    assert endpoint.live_secrets() == [endpoint.secret, old]
    # A second one would leave a receiver that knows the first secret only without any.
    administrator_client.post(reverse("webhooks:rotate", args=[endpoint.pk]))
    administrator_client.post(reverse("webhooks:remove_old_secret", args=[endpoint.pk]))
    kept = endpoint.secret
    endpoint.refresh_from_db()
    assert endpoint.live_secrets() == [kept]


def test_the_log_is_found_by_endpoint_event_state_date_and_words(administrator_client):
    endpoint = make_endpoint(all_events=True)
    other = make_endpoint("https://autre.example.com/")
    (event,) = make_customers()
    fanout.fan_out()
    Delivery.objects.filter(endpoint=other).update(status="failed", last_error="Le serveur est injoignable.")

    def found(**query: str) -> int:
        return administrator_client.get(reverse("webhooks:deliveries"), query).context["page"].paginator.count

    assert found() == 2
    assert found(endpoint=str(endpoint.pk)) == 1
    assert (found(event="customer.created"), found(event="job.created")) == (2, 0)
    assert (found(status="failed"), found(status="retrying")) == (1, 0)
    today = datetime.now(UTC).date()
    assert (found(since=str(today - timedelta(days=1))), found(until=str(today - timedelta(days=2)))) == (2, 0)
    assert (found(search=f"evt_{event.pk.hex}"), found(search=str(event.record_id))) == (2, 2)
    assert (found(search="autre.example"), found(search="injoignable"), found(search="rien de tel")) == (1, 1, 0)
    assert found(endpoint="pas un identifiant", since="hier") == 2


def test_one_and_many_are_sent_again_under_the_same_id(administrator_client, sender, receive):
    receiver = receive(wire.answer(500))
    make_endpoint(receiver.url, max_retries=0)
    make_customers(3)
    send_until(sender, all_ended("failed"))
    receiver.behave = wire.answer(200)
    first, *others = Delivery.objects.values_list("pk", flat=True)
    administrator_client.post(reverse("webhooks:retry", args=[first]))
    send_until(sender, lambda: Delivery.objects.filter(status="delivered").count() == 1)
    administrator_client.post(reverse("webhooks:retry_many"), {"delivery": others})
    send_until(sender, all_ended("delivered"))
    assert sorted(receiver.ids.values()) == [2, 2, 2]
    assert AuditEvent.objects.filter(action="webhook.retried").count() == 2


def test_a_closed_endpoint_is_opened_and_gets_what_it_missed(administrator_client, sender, receive):
    receiver = receive(wire.answer(500))
    endpoint = make_endpoint(receiver.url, max_retries=0)
    make_customers(2)
    send_until(sender, all_ended("failed"))
    Endpoint.objects.update(active=False, disabled_at=datetime.now(UTC))
    make_customers(3)
    sender.run_pass(0.3)
    receiver.behave = wire.answer(200)
    address = reverse("webhooks:replay", args=[endpoint.pk])
    shown = administrator_client.get(address)
    assert (shown.context["counts"]["missing"], shown.context["counts"]["failed"], shown.context["total"]) == (3, 2, 5)
    since = shown.context["form"]["since"].value()
    assert administrator_client.post(address, {"since": since}).status_code == 302
    send_until(sender, lambda: Replay.objects.get().finished_at and all_ended("delivered")())
    assert Replay.objects.get().queued == 5
    assert len(receiver.ids) == 5
    assert Endpoint.objects.get().active


def test_a_replay_goes_on_after_each_slice_and_leaves_the_delivered_alone():
    endpoint = make_endpoint()
    make_customers(5)
    fanout.fan_out()
    Delivery.objects.update(status=DeliveryStatus.FAILED)
    done = Delivery.objects.first()
    Delivery.objects.filter(pk=done.pk).update(status=DeliveryStatus.DELIVERED)
    now = datetime.now(UTC)
    Replay.objects.create(endpoint=endpoint, since=now - timedelta(hours=1), until=now, requested_by="Zoé")
    assert [fanout.replay(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    replay = Replay.objects.get()
    assert replay.queued == 4
    assert replay.finished_at
    assert Delivery.objects.filter(status=DeliveryStatus.PENDING).count() == 4


@pytest.mark.parametrize("name", ["endpoints", "deliveries", "endpoint", "delivery"])
def test_a_page_costs_the_same_for_few_rows_and_for_many(name, address, administrator_client):
    where = address(name)
    few = rows.statements(administrator_client, where)
    for _ in range(5):
        make_endpoint(secret=signing.new_secret())
    make_customers(20)
    fanout.fan_out()
    assert rows.statements(administrator_client, where) == few <= 10


def test_what_is_older_than_the_retention_goes_and_what_waits_stays(settings):
    from integrations.records.models import Event
    from webhooks.purge import purge

    make_endpoint()
    make_customers(3)
    fanout.fan_out()
    done, young, waiting = Delivery.objects.all()
    ago = datetime.now(UTC) - timedelta(days=91)
    Delivery.objects.update(created_at=ago)
    Delivery.objects.filter(pk=done.pk).update(status="delivered", finished_at=ago)
    Delivery.objects.filter(pk=young.pk).update(status="failed", finished_at=datetime.now(UTC))
    from django.db import models

    models.QuerySet(Event).update(occurred_at=ago)
    purge()
    assert set(Delivery.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    assert set(Event.objects.values_list("pk", flat=True)) == {young.event_id, waiting.event_id}


def test_deleting_forgets_the_secret_and_hides_the_endpoint(address, administrator_client):
    where = address("endpoint")
    assert administrator_client.post(address("delete")).status_code == 302
    assert Delivery.objects.get().status == "failed"
    endpoint = Endpoint.objects.get()
    assert (endpoint.secret, endpoint.old_secret, endpoint.headers, endpoint.active) == ("", None, {}, False)
    assert administrator_client.get(where).status_code == 404
    assert administrator_client.get(reverse("webhooks:endpoints")).context["page"].paginator.count == 0


def test_the_dashboard_counts_the_active_endpoints(administrator_client):
    make_endpoint()
    make_endpoint(active=False)
    assert panels.figure("active_webhooks") == 1


@pytest.mark.parametrize("name", ["retry_many", "replay_received"])
def test_a_button_for_what_is_ticked_asks_to_tick_something(administrator_client: Client, name: str) -> None:
    (said,) = rows.said(administrator_client.post(reverse(f"webhooks:{name}"), follow=True))
    assert said.startswith("Cochez au moins un")
