"""The platform's own records: kinds, lists, one record with its twins and its history."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from integrations import selectors
from integrations.core.roles import administrator_required
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.models import Record, RecordHistory
from integrations.views.common import page, paginate

HISTORY_SHOWN = 50
# How the overview gathers the kinds; all of them are here (a test compares).
GROUPS = {
    "Personnes": ("customer", "contact", "division"),
    "Immobilier": ("property", "unit", "tenant"),
    "Ventes et travaux": ("opportunity", "job", "attachment"),
    "Facturation": ("invoice", "payment", "refund", "expense", "financing_application"),
}
ORIGINS = {"user": "Administration", "api": "API", "automation": "Automatisation", "system": "Système"}


def _kind_or_404(slug: str) -> Kind:
    try:
        return KINDS[slug]
    except KeyError:
        raise Http404 from None


@administrator_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every kind with its number of live records."""
    counts = reading.counts()
    groups = {
        label: [{"kind": KINDS[slug], "count": counts[slug]} for slug in slugs] for label, slugs in GROUPS.items()
    }
    return page(request, "records/overview.html", {"groups": groups, "total": sum(counts.values())})


@administrator_required
@require_safe
def listing(request: HttpRequest, kind: str) -> HttpResponse:
    """The records of a kind: `?q=` searches, `?archived=1` shows the archived ones too."""
    found = _kind_or_404(kind)
    search = request.GET.get("q", "").strip()[:200]
    archived = bool(request.GET.get("archived"))
    context = {
        "kind": found,
        # The title comes first, as one column.
        "columns": [found.fields[name] for name in found.columns if name not in found.title_fields],
        "page": paginate(request, reading.listing(found, search, archived=archived)),
        "search": search,
        "archived": archived,
    }
    return page(request, "records/list.html", context, part="results")


@dataclass(frozen=True)
class Row:
    """One field of the record's page and who gave its value."""

    info: FieldInfo
    source: str


@dataclass(frozen=True)
class Entry:
    """One change of the history, its values ready to be read."""

    history: RecordHistory
    who: str
    changes: list[tuple[FieldInfo | None, str, Any, Any]]


@administrator_required
@require_safe
def record(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """One record: fields and their sources, systems that hold it, related records, history."""
    found = _kind_or_404(kind)
    instance = reading.record(found, pk)
    if instance is None:
        raise Http404
    names = selectors.integration_names()
    filled = [info for info in found.scalars if getattr(instance, info.attname) not in (None, "", {})]
    history = list(reading.history(found, pk)[:HISTORY_SHOWN])
    context = {
        "kind": found,
        "record": instance,
        "rows": [Row(info, _source(instance, info.name, names)) for info in filled],
        "empty": [info for info in found.scalars if info not in filled and info.type != "json"],
        "collections": [info for info in found.collections if getattr(instance, info.name).all()],
        "links": selectors.links_of(kind, [pk]),
        "related": reading.related(found, instance),
        "history": [_entry(found, row, names) for row in history],
        "titles": reading.titles(_mentioned(found, history)),
    }
    return page(request, "records/record.html", context)


def _who(origin: str, names: dict[str, str]) -> str:
    """A person's words for an origin code such as "integration:<id>"."""
    kind, _, ident = origin.partition(":")
    return names.get(ident, "Intégration supprimée") if kind == "integration" else ORIGINS.get(kind, "")


def _source(instance: Record, field: str, names: dict[str, str]) -> str:
    """Who gave a field its value, when it was not the platform itself."""
    origin = instance.provenance.get(field, {}).get("by", "")
    return "" if origin == "system" else _who(origin, names)


def _entry(kind: Kind, row: RecordHistory, names: dict[str, str]) -> Entry:
    changes = []
    for name, (old, new) in row.changes.items():
        info = kind.fields.get(name)
        if row.action == "created" and new in (None, "", [], {}):
            continue
        changes.append((info, info.label if info else name, old, new))
    return Entry(row, row.origin_label or _who(row.origin, names), changes)


def _mentioned(kind: Kind, history: list[RecordHistory]) -> dict[str, set[UUID]]:
    """The records that the history refers to, by kind."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for row in history:
        for name, values in row.changes.items():
            info = kind.fields.get(name)
            if info is not None and info.type == "reference" and info.target:
                wanted[info.target].update(UUID(value) for value in values if value)
    return wanted
