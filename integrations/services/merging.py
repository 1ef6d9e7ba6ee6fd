"""Merging customers that are one and the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.core import audit
from integrations.core.models import User
from integrations.models import PushOperation, RecordLink, RecordMerge
from integrations.records import services as records
from integrations.records.kinds import KINDS, Kind, to_json, value_of
from integrations.services.errors import Refused
from integrations.sync import merging

CUSTOMER = "customer"
WATCHED = timedelta(hours=1)
"""How long after a merge what still comes in under the loser is moved."""


@dataclass(frozen=True)
class Merged:
    """What a merge did."""

    references: int


def merge_customers(
    survivor_id: UUID,
    loser_ids: Sequence[UUID],
    picks: Mapping[str, UUID],
    *,
    versions: Mapping[UUID, int],
    actor: User,
) -> Merged:
    """Make several customers one. It cannot be undone, but the history keeps every value and every reference.

    picks: field → the customer whose value the survivor gets (its own otherwise; divisions are always those of all).
    versions: what the person saw. Refused, with nothing changed, when one of them changed or was merged meanwhile.
    """
    kind = KINDS[CUSTOMER]
    into = dict.fromkeys(loser_ids, survivor_id)
    if not into or survivor_id in into:
        raise Refused("Choisissez au moins deux clients différents, dont un à conserver.")
    with transaction.atomic():
        told = merging.references(kind, into)
        locked = records.lock(_wanted(kind, [survivor_id, *into], told))
        customers = {pk: locked[CUSTOMER, pk] for pk in (survivor_id, *into) if (CUSTOMER, pk) in locked}
        _check(customers, {survivor_id, *into}, versions)
        origin = records.Origin("user", str(actor.pk), label=f"{actor.email} (fusion)")
        picked = records.Change(CUSTOMER, survivor_id, values=_values(kind, survivor_id, customers, picks))
        applied, repointed = merging.carry_out(kind, into, told, locked, origin=origin, by=actor.email, more=[picked])
        _audit(customers[survivor_id], [customers[pk] for pk in into], applied, len(repointed), actor)
    return Merged(len(repointed))


def _wanted(kind: Kind, customers: Sequence[UUID], told: merging.References) -> dict[str, list[UUID]]:
    wanted = told.by_kind
    wanted[kind.slug] = [*wanted.get(kind.slug, []), *customers]
    return wanted


def _check(customers: Mapping[UUID, Any], wanted: set[UUID], versions: Mapping[UUID, int]) -> None:
    if customers.keys() != wanted or any(record.archived_at for record in customers.values()):
        raise Refused("L’un de ces clients est archivé ou a déjà été fusionné. Rechargez la liste des doublons.")
    if any(record.version != versions.get(pk) for pk, record in customers.items()):
        raise Refused("L’un de ces clients a changé entre-temps. Rechargez la page et vérifiez les valeurs.")


def _values(kind: Kind, survivor_id: UUID, customers: Mapping[UUID, Any], picks: Mapping[str, UUID]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, pk in picks.items():
        info = kind.fields.get(name)
        if info is not None and not info.is_collection and pk in customers and pk != survivor_id:
            values[name] = value_of(customers[pk], info)
    return values


def _audit(survivor: Any, losers: list[Any], applied: list[records.Applied], references: int, actor: User) -> None:
    (changed,) = (each.changed for each in applied if each.id == survivor.pk)
    audit.record(
        "customers.merged",
        actor=actor,
        target=survivor,
        before={"merged": [f"{loser} ({loser.pk})" for loser in losers]}
        | {name: to_json(old) for name, (old, _) in changed.items()},
        after={"references": references} | {name: to_json(new) for name, (_, new) in changed.items()},
    )


def settle_merges() -> int:
    """Move what came in under a loser since its merge: a page that had read its links before, the answer to a write
    that was under way. Returns how many records were moved; for each kind four queries and one per referring field."""
    recent = RecordMerge.objects.filter(merged_at__gte=timezone.now() - WATCHED)
    kinds = list(recent.order_by().values_list("kind", flat=True).distinct())
    return sum(_settle(KINDS[slug], recent.filter(kind=slug)) for slug in kinds if slug in KINDS)


def _settle(kind: Kind, recent: QuerySet[RecordMerge]) -> int:
    late = kind.model.objects.filter(pk__in=recent.values("loser_id"), archived_at__isnull=False)
    # One that somebody restored is a record of its own again.
    losers = list(late.values_list("pk", flat=True))
    told = merging.references(kind, losers)
    mine = {"record_kind": kind.slug, "record_id__in": losers}
    strays = RecordLink.objects.filter(**mine).exclude(state="archived").exists()
    if not (told.total or strays or PushOperation.objects.filter(**mine).exclude(status="sending").exists()):
        return 0
    # Older merges too: a survivor of theirs may have been merged since.
    everyone = merging.resolved(RecordMerge.objects.filter(kind=kind.slug))
    into = {loser: everyone[loser] for loser in losers if loser in everyone}
    with transaction.atomic():
        survivors = set(into.values())
        locked = records.lock(_wanted(kind, [*into, *survivors], told))
        repointed = merging.repoint(kind, into, told, locked)
        records.apply(merging.joined(repointed), records.Origin("system", label="Fusion"), locked=locked)
        known = {pk: locked[kind.slug, pk] for pk in survivors if (kind.slug, pk) in locked}
        merging.move(kind, into, known, repointed)
    return len(repointed)
