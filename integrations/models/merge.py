"""Records that turned out to be another one."""

from django.db import models

from integrations.core.ids import uuid7


class RecordMerge(models.Model):
    """One record that was merged into another: it is archived, and whatever still speaks of it means the survivor."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("type d’enregistrement", max_length=40)
    loser_id = models.UUIDField("enregistrement fusionné")
    survivor_id = models.UUIDField("enregistrement conservé", db_index=True)
    merged_by = models.CharField("fusionné par", max_length=254, blank=True)
    merged_at = models.DateTimeField("fusionné le", db_index=True)

    class Meta:
        verbose_name = "fusion"
        ordering = ["-merged_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "loser_id"], name="merged_once")]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.survivor_id}"
