"""Changes that a run did not dare to make by itself, and what a whole reading has seen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.core.ids import uuid7
from integrations.models.connection import Integration
from integrations.models.sync import SyncJob


class Side(models.TextChoices):
    IN = "in", "Sur la plateforme"
    OUT = "out", "Chez le fournisseur"


class RiskyAction(models.TextChoices):
    DELETE = "delete", "Suppressions"
    CHANGE = "change", "Remplacements"
    REVIVE = "revive", "Fiches archivées ici, modifiées là-bas"


class ApprovalReason(models.TextChoices):
    """Why a person is asked: too many at once, too many to make sure of, or because the integration always asks."""

    MANY = "many", "Changement massif"
    UNSURE = "unsure", "Absences non vérifiées"
    POLICY = "policy", "Demandé par la politique de suppression"


class ApprovalState(models.TextChoices):
    OPEN = "open", "À approuver"
    APPROVED = "approved", "Approuvé, à appliquer"
    REFUSED = "refused", "Refusé"
    DONE = "done", "Appliqué"


class Approval(models.Model):
    """Changes of one sort, of one object, that wait for a person: the `held` ones come in, the `pushes` go out.

    `linked` and `limit`: how many records were linked when it was opened, and how many changes would have passed.
    `total`: how many were decided on. Whoever approves lets the next run apply exactly these.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="approvals")
    resource = models.CharField("objet", max_length=60)
    side = models.CharField("côté", max_length=3, choices=Side)
    action = models.CharField("changement", max_length=8, choices=RiskyAction)
    reason = models.CharField("raison", max_length=8, choices=ApprovalReason, default=ApprovalReason.MANY)
    state = models.CharField("état", max_length=10, choices=ApprovalState, default=ApprovalState.OPEN)
    linked = models.PositiveIntegerField("liés", default=0)
    limit = models.PositiveIntegerField("seuil", default=0)
    total = models.PositiveIntegerField("changements", default=0)
    # When the administrators are to be written to; None when nothing is left to tell.
    notice_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField("demandée le", auto_now_add=True)
    decided_at = models.DateTimeField("décidée le", null=True, blank=True)
    decided_by = models.CharField("décidée par", max_length=254, blank=True)

    class Meta:
        verbose_name = "approbation"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "resource", "side", "action"],
                condition=Q(state="open"),
                name="one_open_approval",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} de {self.resource}"


class ApprovalRun(models.Model):
    """What one run set aside under an approval (`held`), and how much of the same sort it had done before (`applied`).
    Without a job: what webhooks asked for."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="runs")
    job = models.ForeignKey(SyncJob, models.CASCADE, null=True, related_name="set_aside")
    held = models.PositiveIntegerField("mis de côté", default=0)
    applied = models.PositiveIntegerField("déjà faits", default=0)

    class Meta:
        verbose_name = "changements mis de côté par une synchronisation"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "job"], name="one_count_per_approval_and_run"),
            models.UniqueConstraint(
                fields=["approval"], condition=Q(job=None), name="one_count_per_approval_for_webhooks"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval_id} {self.job_id}"


class HeldChange(models.Model):
    """One remote object whose change waits: the object as it was read (`payload`, empty when it is gone).

    `confirm`: its absence was only concluded, so the provider is asked before it is believed. Of a refused approval
    such a row stays until the object is seen again: as long as it is there, nobody is asked anew. `changes` is
    `{field: [old, new]}` in canonical JSON.
    """

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="held")
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    resource = models.CharField("objet", max_length=60)
    remote_id = models.CharField("identifiant chez le fournisseur", max_length=255)
    record_kind = models.CharField("type d’enregistrement", max_length=40)
    record_id = models.UUIDField("enregistrement")
    payload = models.JSONField("contenu reçu", default=dict)
    changes = models.JSONField("changements", default=dict)
    confirm = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "changement en attente"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "resource", "remote_id"], name="one_held_change_per_remote_object"
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"


class SeenPage(models.Model):
    """The remote ids of one page of a whole reading, which a job is: what it did not see may be gone.

    Written in the transaction of its page. `readable`: whether every object of it could be told by its id.
    """

    job = models.ForeignKey(SyncJob, models.CASCADE, related_name="seen_pages")
    resource = models.CharField(max_length=60)
    remote_ids = models.JSONField(default=list)
    readable = models.BooleanField(default=True)
    began_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["job", "resource"], name="seen_by_job")]

    def __str__(self) -> str:
        return f"{self.resource}"


class GuardMark(models.Model):
    """One remote object with a risky change of the sort `name` that came by webhook, and when it last had one; `held`:
    it was set aside. The id follows from the other columns. One mark without name and object stands for all of its
    integration and resource: whoever counts writes it first, and so holds it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # The index by time begins with it.
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+", db_index=False)
    resource = models.CharField(max_length=60)
    name = models.CharField(max_length=30)
    remote_id = models.CharField(max_length=255)
    at = models.DateTimeField(db_index=True)
    held = models.BooleanField(default=False)

    class Meta:
        verbose_name = "changement compté"
        indexes = [models.Index(fields=["integration", "resource", "name", "at"], name="marks_by_time")]

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"
