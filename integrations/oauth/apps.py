"""Our application at a provider: set in the environment (PROVIDER_APPS), else on the page « Applications »."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connection
from django.urls import reverse

import connectors
from connectors.base.errors import Misconfigured
from connectors.base.oauth import App
from integrations.models import Environment, ProviderApp


@dataclass(frozen=True)
class RegisteredApp:
    """What opens the provider's door to us, and what it signs its webhooks with. `fixed`: set in the environment, so
    that the console cannot change it."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    fixed: bool = False

    @property
    def app(self) -> App:
        """What the connectors' OAuth calls want."""
        return App(self.client_id, self.client_secret)


def provider_app(provider: str, environment: str) -> RegisteredApp | None:
    """Our application for that provider and environment, None when there is none."""
    fixed = settings.PROVIDER_APPS.get(f"{provider}.{environment}")
    if fixed:
        return RegisteredApp(
            fixed["client_id"], fixed["client_secret"], tuple(fixed.get("webhook_secrets") or ()), fixed=True
        )
    row = ProviderApp.objects.filter(provider=provider, environment=environment).first()
    return _registered(row) if row else None


def provider_apps() -> dict[tuple[str, str], RegisteredApp]:
    """All our applications by provider and environment, in one query."""
    here = {(row.provider, row.environment): _registered(row) for row in ProviderApp.objects.all()}
    names = (name.split(".") for name in settings.PROVIDER_APPS)
    fixed = {(provider, environment): provider_app(provider, environment) for provider, environment in names}
    return here | {place: app for place, app in fixed.items() if app}


def _registered(row: ProviderApp) -> RegisteredApp:
    return RegisteredApp(row.client_id, row.client_secret, tuple(row.webhook_secrets))


_SECRETS = "SELECT environment, client_secret, webhook_secrets FROM integrations_providerapp WHERE provider = %s"


def webhook_secrets(provider: str) -> dict[str, tuple[str, ...]]:
    """What our applications at that provider sign webhooks with, by environment, in one query.

    An application that has no secret of its own for them signs with its client secret.
    """
    # Plain SQL: this is asked at every call of a provider, and costs less than a built query.
    of_client = ProviderApp._meta.get_field("client_secret").decrypt
    of_webhooks = ProviderApp._meta.get_field("webhook_secrets").decrypt
    found: dict[str, tuple[str, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SECRETS, [provider])
        for environment, client_secret, secrets in cursor.fetchall():
            own = tuple(of_webhooks(secrets))
            found[environment] = own or (of_client(client_secret),)
    for environment in Environment.values:
        if fixed := settings.PROVIDER_APPS.get(f"{provider}.{environment}"):
            found[environment] = tuple(fixed.get("webhook_secrets") or ()) or (fixed["client_secret"],)
    return found


def required_app(provider: str, environment: str) -> App:
    """The same, for a call that needs it; Misconfigured when there is none."""
    found = provider_app(provider, environment)
    if found is None:
        raise Misconfigured(
            f"Aucune application n’est inscrite pour {connectors.get(provider).label} "
            f"({Environment(environment).label}). Inscrivez son identifiant et son secret dans Paramètres, sous "
            "Applications, puis recommencez.",
            code="no_app",
        )
    return found.app


def redirect_uri(provider: str) -> str:
    """The address that the provider sends people back to: one per provider, to be registered there to the letter."""
    return settings.SITE_URL + reverse("integrations:oauth_callback", args=[provider])


def check_provider_apps(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check the shape of PROVIDER_APPS, without repeating what it holds."""
    apps = settings.PROVIDER_APPS
    if not isinstance(apps, Mapping):
        return [Error("PROVIDER_APPS must be a JSON object.", id="integrations.E001")]
    return [
        Error(f"PROVIDER_APPS: {name!r} {fault}.", id="integrations.E001")
        for name, app in apps.items()
        if (fault := _fault(str(name), app))
    ]


def _fault(name: str, app: Any) -> str:
    slug, _, environment = name.partition(".")
    if slug not in connectors.REGISTRY or environment not in Environment.values:
        return "is not <provider>.<production|test|simulator>"
    if not isinstance(app, Mapping):
        return "must hold client_id and client_secret"
    secrets = app.get("webhook_secrets") or []
    if not all(isinstance(app.get(key), str) and app[key] for key in ("client_id", "client_secret")):
        return "must hold client_id and client_secret"
    if not isinstance(secrets, list) or not all(isinstance(secret, str) and secret for secret in secrets):
        return "has webhook_secrets that are not a list of texts"
    return ""
