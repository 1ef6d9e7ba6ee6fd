"""What people and schedules do with integrations and their synchronisations; every act is audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

import connectors
from connectors.base.client import RetryPolicy
from connectors.base.connector import Account, Connector
from connectors.base.errors import AuthExpired, ConnectorError
from integrations import queue, signals
from integrations.core import audit
from integrations.core.models import User
from integrations.models import (
    OPEN_STATUSES,
    Credential,
    FieldMapping,
    Integration,
    JobStatus,
    LinkState,
    RecordLink,
    Status,
    SyncError,
    SyncJob,
    Trigger,
)
from integrations.schedule import next_run
from integrations.sync.gateway import ExchangeLog, connector_for, open_connector

RUN_SYNC = "integrations.tasks.run_sync"
CONNECT_TIMEOUT = 15.0
OPTIONS = (
    "name",
    "frequency",
    "sync_hour",
    "sync_weekday",
    "batch_size",
    "max_retries",
    "retry_delay_ms",
    "backoff_multiplier",
    "timeout_seconds",
    "default_division",
)


class Refused(Exception):
    """An act that cannot be done now; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


# --- Connecting -------------------------------------------------------------------------------------------------


def connect(
    provider: str,
    *,
    name: str,
    environment: str,
    auth_method: str,
    secrets: Mapping[str, str],
    config: Mapping[str, str],
    actor: User,
) -> Integration:
    """Check the credentials with the provider, then store them as a new integration with its default mappings.

    Raises ConnectorError when the provider refuses or cannot be reached, Refused when the account is already there.
    """
    connector = connectors.get(provider)
    if not connector.available:
        raise Refused(f"{connector.label} n’est pas encore offert. Choisissez un autre fournisseur.")
    account = _who_am_i(connector, environment, secrets, config)
    integration = Integration(
        provider=provider,
        name=name,
        environment=environment,
        account_id=account.id,
        account_name=account.name,
        config=dict(config),
    )
    try:
        with transaction.atomic():
            integration.save()
            Credential.objects.create(integration=integration, auth_method=auth_method, secrets=dict(secrets))
            FieldMapping.objects.bulk_create(default_mappings(integration))
            audit.record("integration.connected", actor=actor, target=integration, after=_facts(integration))
            signals.integration_connected.send(sender=Integration, integration=integration)
    except IntegrityError:
        raise Refused(
            f"Le compte « {account.name} » de {connector.label} est déjà relié à une autre intégration. "
            "Ouvrez celle-ci, ou utilisez l’accès d’un autre compte."
        ) from None
    return integration


def reconnect(
    integration: Integration, *, auth_method: str, secrets: Mapping[str, str], config: Mapping[str, str], actor: User
) -> None:
    """Replace the credentials of an integration; they must open the account that it is bound to."""
    connector = integration.connector
    account = _who_am_i(connector, integration.environment, secrets, config)
    if account.id != integration.account_id:
        raise Refused(
            f"Cet accès ouvre le compte « {account.name} », mais l’intégration est liée à "
            f"« {integration.account_name} ». Utilisez un accès de ce compte, ou ajoutez une nouvelle intégration."
        )
    with transaction.atomic():
        Credential.objects.update_or_create(
            integration=integration, defaults={"auth_method": auth_method, "secrets": dict(secrets)}
        )
        integration.config, integration.account_name = dict(config), account.name
        integration.save(update_fields=["config", "account_name"])
        _set_status(integration, Status.ACTIVE)
        audit.record("integration.reconnected", actor=actor, target=integration, after=_facts(integration))
        signals.integration_connected.send(sender=Integration, integration=integration)


def _who_am_i(
    connector: type[Connector], environment: str, secrets: Mapping[str, str], config: Mapping[str, str]
) -> Account:
    trial = connector_for(
        connector.slug, environment, secrets, config, retry=RetryPolicy(max_retries=0), timeout=CONNECT_TIMEOUT
    )
    try:
        return trial.check()
    finally:
        trial.close()


def default_mappings(integration: Integration) -> list[FieldMapping]:
    """The connector's default mappings as rows, not saved yet."""
    declared = [
        (name, m)
        for resource in integration.connector.resources
        for name, mappings in [
            (resource.name, resource.mappings),
            *((e.resource, e.mappings) for e in resource.embedded),
        ]
        for m in mappings
    ]
    return [
        FieldMapping(
            integration=integration,
            resource=name,
            local_field=m.local,
            remote_path=m.remote,
            data_type=m.type,
            required=m.required,
            direction=m.direction,
            value_table=dict(m.values),
            target_resource=m.target,
            codec=m.codec,
            default=m.default,
            position=position,
        )
        for position, (name, m) in enumerate(declared)
    ]


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
        if isinstance(error, AuthExpired) and integration.status != Status.INACTIVE:
            _set_status(integration, Status.RECONNECT, error.sentence)
        audit.record("integration.tested", actor=actor, target=integration, after={"result": error.sentence})
        raise
    finally:
        log.store()
    if integration.status in (Status.ERROR, Status.RECONNECT):
        _set_status(integration, Status.ACTIVE)
    audit.record("integration.tested", actor=actor, target=integration, after={"result": "ok"})
    return account


# --- Life of an integration -------------------------------------------------------------------------------------


def change_options(integration: Integration, values: Mapping[str, Any], *, actor: User) -> None:
    """Save validated options (names in OPTIONS) and plan the next run by them."""
    before = {name: getattr(integration, name) for name in values}
    for name in values:
        if name not in OPTIONS:
            raise ValueError(f"{name} is not an option")
        setattr(integration, name, values[name])
    integration.next_sync_at = _next_run(integration)
    integration.save(update_fields=[*values, "next_sync_at"])
    changed = {name: value for name, value in values.items() if before[name] != value}
    if changed:
        audit.record(
            "integration.changed",
            actor=actor,
            target=integration,
            before={name: str(before[name]) for name in changed},
            after={name: str(value) for name, value in changed.items()},
        )


@transaction.atomic
def disable(integration: Integration, *, actor: User) -> None:
    """Stop everything of an integration until it is enabled; its credentials stay."""
    _cancel_open_jobs(integration)
    _set_status(integration, Status.INACTIVE)
    audit.record("integration.disabled", actor=actor, target=integration)


@transaction.atomic
def enable(integration: Integration, *, actor: User) -> None:
    """Let an inactive integration run again; Refused when it has no credentials."""
    if not integration.is_connected:
        raise Refused("Cette intégration est déconnectée. Reconnectez-la avec une clé valable pour l’activer.")
    _set_status(integration, Status.ACTIVE)
    integration.next_sync_at = _next_run(integration)
    integration.save(update_fields=["next_sync_at"])
    audit.record("integration.enabled", actor=actor, target=integration)


@transaction.atomic
def disconnect(integration: Integration, *, actor: User) -> None:
    """Forget the credentials; records and links stay for a later reconnection."""
    _cancel_open_jobs(integration)
    signals.integration_disconnected.send(sender=Integration, integration=integration)
    Credential.objects.filter(integration=integration).delete()
    _set_status(integration, Status.INACTIVE, "Déconnectée : ses accès ont été effacés.")
    audit.record("integration.disconnected", actor=actor, target=integration)


@transaction.atomic
def delete(integration: Integration, *, actor: User) -> None:
    """Disconnect for good: records stay, links are archived, the integration leaves every list."""
    disconnect(Integration.objects.get(pk=integration.pk), actor=actor)
    RecordLink.objects.filter(integration=integration).update(state=LinkState.ARCHIVED)
    integration.deleted_at = timezone.now()
    integration.next_sync_at = None
    integration.save(update_fields=["deleted_at", "next_sync_at"])
    audit.record("integration.deleted", actor=actor, target=integration, before=_facts(integration))


def _set_status(integration: Integration, status: Status, message: str = "") -> None:
    before = integration.status
    integration.status, integration.status_message = status, message
    integration.save(update_fields=["status", "status_message"])
    if before != status:
        signals.integration_status_changed.send(sender=Integration, integration=integration, before=before)


def _facts(integration: Integration) -> dict[str, str]:
    return {
        "provider": integration.provider,
        "environment": integration.environment,
        "account": integration.account_name,
        "account_id": integration.account_id,
    }


# --- Synchronisations -------------------------------------------------------------------------------------------


def request_sync(
    integration: Integration,
    *,
    actor: User | None = None,
    trigger: Trigger = Trigger.MANUAL,
    full: bool = False,
    resources: list[str] | None = None,
) -> SyncJob:
    """Queue a synchronisation, or return the one that is already open: there is one at a time per integration."""
    if not integration.can_sync:
        raise Refused(_why_not(integration))
    job = SyncJob(
        integration=integration,
        trigger=trigger,
        requested_by=actor.email if actor else "",
        full=full,
        resources=resources or [],
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            queue.ring(RUN_SYNC, str(job.pk))
    except IntegrityError:
        already = SyncJob.objects.filter(integration=integration, status__in=OPEN_STATUSES).first()
        # It may have ended since: then there is room for this one.
        return already or request_sync(integration, actor=actor, trigger=trigger, full=full, resources=resources)
    if actor:
        audit.record("sync.requested", actor=actor, target=integration, after={"job": str(job.pk), "full": full})
    return job


def _why_not(integration: Integration) -> str:
    if not integration.is_connected:
        return "Cette intégration est déconnectée. Reconnectez-la pour la synchroniser."
    if integration.status == Status.RECONNECT:
        return "Le fournisseur refuse l’accès enregistré. Reconnectez l’intégration pour la synchroniser."
    return "Cette intégration est inactive. Activez-la pour la synchroniser."


def cancel_sync(job: SyncJob, *, actor: User) -> None:
    """Stop a job: at once when it waits, at its next page when it runs."""
    _cancel(SyncJob.objects.filter(pk=job.pk))
    audit.record("sync.cancelled", actor=actor, target=job.integration, after={"job": str(job.pk)})


def _cancel_open_jobs(integration: Integration) -> None:
    _cancel(SyncJob.objects.filter(integration=integration))


def _cancel(jobs: Any) -> None:
    jobs.filter(status=JobStatus.PENDING).update(status=JobStatus.CANCELLED, finished_at=Now(), cancel_requested=True)
    jobs.filter(status=JobStatus.RUNNING).update(cancel_requested=True)


def retry_error(error: SyncError, *, actor: User) -> SyncJob:
    """Try one refused record again: its next synchronisation takes it from the stored content."""
    audit.record(
        "sync.error_retried",
        actor=actor,
        target=error.integration,
        after={"resource": error.resource, "id": error.remote_id},
    )
    return request_sync(error.integration, actor=actor, resources=[error.resource])


def dismiss_error(error: SyncError, *, actor: User) -> None:
    """Close an error without taking the record in; it opens again if the record fails again."""
    error.resolved_at = timezone.now()
    error.save(update_fields=["resolved_at"])
    audit.record(
        "sync.error_dismissed",
        actor=actor,
        target=error.integration,
        after={"resource": error.resource, "id": error.remote_id},
    )


def enqueue_scheduled() -> int:
    """Queue the synchronisations whose time has come, plan their next one; returns how many. Safe to run anywhere."""
    started = 0
    due = Integration.objects.runnable().filter(next_sync_at__lte=Now(), credential__isnull=False)
    for integration in due.select_related("credential"):
        # Compare-and-swap on the planned time: of two machines that sweep together, one starts it.
        mine = Integration.objects.filter(pk=integration.pk, next_sync_at=integration.next_sync_at).update(
            next_sync_at=_next_run(integration)
        )
        if mine:
            request_sync(integration, trigger=Trigger.SCHEDULE)
            started += 1
    return started


def _next_run(integration: Integration) -> Any:
    return next_run(integration.frequency, integration.sync_hour, integration.sync_weekday, timezone.now())
