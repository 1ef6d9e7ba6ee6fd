"""How fast, and how much a day, one connection may ask of its provider: shared by every process."""

from __future__ import annotations

from django.db import models

from integrations.models.connection import Integration


class RateBucket(models.Model):
    """The rhythm of one integration. Written by compare-and-swap on `version`; all instants are the database's.

    free_at: when the next request that nobody has reserved yet may leave (None: nothing was ever asked); closed_until:
    the provider asked everybody to wait; spent: requests reserved in each hour ("2026-11-25T23" UTC → number) of the
    last day; told_left, told_at: what the provider last said that is left of the day, less what was reserved since.
    """

    integration = models.OneToOneField(Integration, models.CASCADE, primary_key=True, related_name="rate_bucket")
    version = models.PositiveBigIntegerField(default=0)
    free_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)
    spent = models.JSONField(default=dict)
    told_left = models.IntegerField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "rythme des demandes"
        verbose_name_plural = "rythmes des demandes"

    def __str__(self) -> str:
        return f"Rythme de {self.integration_id}"
