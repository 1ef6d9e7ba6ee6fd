"""Undoing a synchronisation: what would be taken back on both sides, then « Appliquer »."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.models import RunUndo, SyncJob
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS, to_json
from integrations.services import UndoPreview
from integrations.templatetags.lacoste import relative
from integrations.views.common import actor, attempt, page
from integrations.views.histories import ORIGINS, Change, named, titles_of

SHOWN = 100
WRITES = {"create": "Création", "update": "Modification", "act": "Opération", "refused": "Refus"}


@dataclass(frozen=True)
class Line:
    """One record of the preview: what would become of it, or why it stays."""

    record: Any
    label: str
    changes: list[Change]
    sentence: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the preview: its lines, the first of `total`."""

    slug: str
    title: str
    lines: list[Line]
    total: int


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What undoing would do (`kind` narrows it), and the request to do it; live while the worker is at it."""
    job = get_object_or_404(selectors.live_jobs().filter(dry_run=False), pk=pk)
    asked = request.POST if request.method == "POST" else request.GET
    kinds = [slug for slug in asked.getlist("kind") if slug in KINDS]
    if request.method == "POST":
        attempt(request, lambda: services.request_undo(job, kinds, actor=actor(request)), "")
        return redirect("integrations:undo", pk=pk)
    last = RunUndo.objects.filter(job=job).first()
    context: dict[str, Any] = {"job": job, "integration": job.integration, "last": last, "chosen": kinds}
    if job.is_open or (last is not None and last.finished_at is None):
        return page(request, "integrations/undo.html", context, part="live")
    preview = services.preview_undo(job, kinds)
    parts, titles = _parts(job, preview)
    context |= {
        "preview": preview,
        "parts": parts,
        "titles": titles,
        "kinds": [KINDS[name] for name in dict.fromkeys(r.record for r in job.integration.connector.resources)],
    }
    return page(request, "integrations/undo.html", context, part="live")


def _parts(job: SyncJob, preview: UndoPreview) -> tuple[list[Part], Mapping[UUID, str]]:
    found = _records(preview)
    restored = [Line(found.get((each.kind, each.id)), "", _changed(each)) for each in preview.restored[:SHOWN]]
    archived = [Line(found.get((each.kind, each.id)), "", []) for each in preview.archived[:SHOWN]]
    writes = [
        Line(
            found.get((each.kind, each.record_id)),
            f"{WRITES[each.action]} chez {each.integration.name}",
            named(each.kind, each.changes),
            each.sentence,
        )
        for each in preview.writes[:SHOWN]
    ]
    names = selectors.origin_names(each.since.get("by", "") for each in preview.left[:SHOWN])
    left = [
        Line(
            found.get((each.kind, each.record_id)),
            _since(each.since, names),
            named(each.kind, [(each.name, each.now, each.wanted)]) if each.name else [],
            each.reason,
        )
        for each in preview.left[:SHOWN]
    ]
    parts = [
        Part("restored", "Valeurs rétablies sur la plateforme", restored, len(preview.restored)),
        Part("archived", "Enregistrements créés alors, archivés", archived, len(preview.archived)),
        Part("writes", "Écritures chez les fournisseurs", writes, len(preview.writes)),
        Part("left", "Laissés tels quels", left, len(preview.left)),
    ]
    return parts, titles_of(change for line in [*restored, *writes, *left] for change in line.changes)


def _since(since: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Who changed a value after the run, and when; empty when that is not known."""
    at = parse_datetime(since.get("at", ""))
    by = since.get("by", "")
    who = names.get(by) or ORIGINS.get(by.partition(":")[0], "")
    return f"{who}, {relative(at)}" if at and who else ""


def _records(preview: UndoPreview) -> dict[tuple[str, UUID], Any]:
    keys = [(each.kind, each.id) for each in [*preview.restored[:SHOWN], *preview.archived[:SHOWN]]]
    keys += [(each.kind, each.record_id) for each in preview.writes[:SHOWN]]
    keys += [(each.kind, each.record_id) for each in preview.left[:SHOWN]]
    return reading.by_keys(keys)


def _changed(done: Any) -> list[Change]:
    pairs = [(name, to_json(old), to_json(new)) for name, (old, new) in done.changed.items() if name != "archived_at"]
    return named(done.kind, pairs)
