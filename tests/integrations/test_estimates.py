"""Calls a day beside the provider's budget: what the options make of them, and the page that says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import estimates
from integrations.models import PushOperation, PushStatus
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def xero(**options: Any) -> Any:
    """Xero allows 5,000 calls a day."""
    return rows.integration(provider="xero", **options)


def address(made: Any, name: str = "estimate") -> str:
    return reverse(f"integrations:{name}", args=[made.pk])


def test_the_frequency_multiplies_the_calls_of_one_run() -> None:
    calls = {
        frequency: estimates.of(xero(frequency=frequency)).calls
        for frequency in ("manual", "weekly", "daily", "hourly")
    }
    assert calls["manual"] == 0
    assert calls["weekly"] < calls["daily"] < calls["hourly"]
    objects = estimates.of(xero()).objects
    assert calls["hourly"] >= 24 * objects


def test_links_and_page_size_decide_where_a_provider_cannot_tell_what_changed(monkeypatch: Any) -> None:
    made = rows.integration(frequency="hourly", batch_size=10)
    connector = made.connector
    monkeypatch.setattr(connector, "habits", type(connector.habits)("cursor", "none", "listed"))
    for number in range(25):
        rows.link(made, "tenant", rows.record("tenant", given_name=f"A{number}", family_name="Roy").pk)
    few = estimates.of(made)
    assert few.reads == 24 * (3 + few.objects - 1)
    made.batch_size = 100
    assert estimates.of(made).reads == 24 * few.objects
    assert few.pages_help


def test_what_was_sent_lately_counts_unless_sending_waits_for_a_person() -> None:
    made = rows.integration(direction="both", push_frequency="change")
    for _ in range(14):
        person = rows.record("tenant", given_name="Zoé", family_name="Roy")
        PushOperation.objects.update_or_create(
            integration=made,
            resource="tenants",
            record_kind="tenant",
            record_id=person.pk,
            defaults={"status": PushStatus.DONE, "sent_at": timezone.now()},
        )
    PushOperation.objects.filter(sent_at=None).delete()
    assert (estimates.of(made).reads, estimates.of(made).writes) == (0, 2)
    made.push_frequency = "manual"
    assert estimates.of(made).writes == 0


def test_the_page_warns_above_the_budget_while_one_chooses(administrator_client: Client, monkeypatch: Any) -> None:
    made = xero()
    html = administrator_client.get(address(made, "settings")).content.decode()
    assert "Aucun appel n’est planifié" in html
    assert "Xero permet 5\xa0000\xa0appels par jour." in html
    chosen = administrator_client.get(address(made), {"frequency": "hourly", "direction": "in"}, headers=rows.FRAGMENT)
    html = chosen.content.decode()
    assert "<html" not in html and "sur 5\xa0000 permis" in html and "C’est plus" not in html
    monkeypatch.setattr(made.connector, "limits", type(made.connector.limits)(1, 1, daily=10))
    html = administrator_client.get(address(made), {"frequency": "hourly", "direction": "in"}).content.decode()
    assert "C’est plus que ce que Xero permet" in html and 'class="note warn' in html
    made.refresh_from_db()
    assert made.frequency == "manual", "looking changes nothing"


def test_what_is_not_valid_counts_as_it_was(administrator_client: Client) -> None:
    made = xero(frequency="daily")
    answer = administrator_client.get(address(made), {"frequency": "constamment", "batch_size": "-3"})
    assert answer.status_code == 200
    assert f"Environ {estimates.of(made).calls}" in answer.content.decode()


def test_a_provider_without_a_daily_limit_gets_no_warning(administrator_client: Client) -> None:
    made = rows.integration(frequency="hourly")
    html = administrator_client.get(address(made)).content.decode()
    assert "par jour</strong>" in html and "permis" not in html
