"""What is to be written at a provider, what waits for a person, and the provider's own lists."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.core.fields import SecretTextField
from integrations.core.ids import uuid7
from integrations.models.approval import Approval
from integrations.models.connection import Integration
from integrations.models.mapping import RecordLink
from integrations.models.sync import SyncJob


class PushStatus(models.TextChoices):
    PENDING = "pending", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    DONE = "done", "Envoyé"
    REJECTED = "rejected", "Refusé"
    HELD = "held", "À vérifier"


class PushOperation(models.Model):
    """One record that is to be looked at for one resource of one integration, and the write that follows from it.

    Written in the transaction that changes the record. `wanted` rises with every such change and `planned` tells which
    of them the write covers, so that a change during a call is not lost. `needed`: something else that is sent refers
    to the record, so it is created even where new objects are not wanted. `request` is the exact request, committed
    before the call: when its outcome is unknown the same bytes are sent again under the same key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="pushes")
    resource = models.CharField("objet", max_length=60)
    record_kind = models.CharField("type d’enregistrement", max_length=40)
    record_id = models.UUIDField("enregistrement")
    status = models.CharField("état", max_length=10, choices=PushStatus, default=PushStatus.PENDING)
    wanted = models.PositiveIntegerField(default=1)
    planned = models.PositiveIntegerField(default=0)
    needed = models.BooleanField(default=False)
    action = models.CharField("opération", max_length=30, blank=True)
    fields = models.JSONField("champs", default=list)
    request = SecretTextField(null=True)
    sent_values = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=50, blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    attempts = models.PositiveIntegerField("essais", default=0)
    code = models.CharField(max_length=40, blank=True)
    message = models.TextField("raison", blank=True)
    # The approval that the write waits for, or that lets it pass.
    approval = models.ForeignKey(Approval, models.SET_NULL, null=True, blank=True, related_name="pushes")
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "resource", "record_kind", "record_id"], name="one_push_per_record"
            )
        ]
        indexes = [models.Index(fields=["integration", "status"], name="pushes_by_status")]

    def __str__(self) -> str:
        return f"{self.resource} {self.record_id}"


class SentChange(models.Model):
    """One write that a provider took: the other half of a record's history. `changes` is `{field: [old, new]}` in
    canonical JSON, old being what both sides last agreed on; never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(SyncJob, models.CASCADE, related_name="sent", verbose_name="synchronisation")
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="sent")
    resource = models.CharField("objet", max_length=60)
    record_kind = models.CharField("type d’enregistrement", max_length=40)
    record_id = models.UUIDField("enregistrement")
    remote_id = models.CharField("identifiant chez le fournisseur", max_length=255, blank=True)
    action = models.CharField("opération", max_length=30)
    changes = models.JSONField("changements", default=dict)
    at = models.DateTimeField("date")

    class Meta:
        verbose_name = "modification envoyée"
        verbose_name_plural = "modifications envoyées"
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_kind", "record_id"], name="sent_by_record")]

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"


class ConflictState(models.TextChoices):
    OPEN = "open", "À résoudre"
    RESOLVED = "resolved", "Résolu"


class Conflict(models.Model):
    """A field that both sides changed to different values and that waits for a person; the record's rest goes on.

    Values are canonical JSON; `remote_raw` is the provider's own. An amount that the accounting system computed
    otherwise than the platform is a conflict of code "total", for information.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="conflicts")
    link = models.ForeignKey(RecordLink, models.CASCADE, related_name="conflicts")
    record_kind = models.CharField("type d’enregistrement", max_length=40)
    record_id = models.UUIDField("enregistrement")
    field = models.CharField("champ", max_length=100)
    code = models.CharField(max_length=20, default="field")
    base = models.JSONField("valeur commune", null=True)
    local = models.JSONField("valeur de la plateforme", null=True)
    remote = models.JSONField("valeur du fournisseur", null=True)
    remote_raw = models.JSONField(null=True)
    state = models.CharField("état", max_length=10, choices=ConflictState, default=ConflictState.OPEN)
    created_at = models.DateTimeField("depuis")
    resolved_at = models.DateTimeField("résolu le", null=True, blank=True)
    resolution = models.CharField("choix", max_length=20, blank=True)

    class Meta:
        verbose_name = "conflit"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["link", "field"], condition=Q(state="open"), name="one_open_conflict")
        ]

    def __str__(self) -> str:
        return f"{self.field} de {self.record_kind} {self.record_id}"


class RemoteOption(models.Model):
    """One element of a provider's list (account, item, tax code…), kept for account mapping."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="remote_options")
    kind = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=255)
    label = models.CharField("nom", max_length=255)
    data = models.JSONField(default=dict)
    active = models.BooleanField("active", default=True)
    updated_at = models.DateTimeField("lu le")

    class Meta:
        verbose_name = "valeur du fournisseur"
        verbose_name_plural = "valeurs du fournisseur"
        ordering = ["kind", "label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "kind", "remote_id"], name="one_row_per_remote_option")
        ]

    def __str__(self) -> str:
        return self.label


class SlotRule(models.Model):
    """Account mapping: which element of the provider's list fills a slot of a resource.

    Empty criteria match everything; of the rules that match, the one with most criteria counts.
    """

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="slot_rules")
    resource = models.CharField("objet", max_length=60)
    slot = models.CharField("usage", max_length=60)
    division = models.ForeignKey(
        "records.Division", models.CASCADE, null=True, blank=True, related_name="+", verbose_name="division"
    )
    job_type = models.CharField("genre de travail", max_length=60, blank=True)
    local_value = models.CharField("valeur de la plateforme", max_length=100, blank=True)
    remote_id = models.CharField("valeur du fournisseur", max_length=255)

    class Meta:
        verbose_name = "correspondance de compte"
        verbose_name_plural = "correspondances de comptes"
        ordering = ["resource", "slot", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "resource", "slot", "division", "job_type", "local_value"],
                condition=Q(division__isnull=False),
                name="one_rule_per_case",
            ),
            models.UniqueConstraint(
                fields=["integration", "resource", "slot", "job_type", "local_value"],
                condition=Q(division=None),
                name="one_rule_per_case_of_all_divisions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource}.{self.slot} → {self.remote_id}"
