"""Connecting an account, and connecting it again: checked with the provider before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

import connectors
from connectors.base.client import RetryPolicy
from connectors.base.connector import Account, Connector
from integrations import signals
from integrations.core import audit
from integrations.core.models import User
from integrations.models import Credential, FieldMapping, Integration, Status
from integrations.services.errors import Refused
from integrations.services.status import facts, set_status
from integrations.sync.gateway import connector_for

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
            audit.record("integration.connected", actor=actor, target=integration, after=facts(integration))
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
        set_status(integration, Status.ACTIVE)
        audit.record("integration.reconnected", actor=actor, target=integration, after=facts(integration))
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
