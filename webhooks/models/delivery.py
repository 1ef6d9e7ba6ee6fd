"""The queue of deliveries, which is also their log, and what was answered to each attempt."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from integrations.core.ids import uuid7
from integrations.records.models import Event
from webhooks.models.endpoint import Endpoint


class PendingEvent(models.Model):
    """An event whose deliveries do not exist yet: written in the event's own transaction, so that one which commits
    late is seen late, and never skipped. The row goes in the transaction that writes the deliveries."""

    event_id = models.UUIDField(primary_key=True)

    class Meta:
        verbose_name = "événement à distribuer"
        verbose_name_plural = "événements à distribuer"

    def __str__(self) -> str:
        return str(self.event_id)


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", "En attente"
    DELIVERED = "delivered", "Livrée"
    FAILED = "failed", "Échouée"


class Delivery(models.Model):
    """One event for one endpoint: queue row and log.

    While pending, it is due at `next_at`. A claim moves `next_at` to the end of its lease and writes `lease_owner`: if
    the sender dies, the row is due again by itself. `tries` counts the attempts since the delivery was last asked for
    (`asked_at`), `attempts` all of them.
    """

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries", verbose_name="destinataire")
    event = models.ForeignKey(Event, models.CASCADE, related_name="+", verbose_name="événement")
    event_type = models.CharField("type", max_length=60)
    status = models.CharField("état", max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    next_at = models.DateTimeField("prochaine tentative", null=True, blank=True, db_default=Now())
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    tries = models.PositiveIntegerField("essais", default=0)
    attempts = models.PositiveIntegerField("tentatives", default=0)
    last_code = models.PositiveSmallIntegerField("dernier code", null=True, blank=True)
    last_error = models.CharField("dernière erreur", max_length=300, blank=True, default="")
    asked_at = models.DateTimeField("demandée le", db_default=Now())
    created_at = models.DateTimeField("créée le", db_default=Now())
    finished_at = models.DateTimeField("terminée le", null=True, blank=True)

    class Meta:
        verbose_name = "livraison"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_per_event_and_endpoint")
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status="pending"), name="delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="delivery_endpoint"),
            models.Index(fields=["status", "-id"], name="delivery_status"),
            models.Index(fields=["created_at"], name="delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} → {self.endpoint_id}"

    @property
    def is_open(self) -> bool:
        """Whether it will be tried (again) by itself."""
        return self.status == DeliveryStatus.PENDING

    @property
    def in_flight(self) -> bool:
        """Whether a sender holds it."""
        return self.is_open and bool(self.lease_owner)


class Attempt(models.Model):
    """One POST and what came back. `status_code` is None when no answer came; `error` says why it does not count."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    number = models.PositiveIntegerField("numéro")
    started_at = models.DateTimeField("moment")
    duration_ms = models.PositiveIntegerField("durée")
    status_code = models.PositiveSmallIntegerField("code", null=True, blank=True)
    error = models.CharField("erreur", max_length=300, blank=True, default="")
    response_headers = models.JSONField("en-têtes reçus", default=dict, blank=True)
    response_body = models.TextField("réponse", blank=True, default="")
    truncated = models.BooleanField("réponse tronquée", default=False)

    class Meta:
        verbose_name = "tentative"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} n° {self.number}"


class Replay(models.Model):
    """A request to send again what an endpoint missed since a moment; done in slices, resumable after each.

    `cursor_at` and `cursor_id` name the last event looked at.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="replays")
    since = models.DateTimeField("depuis")
    until = models.DateTimeField("jusqu’à")
    with_delivered = models.BooleanField("celles déjà livrées aussi", default=False)
    cursor_at = models.DateTimeField(null=True, blank=True)
    cursor_id = models.UUIDField(null=True, blank=True)
    queued = models.PositiveIntegerField("remises en file", default=0)
    requested_by = models.CharField("demandé par", max_length=254)
    created_at = models.DateTimeField("demandé le", auto_now_add=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "reprise"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} depuis {self.since:%Y-%m-%d %H:%M}"
