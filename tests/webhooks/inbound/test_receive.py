"""What is taken, refused, remembered and routed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from integrations.core.models import AuditEvent
from integrations.models import ProviderApp
from tests.webhooks.inbound.desk import Desk, refused
from tests.webhooks.inbound.pretend import ACCOUNT, KEYED, OTHER, SECRET, SHARED, body_of, event
from webhooks.inbound import keys, notices
from webhooks.models import InboundEvent, InboundRequest, RefusedSample

pytestmark = pytest.mark.django_db


# --- What is taken --------------------------------------------------------------------------------------------------
def test_an_authentic_call_is_stored_with_its_events_and_answered_in_the_providers_way(keyed):
    sent = body_of(event("1"), event("2", "customer.deleted"), event("3", "other.happened"))
    answer = keyed.call(sent)
    assert (answer.status_code, answer.json()) == (202, {"taken": len(sent)})
    request = InboundRequest.objects.get()
    assert bytes(request.body) == sent
    assert (request.provider, request.integration, request.size) == ("keyed", keyed.integration, len(sent))
    events = {each.remote_id: each for each in InboundEvent.objects.all()}
    assert {each.integration for each in events.values()} == {keyed.integration}
    assert events["cus_1"].status == "pending"
    assert events["cus_1"].next_at <= timezone.now()
    assert events["cus_1"].happened_at.isoformat() == "2026-05-01T12:00:00+00:00"
    assert (events["cus_2"].deleted, events["cus_2"].resource) == (True, "customers")
    assert (events["cus_3"].status, events["cus_3"].next_at) == ("ignored", None)
    keyed.subscription.refresh_from_db()
    assert keyed.subscription.last_call_at


def test_the_last_call_is_noted_at_either_address_but_not_at_each_call(keyed, shared):
    for desk in (keyed, shared):
        desk.call()
        desk.subscription.refresh_from_db()
        first = desk.subscription.last_call_at
        assert first
        desk.call()
        desk.subscription.refresh_from_db()
        assert desk.subscription.last_call_at == first


def test_a_call_needs_no_session_and_gets_no_page_headers(keyed):
    client = Client(enforce_csrf_checks=True)
    keyed.client = client
    answer = keyed.call()
    assert answer.status_code == 202
    assert "Content-Security-Policy" not in answer
    assert not answer.cookies
    assert answer["X-Request-ID"]


def test_what_a_merge_tells_is_stored_and_a_repetition_must_say_the_same(shared):
    first = body_of(event("1", "customer.deleted", merged_into="cus_9", attempt=1))
    assert shared.call(first).status_code == 200
    assert InboundEvent.objects.get().merged_into == "cus_9"
    shared.call(body_of(event("1", "customer.deleted", merged_into="cus_9", attempt=2)))
    assert refused() == {}
    shared.call(body_of(event("1", "customer.deleted", merged_into="cus_8", attempt=3)))
    assert refused() == {"reused_key": 1}


def test_a_call_that_asks_for_nothing_is_answered_and_not_kept(keyed):
    assert keyed.call(body_of()).status_code == 202
    assert not InboundRequest.objects.exists()


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_both_secrets_sign_while_rotating(keyed, secret):
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    keyed.subscription.secrets = [{"secret": OTHER, "until": ""}, {"secret": SECRET, "until": soon}]
    keyed.subscription.save()
    assert keyed.call(moment=keyed.moment(secret=secret)).status_code == 202


def test_a_secret_whose_time_is_over_signs_nothing(keyed):
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    keyed.subscription.secrets = [{"secret": OTHER, "until": ""}, {"secret": SECRET, "until": past}]
    keyed.subscription.save()
    assert keyed.call().status_code == 401
    assert refused() == {"bad_signature": 1}


def test_secrets_that_travel_are_not_kept(keyed):
    sent = body_of(event("1", note=SECRET))
    headers = KEYED.sign(sent, keyed.moment()) | {"Authorization": "Basic dXNlcjpwYXNz", "X-Note": f"is {SECRET}"}
    assert keyed.send(sent, headers).status_code == 202
    request = InboundRequest.objects.get()
    kept = bytes(request.body).decode() + json.dumps(request.headers) + request.path
    assert SECRET not in kept
    assert "dXNlcjpwYXNz" not in kept
    assert keyed.key not in kept
    assert request.headers["webhook-id"].startswith("msg_")


# --- Repetitions ----------------------------------------------------------------------------------------------------
def test_a_repetition_is_answered_as_the_first_and_stored_once(keyed):
    moment = keyed.moment()
    first, again = keyed.call(moment=moment), keyed.call(moment=moment)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (InboundRequest.objects.count(), InboundEvent.objects.count()) == (1, 1)
    assert refused() == {}


def test_of_a_batch_that_is_known_in_part_only_the_rest_is_stored(keyed):
    keyed.call(body_of(event("1")))
    sent = body_of(event("1"), event("2"))
    assert InboundEvent.objects.count() == 1
    keyed.call(sent)
    assert set(InboundEvent.objects.values_list("remote_id", flat=True)) == {"cus_1", "cus_2"}


def test_a_known_key_with_other_bytes_is_refused_and_raises_the_alarm_once_a_day(keyed):
    keyed.call(body_of(event("1")))
    for note in "ab":
        assert keyed.call(body_of(event("1", note=note))).status_code == 409
    assert InboundEvent.objects.count() == 1
    assert refused() == {"reused_key": 2}
    alarm = AuditEvent.objects.get(action="inbound.reused_key")
    assert alarm.target_id == str(keyed.integration.pk)


def test_a_known_key_with_other_bytes_is_written_about_once(keyed, administrator):
    for note in ("", "a", "b"):
        keyed.call(body_of(event("1", note=note)))
        notices.send_due()
    [message] = mail.outbox
    assert message.to == [administrator.email]
    assert "revenus avec un autre contenu depuis sept jours : 1" in message.body
    assert f"/integrations/{keyed.integration.pk}/webhooks" in message.body


def test_where_a_provider_counts_attempts_in_the_body_only_what_it_says_is_compared(shared):
    shared.call(body_of(event("1")))
    assert shared.call(body_of(event("1", attempt=2))).status_code == 200
    assert refused() == {}
    assert shared.call(body_of(event("1", object="cus_other"))).status_code == 409
    assert refused() == {"reused_key": 1}
    assert InboundEvent.objects.get().remote_id == "cus_1"


def test_one_integration_cannot_use_up_the_keys_of_another(db):
    one, two = Desk(KEYED), Desk(KEYED, account_id="acc-2")
    one.call(body_of(event("1")))
    assert two.call(body_of(event("1"), account="acc-2")).status_code == 202
    assert InboundEvent.objects.count() == 2


# --- Whom it concerns -----------------------------------------------------------------------------------------------
def test_the_address_of_all_accounts_finds_the_integration_by_its_account(db):
    mine, other = Desk(SHARED), Desk(SHARED, account_id="acc-2")
    assert mine.call(body_of(event("1"), account="acc-2")).status_code == 200
    assert InboundEvent.objects.get().integration == other.integration


def test_an_event_that_nobody_owns_is_kept_without_being_followed(shared):
    assert shared.call(body_of(event("1"), account="somebody-else")).status_code == 200
    found = InboundEvent.objects.get()
    assert (found.integration, found.status, found.account) == (None, "ignored", "somebody-else")


def test_the_secret_tells_the_environment(db):
    test, production = Desk(SHARED), Desk(SHARED, environment="production")
    ProviderApp.objects.filter(environment="production").update(webhook_secrets=["app-secret-2"])
    test.call(moment=test.moment(secret="app-secret-2"))
    assert InboundEvent.objects.get().integration == production.integration


def test_environments_with_one_secret_both_hear_of_it(db):
    test, production = Desk(SHARED), Desk(SHARED, environment="production")
    test.call(body_of(event("1")))
    assert {each.integration for each in InboundEvent.objects.all()} == {test.integration, production.integration}


def test_an_application_without_webhook_secret_signs_with_its_own(shared):
    ProviderApp.objects.update(webhook_secrets=[], client_secret="the client's")
    assert shared.call().status_code == 401
    assert shared.call(moment=shared.moment(secret="the client's")).status_code == 200


def test_an_application_of_the_environment_goes_before_the_stored_one(shared, settings):
    settings.PROVIDER_APPS = {
        "shared.test": {"client_id": "c", "client_secret": "s", "webhook_secrets": ["from the environment"]}
    }
    assert shared.call().status_code == 401
    assert shared.call(moment=shared.moment(secret="from the environment")).status_code == 200


def test_a_key_serves_its_own_account_only(keyed):
    assert keyed.call(body_of(event("1"), account="acc-2")).status_code == 403
    assert not InboundEvent.objects.exists()
    assert refused() == {"other_account": 1}


def test_a_keyed_address_of_an_application_uses_the_applications_secret(db):
    desk = Desk(SHARED, keyed=True)
    assert desk.call().status_code == 200
    assert InboundEvent.objects.get().integration == desk.integration


def test_what_is_switched_off_is_refused(keyed):
    keyed.integration.webhooks_enabled = False
    keyed.integration.save()
    assert keyed.call().status_code == 403
    assert refused() == {"switched_off": 1}


def test_at_the_address_of_all_accounts_one_that_is_off_is_counted_and_the_others_served(db):
    one, two = Desk(SHARED, webhooks_enabled=False), Desk(SHARED, environment="production")
    assert one.call().status_code == 200
    assert InboundEvent.objects.get().integration == two.integration
    assert refused() == {"switched_off": 1}


def test_a_deleted_integration_has_no_address(keyed):
    keyed.integration.deleted_at = timezone.now()
    keyed.integration.save()
    assert keyed.call().status_code == 404


# --- Doors that stay shut -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    ["/webhook/", "/webhook/nobody", "/webhook/keyed", "/webhook/keyed/", "/webhook/shared/x", "/webhook/keyed/a/b",
     "/webhook/nobody/%00", "/webhook/sage\x00/k", "/webhook/é/é"],
)  # fmt: skip
def test_an_unknown_address_is_not_there(keyed, shared, path):
    assert keyed.send(b"{}", {"Content-Type": "application/json"}, path=path).status_code == 404
    assert refused() == {"unknown_address": 1}
    assert not RefusedSample.objects.filter(path__contains="nobody").exists()


def test_a_key_is_good_for_its_own_provider_only(keyed, shared):
    assert keyed.send(b"{}", {}, path=keys.path("shared", keyed.key)).status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_answered(keyed, method):
    answer = getattr(keyed.client, method)(keyed.path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_provider_with_a_list_of_networks_may_call_from_there_only(keyed, settings):
    settings.WEBHOOK_SOURCES = {"keyed": ["198.51.100.0/24", "2001:db8::/32"]}
    sent, moment = body_of(event("1")), keyed.moment()
    headers = KEYED.sign(sent, moment)
    assert keyed.send(sent, headers, client_ip="203.0.113.9").status_code == 403
    assert refused() == {"foreign_address": 1}
    assert keyed.send(sent, headers, client_ip="198.51.100.77").status_code == 202


def test_the_list_looks_at_what_our_own_proxy_saw(keyed, settings):
    settings.WEBHOOK_SOURCES, settings.TRUSTED_PROXY_COUNT = {"keyed": ["198.51.100.0/24"]}, 1
    sent, moment = body_of(event("1")), keyed.moment()
    claimed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert keyed.send(sent, KEYED.sign(sent, moment) | claimed).status_code == 403
    seen = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    assert keyed.send(sent, KEYED.sign(sent, moment) | seen).status_code == 202


@pytest.mark.parametrize("sources", [{"nobody": ["10.0.0.0/8"]}, {"stripe": "10.0.0.0/8"}, {"stripe": ["x"]}, []])
def test_a_list_that_cannot_be_read_stops_the_start(settings, sources):
    from webhooks.inbound.receivers import check_sources

    settings.WEBHOOK_SOURCES = sources
    assert [each.id for each in check_sources()] == ([] if sources == [] else ["webhooks.E002"])


# --- Checks of our address ------------------------------------------------------------------------------------------
def verify(account: str = ACCOUNT, subscription: str = "sub_1", code: Any = "code-of-the-check") -> bytes:
    return json.dumps({"verify": code, "subscription": subscription, "account": account}).encode()


def test_a_check_that_we_asked_for_is_kept_for_the_loop_and_its_code_is_a_secret(keyed):
    keyed.subscription.state, keyed.subscription.remote_ids = "pending", ["sub_1", "sub_2"]
    keyed.subscription.save()
    assert keyed.send(verify(), {"Content-Type": "application/json"}).status_code == 202
    found = InboundEvent.objects.get()
    assert (found.kind, found.remote_id, found.account) == (InboundEvent.HANDSHAKE, "sub_1", ACCOUNT)
    assert (found.handshake_code, found.status) == ("code-of-the-check", "pending")
    assert b"code-of-the-check" not in bytes(InboundRequest.objects.get().body)


@pytest.mark.parametrize(
    ("state", "ids", "sent"),
    [
        ("active", ["sub_1"], verify()),
        ("off", [], verify()),
        ("pending", ["sub_2"], verify()),
        ("pending", ["sub_1"], verify(account="acc-2")),
        ("pending", ["sub_1"], verify(code="x" * 5000)),
        ("pending", ["sub_1"], verify(code="x\x00")),
    ],
)
def test_a_check_that_we_did_not_ask_for_is_refused(keyed, state, ids, sent):
    keyed.subscription.state, keyed.subscription.remote_ids = state, ids
    keyed.subscription.save()
    assert keyed.send(sent, {"Content-Type": "application/json"}).status_code == 403
    assert refused() == {"unexpected_check": 1}
    assert not InboundEvent.objects.exists()


def test_a_check_may_come_before_we_know_the_subscriptions_number(keyed):
    keyed.subscription.state = "pending"
    keyed.subscription.save()
    assert keyed.send(verify(), {"Content-Type": "application/json"}).status_code == 202


# --- Counters -------------------------------------------------------------------------------------------------------
def test_a_flood_of_forged_calls_writes_counters_and_few_samples(keyed, django_assert_max_num_queries):
    sent = body_of(event("1"))
    with django_assert_max_num_queries(310):
        for _ in range(300):
            headers = KEYED.sign(sent, keyed.moment(secret=OTHER)) | {"X-Long": "x" * 5000}
            assert keyed.send(sent, headers).status_code == 401
    assert refused() == {"bad_signature": 300}
    assert RefusedSample.objects.count() <= 3
    for sample in RefusedSample.objects.all():
        assert len(json.dumps(sample.headers)) < 2048


def test_of_samples_the_last_fifty_of_a_provider_are_kept(keyed):
    from webhooks.inbound import refusals

    for number in range(60):
        key = refusals.Key("keyed", None, "content_type")
        refusals.note(key, lambda number=number: {"path": "/webhook/keyed", "headers": {"n": str(number)}}, alarm=True)
    kept = [int(each.headers["n"]) for each in RefusedSample.objects.order_by("id")]
    assert kept == list(range(10, 60))
