"""What happened: one history row per changed record, and the events that tell others (the outbox)."""

from django.db import models

from integrations.core.ids import uuid7
from integrations.records.models.base import Guarded


class RecordHistory(Guarded):
    """One change of one record. `changes` is `{field: [old, new]}` in canonical JSON; never edited."""

    kind = models.CharField("type", max_length=40)
    record_id = models.UUIDField("enregistrement")
    version = models.PositiveIntegerField("version")
    action = models.CharField(
        "action",
        max_length=10,
        choices=[
            ("created", "Création"),
            ("updated", "Modification"),
            ("archived", "Archivage"),
            ("restored", "Restauration"),
        ],
    )
    changes = models.JSONField("changements")
    origin = models.CharField("origine", max_length=100)
    origin_label = models.CharField("nom de l’origine", max_length=200, blank=True)
    job_id = models.UUIDField("synchronisation", null=True, blank=True, db_index=True)
    at = models.DateTimeField("date", db_index=True)

    class Meta(Guarded.Meta):
        verbose_name = "changement"
        verbose_name_plural = "historique"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "record_id", "version"], name="history_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} v{self.version}"


class Event(Guarded):
    """Something that happened, named by the catalogue of `records.events`, written with the change itself."""

    id = models.UUIDField("identifiant", primary_key=True, default=uuid7, editable=False)
    type = models.CharField("événement", max_length=60)
    kind = models.CharField("type d’enregistrement", max_length=40, blank=True)
    record_id = models.UUIDField("enregistrement", null=True, blank=True)
    payload = models.JSONField("contenu")
    origin = models.CharField("origine", max_length=100)
    occurred_at = models.DateTimeField("survenu le", db_index=True)

    class Meta(Guarded.Meta):
        verbose_name = "événement"
        verbose_name_plural = "événements"
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["kind", "record_id"], name="event_record"),
            models.Index(fields=["type", "occurred_at"], name="event_type_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
