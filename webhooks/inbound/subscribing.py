"""The subscriptions at the providers: asked for, kept, confirmed and given up in the background.

The row comes first and carries what is to be done and when (`renew_at`, by our clock: what SQLite's own clock writes is
not equal to what is read of it). A pass takes due rows one by one. No transaction is open across a call to a provider,
so every step may be repeated: connectors subscribe an address once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from connectors.base.connector import Connector
from connectors.base.errors import AuthExpired, ConnectorError, Transient
from connectors.base.webhooks import Handshake, Subscription, Webhooks, no_handshake
from integrations import stop
from integrations.models import Integration, Status
from integrations.sync.breakage import broke
from integrations.sync.gateway import ExchangeLog, open_connector
from webhooks.inbound import keys, secrets
from webhooks.models import InboundSubscription, SubscriptionState

log = structlog.get_logger(__name__)

CHECK_EVERY = timedelta(days=1)
HELD_FOR = timedelta(minutes=5)
"""A pass that was killed is made up for after that."""
TRY_AGAIN = timedelta(hours=1)
UNCONFIRMED_FOR = timedelta(minutes=10)
MOST_UNSUBSCRIBING = 8
QUICK_TRIES = 5
STILL_THERE = (
    "Le fournisseur n’a pas pu être prié de ne plus appeler. Ses appels sont refusés; retirez l’abonnement chez lui."
)
NOT_CONFIRMED = "Le fournisseur vérifie l’adresse; il doit pouvoir joindre ce serveur."


def declared(integration: Integration) -> Webhooks:
    """How the provider of an integration with webhooks calls us."""
    webhooks = integration.connector.webhooks
    assert webhooks is not None
    return webhooks


def secret_source(row: InboundSubscription) -> str:
    """Where the secret of its calls comes from, as connectors.base.webhooks.Webhooks says it. A subscription without an
    id is none of its own: that of our application announces every account."""
    webhooks = declared(row.integration)
    of_app = webhooks.app_level and webhooks.subscribes and row.state == SubscriptionState.ACTIVE and not row.remote_ids
    return "app" if of_app else webhooks.secret


def address_of(row: InboundSubscription) -> str:
    """Where the provider is to call: the address of all accounts where its application's secret signs, else a keyed
    one."""
    shared = declared(row.integration).app_level and secret_source(row) == "app"
    return keys.address(row.integration.provider) if shared else own_address(row)


def own_address(row: InboundSubscription) -> str:
    """The keyed address of one integration."""
    return keys.address(row.integration.provider, row.key)


def see_to_due() -> int:
    """See to every subscription whose time has come; returns how many. Safe to run anywhere."""
    if stop.current() is not None:
        return 0
    seen = 0
    for row in InboundSubscription.objects.filter(renew_at__lte=timezone.now()).select_related(
        "integration__credential"
    ):
        # Compare-and-swap on the planned time: of two machines, one sees to it.
        held = InboundSubscription.objects.filter(pk=row.pk, renew_at=row.renew_at)
        if held.update(renew_at=timezone.now() + HELD_FOR):
            see_to(row)
            seen += 1
    return seen


def see_to(row: InboundSubscription) -> None:
    """Do what the row asks for now, and write what came of it."""
    integration = row.integration
    if not integration.connector.webhooks or not declared(integration).subscribes:
        _plan(row, None)
        return
    wanted = integration.webhooks_enabled and integration.deleted_at is None
    if not wanted:
        _give_up(row) if row.remote_ids else _plan(row, None)
    elif not integration.can_sync:
        _plan(row, TRY_AGAIN)  # a reconnection plans it anew
    else:
        _keep(row)


# --- To be called ---------------------------------------------------------------------------------------------------
def _keep(row: InboundSubscription) -> None:
    """Subscribe, or renew and check what there is."""
    url, before, was = own_address(row), list(row.remote_ids), row.state
    # Providers that check the address may do so before they answer us: only a pending row lets them.
    if declared(row.integration).handshake is not no_handshake:
        _set(row, state=SubscriptionState.PENDING)
    try:
        with _connector(row.integration) as connector:
            if row.rotate and before:
                connector.unsubscribe(subscription_of(row))
            if before and not row.rotate:
                got = connector.renew(subscription_of(row), url)
            else:
                got = connector.subscribe(url, secrets.newest(row))
    except (ConnectorError, stop.EmergencyStopped) as error:
        _failed(row, error)
        return
    as_before = list(got.ids) == before and was == SubscriptionState.ACTIVE
    store(row, got, confirmed=as_before if got.checked is None else got.checked)


def store(row: InboundSubscription, got: Subscription, *, confirmed: bool = False) -> None:
    """Write what is registered now, and when to see to it next."""
    webhooks, now = declared(row.integration), timezone.now()
    checked = confirmed or webhooks.handshake is no_handshake
    _set(
        row,
        remote_ids=list(got.ids),
        data=dict(got.data),
        expires_at=datetime.fromisoformat(got.expires_at) if got.expires_at else None,
        secrets=secrets.with_given(row, got.secrets),
        state=SubscriptionState.ACTIVE if checked else SubscriptionState.PENDING,
        message="" if checked else NOT_CONFIRMED,
        attempts=0,
        rotate=False,
        active_since=row.active_since or (now if checked else None),
        renew_at=now + (min(CHECK_EVERY, webhooks.renew_every or CHECK_EVERY) if checked else UNCONFIRMED_FOR),
    )
    log.info("inbound.subscribed", integration=str(row.integration_id), state=row.state)


def _failed(row: InboundSubscription, error: ConnectorError | stop.EmergencyStopped) -> None:
    if isinstance(error, stop.EmergencyStopped):
        _plan(row, timedelta(seconds=5))
        return
    if isinstance(error, AuthExpired):
        broke(row.integration, Status.RECONNECT, code=error.code, sentence=error.sentence)
    quick = isinstance(error, Transient) and row.attempts < QUICK_TRIES
    _set(
        row,
        state=SubscriptionState.PENDING if quick else SubscriptionState.FAILED,
        message=error.sentence[:500],
        attempts=row.attempts + 1,
        renew_at=timezone.now() + (_wait(row, error) if quick else TRY_AGAIN),
    )
    log.warning("inbound.subscription_failed", integration=str(row.integration_id), code=error.code)


def _wait(row: InboundSubscription, error: ConnectorError) -> timedelta:
    asked = error.retry_after if isinstance(error, Transient) else None
    return timedelta(seconds=min(row.integration.retry_wait(row.attempts, asked), TRY_AGAIN.total_seconds()))


def confirm(integration: Integration, handshake: Handshake) -> bool:
    """Give the provider's code back to it; False while it is not known yet which subscription it is about.

    Raises ConnectorError when the provider cannot be reached or refuses.
    """
    row = InboundSubscription.objects.select_related("integration__credential").get(integration=integration)
    if handshake.remote_id and handshake.remote_id not in row.remote_ids:
        return False
    with _connector(integration) as connector:
        got = connector.confirm(subscription_of(row), handshake)
    store(row, got, confirmed=got.checked is not False)
    return True


# --- No more --------------------------------------------------------------------------------------------------------
def _give_up(row: InboundSubscription) -> None:
    """Unsubscribe; tried again for a while, then a person is told."""
    error = _unsubscribe(row)
    if error is None:
        _set(row, remote_ids=[], data={}, expires_at=None, renew_at=None, message="", attempts=0)
    elif row.attempts >= MOST_UNSUBSCRIBING or not row.integration.is_connected:
        _set(row, remote_ids=[], data={}, renew_at=None, message=STILL_THERE, attempts=0)
    else:
        _set(row, attempts=row.attempts + 1, renew_at=timezone.now() + _wait(row, error), message=error.sentence[:500])


def unsubscribe_now(row: InboundSubscription, tries: int = 2) -> str:
    """Unsubscribe while the credential is still there; what a person must do where that fails, else ""."""
    error = _unsubscribe(row)
    while isinstance(error, Transient) and (tries := tries - 1):
        error = _unsubscribe(row)
    _set(row, remote_ids=[], data={}, expires_at=None, renew_at=None, message=STILL_THERE if error else "")
    return error.sentence if error else ""


def _unsubscribe(row: InboundSubscription) -> ConnectorError | None:
    try:
        with _connector(row.integration) as connector:
            connector.unsubscribe(subscription_of(row))
    except ConnectorError as error:
        log.warning("inbound.unsubscribing_failed", integration=str(row.integration_id), code=error.code)
        return error
    return None


# --- Rows -----------------------------------------------------------------------------------------------------------
def subscription_of(row: InboundSubscription) -> Subscription:
    """The row as the connector wants it."""
    expires_at = row.expires_at.isoformat() if row.expires_at else ""
    return Subscription(tuple(row.remote_ids), tuple(row.live_secrets()), expires_at, row.data)


@contextmanager
def _connector(integration: Integration) -> Iterator[Connector]:
    """It tries once: the row carries the retries. What is said is logged with the integration's exchanges."""
    exchanges = ExchangeLog(integration.pk)
    connector = open_connector(integration, exchanges, patient=False, gate=stop.Gate())
    try:
        yield connector
    finally:
        connector.close()
        exchanges.store()


def _plan(row: InboundSubscription, wait: timedelta | None) -> None:
    _set(row, renew_at=None if wait is None else timezone.now() + wait)


def _set(row: InboundSubscription, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "updated_at"])


def again(integration: Integration) -> None:
    """Have the subscription checked now: the access was renewed, or calls are missing."""
    rows = InboundSubscription.objects.filter(integration=integration, integration__webhooks_enabled=True)
    rows.update(renew_at=timezone.now(), attempts=0)
