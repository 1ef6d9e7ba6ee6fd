"""One INSERT for any number of rows, with one JSON parameter: the cost of a batch is its data, not its length.

Django's bulk_create prepares every value of every row in Python and falls back to one placeholder per value for
upserts; one JSON array is several times cheaper in Python, and the statement is the same for 1 row and for 1,000.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, connection, models

Mode = Literal["insert", "replace", "newer"]

# Bounds the memory of one statement; a page of a sync is far below.
ROWS_PER_STATEMENT = 5_000


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the columns that a written row lists, in order (the database numbers BigAuto keys itself)."""
    return [column for column in model._meta.concrete_fields if not isinstance(column, models.AutoField)]


@lru_cache
def attnames_of(model: type[models.Model]) -> list[str]:
    """Return the instance attributes that hold those columns."""
    return [column.attname for column in columns_of(model)]


def write_rows(model: type[models.Model], rows: Sequence[Sequence[Any]], mode: Mode = "insert") -> None:
    """Write rows whose values stand in the order of `columns_of(model)`.

    "insert" fails on an existing id, "replace" overwrites it, "newer" overwrites it only with a higher version.
    Raises IntegrityError when the database refuses a row, or when "newer" met a row that is not older.
    """
    sql = _statement(connection.vendor, model, mode)
    encode = _encode_postgresql if connection.vendor == "postgresql" else _encode_sqlite
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        part = rows[start : start + ROWS_PER_STATEMENT]
        with connection.cursor() as cursor:
            cursor.execute(sql, [json.dumps(part, default=encode, ensure_ascii=False, separators=(",", ":"))])
            if cursor.rowcount != len(part):
                late = len(part) - cursor.rowcount
                raise IntegrityError(f"{late} row(s) of {model._meta.db_table} exist with the same or a later version")


def delete_rows(model: type[models.Model], ids: Sequence[UUID]) -> None:
    """Delete rows by id, past the guard of their model."""
    models.QuerySet(model).filter(pk__in=ids).delete()


@lru_cache
def _statement(vendor: str, model: type[models.Model], mode: Mode) -> str:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = columns_of(model)
    names = [quote(str(column.column)) for column in columns]
    if vendor == "postgresql":
        picked = ", ".join(_pick_postgresql(position, column) for position, column in enumerate(columns))
        source = "FROM jsonb_array_elements(%s::jsonb) AS given(v)"
    else:
        picked = ", ".join(f"json_extract(given.value, '$[{position}]')" for position in range(len(columns)))
        # SQLite needs the WHERE to tell ON CONFLICT from a join condition.
        source = "FROM json_each(%s) AS given WHERE true"
    sql = f"INSERT INTO {table} ({', '.join(names)}) SELECT {picked} {source}"
    if mode != "insert":
        key = quote(str(model._meta.pk.column))
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in names if name != key)
        sql += f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    if mode == "newer":
        version = quote("version")
        sql += f" WHERE {table}.{version} < EXCLUDED.{version}"
    return sql


def _pick_postgresql(position: int, column: models.Field[Any, Any]) -> str:
    if isinstance(column, models.JSONField):
        return f"nullif(v->{position}, 'null'::jsonb)"
    if isinstance(column, models.CharField | models.TextField):
        # No cast: a cast to varchar(n) would cut what is too long in silence.
        return f"v->>{position}"
    if isinstance(column, models.DecimalField):
        return f"(v->>{position})::numeric"
    return f"(v->>{position})::{column.rel_db_type(connection) if column.is_relation else column.db_type(connection)}"


def _encode_postgresql(value: Any) -> str:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no column to go to")


def _encode_sqlite(value: Any) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return _encode_postgresql(value)
