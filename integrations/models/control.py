"""What holds for every integration at once."""

from django.db import models


class EmergencyStop(models.Model):
    """The one row (id 1) that says whether everything is stopped: no run advances and no provider is called."""

    stopped_at = models.DateTimeField("arrêté le", null=True)
    stopped_by = models.CharField("arrêté par", max_length=254, blank=True)

    class Meta:
        verbose_name = "arrêt d’urgence"
        verbose_name_plural = "arrêts d’urgence"

    def __str__(self) -> str:
        return "Arrêt d’urgence"
