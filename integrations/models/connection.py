"""One account at one provider, and the secrets that open it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

import connectors
from connectors.base.connector import Connector
from connectors.base.resource import Resource
from integrations.core.fields import SecretJSONField
from integrations.core.ids import uuid7

# Credential.auth_method of an integration that was consented to (connectors.base.connector.AuthMethod.kind).
OAUTH2 = "oauth2"


class Environment(models.TextChoices):
    PRODUCTION = "production", "Production"
    TEST = "test", "Test"
    SIMULATOR = "simulator", "Simulateur"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    ERROR = "error", "Erreur"
    RECONNECT = "reconnect", "Reconnexion requise"


class Direction(models.TextChoices):
    IN = "in", "Vers la plateforme"
    OUT = "out", "Vers le fournisseur"
    BOTH = "both", "Dans les deux sens"


class Frequency(models.TextChoices):
    MANUAL = "manual", "Manuelle"
    REALTIME = "realtime", "Temps réel"
    HOURLY = "hourly", "Toutes les heures"
    DAILY = "daily", "Tous les jours"
    WEEKLY = "weekly", "Toutes les semaines"


class PushFrequency(models.TextChoices):
    """When changes of the platform leave; the hours are the integration's `push_hour` and `push_weekday`."""

    CHANGE = "change", "Dès la modification"
    SYNC = "sync", "Avec chaque synchronisation"
    HOURLY = "hourly", "Toutes les heures"
    DAILY = "daily", "Tous les jours"
    WEEKLY = "weekly", "Toutes les semaines"
    MANUAL = "manual", "À la main seulement"


class ConflictPolicy(models.TextChoices):
    HOLD = "hold", "Attendre une décision"
    PLATFORM = "platform", "La plateforme l’emporte"
    PROVIDER = "provider", "Le fournisseur l’emporte"
    NEWEST = "newest", "La modification la plus récente l’emporte"


class DeletionPolicy(models.TextChoices):
    """What a deletion on one side means for the other."""

    ARCHIVE = "archive", "Archiver la fiche"
    UNLINK = "unlink", "Garder la fiche, défaire le lien"
    RESTORE = "restore", "Rétablir chez le fournisseur"
    ASK = "ask", "Demander"


class Weekday(models.IntegerChoices):
    MONDAY = 0, "lundi"
    TUESDAY = 1, "mardi"
    WEDNESDAY = 2, "mercredi"
    THURSDAY = 3, "jeudi"
    FRIDAY = 4, "vendredi"
    SATURDAY = 5, "samedi"
    SUNDAY = 6, "dimanche"


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def live(self) -> IntegrationQuerySet:
        """Those that were not deleted."""
        return self.filter(deleted_at=None)

    def runnable(self) -> IntegrationQuerySet:
        """Those whose syncs may run: active or in error (an error is retried), never when a reconnection is needed."""
        return self.live().filter(status__in=[Status.ACTIVE, Status.ERROR])


class Integration(models.Model):
    """A connection to one account of one provider, with the options of its synchronisations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField("fournisseur", max_length=40)
    name = models.CharField("nom", max_length=120)
    environment = models.CharField("environnement", max_length=12, choices=Environment)
    account_id = models.CharField("identifiant du compte", max_length=200, blank=True)
    account_name = models.CharField("compte", max_length=200, blank=True)
    # What names the account in the addresses of its pages at the provider (connectors.base.connector.Account).
    site = models.CharField("adresse du compte", max_length=200, blank=True, default="", db_default="")
    config = models.JSONField("réglages de connexion", default=dict, blank=True)

    status = models.CharField("état", max_length=12, choices=Status, default=Status.ACTIVE)
    status_message = models.TextField("message", blank=True)
    # When the administrators are to be written to about a reconnection; None when nothing is left to tell.
    notice_due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    direction = models.CharField("sens", max_length=8, choices=Direction, default=Direction.IN)
    frequency = models.CharField("fréquence", max_length=12, choices=Frequency, default=Frequency.MANUAL)
    sync_hour = models.PositiveSmallIntegerField("heure", default=3, validators=[MaxValueValidator(23)])
    sync_weekday = models.PositiveSmallIntegerField("jour", choices=Weekday, default=Weekday.MONDAY)
    next_sync_at = models.DateTimeField("prochaine synchronisation", null=True, blank=True, db_index=True)
    conflict_policy = models.CharField(
        "en cas de conflit", max_length=10, choices=ConflictPolicy, default=ConflictPolicy.HOLD
    )
    # Resource name → policy, for the objects that do not follow the integration's own.
    object_policies = models.JSONField("en cas de conflit, par objet", default=dict, blank=True)
    deletion_policy = models.CharField(
        "en cas de suppression", max_length=10, choices=DeletionPolicy, default=DeletionPolicy.ARCHIVE
    )
    # Resource name → policy, for the objects that do not follow the integration's own.
    deletion_policies = models.JSONField("en cas de suppression, par objet", default=dict, blank=True)
    newest_tolerance = models.PositiveSmallIntegerField(
        "tolérance entre les horloges (s)", default=60, validators=[MaxValueValidator(3600)]
    )
    create_missing = models.BooleanField("créer les manquants", default=False)
    push_frequency = models.CharField(
        "envoi des modifications", max_length=12, choices=PushFrequency, default=PushFrequency.CHANGE
    )
    push_hour = models.PositiveSmallIntegerField("heure d’envoi", default=3, validators=[MaxValueValidator(23)])
    push_weekday = models.PositiveSmallIntegerField("jour d’envoi", choices=Weekday, default=Weekday.MONDAY)
    next_push_at = models.DateTimeField("prochain envoi", null=True, blank=True, db_index=True)
    push_divisions = models.ManyToManyField(
        "records.Division", blank=True, related_name="+", verbose_name="divisions envoyées"
    )
    include_deleted = models.BooleanField("suivre les suppressions", default=True)
    date_from = models.DateField("documents à partir du", null=True, blank=True)
    date_to = models.DateField("documents jusqu’au", null=True, blank=True)
    # Nothing dated on or before the later of the two is written at the provider.
    lock_date = models.DateField("date de verrouillage", null=True, blank=True)
    provider_lock_date = models.DateField("date de verrouillage du fournisseur", null=True, blank=True)
    provider_lock_read_at = models.DateTimeField(null=True, blank=True)
    filters = models.JSONField("filtres", default=dict, blank=True)
    batch_size = models.PositiveIntegerField(
        "enregistrements par page", default=100, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    max_retries = models.PositiveSmallIntegerField("nouveaux essais", default=5, validators=[MaxValueValidator(20)])
    retry_delay_ms = models.PositiveIntegerField(
        "délai avant un nouvel essai (ms)",
        default=1000,
        validators=[MinValueValidator(100), MaxValueValidator(600_000)],
    )
    backoff_multiplier = models.DecimalField(
        "multiplicateur du délai",
        max_digits=4,
        decimal_places=2,
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    timeout_seconds = models.PositiveSmallIntegerField(
        "délai maximal d’une requête (s)", default=30, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    default_division = models.ForeignKey(
        "records.Division", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="division par défaut"
    )

    webhooks_enabled = models.BooleanField("webhooks activés", default=False)

    # None: each synchronisation takes some records of each object only, for a person to look at.
    released_at = models.DateTimeField("libérée le", null=True, blank=True, default=timezone.now)
    last_sync_at = models.DateTimeField("dernière synchronisation", null=True, blank=True)
    created_at = models.DateTimeField("ajoutée le", auto_now_add=True)
    deleted_at = models.DateTimeField("supprimée le", null=True, blank=True)

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        verbose_name = "intégration"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "environment", "account_id"],
                condition=Q(deleted_at=None) & ~Q(account_id=""),
                name="one_live_integration_per_account",
                violation_error_message="Ce compte est déjà relié à une autre intégration.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def connector(self) -> type[Connector]:
        """The provider's declaration."""
        return connectors.get(self.provider)

    @property
    def sends(self) -> bool:
        """Whether changes of the platform go to the provider."""
        return self.direction in (Direction.OUT, Direction.BOTH)

    @property
    def receives(self) -> bool:
        """Whether changes at the provider come to the platform."""
        return self.direction in (Direction.IN, Direction.BOTH)

    @property
    def is_trial(self) -> bool:
        """Whether a person has yet to look at the first records before all of them are taken."""
        return self.released_at is None

    def deletion_policy_of(self, resource: str) -> str:
        """What a deletion of this object means."""
        return str(self.deletion_policies.get(resource) or self.deletion_policy)

    @property
    def sends_apart(self) -> bool:
        """Whether changes leave at hours of their own, and not with a scheduled synchronisation."""
        return self.push_frequency not in (PushFrequency.CHANGE, PushFrequency.SYNC)

    def filters_of(self, resource: Resource) -> dict[str, str]:
        """What a pull of this resource is narrowed to: its own filters, and the period where the provider can."""
        period = {"date_from": self.date_from, "date_to": self.date_to}
        dates = {name: day.isoformat() for name, day in period.items() if day and name in resource.filters}
        own = {n: v for n, v in self.filters.get(resource.name, {}).items() if v and n in resource.filters}
        return own | dates

    def in_period(self, day: date | None) -> bool:
        """Whether a document of this day is synchronised; one without a date always is."""
        if day is None:
            return True
        return (self.date_from is None or day >= self.date_from) and (self.date_to is None or day <= self.date_to)

    @property
    def locked_until(self) -> date | None:
        """The last day of the books that are closed, None when none are."""
        return max((day for day in (self.lock_date, self.provider_lock_date) if day), default=None)

    def retry_wait(self, tries: int, asked: float | None = None) -> float:
        """Seconds until the next try after `tries` vain repetitions, or longer where the provider asks for it."""
        return max(self.retry_delay_ms / 1000 * float(self.backoff_multiplier) ** tries, asked or 0.0)

    @property
    def is_connected(self) -> bool:
        """Whether secrets are stored (they go at a disconnection)."""
        return hasattr(self, "credential")

    @property
    def can_sync(self) -> bool:
        """Whether a synchronisation may be asked for."""
        return self.status in (Status.ACTIVE, Status.ERROR) and self.is_connected


class Credential(models.Model):
    """The secrets of one integration; deleted when it is disconnected."""

    integration = models.OneToOneField(Integration, models.CASCADE, primary_key=True, related_name="credential")
    auth_method = models.CharField("mode d’authentification", max_length=30)
    secrets = SecretJSONField()
    # Rises whenever the secrets are replaced; the lease says who renews them now (see oauth.tokens).
    version = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        verbose_name = "accès"
        verbose_name_plural = "accès"

    def __str__(self) -> str:
        return f"Accès de {self.integration_id}"

    def values(self) -> dict[str, Any]:
        """The decrypted secrets by field name."""
        return dict(self.secrets)
