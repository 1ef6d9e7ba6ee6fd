"""What follows for webhooks when an integration is switched, connected, stopped or taken away."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from integrations.models import Integration
from webhooks.following import claims
from webhooks.inbound import keys, secrets, subscribing
from webhooks.models import InboundSubscription, SubscriptionState
from webhooks.sending import wake


def on_switched(sender: Any, integration: Integration, **_: Any) -> None:
    """The row says what is wanted; the loop sees to it."""
    if integration.webhooks_enabled:
        _switch_on(integration)
    else:
        _switch_off(integration, resume=False)


def _switch_on(integration: Integration) -> None:
    """Take calls from now on: under the key and the secrets that there were before, if any."""
    webhooks = subscribing.declared(integration)
    row = InboundSubscription.objects.select_for_update().filter(integration=integration).first()
    if row is None:
        key = keys.new_key()
        row = InboundSubscription(integration=integration, key=key, key_hash=keys.key_hash(key))
    # Where a person copies our secret, it is made when that person asks for it: it is shown once.
    if webhooks.secret == "subscribed" and not row.live_secrets():  # noqa: S105 - where it comes from
        row.secrets = secrets.with_new(row, secrets.fresh())
    row.state = SubscriptionState.PENDING if webhooks.subscribes else SubscriptionState.ACTIVE
    row.active_since = None if webhooks.subscribes else timezone.now()
    row.message, row.attempts, row.resume = "", 0, False
    row.renew_at = timezone.now() if webhooks.subscribes else None
    row.silent_count, row.silent_at = 0, None
    row.save()


def _switch_off(integration: Integration, *, resume: bool) -> None:
    rows = InboundSubscription.objects.filter(integration=integration)
    rows.update(state=SubscriptionState.OFF, active_since=None, resume=resume, attempts=0, renew_at=None)
    rows.exclude(remote_ids=[]).update(renew_at=timezone.now(), message="")
    claims.drop_waiting(integration)


def on_disconnecting(sender: Any, integration: Integration, **_: Any) -> None:
    """Ask for no more calls while the access still serves."""
    row = InboundSubscription.objects.select_related("integration").filter(integration=integration).first()
    if row and row.remote_ids and subscribing.declared(integration).subscribes:
        subscribing.unsubscribe_now(row)


def on_disconnected(sender: Any, integration: Integration, **_: Any) -> None:
    """Refuse calls until it is connected again."""
    if integration.webhooks_enabled:
        integration.webhooks_enabled = False
        integration.save(update_fields=["webhooks_enabled"])
        _switch_off(integration, resume=True)


def on_connected(sender: Any, integration: Integration, **_: Any) -> None:
    """Switch on again what a disconnection switched off, check the subscription, and follow what waited."""
    if InboundSubscription.objects.filter(integration=integration, resume=True).exists():
        integration.webhooks_enabled = True
        integration.save(update_fields=["webhooks_enabled"])
        _switch_on(integration)
    subscribing.again(integration)
    _follow_what_waits(integration)


def on_status_changed(sender: Any, integration: Integration, **_: Any) -> None:
    """Follow what waited, once the integration can be read again."""
    if integration.can_sync:
        _follow_what_waits(integration)


def _follow_what_waits(integration: Integration) -> None:
    if claims.take_back(Integration.objects.filter(pk=integration.pk, webhooks_enabled=True)):
        wake.notify(wake.INBOUND)
