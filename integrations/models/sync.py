"""The work to do, how far it is, what went wrong, and what was said over the wire."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from integrations.core.ids import uuid7
from integrations.models.connection import Direction, Integration


class JobStatus(models.TextChoices):
    PENDING = "pending", "En attente"
    RUNNING = "running", "En cours"
    COMPLETED = "completed", "Terminée"
    PARTIAL = "partial", "Terminée avec des erreurs"
    FAILED = "failed", "Échouée"
    CANCELLED = "cancelled", "Annulée"


OPEN_STATUSES = [JobStatus.PENDING, JobStatus.RUNNING]


class Trigger(models.TextChoices):
    MANUAL = "manual", "Manuelle"
    SCHEDULE = "schedule", "Planifiée"
    CHANGE = "change", "Après une modification"
    PUSH = "push", "Envoi planifié"
    WEBHOOK = "webhook", "Signalée par le fournisseur"
    COMMAND = "command", "Ligne de commande"


class SyncJob(models.Model):
    """One synchronisation of one integration: the row is the queue, the lock and the report.

    A worker holds it by `lease_owner` and `lease_until`; `fencing` rises at every claim and each checkpoint carries it,
    so that a worker that lost its lease can no longer write.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="jobs")
    trigger = models.CharField("déclenchement", max_length=10, choices=Trigger, default=Trigger.MANUAL)
    requested_by = models.CharField("demandée par", max_length=200, blank=True)
    status = models.CharField("état", max_length=10, choices=JobStatus, default=JobStatus.PENDING)
    full = models.BooleanField("complète", default=False)
    dry_run = models.BooleanField("aperçu", default=False)
    # Of a preview: the direction that it looks at, which « Appliquer » gives to the integration; empty: as it is.
    direction = models.CharField("sens", max_length=8, choices=Direction, blank=True)
    report = models.JSONField("rapport", default=dict, blank=True)
    resources = models.JSONField("objets", default=list, blank=True)
    done = models.JSONField("objets terminés", default=list, blank=True)
    positions = models.JSONField("positions de lecture", default=dict, blank=True)

    processed = models.PositiveIntegerField("traités", default=0)
    created = models.PositiveIntegerField("créés", default=0)
    updated = models.PositiveIntegerField("modifiés", default=0)
    archived = models.PositiveIntegerField("archivés", default=0)
    skipped = models.PositiveIntegerField("ignorés", default=0)
    failed = models.PositiveIntegerField("en erreur", default=0)
    pushed = models.PositiveIntegerField("envoyés", default=0)
    push_failed = models.PositiveIntegerField("envois refusés", default=0)
    retries = models.PositiveIntegerField("nouveaux essais", default=0)
    pages = models.PositiveIntegerField("pages", default=0)
    by_resource = models.JSONField("par objet", default=dict, blank=True)

    attempt = models.PositiveIntegerField("essai", default=0)
    not_before = models.DateTimeField("pas avant", null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField("annulation demandée", default=False)

    created_at = models.DateTimeField("demandée le", auto_now_add=True)
    started_at = models.DateTimeField("début", null=True, blank=True)
    finished_at = models.DateTimeField("fin", null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField("erreur", blank=True)

    class Meta:
        verbose_name = "synchronisation"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration"], condition=Q(status__in=["pending", "running"]), name="one_open_job"
            )
        ]
        indexes = [
            models.Index(fields=["integration", "-created_at"], name="jobs_of_integration"),
            models.Index(fields=["created_at"], name="jobs_by_time"),
        ]

    def __str__(self) -> str:
        return f"Synchronisation {self.id}"

    @property
    def succeeded(self) -> int:
        """Records written without error."""
        return self.taken_in + self.pushed

    @property
    def taken_in(self) -> int:
        """Objects of the provider that changed something here."""
        return self.created + self.updated + self.archived

    @property
    def handled(self) -> int:
        """Objects that were read and records that were sent, also in vain."""
        return self.processed + self.pushed + self.push_failed

    @property
    def would_send(self) -> bool:
        """Whether the direction that a preview looks at goes to the provider."""
        return (self.direction or self.integration.direction) in (Direction.OUT, Direction.BOTH)

    @property
    def reads(self) -> bool:
        """Whether it takes in what changed at the provider."""
        return self.trigger not in (Trigger.CHANGE, Trigger.PUSH)

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in OPEN_STATUSES

    @property
    def duration(self) -> timedelta | None:
        """From start to end (or until now, while it runs); None before the start."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at

    @property
    def duration_ms(self) -> int | None:
        """The duration in milliseconds."""
        duration = self.duration
        return None if duration is None else round(duration.total_seconds() * 1000)


class SyncCursor(models.Model):
    """How far one resource of one integration was read: opaque JSON that belongs to the connector."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="cursors")
    resource = models.CharField(max_length=60)
    cursor = models.JSONField(default=dict)
    completed_at = models.DateTimeField("dernière lecture complète", null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "resource"], name="one_cursor_per_resource")]

    def __str__(self) -> str:
        return f"{self.resource}"


class SyncError(models.Model):
    """One remote record that could not be taken in: kept with its payload until it passes."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="errors")
    job = models.ForeignKey(SyncJob, models.SET_NULL, null=True, related_name="errors", verbose_name="synchronisation")
    resource = models.CharField("objet", max_length=60)
    remote_id = models.CharField("identifiant chez le fournisseur", max_length=255)
    code = models.CharField(max_length=40)
    field = models.CharField("champ", max_length=100, blank=True)
    message = models.TextField("raison")
    payload = models.JSONField("contenu reçu")
    attempts = models.PositiveIntegerField("essais", default=1)
    created_at = models.DateTimeField("première fois")
    updated_at = models.DateTimeField("dernière fois")
    resolved_at = models.DateTimeField("réglée le", null=True, blank=True)

    class Meta:
        verbose_name = "erreur de synchronisation"
        verbose_name_plural = "erreurs de synchronisation"
        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "resource", "remote_id"], name="one_error_per_remote_object")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"


class Exchange(models.Model):
    """One request to a provider and its answer, masked; bodies are kept only when something went wrong."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="exchanges")
    job = models.ForeignKey(SyncJob, models.SET_NULL, null=True, related_name="exchanges")
    at = models.DateTimeField("quand")
    method = models.CharField("méthode", max_length=10)
    url = models.TextField("adresse")
    status = models.PositiveSmallIntegerField("code", null=True)
    duration_ms = models.PositiveIntegerField("durée (ms)")
    attempt = models.PositiveSmallIntegerField("essai", default=1)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.TextField("erreur", blank=True)

    class Meta:
        verbose_name = "échange"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["integration", "-at"], name="exchanges_of_integration")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
