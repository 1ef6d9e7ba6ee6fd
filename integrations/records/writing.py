"""One INSERT for any number of rows, with one JSON parameter: the cost of a batch is its data, not its length.

Django's bulk_create prepares every value of every row in Python and falls back to one placeholder per value for
upserts; one JSON array is several times cheaper in Python, and the statement is the same for 1 row and for 1,000.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, models
from django.db.models.base import ModelState

from integrations.core.fields import SecretField
from integrations.records import fastjson
from integrations.records.values import to_json

M = TypeVar("M", bound=models.Model)
Mode = Literal["insert", "replace", "newer"]

# Bounds the memory of one statement; a page of a sync is far below.
ROWS_PER_STATEMENT = 5_000


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the columns that a written row lists, in order (the database numbers BigAuto keys itself)."""
    return [column for column in model._meta.concrete_fields if not isinstance(column, models.AutoField)]


@lru_cache
def _picker(model: type[models.Model]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    attnames = [column.attname for column in columns_of(model)]
    pick = itemgetter(*attnames)
    return pick if len(attnames) > 1 else lambda values: (pick(values),)


def new_instance(model: type[M], values: Mapping[str, Any]) -> M:
    """Return an instance that holds these values (attribute → value, all columns) as if it had just been read.

    It does what `Model.from_db` does, but for the constructor's loop over columns and its signals, which nobody hears:
    they would cost a first pull a tenth of its time.
    """
    instance = model.__new__(model)
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, "default"
    instance.__dict__.update(values)
    return instance


def row_of(instance: models.Model) -> Sequence[Any]:
    """Return an instance's column values in the order that write_rows() wants."""
    return _picker(type(instance))(instance.__dict__)


def write_rows(model: type[models.Model], rows: Sequence[Sequence[Any]], mode: Mode = "insert") -> None:
    """Write rows whose values stand in the order of `columns_of(model)`; JSON columns take canonical values.

    "insert" fails on an existing id, "replace" overwrites it, "newer" overwrites it only with a higher version.
    Raises IntegrityError when the database refuses a row, or when "newer" met a row that is not older.
    """
    sql = _statement(connection.vendor, model, mode)
    pipeline = _pipeline.get()
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        part = rows[start : start + ROWS_PER_STATEMENT]
        if pipeline is not None:
            pipeline.send(sql, _encode(columns_of(model), part), model, len(part))
            continue
        with connection.cursor() as cursor:
            cursor.execute(sql, [_encode(columns_of(model), part)])
            _demand(cursor.rowcount, len(part), model)


def update_rows(model: type[M], names: Sequence[str], instances: Sequence[M]) -> None:
    """Write these columns (attribute names) of rows that exist, and leave all others alone; one statement.

    Raises IntegrityError when one of the rows is not there any more.
    """
    if not instances:
        return
    columns = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    rows = [[_stored(column, each) for column in columns] for each in instances]
    with connection.cursor() as cursor:
        cursor.execute(_update_statement(connection.vendor, model, tuple(columns)), [_encode(columns, rows)])
        _demand(cursor.rowcount, len(rows), model)


def _stored(column: Any, instance: models.Model) -> Any:
    """A value for JSON; a secret as the database keeps it."""
    value = getattr(instance, column.attname)
    return column.get_db_prep_save(value, connection) if isinstance(column, SecretField) else value


def _demand(written: int, wanted: int, model: type[models.Model]) -> None:
    if written != wanted:
        table = model._meta.db_table
        raise IntegrityError(f"{wanted - written} row(s) of {table} exist with the same or a later version")


class _Pipeline:
    """Statements that are on their way; whoever needs an outcome waits for all of them."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._sent: list[tuple[Any, type[models.Model], int]] = []
        self._sending = False
        self._unheard = False
        """Whether a statement was sent since the last look at the outcomes."""

    def send(self, sql: str, parameter: str, model: type[models.Model], wanted: int) -> None:
        """Send a statement of write_rows; its outcome is looked at in settle()."""
        cursor = _binding_cursor()
        self._sending = self._unheard = True
        try:
            cursor.execute(sql, [parameter])
        finally:
            self._sending = False
        self._sent.append((cursor, model, wanted))

    def after_any(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """An execute wrapper: whoever else runs a statement wants its outcome at once."""
        result = execute(sql, parameters, many, context)
        if not self._sending:
            self._look()
        return result

    def _look(self) -> None:
        self._pipeline.sync()
        self._unheard = False

    def settle(self) -> None:
        """Wait for every outcome; raises what the first statement that failed would have raised."""
        if self._unheard:
            with connection.wrap_database_errors:
                self._look()
        for cursor, model, wanted in self._sent:
            _demand(cursor.rowcount, wanted, model)
            cursor.close()
        self._sent.clear()


def _binding_cursor() -> Any:
    """A cursor that sends parameters beside the statement: a page is long, and as a quoted literal within it would be
    written once more here and read once more there."""
    from django.db.backends.postgresql.base import ServerBindingCursor

    cursor: Any = ServerBindingCursor
    return connection._prepare_cursor(cursor(connection.connection))  # type: ignore[attr-defined]


_pipeline: ContextVar[_Pipeline | None] = ContextVar("pipeline", default=None)


@contextmanager
def pipelined() -> Iterator[None]:
    """Within, and within a transaction, write_rows does not wait for the database: it works on one statement while
    Python prepares the next. What fails raises at the next statement of anybody else, at the latest at the end.

    PostgreSQL only; SQLite works in this very process, so that there is nothing to wait for.
    """
    if connection.vendor != "postgresql" or _pipeline.get() is not None:
        yield
        return
    connection.ensure_connection()
    with ExitStack() as stack:
        stack.enter_context(connection.wrap_database_errors)
        pipeline = _Pipeline(stack.enter_context(connection.connection.pipeline()))
        stack.enter_context(connection.execute_wrapper(pipeline.after_any))
        token = _pipeline.set(pipeline)
        try:
            yield
            pipeline.settle()
        finally:
            _pipeline.reset(token)


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


@lru_cache
def _update_statement(vendor: str, model: type[models.Model], columns: tuple[models.Field[Any, Any], ...]) -> str:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    if vendor == "postgresql":
        key, *picked = [_pick_postgresql(position, column) for position, column in enumerate(columns)]
        source = "jsonb_array_elements(%s::jsonb) AS given(v)"
    else:
        key, *picked = [f"json_extract(given.value, '$[{position}]')" for position in range(len(columns))]
        source = "json_each(%s) AS given"
    names = [quote(str(column.column)) for column in columns]
    updates = ", ".join(f"{name} = {value}" for name, value in zip(names[1:], picked, strict=True))
    return f"UPDATE {table} SET {updates} FROM {source} WHERE {table}.{names[0]} = {key}"  # noqa: S608 - our own names


def _pick_postgresql(position: int, column: models.Field[Any, Any]) -> str:
    if isinstance(column, models.JSONField):
        return f"nullif(v->{position}, 'null'::jsonb)"
    if isinstance(column, models.CharField | models.TextField):
        # No cast: a cast to varchar(n) would cut what is too long in silence.
        return f"v->>{position}"
    if isinstance(column, models.DecimalField):
        return f"(v->>{position})::numeric"
    return f"(v->>{position})::{column.rel_db_type(connection) if column.is_relation else column.db_type(connection)}"


def _encode(columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    if connection.vendor == "postgresql":
        return fastjson.dumps(rows)
    documents = [isinstance(column, models.JSONField) for column in columns]
    given = [
        [to_json(value) if is_document else value for value, is_document in zip(row, documents, strict=True)]
        for row in rows
    ]
    return json.dumps(given, default=_for_sqlite, ensure_ascii=False, separators=(",", ":"))


def _for_sqlite(value: Any) -> str:
    """A value as Django's backend for SQLite stores it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no column to go to")
