"""The preview of a synchronisation: asked for with its direction, then shown side by side with what would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.forms import DirectionForm
from integrations.models import Integration, SyncJob
from integrations.records.kinds import KINDS
from integrations.views.common import actor, attempt, integration_or_404, page
from integrations.views.frame import frame
from integrations.views.histories import Change

INBOUND = {
    "create": "À créer",
    "update": "À modifier",
    "archive": "À archiver",
    "hold": "En conflit",
    "fail": "Refusés",
    "skip": "Inchangés",
}
OUTBOUND = {"create": "À créer", "update": "À modifier", "act": "Opérations", "fail": "Refusés"}
# How one example is called, and its colour.
ACTIONS = {
    "create": ("Création", "ok"),
    "update": ("Modification", "info"),
    "archive": ("Archivage", ""),
    "hold": ("Conflit", "warn"),
    "act": ("Opération", "info"),
    "fail": ("Refus", "bad"),
}


@dataclass(frozen=True)
class Example:
    """One record of a preview: what would be done, and with which values."""

    label: str
    tone: str
    title: str
    sentence: str
    changes: list[Change]


@dataclass(frozen=True)
class ObjectRow:
    """One object of the provider: what would become of its records, count by count."""

    label: str
    counts: list[tuple[str, int]]
    examples: list[Example]
    titles: Mapping[UUID, str]
    more: bool

    @property
    def total(self) -> int:
        """Records that would not stay as they are."""
        return sum(count for name, count in self.counts if name != "skip")


@dataclass(frozen=True)
class PreviewSide:
    """One side of a preview."""

    slug: str
    columns: list[str]
    rows: list[ObjectRow]

    @property
    def total(self) -> int:
        """Records that would not stay as they are."""
        return sum(row.total for row in self.rows)


def sides_of(job: SyncJob) -> list[PreviewSide]:
    """The report of a preview that is over, the platform's side first; no query."""
    labels = {resource.name: resource.label for resource in job.integration.connector.resources}
    return [
        PreviewSide(
            slug,
            list(columns.values()),
            [_row(labels.get(name, name), part, columns) for name, part in job.report.get(slug, {}).items()],
        )
        for slug, columns in (("in", INBOUND), ("out", OUTBOUND))
        if job.report.get(slug)
    ]


def _row(label: str, part: Mapping[str, Any], columns: Mapping[str, str]) -> ObjectRow:
    return ObjectRow(
        label,
        [(name, part.get(name, 0)) for name in columns],
        [_example(example) for example in part.get("examples", [])],
        {UUID(key): title for key, title in part.get("titles", {}).items()},
        bool(part.get("more")),
    )


def _example(example: Mapping[str, Any]) -> Example:
    label, tone = ACTIONS[example["action"]]
    kind = KINDS.get(example.get("kind", ""))
    changes = []
    for change in example.get("changes", []):
        info = kind.fields.get(change.get("name", "")) if kind else None
        if example["action"] == "create" and change.get("new") in (None, "", [], {}):
            continue
        changes.append((info, change["label"], change.get("old"), change.get("new")))
    return Example(label, tone, example["title"], example.get("sentence", ""), changes)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the direction, then look at what a synchronisation would do, without writing anything."""
    integration = integration_or_404(pk)
    form = DirectionForm(integration, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _start(request, integration, form)
    context = frame(integration, "overview", form=form, preview=selectors.last_preview(integration))
    return page(request, "integrations/preview.html", context)


def _start(request: HttpRequest, integration: Integration, form: DirectionForm) -> HttpResponse:
    """Ask for the preview of that direction, and follow it."""
    started: list[SyncJob] = []
    chosen = form.cleaned_data["direction"]
    if not attempt(
        request, lambda: started.append(services.request_preview(integration, chosen, actor=actor(request))), ""
    ):
        return redirect("integrations:detail", pk=integration.pk)
    job = started[0]
    if not job.dry_run:
        messages.info(request, "Une synchronisation est déjà en cours : demandez l’aperçu quand elle sera finie.")
    return redirect("integrations:job", pk=job.pk)


@administrator_required
@require_POST
def apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do what a preview showed: its direction becomes the integration's, and a synchronisation begins."""
    rows = SyncJob.objects.filter(integration__deleted_at=None, dry_run=True).select_related("integration__credential")
    preview_job = get_object_or_404(rows, pk=pk)
    started: list[SyncJob] = []
    done = f"Synchronisation de « {preview_job.integration.name} » demandée."
    if not attempt(request, lambda: started.append(services.apply_preview(preview_job, actor=actor(request))), done):
        return redirect("integrations:job", pk=pk)
    return redirect("integrations:job", pk=started[0].pk)
