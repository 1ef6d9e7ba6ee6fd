"""What is done with an integration that exists: tested, set, stopped, disconnected, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors.base.connector import Account
from connectors.base.errors import AuthExpired, ConnectorError
from connectors.base.oauth import TokenSet
from integrations import routing, signals
from integrations.core import audit
from integrations.core.models import User
from integrations.models import Credential, Integration, LinkState, RecordLink, Status, SyncCursor
from integrations.models.connection import OAUTH2
from integrations.oauth.grants import end_grant
from integrations.services.errors import Refused
from integrations.services.status import facts, set_status
from integrations.services.syncing import cancel_open_jobs, plan
from integrations.sync import locks
from integrations.sync.breakage import broke
from integrations.sync.gateway import ExchangeLog, open_connector

OPTIONS = (
    "name",
    "direction",
    "frequency",
    "sync_hour",
    "sync_weekday",
    "batch_size",
    "max_retries",
    "retry_delay_ms",
    "backoff_multiplier",
    "timeout_seconds",
    "default_division",
    "conflict_policy",
    "newest_tolerance",
    "deletion_policy",
    "deletion_policies",
    "create_missing",
    "push_frequency",
    "push_hour",
    "push_weekday",
    "push_divisions",
    "include_deleted",
    "date_from",
    "date_to",
    "lock_date",
    "filters",
    "webhooks_enabled",
)


SCOPE = frozenset({"date_from", "date_to", "filters", "include_deleted"})
"""Options that decide which of the provider's objects are read."""


def test_connection(integration: Integration, *, actor: User) -> Account:
    """Ask the provider who we are, now. Raises ConnectorError; a refused credential marks the integration."""
    log = ExchangeLog(integration.pk)
    try:
        connector = open_connector(integration, log, patient=False)
        try:
            account = connector.check()
        finally:
            connector.close()
    except ConnectorError as error:
        if isinstance(error, AuthExpired):
            broke(integration, Status.RECONNECT, code=error.code, sentence=error.sentence)
        audit.record("integration.tested", actor=actor, target=integration, after={"result": error.sentence})
        raise
    finally:
        log.store()
    if account.site not in ("", integration.site):
        integration.site = account.site
        integration.save(update_fields=["site"])
    if integration.status in (Status.ERROR, Status.RECONNECT):
        set_status(integration, Status.ACTIVE)
    audit.record("integration.tested", actor=actor, target=integration, after={"result": "ok"})
    return account


def change_options(integration: Integration, values: Mapping[str, Any], *, actor: User) -> None:
    """Save validated options (names in OPTIONS) and plan the next run by them."""
    if unknown := set(values) - set(OPTIONS):
        raise ValueError(f"not an option: {', '.join(sorted(unknown))}")
    before = {name: _option(integration, name) for name in values}
    single = {name: value for name, value in values.items() if name != "push_divisions"}
    sent_before = integration.sends
    with transaction.atomic():
        for name, value in single.items():
            setattr(integration, name, value)
        plan(integration)
        integration.save(update_fields=[*single, "next_sync_at", "next_push_at"])
        if "push_divisions" in values:
            integration.push_divisions.set(values["push_divisions"])
        if integration.webhooks_enabled != before.get("webhooks_enabled", integration.webhooks_enabled):
            signals.webhooks_switched.send(sender=Integration, integration=integration)
        widened = before.get("push_divisions", "") != _option(integration, "push_divisions")
        if integration.sends and (widened or not sent_before):
            routing.ask_changed(integration)
    changed = {name: value for name in values if before[name] != (value := _option(integration, name))}
    if changed.keys() & SCOPE:
        # What lay outside until now may have been passed over: everything is read again, unchanged records cost a hash.
        SyncCursor.objects.filter(integration=integration).delete()
    if "lock_date" in changed:
        locks.release(integration)
    was, now = _facts({name: before[name] for name in changed}), _facts(changed)
    # Of what is told object by object, those that stayed as they were say nothing.
    names = [name for name in {**was, **now} if was.get(name, "") != now.get(name, "")]
    if names:
        audit.record(
            "integration.changed",
            actor=actor,
            target=integration,
            before={name: was.get(name, "") for name in names},
            after={name: now.get(name, "") for name in names},
        )


def _facts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the journal keeps them; deletion policies each under its object's name."""
    facts = {name: _told(value) for name, value in options.items() if name != "deletion_policies"}
    by_object: Mapping[str, str] = options.get("deletion_policies", {})
    return facts | {f"{resource}.deletion_policy": policy for resource, policy in by_object.items()}


def _told(value: Any) -> Any:
    """An option as the journal keeps it: yes and no as such, nothing as "", everything else as text."""
    if value is None:
        return ""
    return value if isinstance(value, bool) else str(value)


def _option(integration: Integration, name: str) -> Any:
    if name == "push_divisions":
        return ", ".join(integration.push_divisions.order_by("code").values_list("code", flat=True))
    return getattr(integration, name)


@transaction.atomic
def disable(integration: Integration, *, actor: User) -> None:
    """Stop everything of an integration until it is enabled; its credentials stay."""
    cancel_open_jobs(integration)
    set_status(integration, Status.INACTIVE)
    audit.record("integration.disabled", actor=actor, target=integration)


@transaction.atomic
def enable(integration: Integration, *, actor: User) -> None:
    """Let an inactive integration run again; Refused when it has no credentials."""
    if not integration.is_connected:
        raise Refused("Cette intégration est déconnectée. Reconnectez-la avec une clé valable pour l’activer.")
    set_status(integration, Status.ACTIVE)
    plan(integration)
    integration.save(update_fields=["next_sync_at", "next_push_at"])
    audit.record("integration.enabled", actor=actor, target=integration)


def disconnect(integration: Integration, *, actor: User) -> None:
    """Forget the credentials, once the provider was asked to revoke them; records and links stay for a reconnection."""
    with transaction.atomic():
        cancel_open_jobs(integration)
        # From now on nothing that fails for want of a grant counts as a breakage.
        set_status(integration, Status.INACTIVE, "Déconnexion en cours.")
    signals.integration_disconnecting.send(sender=Integration, integration=integration)
    # Over the wire, so outside of any transaction. A revocation that fails keeps nobody from disconnecting.
    after = {"revocation": outcome} if (outcome := _revoke(integration)) else None
    with transaction.atomic():
        signals.integration_disconnected.send(sender=Integration, integration=integration)
        Credential.objects.filter(integration=integration).delete()
        set_status(integration, Status.INACTIVE, "Déconnectée : ses accès ont été effacés.")
        audit.record("integration.disconnected", actor=actor, target=integration, after=after)


def _revoke(integration: Integration) -> str:
    """How the revocation of its tokens went, "" when it has none."""
    credential = Credential.objects.filter(integration=integration, auth_method=OAUTH2).first()
    if credential is None:
        return ""
    log = ExchangeLog(integration.pk)
    tokens = TokenSet.from_secrets(credential.values())
    outcome = end_grant(integration.connector, integration.environment, integration.config, tokens, on_exchange=log)
    log.store()
    return outcome


def delete(integration: Integration, *, actor: User) -> None:
    """Disconnect for good: records stay, links are archived, the integration leaves every list."""
    disconnect(Integration.objects.get(pk=integration.pk), actor=actor)
    with transaction.atomic():
        RecordLink.objects.filter(integration=integration).update(state=LinkState.ARCHIVED)
        integration.deleted_at = timezone.now()
        integration.next_sync_at = integration.next_push_at = None
        integration.save(update_fields=["deleted_at", "next_sync_at", "next_push_at"])
        audit.record("integration.deleted", actor=actor, target=integration, before=facts(integration))
