"""A model with secret columns of its own, and a look behind the fields' back."""

from django.apps.registry import Apps
from django.db import connection, models

from integrations.core.fields import SecretJSONField, SecretTextField

K1 = "k1:" + "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
K2 = "k2:" + "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


class Vault(models.Model):
    """Two text columns (to swap), one JSON column."""

    label = models.CharField(max_length=20, default="")
    token = SecretTextField(null=True, blank=True)
    other = SecretTextField(null=True)
    data = SecretJSONField(null=True)

    objects: "models.Manager[Vault]" = models.Manager()

    class Meta:
        apps = Apps()  # a registry of its own: no migration is missing because of the tests
        app_label = "vaults"

    def __str__(self) -> str:
        return self.label


def stored(row: Vault, column: str) -> str | None:
    """What the database holds, as it is."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {Vault._meta.db_table} WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def store(row: Vault, column: str, value: str | None) -> None:
    """Write a column behind the field's back."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Vault._meta.db_table} SET {column} = %s WHERE id = %s", [value, row.pk])
