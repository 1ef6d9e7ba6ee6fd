"""The platform's own records: kinds, lists, one record with its twins and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from integrations import selectors
from integrations.core.roles import administrator_required
from integrations.records import search as searching
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.models import Record
from integrations.views import histories
from integrations.views.common import is_fragment, page, paginate

HISTORY_SHOWN = 50
# How the overview gathers the kinds; all of them are here (a test compares).
GROUPS = {
    "Personnes": ("customer", "contact", "division"),
    "Immobilier": ("property", "unit", "tenant"),
    "Ventes et travaux": ("opportunity", "job", "attachment"),
    "Facturation": ("invoice", "payment", "refund", "expense", "financing_application"),
}


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
        "live": is_fragment(request),
    }
    return page(request, "records/list.html", context, part="results")


@administrator_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Records of every kind by name, number, e-mail, phone or identifier at a provider, with their twins."""
    text = request.GET.get("q", "").strip()[:200]
    found = searching.everywhere(text, selectors.ids_by_remote_id(text)) if text else []
    kinds = [group.kind.slug for group in found]
    twins = selectors.twins(kinds, (row.pk for group in found for row in group.rows))
    groups = [(group, [(row, twins.get(row.pk, [])) for row in group.rows]) for group in found]
    return page(request, "records/search.html", {"search": text, "groups": groups}, part="results")


@dataclass(frozen=True)
class Row:
    """One field of the record's page, who gave its value, and when."""

    info: FieldInfo
    source: str
    at: datetime | None


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
    field = request.GET.get("field", "")
    field = field if field in found.fields else ""
    entries = _entries(found, pk, names, field)
    context = {
        "kind": found,
        "record": instance,
        "rows": [Row(info, _source(instance, info.name, names), _since(instance, info.name)) for info in filled],
        "empty": [info for info in found.scalars if info not in filled and info.type != "json"],
        "collections": [info for info in found.collections if getattr(instance, info.name).all()],
        "links": selectors.links_of([kind], [pk]),
        "related": reading.related(found, instance),
        "history": entries,
        "field": found.fields.get(field),
        "survivor": selectors.survivor_of(kind, pk) if instance.archived_at else None,
        "titles": histories.titles_of(change for entry in entries for change in entry.changes),
    }
    return page(request, "records/record.html", context)


def _source(instance: Record, field: str, names: dict[str, str]) -> str:
    """Who gave a field its value, when it was not the platform itself."""
    origin = instance.provenance.get(field, {}).get("by", "")
    return "" if origin == "system" else histories.who_of(origin, names)


def _since(instance: Record, field: str) -> datetime | None:
    """When a field got its value, where that is known."""
    at = instance.provenance.get(field, {}).get("at")
    return parse_datetime(at) if at else None


def _entries(kind: Kind, pk: UUID, names: dict[str, str], field: str) -> list[histories.Entry]:
    """The record's newest changes on both sides, of one field or of all; two queries."""
    here = reading.history(kind, pk, field)[:HISTORY_SHOWN]
    there = selectors.sent_of(kind.slug, pk, field)[:HISTORY_SHOWN]
    entries = [histories.here(row, names, field) for row in here] + [
        histories.there(row, names, field) for row in there
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:HISTORY_SHOWN]
