"""Our applications at the providers, and the consents that are under way."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.core.fields import SecretJSONField, SecretTextField
from integrations.core.ids import uuid7
from integrations.models.connection import Environment, Integration


class ProviderApp(models.Model):
    """Our application as registered at one provider for one environment. Read through `oauth.apps.provider_app`, since
    the environment's PROVIDER_APPS goes before the row."""

    provider = models.CharField("fournisseur", max_length=40)
    environment = models.CharField("environnement", max_length=12, choices=Environment)
    client_id = models.CharField("identifiant client", max_length=255)
    client_secret = SecretTextField("secret client")
    webhook_secrets = SecretJSONField("secrets de webhook", default=list)
    updated_at = models.DateTimeField("modifiée le", auto_now=True)

    class Meta:
        verbose_name = "application"
        constraints = [
            models.UniqueConstraint(fields=["provider", "environment"], name="one_app_per_provider_environment")
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.get_environment_display()})"


class OAuthAttempt(models.Model):
    """One trip to a provider's consent page. Only the hash of its state is kept; it serves once, for the same person in
    the same session, and for ten minutes. `integration`: the one to reconnect, None when a new one is being made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=12, choices=Environment)
    name = models.CharField(max_length=120)
    config = models.JSONField(default=dict)
    integration = models.ForeignKey(Integration, models.CASCADE, null=True, related_name="+")
    code_verifier = SecretTextField(null=True)
    tokens = SecretJSONField(null=True)
    accounts = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "demande de consentement"
        verbose_name_plural = "demandes de consentement"

    def __str__(self) -> str:
        return f"{self.provider} ({self.get_environment_display()})"
