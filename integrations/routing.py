"""From changed records to the integrations that are to hear of them: one row per record and resource, written in the
transaction that changes the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from connectors.base.resource import Resource
from integrations.models import (
    Direction,
    FieldMapping,
    Integration,
    LinkState,
    MappingDirection,
    PushOperation,
    PushStatus,
    RecordLink,
)
from integrations.records.kinds import KINDS
from integrations.records.models import RecordHistory
from integrations.records.services import Applied, Origin

CREATE_OR_UPDATE = frozenset({"create", "update", "upsert"})


_unheard: ContextVar[bool] = ContextVar("unheard", default=False)


@dataclass(frozen=True)
class Wish:
    """A record that an integration is to look at for one of its resources."""

    integration_id: UUID
    resource: str
    kind: str
    record_id: UUID


def note_changes(sender: Any, changes: Sequence[Applied], origin: Origin, **_: Any) -> None:
    """Receiver of `records_changed`: a constant number of queries per call (one when no integration sends)."""
    if _unheard.get():
        return
    listening = [i for i in senders() if origin.code != f"integration:{i.pk}"]
    if not listening:
        return
    kinds = {change.kind for change in changes}
    outbound = _outbound_fields(listening, kinds)
    wishes = [
        Wish(integration.pk, resource.name, change.kind, change.id)
        for integration in listening
        for resource in writable(integration)
        for change in changes
        if change.kind == resource.record and _concerns(change, outbound.get((integration.pk, resource.name), set()))
    ]
    ask(wishes)


def senders() -> QuerySet[Integration]:
    """The integrations that send changes of the platform."""
    return Integration.objects.live().filter(direction__in=[Direction.OUT, Direction.BOTH])


@contextmanager
def unheard(known: bool) -> Iterator[None]:
    """Within, nobody is asked who wants to hear of changes, when it is known in this transaction that nobody does."""
    token = _unheard.set(known)
    try:
        yield
    finally:
        _unheard.reset(token)


def writable(integration: Integration) -> list[Resource]:
    """The resources that the platform writes: of several that hold one kind, the first takes new records."""
    return [r for r in integration.connector.resources if r.capabilities & CREATE_OR_UPDATE]


def _outbound_fields(listening: Iterable[Integration], kinds: set[str]) -> dict[tuple[UUID, str], set[str]]:
    fields: dict[tuple[UUID, str], set[str]] = {}
    rows = FieldMapping.objects.filter(integration__in=[i.pk for i in listening]).exclude(direction=MappingDirection.IN)
    for integration_id, resource, local in rows.values_list("integration_id", "resource", "local_field"):
        kind, _, name = local.partition(".")
        if kind in kinds:
            fields.setdefault((integration_id, resource), set()).add(name)
    return fields


def _concerns(change: Applied, fields: set[str]) -> bool:
    if change.action in ("created", "archived", "restored"):
        return bool(fields)
    # A status that the provider only tells may still ask for an act there (void).
    return (bool(fields) and not fields.isdisjoint(change.changed)) or "status" in change.changed


def ask_missing(integration: Integration) -> None:
    """Note every live record that has no object at the provider and that nobody has looked at yet."""
    seen_kinds: set[str] = set()
    for resource in writable(integration):
        if resource.record in seen_kinds or "create" not in resource.capabilities:
            continue
        seen_kinds.add(resource.record)
        mine = {"integration": integration, "record_kind": resource.record, "record_id": OuterRef("pk")}
        linked = RecordLink.objects.filter(**mine).exclude(state=LinkState.ARCHIVED)
        looked_at = PushOperation.objects.filter(**mine, resource=resource.name)
        rows = KINDS[resource.record].model.objects.filter(~Exists(linked), ~Exists(looked_at), archived_at=None)
        ask([Wish(integration.pk, resource.name, resource.record, key) for key in rows.values_list("pk", flat=True)])


def ask_changed(integration: Integration) -> None:
    """Note every linked record that somebody else changed since this integration last did: nobody listened then."""
    elsewhere = RecordHistory.objects.filter(
        kind=OuterRef("record_kind"), record_id=OuterRef("record_id"), at__gte=OuterRef("synced_at")
    ).exclude(origin=f"integration:{integration.pk}")
    live = RecordLink.objects.filter(integration=integration, state=LinkState.LIVE)
    for resource in writable(integration):
        mine = live.filter(resource=resource.name, record_kind=resource.record)
        keys = mine.filter(Exists(elsewhere)).values_list("record_id", flat=True)
        ask([Wish(integration.pk, resource.name, resource.record, key) for key in keys])


def ask(wishes: Sequence[Wish], *, needed: bool = False) -> None:
    """Note that these records are to be looked at; two statements, none for nothing.

    needed: they are created even where new objects are not wanted, as something else refers to them.
    A write under way keeps its request: it learns from `wanted` that there is more.
    """
    if not wishes:
        return
    by_resource: dict[tuple[UUID, str, str], list[UUID]] = {}
    for wish in wishes:
        by_resource.setdefault((wish.integration_id, wish.resource, wish.kind), []).append(wish.record_id)
    concerned = Q(pk__in=[])
    for (integration_id, resource, kind), ids in by_resource.items():
        concerned |= Q(integration_id=integration_id, resource=resource, record_kind=kind, record_id__in=ids)
    PushOperation.objects.filter(concerned).update(
        wanted=F("wanted") + 1,
        status=Case(When(status=PushStatus.SENDING, then=F("status")), default=Value(PushStatus.PENDING)),
        **({"needed": True} if needed else {}),
    )
    PushOperation.objects.bulk_create(
        [
            PushOperation(
                integration_id=w.integration_id,
                resource=w.resource,
                record_kind=w.kind,
                record_id=w.record_id,
                needed=needed,
            )
            for w in wishes
        ],
        ignore_conflicts=True,
    )
