"""Connecting an account with a typed credential, and what both ways to connect store (services.consent is the other).

An account is checked with the provider before anything is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

from django.db import IntegrityError, transaction
from django.db.models import F

import connectors
from connectors.base.client import RetryPolicy
from connectors.base.connector import Account, Connector
from connectors.base.oauth import TokenStore
from integrations import signals
from integrations.core import audit
from integrations.core.models import User
from integrations.models import Credential, FieldMapping, Integration, Status, SyncJob
from integrations.services.errors import Refused
from integrations.services.status import facts, set_status
from integrations.services.syncing import request_sync
from integrations.sync.gateway import ExchangeLog, connector_for

CONNECT_TIMEOUT = 15.0


def connect(
    provider: str,
    *,
    name: str,
    environment: str,
    auth_method: str,
    secrets: Mapping[str, str],
    config: Mapping[str, str],
    actor: User,
    trial: bool = True,
) -> Integration:
    """Check the credentials with the provider, then store them as a new integration with its default mappings.

    trial: whether its synchronisations take some records only until a person releases it.
    Raises ConnectorError when the provider refuses or cannot be reached, Refused when the account is already there.
    """
    connector = offered(provider)
    account = who_am_i(connector, environment, config, secrets=secrets)
    integration = Integration(provider=provider, name=name, environment=environment, config=dict(config))
    store_new(integration, account, auth_method=auth_method, secrets=secrets, actor=actor, trial=trial)
    return integration


def reconnect(
    integration: Integration, *, auth_method: str, secrets: Mapping[str, str], config: Mapping[str, str], actor: User
) -> None:
    """Replace the credentials of an integration; they must open the account that it is bound to."""
    account = who_am_i(integration.connector, integration.environment, config, secrets=secrets)
    store_again(integration, account, auth_method=auth_method, secrets=secrets, config=config, actor=actor)


def offered(provider: str) -> type[Connector]:
    """The connector, when accounts can be connected with it; Refused otherwise."""
    connector = connectors.get(provider)
    if not connector.available:
        raise Refused(f"{connector.label} n’est pas encore offert. Choisissez un autre fournisseur.")
    return connector


def who_am_i(
    connector: type[Connector], environment: str, config: Mapping[str, str], *, secrets: Mapping[str, str]
) -> Account:
    """Ask the provider which account a credential opens that is not stored yet."""
    with on_trial(connector, environment, config, secrets=secrets) as trial:
        return trial.check()


@contextmanager
def on_trial(
    connector: type[Connector],
    environment: str,
    config: Mapping[str, str],
    *,
    secrets: Mapping[str, str] = MappingProxyType({}),
    tokens: TokenStore | None = None,
    account_id: str = "",
    log: ExchangeLog | None = None,
) -> Iterator[Connector]:
    """A connector for a credential that is not stored yet; a person waits, so it tries once."""
    trial = connector_for(
        connector.slug,
        environment,
        secrets,
        config,
        account_id=account_id,
        tokens=tokens,
        log=log,
        retry=RetryPolicy(max_retries=0),
        timeout=CONNECT_TIMEOUT,
    )
    try:
        yield trial
    finally:
        trial.close()


def holder_of(provider: str, environment: str, account_id: str) -> Integration | None:
    """The live integration that is bound to this account."""
    rows = Integration.objects.live().filter(provider=provider, environment=environment)
    return rows.exclude(account_id="").filter(account_id=account_id).first()


def store_new(
    integration: Integration,
    account: Account,
    *,
    auth_method: str,
    secrets: Mapping[str, str],
    actor: User,
    trial: bool = True,
) -> None:
    """Store an integration bound to an account that was just checked; Refused when another one is bound to it."""
    if trial:
        integration.released_at = None
    integration.account_id, integration.account_name, integration.site = account.id, account.name, account.site
    try:
        with transaction.atomic():
            integration.save(force_insert=True)
            Credential.objects.create(integration=integration, auth_method=auth_method, secrets=dict(secrets))
            FieldMapping.objects.bulk_create(default_mappings(integration))
            audit.record("integration.connected", actor=actor, target=integration, after=facts(integration))
            signals.integration_connected.send(sender=Integration, integration=integration)
    except IntegrityError:
        raise already_connected(integration.connector, account) from None


def already_connected(connector: type[Connector], account: Account) -> Refused:
    """The refusal of an account that has its integration already."""
    return Refused(
        f"Le compte « {account.name} » de {connector.label} est déjà relié à une autre intégration. "
        "Ouvrez celle-ci, ou utilisez l’accès d’un autre compte."
    )


def other_account(integration: Integration, account: Account) -> Refused:
    """The refusal of a credential that opens another account than the one that the integration is bound to."""
    return Refused(
        f"Cet accès ouvre le compte « {account.name} », mais l’intégration est liée à "
        f"« {integration.account_name} ». Utilisez un accès de ce compte, ou ajoutez une nouvelle intégration."
    )


def store_again(
    integration: Integration,
    account: Account,
    *,
    auth_method: str,
    secrets: Mapping[str, str],
    config: Mapping[str, str],
    actor: User,
) -> None:
    """Store new credentials of an integration and let its work go on; Refused when they open another account."""
    if account.id != integration.account_id:
        raise other_account(integration, account)
    waits = not integration.can_sync and SyncJob.objects.filter(integration=integration).exists()
    with transaction.atomic():
        fresh = {"auth_method": auth_method, "secrets": dict(secrets), "lease_owner": "", "lease_until": None}
        # The version rises, so that a renewal under way for the former credential does not overwrite this one.
        Credential.objects.update_or_create(
            integration=integration,
            defaults={**fresh, "version": F("version") + 1},
            create_defaults=fresh,
        )
        integration.config, integration.account_name = dict(config), account.name
        integration.site = account.site or integration.site
        integration.save(update_fields=["config", "account_name", "site"])
        set_status(integration, Status.ACTIVE)
        audit.record("integration.reconnected", actor=actor, target=integration, after=facts(integration))
        signals.integration_connected.send(sender=Integration, integration=integration)
    # It may still believe that it has no credential.
    integration.refresh_from_db()
    if waits:
        with suppress(Refused):  # somebody deactivated it in this very moment
            request_sync(integration, actor=actor)


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
            option_kind=m.option,
            default=m.default,
            position=position,
        )
        for position, (name, m) in enumerate(declared)
    ]
