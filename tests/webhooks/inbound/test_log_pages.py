"""The pages about received calls: who sees them, what they show and hide, what they cost, following again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.core.models import AuditEvent
from tests.integrations.rows import statements
from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.pretend import KEYED, OTHER, SECRET, SHARED, body_of, event
from webhooks.inbound import log, purging, refusals
from webhooks.models import InboundEvent, InboundRequest, RefusedCall, RefusedSample

pytestmark = pytest.mark.django_db

LISTS = ["received", "refused"]
ACTS = ["replay_received", "replay_event"]


def address(name, found=None):
    return reverse(f"webhooks:{name}", args=[found.pk] if found else [])


@pytest.fixture
def one(keyed):
    keyed.call(body_of(event("1"), event("2"), event("3", "other.happened")))
    return InboundEvent.objects.get(remote_id="cus_1")


def test_an_administrator_sees_every_page_and_nobody_else_does(one, administrator_client, support_client):
    pages = [*map(address, LISTS), address("received_event", one)]
    for page in pages:
        assert administrator_client.get(page).status_code == 200
        assert support_client.get(page).status_code == 403
        assert Client().get(page).status_code == 302
    for act in (address("replay_received"), address("replay_event", one)):
        assert administrator_client.get(act).status_code == 405
        assert support_client.post(act).status_code == 403
        assert Client().post(act).status_code == 302
    assert not AuditEvent.objects.filter(action="inbound.replayed").exists()


def test_the_log_is_found_by_provider_integration_state_date_and_words(one, administrator_client):
    other = Desk(SHARED)
    other.call(body_of(event("9")))
    InboundEvent.objects.filter(remote_id="cus_2").update(received_at=timezone.now() - timedelta(days=3))

    def shown(**filters):
        answer = administrator_client.get(address("received"), filters)
        return {each.remote_id for each in answer.context["page"].object_list}

    today = timezone.localdate().isoformat()
    assert shown() == {"cus_1", "cus_2", "cus_3", "cus_9"}
    assert shown(provider="shared") == {"cus_9"}
    assert shown(integration=other.integration.pk) == {"cus_9"}
    assert shown(status="ignored") == {"cus_3"}
    assert shown(since=today, provider="keyed") == {"cus_1", "cus_3"}
    assert shown(until=(timezone.localdate() - timedelta(days=1)).isoformat()) == {"cus_2"}
    assert shown(search="cus_1") == shown(search="evt_1") == {"cus_1"}
    assert shown(search="other.") == {"cus_3"}
    assert shown(search=str(one.pk)) == {"cus_1"}
    assert shown(status="nonsense", integration="x", since="hier") == shown()


@pytest.mark.parametrize("name", LISTS)
def test_a_page_costs_the_same_for_few_rows_and_for_many(name, one, administrator_client):
    def fill(count, start):
        for number in range(start, start + count):
            desk = Desk(KEYED, account_id=f"acc-{number}")
            desk.call(body_of(event(f"{number}-a"), event(f"{number}-b"), account=f"acc-{number}"))
            desk.call(body_of(event("1"), account="somebody"))

    fill(2, 10)
    administrator_client.get(address(name))
    few = statements(administrator_client, address(name))
    fill(12, 20)
    refusals.flush()
    assert statements(administrator_client, address(name)) == few


def test_the_detail_shows_the_call_without_its_secrets(keyed, administrator_client):
    sent = body_of(event("1", note="é", password="hunter22"), event("2"))
    keyed.send(sent, KEYED.sign(sent, keyed.moment()) | {"Authorization": "Bearer abcdef123456"})
    found = InboundEvent.objects.get(remote_id="cus_1")
    page = administrator_client.get(address("received_event", found)).content.decode()
    assert "cus_1" in page
    assert "cus_2" in page
    assert "&quot;note&quot;: &quot;é&quot;" in page
    for secret in ("hunter22", "abcdef123456", SECRET, keyed.key):
        assert secret not in page


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        ("application/json", b'{"a":{"b":1}}', '{\n  "a": {\n    "b": 1\n  }\n}'),
        ("text/xml", b"<a><b>1</b></a>", '<?xml version="1.0" ?>\n<a>\n  <b>1</b>\n</a>'),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"),
        ("application/x-www-form-urlencoded", b"name=x&token=abc", "name = x\ntoken = ••••••••"),
        ("application/json", b"[" * 100_000, "[" * (64 * 1024)),
        ("application/json", b"\xff\xfe", "��"),
    ],
)
def test_a_body_is_laid_out_for_reading_whatever_it_holds(content_type, body, shown):
    text, cut = log.readable(InboundRequest(content_type=content_type, body=body))
    assert text == shown
    assert cut == (len(body) > 64 * 1024)


def test_one_event_is_followed_again(one, administrator_client):
    InboundEvent.objects.filter(pk=one.pk).update(status="dead", attempts=5, next_at=None, code="x", message="Non")
    answer = administrator_client.post(address("replay_event", one), follow=True)
    assert "remis en file" in answer.content.decode()
    one.refresh_from_db()
    assert (one.status, one.attempts, one.message) == ("pending", 0, "")
    assert one.next_at <= timezone.now()
    assert AuditEvent.objects.get(action="inbound.replayed").after == {"événements": 1}


def test_ticked_events_or_all_that_a_filter_shows_are_followed_again(one, administrator_client):
    InboundEvent.objects.update(status="done", next_at=None)
    two = InboundEvent.objects.get(remote_id="cus_2")
    back = address("received") + "?status=done"
    answer = administrator_client.post(address("replay_received"), {"event": [str(one.pk)], "back": back})
    assert answer["Location"] == back
    assert set(InboundEvent.objects.filter(status="pending")) == {one}
    administrator_client.post(address("replay_received"), {"all": "1", "back": back})
    # The third concerns no object of ours: it stays.
    assert set(InboundEvent.objects.filter(status="pending")) == {one, two}
    assert AuditEvent.objects.filter(action="inbound.replayed").first().after["status"] == "Traité"


@pytest.mark.parametrize("back", ["", "https://evil.example/webhooks/received?status=done", "/webhooks/received"])
def test_everything_at_once_is_not_followed_again(one, administrator_client, back):
    InboundEvent.objects.update(status="done", next_at=None)
    answer = administrator_client.post(address("replay_received"), {"all": "1", "back": back})
    assert answer["Location"] == address("received")
    assert not InboundEvent.objects.filter(status="pending").exists()


def test_what_is_under_way_or_concerns_nobody_is_not_followed_again(one, shared, administrator_client):
    InboundEvent.objects.filter(pk=one.pk).update(lease_owner="worker")
    shared.call(body_of(event("8"), account="somebody-else"))
    alone = InboundEvent.objects.get(remote_id="cus_8")
    for each in (one, alone):
        answer = administrator_client.post(address("replay_event", each), follow=True)
        assert "Rien à rejouer" in answer.content.decode()
    assert "Rejouer</button>" not in administrator_client.get(address("received_event", alone)).content.decode()
    administrator_client.post(address("replay_received"), {"event": ["x"]})
    one.refresh_from_db()
    assert one.lease_owner == "worker"


def test_refused_calls_are_counted_with_their_reasons_in_french(keyed, administrator_client):
    for _ in range(3):
        keyed.call(moment=keyed.moment(secret=OTHER))
    keyed.send(b"{}", {"Content-Type": "text/plain"})
    page = administrator_client.get(address("refused")).content.decode()
    assert "La signature ne correspond à aucun secret enregistré" in page
    assert "type de contenu" in page
    assert keyed.integration.name in page
    assert keyed.key not in page
    assert {each.reason: each.count for each in log.refused_calls()} == {"bad_signature": 3, "content_type": 1}


def test_an_alarm_shows_where_events_are_listed(keyed, administrator_client):
    keyed.call(body_of(event("1")))
    assert "autre contenu" not in administrator_client.get(address("received")).content.decode()
    keyed.call(body_of(event("1", note="a")))
    assert "1 événement connu est revenu" in administrator_client.get(address("received")).content.decode().replace(
        "\xa0", " "
    )


def test_every_reason_has_a_french_sentence():
    assert set(refusals.STATUS) <= set(refusals.SENTENCES)
    assert all(sentence.endswith(".") for sentence in refusals.SENTENCES.values())


def test_what_is_older_than_the_retention_goes_and_what_waits_stays(keyed, settings):
    settings.WEBHOOK_INBOUND_RETENTION_DAYS = 30
    for number, status in enumerate(["done", "ignored", "dead", "pending", "waiting"]):
        keyed.call(body_of(event(str(number))))
        InboundEvent.objects.filter(remote_id=f"cus_{number}").update(status=status)
    keyed.call(moment=keyed.moment(secret=OTHER))
    refusals.flush()
    purging.purge()
    assert InboundEvent.objects.count() == 5
    old = timezone.now() - timedelta(days=31)
    InboundEvent.objects.update(received_at=old)
    InboundRequest.objects.update(received_at=old)
    purging.purge()
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {"pending", "waiting"}
    assert InboundRequest.objects.count() == 2
    assert RefusedCall.objects.exists()
    RefusedCall.objects.update(day=timezone.localdate() - timedelta(days=91))
    RefusedSample.objects.update(at=timezone.now() - timedelta(days=91))
    purging.purge()
    assert not RefusedCall.objects.exists()
    assert not RefusedSample.objects.exists()


def test_a_repetition_is_known_as_long_as_its_call_is_kept(keyed):
    moment = keyed.moment()
    keyed.call(moment=moment)
    InboundEvent.objects.update(status="done", received_at=timezone.now() - timedelta(days=29))
    InboundRequest.objects.update(received_at=timezone.now() - timedelta(days=29))
    purging.purge()
    keyed.call(moment=moment)
    assert InboundEvent.objects.get().status == "done"


@pytest.mark.parametrize(
    "model", ["inboundsubscription", "inboundrequest", "inboundevent", "refusedcall", "refusedsample"]
)
def test_the_admin_shows_rows_without_secrets_and_changes_nothing(
    one, keyed, administrator_client, support_client, model
):
    keyed.call(moment=keyed.moment(secret=OTHER))
    refusals.flush()
    listing = reverse(f"admin:webhooks_{model}_changelist")
    assert administrator_client.get(listing).status_code == 200
    assert support_client.get(listing).status_code == 403
    assert administrator_client.get(reverse(f"admin:webhooks_{model}_add")).status_code == 403
    from django.apps import apps

    row = apps.get_model("webhooks", model).objects.first()
    page = administrator_client.get(reverse(f"admin:webhooks_{model}_change", args=[row.pk])).content.decode()
    assert SECRET not in page
    assert keyed.key not in page
    assert json.dumps("cus_1") not in page
