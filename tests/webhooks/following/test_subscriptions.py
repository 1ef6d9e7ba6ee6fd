"""Subscriptions at a provider: asked for, kept, confirmed, given up, whatever the provider answers meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.base.errors import AuthExpired, Misconfigured, Transient
from connectors.base.webhooks import Handshake, Subscription
from connectors.rovida.connector import Rovida
from integrations import services
from integrations.models import Credential, Integration, Status
from tests.webhooks.following.conftest import follow_due, received, state_of
from tests.webhooks.following.declared import declared
from webhooks.inbound import services as inbound
from webhooks.inbound import subscribing
from webhooks.models import InboundStatus, InboundSubscription, SubscriptionState

pytestmark = pytest.mark.django_db(transaction=True)


class Provider:
    """What the provider keeps, and what was asked of it. `failures`: errors that the next calls raise."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.asked: list[str] = []
        self.failures: list[Exception] = []
        self.authorised: list[bool] = []
        self.number = 0

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.authorised.append(Credential.objects.exists())
        if self.failures:
            raise self.failures.pop(0)

    def subscribe(self, connector: Any, url: str, secret: str) -> Subscription:
        self._ask("subscribe")
        self.number += 1
        self.kept[f"sub_{self.number}"] = url
        return Subscription((f"sub_{self.number}",), (secret,), data={"at": url})

    def renew(self, connector: Any, subscription: Subscription, url: str) -> Subscription:
        self._ask("renew")
        if subscription.ids[0] in self.kept:
            return subscription
        return self.subscribe(connector, url, subscription.secrets[0])

    def unsubscribe(self, connector: Any, subscription: Subscription) -> None:
        self._ask("unsubscribe")
        self.kept.pop(subscription.ids[0], None)

    def confirm(self, connector: Any, subscription: Subscription, handshake: Handshake) -> Subscription:
        self._ask(f"confirm {handshake.code}")
        return subscription


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(Rovida, "webhooks", declared(secret="subscribed", subscribes=True))
    for name in ("subscribe", "renew", "unsubscribe", "confirm"):
        method = getattr(made, name)
        monkeypatch.setattr(Rovida, name, lambda self, *args, _method=method: _method(self, *args))
    return made


@pytest.fixture
def on(rovida: Integration, provider: Provider, administrator: Any) -> Integration:
    """Switched on, nothing asked of the provider yet."""
    inbound.switch(rovida, on=True, actor=administrator)
    return rovida


def row() -> InboundSubscription:
    return InboundSubscription.objects.select_related("integration").get()


def see_to_all() -> None:
    """See to everything that is planned, however late."""
    InboundSubscription.objects.exclude(renew_at=None).update(renew_at=timezone.now())
    subscribing.see_to_due()


def test_switching_on_writes_the_row_first_and_asks_in_the_background(on: Integration, provider: Provider) -> None:
    assert (provider.asked, row().state) == ([], SubscriptionState.PENDING)
    subscribing.see_to_due()
    kept = row()
    assert (kept.state, kept.remote_ids, kept.attempts) == (SubscriptionState.ACTIVE, ["sub_1"], 0)
    assert provider.kept == {"sub_1": subscribing.address_of(kept)}
    assert kept.key in subscribing.address_of(kept)
    assert timedelta(hours=23) < kept.renew_at - timezone.now() <= timedelta(days=1)


def test_it_is_checked_every_day_and_made_anew_when_it_is_missing(on: Integration, provider: Provider) -> None:
    subscribing.see_to_due()
    provider.kept.clear()
    see_to_all()
    assert (provider.asked, row().remote_ids) == (["subscribe", "renew", "subscribe"], ["sub_2"])


def test_what_expires_is_renewed_before(on: Integration, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    every = timedelta(hours=6)
    monkeypatch.setattr(Rovida, "webhooks", declared(secret="subscribed", subscribes=True, renew_every=every))
    subscribing.see_to_due()
    assert row().renew_at - timezone.now() <= every


def test_a_provider_that_is_down_is_asked_again_by_the_row(on: Integration, provider: Provider) -> None:
    provider.failures = [Transient("Panne.", retry_after=7)]
    subscribing.see_to_due()
    failed = row()
    assert (failed.state, failed.attempts, failed.message) == (SubscriptionState.PENDING, 1, "Panne.")
    assert timedelta(seconds=5) < failed.renew_at - timezone.now() < timedelta(seconds=9)
    see_to_all()
    assert (row().state, row().attempts, row().message) == (SubscriptionState.ACTIVE, 0, "")


def test_a_refusal_is_told_and_tried_again_within_the_hour(on: Integration, provider: Provider) -> None:
    provider.failures = [Misconfigured("Il manque un droit à l’application.")]
    subscribing.see_to_due()
    failed = row()
    assert (failed.state, failed.message) == (SubscriptionState.FAILED, "Il manque un droit à l’application.")
    assert failed.renew_at is not None
    see_to_all()
    assert row().state == SubscriptionState.ACTIVE


def test_a_refused_access_breaks_the_integration_and_a_reconnection_goes_on(
    on: Integration, provider: Provider, administrator: Any
) -> None:
    provider.failures = [AuthExpired("Accès refusé.")]
    subscribing.see_to_due()
    on.refresh_from_db()
    assert on.status == Status.RECONNECT
    secrets = Credential.objects.get().values()
    services.reconnect(on, auth_method="api_key", secrets=secrets, config={}, actor=administrator)
    subscribing.see_to_due()
    assert row().state == SubscriptionState.ACTIVE


def test_switching_off_refuses_at_once_and_unsubscribes_in_the_background(
    on: Integration, provider: Provider, administrator: Any
) -> None:
    subscribing.see_to_due()
    event = received(on, "properties", "prop_1")
    provider.failures = [Transient("Panne.")]
    inbound.switch(on, on=False, actor=administrator)
    assert (row().state, state_of(event)[0]) == (SubscriptionState.OFF, InboundStatus.IGNORED)
    subscribing.see_to_due()
    assert provider.kept
    see_to_all()
    assert (provider.kept, row().remote_ids, row().renew_at) == ({}, [], None)


def test_a_disconnection_unsubscribes_while_the_access_still_serves(
    on: Integration, provider: Provider, administrator: Any
) -> None:
    subscribing.see_to_due()
    provider.failures = [Transient("Panne.")]
    services.disconnect(on, actor=administrator)
    on.refresh_from_db()
    assert (provider.asked[1:], provider.authorised[1:]) == (["unsubscribe", "unsubscribe"], [True, True])
    assert (provider.kept, on.webhooks_enabled, row().state) == ({}, False, SubscriptionState.OFF)
    secrets = {"api_key": "rov_test_demo_lacoste"}
    services.reconnect(on, auth_method="api_key", secrets=secrets, config={}, actor=administrator)
    subscribing.see_to_due()
    on.refresh_from_db()
    assert (on.webhooks_enabled, row().state, len(provider.kept)) == (True, SubscriptionState.ACTIVE, 1)


def test_a_provider_that_cannot_be_reached_keeps_nobody_from_disconnecting(
    on: Integration, provider: Provider, administrator: Any
) -> None:
    subscribing.see_to_due()
    provider.failures = [Transient("Panne."), Transient("Panne.")]
    services.delete(on, actor=administrator)
    assert (row().message, row().remote_ids) == (subscribing.STILL_THERE, [])
    assert not Credential.objects.exists()


def test_a_new_secret_subscribes_anew_and_the_old_one_counts_for_a_day(
    on: Integration, provider: Provider, administrator: Any
) -> None:
    subscribing.see_to_due()
    before = row().live_secrets()
    inbound.renew_secret(on, actor=administrator)
    subscribing.see_to_due()
    after = row()
    assert provider.asked == ["subscribe", "unsubscribe", "subscribe"]
    assert (after.live_secrets()[1:], after.rotate, len(provider.kept)) == (before, False, 1)
    assert after.live_secrets(timezone.now() + timedelta(hours=25)) == after.live_secrets()[:1]


def _checking(call: Any) -> None:
    """A provider that checks addresses; the receiver's own test reads its calls."""


@pytest.fixture
def checks(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    values = {"secret": "subscribed", "subscribes": True, "handshake": _checking}
    monkeypatch.setattr(Rovida, "webhooks", declared(**values))
    return values


def test_an_address_counts_once_the_provider_has_checked_it(
    checks: Mapping[str, Any], on: Integration, provider: Provider
) -> None:
    check = received(on, "", "sub_1", kind="handshake", handshake_code="code-77")
    follow_due()
    assert state_of(check)[2] == "not_known_yet"
    subscribing.see_to_due()
    assert row().state == SubscriptionState.PENDING
    type(check).objects.filter(pk=check.pk).update(next_at=timezone.now())
    follow_due()
    assert (state_of(check)[0], row().state) == (InboundStatus.DONE, SubscriptionState.ACTIVE)
    assert "confirm code-77" in provider.asked
    see_to_all()
    assert row().state == SubscriptionState.ACTIVE


def test_nothing_is_asked_during_an_emergency_stop(on: Integration, provider: Provider, administrator: Any) -> None:
    services.stop_everything(actor=administrator)
    subscribing.see_to_due()
    assert provider.asked == []
