"""Our applications at the providers, as administrators set them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from integrations.core import audit
from integrations.core.models import User
from integrations.models import ProviderApp
from integrations.oauth.apps import provider_app
from integrations.services.errors import Refused


@transaction.atomic
def save_app(
    provider: str,
    environment: str,
    *,
    client_id: str,
    client_secret: str,
    webhook_secrets: list[str] | None,
    actor: User,
) -> None:
    """Store an application; an empty client secret, or None for the webhook secrets, keeps what is stored."""
    _refuse_if_fixed(provider, environment)
    row = ProviderApp.objects.select_for_update().filter(provider=provider, environment=environment).first()
    before = _facts(row) if row else None
    row = row or ProviderApp(provider=provider, environment=environment)
    row.client_id = client_id
    if client_secret:
        row.client_secret = client_secret
    if webhook_secrets is not None:
        row.webhook_secrets = webhook_secrets
    after = _facts(row)
    if after != before:
        row.save()
        audit.record("app.saved", actor=actor, target=row, before=before, after=after)


@transaction.atomic
def remove_app(provider: str, environment: str, *, actor: User) -> None:
    """Forget an application. The integrations that were consented to for it keep their tokens until they must renew."""
    _refuse_if_fixed(provider, environment)
    row = ProviderApp.objects.filter(provider=provider, environment=environment).first()
    if row:
        audit.record("app.removed", actor=actor, target=row, before=_facts(row))
        row.delete()


def _facts(row: ProviderApp) -> dict[str, Any]:
    """What the audit log compares and masks."""
    return {
        "client_id": row.client_id,
        "client_secret": row.client_secret,
        "webhook_secrets": "\n".join(row.webhook_secrets),
    }


def _refuse_if_fixed(provider: str, environment: str) -> None:
    found = provider_app(provider, environment)
    if found and found.fixed:
        raise Refused("Cette application est fixée dans l’environnement du serveur (PROVIDER_APPS). Changez-la là.")
