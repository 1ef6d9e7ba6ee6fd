"""What pages read about records; each function costs a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.fields import CharField

from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.models import Record, RecordHistory

RELATED_SHOWN = 5


def counts() -> dict[str, int]:
    """Live records by kind; one query."""
    parts = [
        kind.model.objects.live()
        .order_by()
        .annotate(kind_slug=Value(slug, output_field=CharField()))
        .values("kind_slug")
        .annotate(n=Count("pk"))
        .values_list("kind_slug", "n")
        for slug, kind in KINDS.items()
    ]
    return dict.fromkeys(KINDS, 0) | dict(parts[0].union(*parts[1:], all=True))


def references(infos: Iterable[FieldInfo]) -> list[str]:
    """The fields that refer to one other record."""
    return [info.name for info in infos if info.type == "reference"]


def listing(kind: Kind, search: str = "", *, archived: bool = False) -> QuerySet[Any]:
    """Records of a kind, newest first, with what the list columns refer to; every word must be found somewhere."""
    rows = kind.model.objects.all() if archived else kind.model.objects.live()
    for word in search.split()[:6]:
        found = Q()
        for name in kind.search:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    shown = references(kind.fields[name] for name in kind.columns)
    return rows.select_related(*shown).order_by("-id") if shown else rows.order_by("-id")


def record(kind: Kind, pk: UUID) -> Any | None:
    """One record (archived ones too) with everything that it refers to and its child rows; None when there is none."""
    children = [
        f"{info.name}__{info.attname.removesuffix('_id')}" if info.type == "references" else info.name
        for info in kind.collections
    ]
    rows = kind.model.objects.filter(pk=pk).prefetch_related(*children)
    shown = references(kind.scalars)
    return (rows.select_related(*shown) if shown else rows).first()


@dataclass(frozen=True)
class Related:
    """Records of another kind that refer to one record."""

    kind: Kind
    label: str
    total: int
    rows: list[Any]


def related(kind: Kind, instance: Record) -> list[Related]:
    """What refers to this record, by kind and field, with the newest few; two queries per kind and field that do."""
    found = []
    for other in KINDS.values():
        for info in other.scalars:
            if info.type != "reference" or info.target != kind.slug or info.name == "division":
                continue
            rows = other.model.objects.live().filter(**{info.attname: instance.pk}).order_by("-id")
            total = rows.count()
            if total:
                found.append(Related(other, info.label, total, list(rows[:RELATED_SHOWN])))
    return found


def history(kind: Kind, pk: UUID) -> QuerySet[RecordHistory]:
    """The changes of a record, newest first."""
    return RecordHistory.objects.filter(kind=kind.slug, record_id=pk).order_by("-version")


def titles(wanted: Mapping[str, Iterable[UUID]]) -> dict[UUID, str]:
    """The titles of records by id; one query per kind."""
    return {
        pk: str(row) for slug, ids in wanted.items() for pk, row in KINDS[slug].model.objects.in_bulk(list(ids)).items()
    }
