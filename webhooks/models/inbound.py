"""Calls of providers: what asks for them, what came, what each asks to look at, and what was refused."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from integrations.core.fields import SecretJSONField, SecretTextField
from integrations.core.ids import uuid7
from integrations.models import Integration


class SubscriptionState(models.TextChoices):
    OFF = "off", "Désactivés"
    PENDING = "pending", "Abonnement en cours"
    ACTIVE = "active", "Actifs"
    FAILED = "failed", "Abonnement impossible"


class InboundSubscription(models.Model):
    """How a provider is to call us for one integration. Whether it may: `Integration.webhooks_enabled`.

    `key`: the random part of the address; it is looked up by `key_hash` (inbound.keys). `secrets`: every secret that
    may sign, the newest first, each {"secret": text, "until": ISO 8601 or "" while it has no end}. `remote_ids`,
    `data` and `expires_at` are connectors.base.webhooks.Subscription, `renew_at` when to see to it next.
    """

    integration = models.OneToOneField(Integration, models.CASCADE, related_name="inbound", verbose_name="intégration")
    key = SecretTextField("clé de l’adresse")
    key_hash = models.CharField(max_length=64, unique=True)
    secrets = SecretJSONField("secrets", default=list)
    remote_ids = models.JSONField("numéros chez le fournisseur", default=list, blank=True)
    data = models.JSONField("données du fournisseur", default=dict, blank=True)
    expires_at = models.DateTimeField("expire le", null=True, blank=True)
    renew_at = models.DateTimeField("à renouveler le", null=True, blank=True, db_index=True)
    state = models.CharField("état", max_length=10, choices=SubscriptionState, default=SubscriptionState.OFF)
    message = models.CharField("message", max_length=500, blank=True, default="")
    attempts = models.PositiveIntegerField("tentatives", default=0)
    # Whether the next step is to subscribe anew under the newest secret; whether a reconnection switches it on again.
    rotate = models.BooleanField(default=False)
    resume = models.BooleanField(default=False)
    # When the administrators are to be written to about abandoned events, silence or re-used keys (inbound.alarms);
    # None when there is nothing to tell.
    notice_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    silent_count = models.PositiveIntegerField("changements non annoncés", default=0)
    silent_at = models.DateTimeField("dernier changement non annoncé", null=True, blank=True)
    active_since = models.DateTimeField("actifs depuis", null=True, blank=True)
    last_call_at = models.DateTimeField("dernier appel", null=True, blank=True)
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        verbose_name = "abonnement aux webhooks"
        verbose_name_plural = "abonnements aux webhooks"

    def __str__(self) -> str:
        return f"Webhooks de {self.integration_id}"

    def live_secrets(self, at: datetime | None = None) -> list[str]:
        """The secrets that may sign now, the newest first."""
        now = at or timezone.now()
        return [
            each["secret"] for each in self.secrets if not each["until"] or datetime.fromisoformat(each["until"]) > now
        ]


class UnannouncedChange(models.Model):
    """A change that a pull found; kept until it is known whether a call announced it."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    resource = models.CharField("objet", max_length=60)
    remote_id = models.CharField("numéro de l’objet", max_length=255)
    seen_at = models.DateTimeField("vu le", db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "changement à vérifier"
        verbose_name_plural = "changements à vérifier"

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"


class InboundRequest(models.Model):
    """An authentic call as it came, secrets in it masked. Stored in the transaction that stores its events."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField("fournisseur", max_length=40)
    integration = models.ForeignKey(
        Integration,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="intégration",
    )
    received_at = models.DateTimeField("reçu le", db_default=Now(), db_index=True)
    path = models.CharField("adresse appelée", max_length=200)
    content_type = models.CharField("type de contenu", max_length=200, blank=True)
    headers = models.JSONField("en-têtes", default=dict, blank=True)
    body = models.BinaryField("contenu")
    size = models.PositiveIntegerField("taille")

    class Meta:
        verbose_name = "appel reçu"
        verbose_name_plural = "appels reçus"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"


class InboundStatus(models.TextChoices):
    PENDING = "pending", "À traiter"
    DONE = "done", "Traité"
    IGNORED = "ignored", "Sans suite"
    WAITING = "waiting", "En attente de reconnexion"
    DEAD = "dead", "Abandonné"


class InboundEvent(models.Model):
    """One object that a call asks to look at: queue row and log.

    While pending, it is due at `next_at`; a claim moves `next_at` to the end of its lease and writes `lease_owner`.
    `dedupe_key`: the provider's, under the integration that it concerns (no other one can use it up), so that a
    repetition is known; `body_digest`: what the repetition must say. `merged_into`: the id of the object that this one
    became, "" where it was not merged. `handshake_code`: set for a call by which the
    provider checks our address (its `kind` is HANDSHAKE). `code` and `message`: why it is not done.
    """

    HANDSHAKE = "handshake"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(InboundRequest, models.CASCADE, related_name="events", verbose_name="appel")
    provider = models.CharField("fournisseur", max_length=40)
    integration = models.ForeignKey(
        Integration,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="inbound_events",
        db_index=False,
        verbose_name="intégration",
    )
    account = models.CharField("compte", max_length=200, blank=True)
    resource = models.CharField("objet", max_length=60, blank=True)
    remote_id = models.CharField("numéro de l’objet", max_length=200, blank=True)
    kind = models.CharField("événement", max_length=120, blank=True)
    deleted = models.BooleanField("suppression", default=False)
    happened_at = models.DateTimeField("survenu le", null=True, blank=True)
    version = models.CharField("version", max_length=120, blank=True)
    merged_into = models.CharField("fusionné dans", max_length=200, blank=True, default="", db_default="")
    dedupe_key = models.CharField("clé d’unicité", max_length=240)
    body_digest = models.CharField("empreinte", max_length=64)
    handshake_code = SecretTextField("code de vérification", null=True, blank=True)
    status = models.CharField("état", max_length=10, choices=InboundStatus, default=InboundStatus.PENDING)
    attempts = models.PositiveIntegerField("tentatives", default=0)
    next_at = models.DateTimeField("prochaine tentative", null=True, blank=True)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    code = models.CharField("code", max_length=60, blank=True, default="")
    message = models.TextField("message", blank=True, default="")
    received_at = models.DateTimeField("reçu le", db_default=Now())
    processed_at = models.DateTimeField("traité le", null=True, blank=True)

    class Meta:
        verbose_name = "événement reçu"
        verbose_name_plural = "événements reçus"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["provider", "dedupe_key"], name="one_inbound_event_per_key")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status="pending"), name="inbound_due"),
            models.Index(fields=["integration", "-id"], name="inbound_integration"),
            models.Index(fields=["status", "-id"], name="inbound_status", condition=~Q(status="done")),
            models.Index(fields=["received_at"], name="inbound_received"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.resource} {self.remote_id}"

    @property
    def is_open(self) -> bool:
        """Whether it will be looked at (again) by itself."""
        return self.status == InboundStatus.PENDING

    @property
    def in_flight(self) -> bool:
        """Whether a worker holds it."""
        return self.is_open and bool(self.lease_owner)


class RefusedCall(models.Model):
    """How many calls were refused for a reason in a day; nothing that a stranger sends makes a row of its own.

    `reason`: a code of inbound.refusals. `provider` is empty for an address that names none.
    """

    provider = models.CharField("fournisseur", max_length=40, blank=True)
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="intégration"
    )
    reason = models.CharField("raison", max_length=30)
    day = models.DateField("jour", db_index=True)
    count = models.PositiveBigIntegerField("appels", default=0)
    last_at = models.DateTimeField("dernier appel", db_default=Now())

    class Meta:
        verbose_name = "appels refusés"
        verbose_name_plural = "appels refusés"
        ordering = ["-day", "provider", "reason"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "integration", "reason", "day"],
                condition=Q(integration__isnull=False),
                name="one_refusal_count_per_integration",
            ),
            models.UniqueConstraint(
                fields=["provider", "reason", "day"],
                condition=Q(integration__isnull=True),
                name="one_refusal_count_per_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.provider} {self.reason}"


class RefusedSample(models.Model):
    """One refused call, for a person to see what is wrong: its headers (masked, cut), never its body. The last ones
    of a provider only."""

    provider = models.CharField("fournisseur", max_length=40, blank=True)
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="intégration"
    )
    reason = models.CharField("raison", max_length=30)
    at = models.DateTimeField("reçu le", db_default=Now())
    address = models.GenericIPAddressField("adresse IP", null=True, blank=True)
    path = models.CharField("adresse appelée", max_length=200)
    content_type = models.CharField("type de contenu", max_length=200, blank=True)
    size = models.PositiveBigIntegerField("taille annoncée", null=True, blank=True)
    headers = models.JSONField("en-têtes", default=dict, blank=True)

    class Meta:
        verbose_name = "exemple d’appel refusé"
        verbose_name_plural = "exemples d’appels refusés"
        ordering = ["-id"]
        indexes = [models.Index(fields=["provider", "-id"], name="refused_sample_provider")]

    def __str__(self) -> str:
        return f"{self.provider} {self.reason} {self.at:%Y-%m-%d %H:%M}"
