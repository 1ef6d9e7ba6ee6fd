"""Webhooks that are on and say nothing, and events that were given up, are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from connectors.rovida.connector import Rovida
from integrations.models import Integration, RecordLink
from tests.integrations.conftest import Synchronise
from tests.simulator import Control
from tests.webhooks.following.conftest import follow_due, make_due, received
from tests.webhooks.following.declared import declared
from webhooks.inbound import alarms, notices
from webhooks.models import InboundSubscription, UnannouncedChange

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard(listening: Integration, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch) -> Integration:
    """ROVIDA with webhooks since before its last pull."""
    monkeypatch.setattr(Rovida, "webhooks", declared())
    InboundSubscription.objects.update(active_since=timezone.now() - timedelta(hours=1))
    synchronise(listening)
    return listening


def change(simulator: Control, count: int) -> list[str]:
    ids = RecordLink.objects.filter(resource="properties").order_by("remote_id").values_list("remote_id", flat=True)
    for remote_id in ids[:count]:
        simulator.edit("properties", remote_id, name=f"Changé {remote_id}")
    return list(ids[:count])


def let_grace_pass() -> None:
    UnannouncedChange.objects.update(seen_at=timezone.now() - alarms.GRACE - timedelta(seconds=1))


def test_the_first_pull_and_what_changed_before_webhooks_is_no_alarm(
    listening: Integration, simulator: Control, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rovida, "webhooks", declared())
    synchronise(listening)
    InboundSubscription.objects.update(active_since=timezone.now())
    change(simulator, 2)
    synchronise(listening)
    assert not UnannouncedChange.objects.exists()


def test_changes_that_no_call_announced_are_counted_and_told(
    heard: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    changed = change(simulator, 4)
    synchronise(heard)
    assert (UnannouncedChange.objects.count(), alarms.judge()) == (4, 0)
    received(heard, "properties", changed[0])
    let_grace_pass()
    assert alarms.judge() == 3
    row = InboundSubscription.objects.select_related("integration").get()
    assert (row.silent_count, alarms.is_silent(row), UnannouncedChange.objects.exists()) == (3, True, False)
    assert notices.send_due() == 1
    assert "sans qu’aucun appel ne les annonce : 3" in mail.outbox[0].body
    assert f"/integrations/{heard.pk}/webhooks" in mail.outbox[0].body
    assert notices.send_due() == 0


def test_a_change_that_was_followed_is_no_change_for_the_pull(
    heard: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    for remote_id in change(simulator, 3):
        received(heard, "properties", remote_id)
    follow_due()
    job = synchronise(heard)
    assert (job.updated, UnannouncedChange.objects.count()) == (0, 0)


def test_a_full_run_says_nothing_about_webhooks(
    heard: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    change(simulator, 2)
    synchronise(heard, full=True)
    assert not UnannouncedChange.objects.exists()


def test_an_event_that_is_given_up_is_told_once_an_hour(
    heard: Integration, simulator: Control, administrator: Any
) -> None:
    heard.max_retries = 0
    heard.save(update_fields=["max_retries"])
    simulator.fault("error", times=None)
    for number in range(3):
        make_due(received(heard, "properties", f"prop_{number}"))
        follow_due()
        notices.send_due()
    assert len(mail.outbox) == 1
    assert "Événements abandonnés depuis sept jours : 1" in mail.outbox[0].body
