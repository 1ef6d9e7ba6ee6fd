"""A connection that only a person can mend: marked in one place, told once, and work waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import connectors
from connectors.base.connector import Account
from connectors.base.errors import AuthExpired
from integrations import services
from integrations.core.models import User
from integrations.models import Integration, JobStatus
from integrations.records.models import Event
from integrations.services import notices
from integrations.signals import integration_status_changed
from integrations.worker import loops
from tests.integrations import rows
from tests.integrations.conftest import KEY, Synchronise, finish
from tests.integrations.consents import SLUG as QUICKBOOKS
from tests.integrations.consents import come_back, consent, start
from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)
SENTENCE = "La clé est refusée : elle est expirée ou révoquée."


@pytest.fixture
def refused(monkeypatch: Any) -> None:
    """ROVIDA refuses every key."""

    def check(connector: Any) -> Account:
        raise AuthExpired(SENTENCE)

    monkeypatch.setattr(connectors.get("rovida"), "check", check)


def broken_one(**fields: Any) -> Integration:
    """An integration of ROVIDA that a test can ask about."""
    return rows.integration(config={"base_url": "https://rovida.example"}, **fields)


def errors_told() -> int:
    return Event.objects.filter(type="integration.error").count()


def test_a_refused_key_in_a_test_is_told_to_every_active_administrator_once(
    refused: None, administrator_client: Client, support: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.SITE_URL = "https://integrations.lacoste.example"
    User.objects.create_user("deux@example.com", role="administrator")
    User.objects.create_user("partie@example.com", role="administrator", is_active=False)
    made = broken_one(name="Immeubles & Cie")
    for _ in range(3):
        administrator_client.post(reverse("integrations:test", args=[made.pk]))
    assert notices.send_due() == 1
    assert notices.send_due() == 0
    assert errors_told() == 1
    assert sorted(mail.to[0] for mail in mailoutbox) == ["administratrice@example.com", "deux@example.com"]
    assert all(len(mail.to) == 1 for mail in mailoutbox)
    mail = mailoutbox[0]
    assert mail.subject == "Lacoste Intégrations : reconnectez « Immeubles & Cie »"
    assert SENTENCE in mail.body
    assert f"https://integrations.lacoste.example/integrations/{made.pk}/reconnect" in mail.body
    assert rows.SECRET not in mail.body


def test_a_refused_key_in_a_run_is_told_once_and_the_work_waits_for_the_reconnection(
    rovida: Integration, simulator: Control, synchronise: Synchronise, administrator: Any, mailoutbox: list[Any]
) -> None:
    assert synchronise(rovida).status == JobStatus.COMPLETED
    heard: list[str] = []

    def hear(integration: Integration, **kwargs: Any) -> None:
        heard.append(integration.status)

    integration_status_changed.connect(hear)
    simulator.fault("revoked_key", times=1)
    job = synchronise(rovida)
    assert job.status == JobStatus.FAILED
    rovida.refresh_from_db()
    assert (rovida.status, rovida.status_message) == ("reconnect", job.error_message)
    assert heard == ["reconnect"]
    assert errors_told() == 1
    assert notices.send_due() == 1
    with pytest.raises(services.Refused, match="Reconnectez"):
        services.request_sync(rovida)

    services.reconnect(rovida, auth_method="api_key", secrets={"api_key": KEY}, config={}, actor=administrator)
    assert rovida.status == "active"
    assert rovida.jobs.filter(status=JobStatus.PENDING).count() == 1
    assert heard == ["reconnect", "active"]
    integration_status_changed.disconnect(hear)

    rovida.jobs.all().delete()
    simulator.fault("revoked_key", times=1)
    synchronise(rovida)
    assert notices.send_due() == 1, "it broke anew"
    assert len(mailoutbox) == 2
    assert errors_told() == 2


def test_a_mail_server_that_is_away_is_tried_again(
    refused: None, administrator_client: Client, mailoutbox: list[Any], monkeypatch: Any
) -> None:
    made = broken_one()
    administrator_client.post(reverse("integrations:test", args=[made.pk]))

    def away(self: Any) -> None:
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "open", away)
        assert notices.send_due() == 0
    assert notices.send_due() == 0, "not at once"
    Integration.objects.update(notice_due_at=timezone.now() - timedelta(seconds=1))
    assert notices.send_due() == 1
    assert len(mailoutbox) == 1


def test_an_address_that_fails_keeps_nobody_else_from_knowing(
    refused: None, administrator_client: Client, mailoutbox: list[Any], monkeypatch: Any
) -> None:
    User.objects.create_user("deux@example.com", role="administrator")
    made = broken_one()
    administrator_client.post(reverse("integrations:test", args=[made.pk]))
    send = EmailBackend.send_messages

    def picky(self: Any, messages: list[Any]) -> int:
        if messages[0].to == ["administratrice@example.com"]:
            raise ConnectionResetError("mailbox unavailable")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", picky)
    assert notices.send_due() == 1
    assert [mail.to for mail in mailoutbox] == [["deux@example.com"]]


@pytest.mark.parametrize("act", ["disable", "disconnect", "delete"])
def test_nobody_is_written_to_about_what_was_stopped_meanwhile(
    act: str, refused: None, administrator_client: Client, administrator: User, mailoutbox: list[Any]
) -> None:
    made = broken_one()
    administrator_client.post(reverse("integrations:test", args=[made.pk]))
    getattr(services, act)(Integration.objects.get(pk=made.pk), actor=administrator)
    assert notices.send_due() == 0
    assert mailoutbox == []


def test_a_refused_key_does_not_wake_an_integration_that_is_inactive(
    refused: None, administrator_client: Client
) -> None:
    made = broken_one(status="inactive")
    administrator_client.post(reverse("integrations:test", args=[made.pk]))
    made.refresh_from_db()
    assert made.status == "inactive"
    assert errors_told() == 0


def test_the_worker_looks_for_what_is_to_be_told() -> None:
    assert [loop.function for loop in loops.registered() if loop.name == "notices"] == [notices.send_due]


def test_a_grant_that_is_revoked_in_the_middle_of_a_run_waits_for_the_reconnection_and_goes_on(
    books: Integration, intuit: Control, administrator_client: Client, synchronise: Synchronise, mailoutbox: list[Any]
) -> None:
    books.batch_size = 2
    books.save(update_fields=["batch_size"])
    intuit.fault("error", path="/query", slug=QUICKBOOKS, times=1, status=401)
    job = synchronise(books)
    assert job.status in (JobStatus.COMPLETED, JobStatus.PARTIAL), "one 401 is answered by a renewal"

    intuit.act(QUICKBOOKS, "revoke_grants")
    failed = synchronise(books, full=True)
    assert failed.status == JobStatus.FAILED
    books.refresh_from_db()
    assert (books.status, books.status_message) == ("reconnect", failed.error_message)
    assert errors_told() == 1
    assert notices.send_due() == 1
    assert len(mailoutbox) == 1

    address = reverse("integrations:reconnect", args=[books.pk])
    come_back(administrator_client, consent(start(administrator_client, address)))
    job = finish(books.jobs.get(status=JobStatus.PENDING))
    assert job.status in (JobStatus.COMPLETED, JobStatus.PARTIAL)
    books.refresh_from_db()
    assert books.status == "active"
    assert notices.send_due() == 0
