"""What the tests of the records share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from integrations.records.changes import Applied, Change, Origin
from integrations.records.services import apply

USER = Origin("user", "7", label="Zoé Tremblay")
SYNC = Origin("integration", "42", label="Immeubles du Nord")
ADDRESS = {
    "line1": "1, rue Principale",
    "line2": "",
    "city": "Québec",
    "province": "QC",
    "postal_code": "G1R 2J6",
    "country": "CA",
}


def create(kind: str, origin: Origin = USER, **values: Any) -> Any:
    """Create one record and return it."""
    return change(kind, None, "create", origin, **values).record


def update(record: Any, origin: Origin = USER, **values: Any) -> Applied:
    """Change one record."""
    return change(type(record).__name__.lower(), record.pk, "update", origin, **values)


def change(kind: str, key: Any, action: Any, origin: Origin = USER, **values: Any) -> Applied:
    """Put one change through the door."""
    (applied,) = apply([Change(kind, key, action, values)], origin)
    return applied


class Statement(str):
    """The text of a statement, with its parameters."""

    params: Any


OTHERS = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM|SELECT .* FROM) "(integrations|webhooks)_', re.DOTALL)


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """Collect the SQL of the records' own tables in a block; higher layers that listen count theirs themselves."""
    seen: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        statement = Statement(sql)
        statement.params = params
        if not OTHERS.search(sql):
            seen.append(statement)
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        yield seen


@pytest.fixture
def customer(db: None) -> Any:
    return create("customer", name="Garage Ste-Foy", email="info@garage.example.com")
