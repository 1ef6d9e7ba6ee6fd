"""Walks every secret column of every app: which keys are in use, and re-encryption under the first one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.functions import Cast, Left, StrIndex, Substr

from . import keys
from .fields import SecretField

BATCH = 200


@dataclass
class Rotation:
    """Outcome for one column, in rows."""

    column: str
    rewritten: int = 0
    changed_meanwhile: int = 0
    unreadable: int = 0


def secret_columns(using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[type[models.Model], Any]]:
    """Yield (model, field) for every secret column that the database has: migrations may still be to come."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            fields = [field for field in model._meta.local_concrete_fields if isinstance(field, SecretField)]
            if not fields or model._meta.db_table not in tables:
                continue
            description = connection.introspection.get_table_description(cursor, model._meta.db_table)
            present = {column.name for column in description}
            yield from ((model, field) for field in fields if field.column in present)


def _stored(model: type[models.Model], field: Any, using: str) -> models.QuerySet[Any]:
    """Return the rows with a value, annotated with what the column really holds (`stored`).

    A bare QuerySet: a model's own managers may hide rows or refuse writes.
    """
    rows: models.QuerySet[Any] = models.QuerySet(model, using=using)
    return (
        rows.filter(**{f"{field.name}__isnull": False})
        .order_by()
        .annotate(stored=Cast(models.F(field.name), models.TextField()))
    )


def key_ids_in_use(model: type[models.Model], field: Any, using: str = DEFAULT_DB_ALIAS) -> set[str]:
    """Return the key ids that the rows of a column were written with."""
    after_version = Substr("stored", len(keys.VERSION) + 2)
    rows = _stored(model, field, using).annotate(rest=after_version, dot=StrIndex(after_version, models.Value(".")))
    found = rows.filter(dot__gt=1).values_list(Left("rest", models.F("dot") - 1), flat=True).distinct()
    return set(found)


def missing_key_ids(using: str = DEFAULT_DB_ALIAS) -> dict[str, list[str]]:
    """Return {key id that rows still use and the ring lacks: ["table.column", …]}."""
    known = set(keys.ring().ids)
    missing: dict[str, list[str]] = {}
    for model, field in secret_columns(using):
        for key_id in sorted(key_ids_in_use(model, field, using) - known):
            missing.setdefault(key_id, []).append(field.bound_to)
    return missing


def rotate(model: type[models.Model], field: Any, *, using: str = DEFAULT_DB_ALIAS, batch: int = BATCH) -> Rotation:
    """Re-encrypt the rows of a column that the first key did not write.

    Each batch is one short transaction, so that an interrupted run loses at most one and the next run goes on. A row
    is replaced only if it still holds what was read: a value written meanwhile is newer and stays.
    """
    outcome = Rotation(field.bound_to)
    current = keys.prefix(keys.ring().writing_id)
    waiting = _stored(model, field, using).annotate(start=Left("stored", len(current))).exclude(start=current)
    last = None
    while True:
        rows = waiting if last is None else waiting.filter(pk__gt=last)
        found = list(rows.order_by("pk").values_list("pk", "stored")[:batch])
        if not found:
            return outcome
        with transaction.atomic(using=using):
            for pk, stored in found:
                try:
                    value = field.decrypt(stored)
                except keys.DecryptionError:
                    outcome.unreadable += 1
                    continue
                if _stored(model, field, using).filter(pk=pk, stored=stored).update(**{field.attname: value}):
                    outcome.rewritten += 1
                else:
                    outcome.changed_meanwhile += 1
        last = found[-1][0]
