"""The webhooks of one integration in the console: switched, set up, told about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connectors.rovida.connector import Rovida
from integrations import selectors
from integrations.core.models import AuditEvent
from integrations.models import Integration
from integrations.views.common import offer_of
from tests.webhooks.following.conftest import received
from tests.webhooks.following.declared import declared
from webhooks.models import InboundSubscription, SubscriptionState

pytestmark = pytest.mark.django_db(transaction=True)


def address(integration: Integration, act: str = "") -> str:
    return f"/integrations/{integration.pk}/webhooks{act}"


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def ours(rovida: Integration, monkeypatch: pytest.MonkeyPatch) -> Integration:
    monkeypatch.setattr(Rovida, "webhooks", declared(secret="ours"))
    return rovida


def switch(client: Client, integration: Integration, on: bool) -> None:
    client.post(address(integration, "/switch"), {"on": "1" if on else "0"})
    integration.refresh_from_db()


def test_where_the_provider_has_no_webhooks_there_is_no_such_page(
    rovida: Integration, administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rovida, "webhooks", None)
    assert administrator_client.get(address(rovida)).status_code == 404
    settings = text(administrator_client.get(f"/integrations/{rovida.pk}/settings"))
    assert "Temps réel" not in settings
    assert "Webhooks activés" not in settings
    assert "Temps réel" not in offer_of(Rovida).sync


def test_switching_on_makes_an_address_and_a_secret_that_is_shown_once(
    ours: Integration, administrator_client: Client
) -> None:
    switch(administrator_client, ours, True)
    row = InboundSubscription.objects.get()
    assert (ours.webhooks_enabled, row.state, row.secrets) == (True, SubscriptionState.ACTIVE, [])
    page = text(administrator_client.get(address(ours)))
    assert f"/webhook/rovida/{row.key}" in page
    shown = text(administrator_client.post(address(ours, "/renew")))
    row.refresh_from_db()
    assert row.live_secrets()[0] in shown
    assert row.live_secrets()[0] not in text(administrator_client.get(address(ours)))
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"integration.changed", "inbound.secret_renewed"}


def test_two_secrets_count_after_a_renewal_until_the_old_one_is_ended(
    ours: Integration, administrator_client: Client
) -> None:
    switch(administrator_client, ours, True)
    for _ in range(3):
        administrator_client.post(address(ours, "/renew"))
    row = InboundSubscription.objects.get()
    assert len(row.live_secrets()) == 2
    assert len(row.live_secrets(timezone.now() + timedelta(hours=25))) == 1
    administrator_client.post(address(ours, "/old-secret"))
    row.refresh_from_db()
    assert len(row.live_secrets()) == 1


def test_a_secret_that_the_provider_shows_is_kept_and_never_shown(
    rovida: Integration, administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rovida, "webhooks", declared(secret="pasted"))
    switch(administrator_client, rovida, True)
    administrator_client.post(address(rovida, "/secret"), {"secret": " un-secret-collé "})
    assert InboundSubscription.objects.get().live_secrets() == ["un-secret-collé"]
    assert "un-secret-collé" not in text(administrator_client.get(address(rovida)))
    assert "un-secret-collé" not in str(list(AuditEvent.objects.values()))


def test_where_the_secret_is_the_applications_the_page_leads_there(
    rovida: Integration, administrator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rovida, "webhooks", declared(secret="app", app_level=True))
    switch(administrator_client, rovida, True)
    page = text(administrator_client.get(address(rovida)))
    assert f"/settings/apps/rovida/{rovida.environment}" in page
    assert ">http://localhost:8000/webhook/rovida</textarea>" in page


def test_real_time_needs_webhooks(ours: Integration, administrator_client: Client) -> None:
    settings = f"/integrations/{ours.pk}/settings"
    form = administrator_client.get(settings).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", [])}
    values = {name: value for name, value in values.items() if value is not False}
    refused = administrator_client.post(settings, values | {"frequency": "realtime"})
    assert "webhooks_enabled" in refused.context["form"].errors
    saved = administrator_client.post(settings, values | {"frequency": "realtime", "webhooks_enabled": "on"})
    assert saved.status_code == 302, saved.context["form"].errors
    ours.refresh_from_db()
    assert ours.next_sync_at is not None
    assert ours.next_sync_at - timezone.now() <= timedelta(hours=1)
    switch(administrator_client, ours, False)
    assert (ours.webhooks_enabled, ours.frequency) == (False, "hourly")


def test_the_dashboard_counts_the_integrations_that_receive(ours: Integration, administrator_client: Client) -> None:
    before = selectors.figures().active_webhooks
    switch(administrator_client, ours, True)
    assert selectors.figures().active_webhooks == before + 1


def test_the_page_tells_events_silence_and_costs_the_same_for_any_number(
    ours: Integration, administrator_client: Client, django_assert_max_num_queries: Any
) -> None:
    switch(administrator_client, ours, True)
    received(ours, "properties", "prop_9", status="dead", message="La raison de l’abandon.")
    InboundSubscription.objects.update(silent_count=4, silent_at=timezone.now())
    for number in range(12):
        received(ours, "properties", f"prop_{number}")
    with django_assert_max_num_queries(14):
        page = text(administrator_client.get(address(ours)))
    assert "4 changements trouvés" in page
    assert "1 événement abandonné" in page
    assert f"/webhooks/received?integration={ours.pk}&amp;status=dead" in page


def test_support_staff_may_not_look(ours: Integration, support_client: Client) -> None:
    assert support_client.get(address(ours)).status_code == 403
