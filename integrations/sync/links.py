"""Which remote object is which record: read and written a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, Q

from integrations import routing
from integrations.models import HeldChange, Integration, LinkState, RecordLink
from integrations.records.writing import columns_of, write_rows

LinkKey = tuple[str, str]
"""(resource, remote id)"""


def _wanted(keys: Iterable[LinkKey]) -> Q:
    by_resource: dict[str, list[str]] = {}
    for resource, remote_id in keys:
        by_resource.setdefault(resource, []).append(remote_id)
    wanted = Q(pk__in=[])
    for resource, remote_ids in sorted(by_resource.items()):
        wanted |= Q(resource=resource, remote_id__in=remote_ids)
    return wanted


def load(integration_id: UUID, keys: set[LinkKey]) -> dict[LinkKey, RecordLink]:
    """The links of these remote objects, whole; one query. Those of an integration that was removed do not count."""
    rows = RecordLink.objects.filter(_wanted(keys), integration_id=integration_id).exclude(state=LinkState.ARCHIVED)
    others = routing.senders().exclude(pk=integration_id)
    waiting = HeldChange.objects.filter(integration_id=integration_id)
    rows = rows.annotate(others_send=Exists(others), some_wait=Exists(waiting))
    return {(link.resource, link.remote_id): link for link in rows}


def nobody_listens(integration_id: UUID, known: Mapping[LinkKey, RecordLink]) -> bool:
    """Whether no other integration sends, as the links that were just loaded say; one query when there are none."""
    first = next(iter(known.values()), None)
    if first is None:
        return not routing.senders().exclude(pk=integration_id).exists()
    return not getattr(first, "others_send", True)


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
    names = [column.attname for column in columns_of(RecordLink)]
    write_rows(RecordLink, [[getattr(link, name) for name in names] for link in links], "replace")
