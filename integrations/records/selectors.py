"""What pages read about records; each function costs a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Value
from django.db.models.fields import CharField

from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.models import Record, RecordHistory
from integrations.records.search import by_words

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
    rows = rows.filter(by_words(kind, search))
    shown = references(kind.fields[name] for name in kind.columns)
    return rows.select_related(*shown).order_by("-id") if shown else rows.order_by("-id")


def record(kind: Kind, pk: UUID) -> Any | None:
    """One record (archived ones too) with everything that it refers to and its child rows; None when there is none."""
    children = [
        f"{info.name}__{info.attname.removesuffix('_id')}" if info.type == "references" else info.name
        for info in kind.collections
    ]
    rows = kind.model.objects.filter(pk=pk).prefetch_related(*children)
    shown = [path for info in kind.scalars if info.type == "reference" for path in _with_context(info)]
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


def dependents(kind: Kind, ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, UUID]]]:
    """The live records that refer to these, as (kind, id), by field or by line; a query per kind and field that could,
    none for nothing."""
    wanted = list(ids)
    found: dict[UUID, list[tuple[str, UUID]]] = {}
    if not wanted:
        return {}
    for other in KINDS.values():
        for info in other.scalars:
            if info.type == "reference" and info.target == kind.slug:
                rows = other.model.objects.live().filter(**{f"{info.attname}__in": wanted})
                for pk, target in rows.values_list("pk", info.attname):
                    found.setdefault(target, []).append((other.slug, pk))
        for info in other.collections:
            for column in _columns_to(kind, info):
                assert info.model is not None
                rows = info.model.objects.filter(**{f"{column}__in": wanted})
                for pk, target in rows.values_list(info.owner, column):
                    found.setdefault(target, []).append((other.slug, pk))
    return found


def _columns_to(kind: Kind, info: FieldInfo) -> list[str]:
    """The columns of a collection's rows that refer to records of this kind."""
    if info.type == "references":
        return [info.attname] if info.target == kind.slug else []
    return [item.attname for item in info.items if item.type == "reference" and item.target == kind.slug]


def history(kind: Kind, pk: UUID, field: str = "") -> QuerySet[RecordHistory]:
    """The changes of a record, newest first; of one field only where `field` names it."""
    rows = RecordHistory.objects.filter(kind=kind.slug, record_id=pk).order_by("-version")
    return rows.filter(changes__has_key=field) if field else rows


def _with_context(info: FieldInfo) -> list[str]:
    """What to load with a reference so that the full title of what it refers to costs no query."""
    context = KINDS[info.target].model.CONTEXT
    return [info.name, f"{info.name}__{context}"] if context else [info.name]


def by_keys(keys: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], Any]:
    """Records by (kind, id), with what their full titles need; one query per kind."""
    wanted: dict[str, set[UUID]] = {}
    for slug, pk in keys:
        wanted.setdefault(slug, set()).add(pk)
    found: dict[tuple[str, UUID], Any] = {}
    for slug, ids in wanted.items():
        model = KINDS[slug].model
        rows = model.objects.select_related(model.CONTEXT) if model.CONTEXT else model.objects.all()
        found |= {(slug, pk): row for pk, row in rows.in_bulk(ids).items()}
    return found


def divisions() -> dict[str, str]:
    """The names of the live divisions by id as text, by name; one query."""
    rows = KINDS["division"].model.objects.live().order_by("name", "id")
    return {str(row.pk): str(row) for row in rows}


def values_in_use(kind: str, field: str, *, lines: bool = False, most: int = 200) -> list[str]:
    """The different texts that records of a kind (or their lines) have in a field, in order; one query."""
    collection = KINDS[kind].fields["lines"].model if lines else None
    rows: QuerySet[Any] = (collection or KINDS[kind].model).objects.exclude(**{field: ""})
    return list(rows.order_by(field).values_list(field, flat=True).distinct()[:most])


def titles(keys: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """The full titles of records of (kind, id), by id; one query per kind."""
    return {pk: row.full_title for (_, pk), row in by_keys(keys).items()}


def titles_of(values: Iterable[tuple[FieldInfo | None, Any]]) -> dict[UUID, str]:
    """The full titles of the records that values of fields refer to, by id; (field, value), most refer to none."""
    refer = ((info.target, value) for info, value in values if info is not None and info.type == "reference" and value)
    return titles((kind, UUID(str(value))) for kind, value in refer)
