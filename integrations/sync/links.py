"""Which remote object is which record: read and written a page at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from integrations.models import Integration, LinkState, RecordLink
from integrations.records.writing import columns_of, new_instance, row_of, write_rows

LinkKey = tuple[str, str]
"""(resource, remote id)"""

_ATTNAMES = [column.attname for column in columns_of(RecordLink)]


def _wanted(keys: Iterable[LinkKey]) -> Q:
    by_resource: dict[str, list[str]] = {}
    for resource, remote_id in keys:
        by_resource.setdefault(resource, []).append(remote_id)
    wanted = Q(pk__in=[])
    for resource, remote_ids in sorted(by_resource.items()):
        wanted |= Q(resource=resource, remote_id__in=remote_ids)
    return wanted


@dataclass(frozen=True)
class Known:
    """What the platform knows of some remote objects: their links, and whether there is anybody to tell of them."""

    links: dict[LinkKey, RecordLink]
    others_send: bool
    """Whether another integration sends changes of the platform."""


# One question for links and surroundings, as a page asks it before all else. Written out: through the query set it
# took Python longer than the database, and a fifth of a first pull. `any` is how each database looks into a list.
_LOAD = """
SELECT {columns}, around.others_send, around.some_wait
FROM (
    SELECT
        EXISTS (
            SELECT 1 FROM integrations_integration
            WHERE deleted_at IS NULL AND direction IN ('out', 'both') AND id <> %s
        ) AS others_send,
        EXISTS (SELECT 1 FROM integrations_heldchange WHERE integration_id = %s) AS some_wait
) AS around
LEFT JOIN integrations_recordlink AS link
    ON link.integration_id = %s AND link.state <> 'archived' AND link.resource {any} AND link.remote_id {any}
"""
_ANY = {
    "postgresql": "= ANY (ARRAY(SELECT jsonb_array_elements_text(%s::jsonb)))",
    "sqlite": "IN (SELECT value FROM json_each(%s))",
}


def load(integration_id: UUID, keys: set[LinkKey]) -> dict[LinkKey, RecordLink]:
    """The links of these remote objects, whole; one query. Those of an integration that was removed do not count."""
    return look_up(integration_id, keys).links


def look_up(integration_id: UUID, keys: set[LinkKey]) -> Known:
    """load() and its surroundings, in the same query. Every link tells too whether changes of its integration wait for
    a person (`some_wait`)."""
    mine = integration_id if connection.vendor == "postgresql" else integration_id.hex
    wanted = [json.dumps(sorted(names)) for names in (set(part) for part in zip(*keys, strict=True))] or ["[]", "[]"]
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor), [mine, mine, mine, *wanted])
        rows = cursor.fetchall()
    # One row without a link tells the surroundings where no object is known.
    found = [_link(row) for row in rows if row[0] is not None]
    known = {(link.resource, link.remote_id): link for link in found}
    return Known({key: link for key, link in known.items() if key in keys}, bool(rows[0][-2]))


@cache
def _statement(vendor: str) -> str:
    columns = ", ".join(f"link.{column.column}" for column in columns_of(RecordLink))
    return _LOAD.format(columns=columns, any=_ANY[vendor])


def _link(row: Sequence[Any]) -> RecordLink:
    *values, _, some_wait = row
    for place, expression, converters in _conversions(connection.vendor):
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    link = new_instance(RecordLink, dict(zip(_ATTNAMES, values, strict=True)))
    link.some_wait = bool(some_wait)  # type: ignore[attr-defined]
    return link


@cache
def _conversions(vendor: str) -> list[tuple[int, Any, list[Callable[..., Any]]]]:
    """What Django does to the values that a database of this vendor returns, by their place."""
    found = []
    for place, column in enumerate(columns_of(RecordLink)):
        expression = column.get_col(RecordLink._meta.db_table)
        converters = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
        if converters:
            found.append((place, expression, converters))
    return found


def targets(integration_id: UUID, keys: set[LinkKey]) -> dict[LinkKey, UUID]:
    """The record ids behind these remote objects; one query, none for an empty set."""
    if not keys:
        return {}
    rows = RecordLink.objects.filter(_wanted(keys), integration_id=integration_id).exclude(state=LinkState.ARCHIVED)
    return {(r, i): record_id for r, i, record_id in rows.values_list("resource", "remote_id", "record_id")}


def of_records(integration: Integration, resource: str, kind: str, ids: Iterable[UUID]) -> dict[UUID, RecordLink]:
    """The links of these records at one resource as a write needs them, a live one before a tombstone; one query."""
    mine = {"integration": integration, "resource": resource, "record_kind": kind, "record_id__in": list(ids)}
    rows = RecordLink.objects.filter(**mine).exclude(state__in=[LinkState.ARCHIVED, LinkState.ALIAS, LinkState.CUT])
    # All other states come after "live": read backwards, the live one stays.
    return {link.record_id: link for link in rows.order_by("-state")}


def save(links: list[RecordLink]) -> None:
    """Insert or update these links, in one statement."""
    write_rows(RecordLink, [row_of(link) for link in links], "replace")
