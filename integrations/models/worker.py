"""The worker of each machine: who leads it and when it last gave a sign of life."""

from django.db import models


class WorkerHost(models.Model):
    """One row per machine; `manage.py worker` holds it by a lease, so that two never run side by side."""

    host = models.CharField(max_length=200, primary_key=True)
    owner = models.CharField(max_length=60, blank=True)
    pid = models.PositiveIntegerField(null=True)
    pid_started = models.FloatField(null=True)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField("dernier signe de vie", null=True)
    restarts = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "processus de travail"
        verbose_name_plural = "processus de travail"

    def __str__(self) -> str:
        return self.host
