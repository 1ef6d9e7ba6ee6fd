"""Undoing what a synchronisation did: the row is the request, the lease and the report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.core.ids import uuid7
from integrations.models.sync import SyncJob


class RunUndo(models.Model):
    """One request to undo a run. `kinds` narrows it (empty: all); `position` is the last [kind, record id] that was
    looked at, committed with what was done: a killed worker's undoing goes on from there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(SyncJob, models.CASCADE, related_name="undos", verbose_name="synchronisation")
    actor_id = models.CharField(max_length=40, blank=True)
    requested_by = models.CharField("demandée par", max_length=200, blank=True)
    kinds = models.JSONField("types", default=list)
    position = models.JSONField(default=list)
    restored = models.PositiveIntegerField("enregistrements rétablis", default=0)
    archived = models.PositiveIntegerField("enregistrements archivés", default=0)
    left = models.PositiveIntegerField("laissés tels quels", default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField("demandée le", auto_now_add=True)
    finished_at = models.DateTimeField("fin", null=True)

    class Meta:
        verbose_name = "annulation"
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["job"], condition=Q(finished_at=None), name="one_open_undo")]

    def __str__(self) -> str:
        return f"Annulation de {self.job_id}"
