"""First meeting: which record of the platform a remote object without a link already is.

Only where the integration goes both ways. By the resource's `match` fields in their order, and only when exactly one
record and one remote object carry the value; two candidates are left to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from integrations.models import Integration, LinkState, RecordLink
from integrations.sync.mapping import CompiledResource
from integrations.sync.plan import Failure, Item


@dataclass
class Matches:
    """Remote id → record id, and the objects that could be several records."""

    found: dict[str, UUID] = field(default_factory=dict)
    ambiguous: list[Failure] = field(default_factory=list)

    @property
    def record_ids(self) -> list[UUID]:
        """The matched records, to lock."""
        return list(self.found.values())

    def locked(self, kind: str, records: Mapping[tuple[str, UUID], Any]) -> dict[str, Any]:
        """Remote id → locked record."""
        return {remote_id: records[kind, key] for remote_id, key in self.found.items() if (kind, key) in records}


def find(integration: Integration, compiled: CompiledResource, items: Sequence[Item]) -> Matches:
    """Look for the records that these unlinked objects are; one query."""
    matches = Matches()
    names = [n for n in compiled.resource.match if n in compiled.mapping.by_name]
    if not names or not (integration.sends and integration.receives):
        return matches
    wanted = {name: _values(items, name) for name in names}
    candidates = _candidates(integration, compiled, wanted)
    taken: set[UUID] = set()
    for name in names:
        mine = _by_value(candidates, name)
        for value, carriers in wanted[name].items():
            left = [item for item in carriers if item.remote_id not in matches.found]
            records = [key for key in mine.get(value, []) if key not in taken]
            if len(left) == 1 and len(records) == 1:
                matches.found[left[0].remote_id] = records[0]
                taken.add(records[0])
            elif left and records and len(records) > 1:
                matches.ambiguous += [_ambiguous(item, compiled, name, len(records)) for item in left]
    refused = {failure.remote_id for failure in matches.ambiguous} - matches.found.keys()
    matches.ambiguous = list({f.remote_id: f for f in matches.ambiguous if f.remote_id in refused}.values())
    return matches


def _key(value: Any) -> str:
    return str(value or "").strip().casefold()


def _values(items: Sequence[Item], name: str) -> dict[str, list[Item]]:
    by_value: dict[str, list[Item]] = {}
    for item in items:
        if key := _key(item.raw_values[name]):
            by_value.setdefault(key, []).append(item)
    return by_value


def _candidates(
    integration: Integration, compiled: CompiledResource, wanted: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    kind = compiled.mapping.kind
    linked = RecordLink.objects.filter(
        integration=integration, record_kind=kind.slug, record_id=OuterRef("pk"), state=LinkState.LIVE
    )
    present = {name: list(values) for name, values in wanted.items() if values}
    if not present:
        return []
    rows = kind.model.objects.filter(~Exists(linked), archived_at=None)
    rows = rows.annotate(**{f"lower_{name}": Lower(name) for name in present})
    carries = reduce(or_, (Q(**{f"lower_{name}__in": values}) for name, values in present.items()))
    return list(rows.filter(carries).order_by("pk").values("pk", *wanted))


def _by_value(candidates: Sequence[Mapping[str, Any]], name: str) -> dict[str, list[UUID]]:
    by_value: dict[str, list[UUID]] = {}
    for row in candidates:
        if key := _key(row[name]):
            by_value.setdefault(key, []).append(row["pk"])
    return by_value


def _ambiguous(item: Item, compiled: CompiledResource, name: str, count: int) -> Failure:
    label = compiled.mapping.kind.fields[name].label
    return item.failure(
        "ambiguous",
        f"{count} enregistrements de la plateforme ont la même valeur pour « {label} » que cet objet : impossible de "
        "savoir lequel c’est. Fusionnez-les ou changez cette valeur sur l’un d’eux, puis réessayez.",
        name,
    )
