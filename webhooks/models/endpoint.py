"""An address of another system that receives events."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from integrations.core.fields import SecretJSONField, SecretTextField
from integrations.core.ids import uuid7


class DisabledReason(models.TextChoices):
    NONE = "", "—"
    MANUAL = "manual", "Désactivé par l’administration"
    GONE = "gone", "Le destinataire a répondu 410 : cette adresse n’existe plus"
    FAILING = "failing", "Aucune livraison n’a réussi depuis cinq jours"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def live(self) -> EndpointQuerySet:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)

    def active(self) -> EndpointQuerySet:
        """Those that events are sent to."""
        return self.live().filter(active=True)


class Endpoint(models.Model):
    """An address that receives events; deleted ones stay for their log.

    `old_secret` signs beside `secret` until `old_secret_until`. `failing_since` is the first failure after the last
    success. `slow_retry`: after the last quick retry, go on more slowly for three days.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField("adresse", max_length=500)
    description = models.CharField("description", max_length=200, blank=True)
    secret = SecretTextField("secret")
    old_secret = SecretTextField("ancien secret", null=True, blank=True)
    old_secret_until = models.DateTimeField("ancien secret valable jusqu’au", null=True, blank=True)
    all_events = models.BooleanField("tous les événements", default=False)
    event_types = models.JSONField("événements", default=list, blank=True)
    headers = SecretJSONField("en-têtes", default=dict, blank=True)

    max_retries = models.PositiveSmallIntegerField("nouveaux essais", default=5, validators=[MaxValueValidator(20)])
    delay_ms = models.PositiveIntegerField(
        "délai avant un nouvel essai (ms)",
        default=1000,
        validators=[MinValueValidator(100), MaxValueValidator(600_000)],
    )
    multiplier = models.DecimalField(
        "multiplicateur du délai",
        max_digits=4,
        decimal_places=2,
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    timeout_seconds = models.PositiveSmallIntegerField(
        "délai maximal d’une tentative (s)", default=15, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    slow_retry = models.BooleanField("poursuivre plus lentement", default=False)

    active = models.BooleanField("actif", default=True)
    disabled_reason = models.CharField("raison", max_length=10, choices=DisabledReason, blank=True)
    disabled_at = models.DateTimeField("désactivé le", null=True, blank=True)
    failing_since = models.DateTimeField("en échec depuis", null=True, blank=True)
    # When the administrators are to be written to; None when nothing is left to tell.
    notice_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField("ajouté le", auto_now_add=True)
    deleted_at = models.DateTimeField("supprimé le", null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "point de terminaison"
        verbose_name_plural = "points de terminaison"
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.url

    def wants(self, event_type: str) -> bool:
        """Whether it is subscribed to this type."""
        return self.all_events or event_type in self.event_types

    def old_secret_lives(self, at: datetime | None = None) -> bool:
        """Whether the secret before the rotation still signs."""
        return bool(self.old_secret and self.old_secret_until and self.old_secret_until > (at or timezone.now()))

    def live_secrets(self, at: datetime | None = None) -> list[str]:
        """The secrets that sign now, the newest first."""
        old = self.old_secret if self.old_secret_lives(at) else None
        return [self.secret, old] if old else [self.secret]

    @property
    def state(self) -> str:
        """One word for pages: active, failing, inactive."""
        if not self.active:
            return "inactive"
        return "failing" if self.failing_since else "active"
