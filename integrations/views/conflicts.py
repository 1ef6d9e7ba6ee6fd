"""Conflicts of one integration: what both sides changed, side by side, and who wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.models import Conflict, ConflictState, Integration
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS, FieldInfo
from integrations.services import Refused
from integrations.services.review import Side
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, integration_or_404, is_fragment, page, paginate
from integrations.views.frame import frame
from integrations.views.histories import ORIGINS

CHOICE = "choice-"
MOST_AT_ONCE = 500
KEPT: dict[str, str] = {"platform": "Plateforme", "provider": "Fournisseur", "agreed": "Les deux côtés s’accordent"}


@dataclass(frozen=True)
class Row:
    """One conflict, ready to be read: `who` changed the platform's value, and when."""

    conflict: Conflict
    record: Any
    info: FieldInfo | None
    who: str
    when: datetime | None
    kept: str

    @property
    def values(self) -> tuple[Any, Any, Any]:
        """Of the last agreement and of both sides."""
        return self.conflict.base, self.conflict.local, self.conflict.remote

    @property
    def is_total(self) -> bool:
        """Whether it is an amount that the accounting system computed otherwise: there is nothing to choose."""
        return self.conflict.code == "total"


@dataclass(frozen=True)
class Narrowed:
    """What the list is narrowed to: a kind of record and one of its fields, "" for all."""

    kind: str = ""
    field: str = ""

    @classmethod
    def read(cls, request: HttpRequest) -> Narrowed:
        """As the address, or else the form, says: "<kind>.<field>"; what does not exist narrows nothing."""
        kind, _, name = (request.GET.get("field") or request.POST.get("field") or "").partition(".")
        return cls(kind, name) if kind in KINDS and name in KINDS[kind].fields else cls()

    @property
    def value(self) -> str:
        """As the address carries it."""
        return f"{self.kind}.{self.field}" if self.kind else ""

    def conflicts(self, integration: Integration, *, resolved: bool = False) -> QuerySet[Conflict]:
        """The conflicts that remain."""
        return selectors.conflicts_of(integration, resolved=resolved, kind=self.kind, field=self.field)


@dataclass(frozen=True)
class Offered:
    """A field that the list can be narrowed to."""

    value: str
    label: str
    count: int
    chosen: bool


def _offered(integration: Integration, narrowed: Narrowed) -> list[Offered]:
    offered = []
    for kind, name, count in selectors.conflict_fields(integration):
        info = KINDS[kind].fields.get(name)
        if info is not None:
            value = f"{kind}.{name}"
            label = f"{info.label} ({KINDS[kind].plural})"
            offered.append(Offered(value, label, count, value == narrowed.value))
    return offered


@administrator_required
@require_safe
def listing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The conflicts that wait for a decision; `?state=resolved` shows those that were settled, `?all=1` ticks all."""
    return _page(request, integration_or_404(pk))


def _page(request: HttpRequest, integration: Integration, *, part: str = "") -> HttpResponse:
    resolved = request.GET.get("state") == ConflictState.RESOLVED
    narrowed = Narrowed.read(request)
    found = paginate(request, narrowed.conflicts(integration, resolved=resolved))
    conflicts = list(found.object_list)
    rows = _rows(conflicts)
    context = frame(
        integration,
        "conflicts",
        page=found,
        rows=rows,
        titles=reading.titles_of((row.info, value) for row in rows for value in row.values),
        resolved=resolved,
        narrowed=narrowed,
        offered=[] if resolved else _offered(integration, narrowed),
        ticked=bool(request.GET.get("all")),
        choices=any(conflict.code != "total" for conflict in conflicts),
        totals=any(conflict.code == "total" for conflict in conflicts),
    )
    return page(request, "integrations/conflicts.html", context, part=part)


def _rows(conflicts: list[Conflict]) -> list[Row]:
    found = reading.by_keys((conflict.record_kind, conflict.record_id) for conflict in conflicts)
    rows = [(c, found.get((c.record_kind, c.record_id)), KINDS[c.record_kind].fields.get(c.field)) for c in conflicts]
    changes = [_provenance(record, conflict) for conflict, record, _ in rows]
    names = selectors.origin_names(change.get("by", "") for change in changes)
    return [
        Row(
            conflict,
            record,
            info,
            who=names.get(change.get("by", ""), ORIGINS.get(change.get("by", "").partition(":")[0], "")),
            when=parse_datetime(change["at"]) if change.get("at") else None,
            kept="Vu" if conflict.code == "total" else KEPT.get(conflict.resolution, conflict.resolution),
        )
        for (conflict, record, info), change in zip(rows, changes, strict=True)
    ]


def _provenance(record: Any, conflict: Conflict) -> dict[str, str]:
    """Who gave the field its value here, and when; empty when nobody said, or when that value was overwritten since."""
    overwritten = conflict.code == "total" or conflict.resolution == "provider"
    return {} if record is None or overwritten else dict(record.provenance.get(conflict.field, {}))


# --- Acts -------------------------------------------------------------------------------------------------------


@administrator_required
@require_POST
def resolve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a side win: `one` is "<conflict>:<side>"; else `side` holds for every ticked `conflict`, "all-<side>" for
    everything that the list is narrowed to, and "each" applies the choice made for each conflict. The side "seen" takes
    note of amounts that were computed otherwise."""
    integration = integration_or_404(pk)
    one, _, side = request.POST.get("one", "").partition(":")
    chosen = [one] if one else request.POST.getlist("conflict")
    side = side or request.POST.get("side", "")
    everything, _, of_all = side.partition("-")
    if side == "each":
        _resolve_each(request, integration)
    elif everything == "all" and of_all in ("platform", "provider"):
        found = Narrowed.read(request).conflicts(integration).filter(code="field")
        _resolve(request, integration, found[:MOST_AT_ONCE], of_all)
    elif side == "seen":
        conflicts = _open(integration).filter(code="total")
        conflicts = conflicts.filter(pk=_number(one)) if one else conflicts
        _resolve(request, integration, conflicts, "seen")
    elif side in ("platform", "provider"):
        numbers = [number for text in chosen if (number := _number(text))]
        _resolve(request, integration, _open(integration).filter(code="field", pk__in=numbers), side)
    if is_fragment(request):
        return _page(request, integration_or_404(pk), part="answer")
    narrowed = Narrowed.read(request)
    address = reverse("integrations:conflicts", args=[pk])
    return redirect(f"{address}?field={narrowed.value}" if narrowed.value else address)


def _resolve_each(request: HttpRequest, integration: Integration) -> None:
    """Resolve every conflict of the page for which a side was chosen: fields "choice-<conflict>"."""
    wanted: dict[str, list[int]] = {"platform": [], "provider": []}
    for name, value in request.POST.items():
        if name.startswith(CHOICE) and value in wanted:
            wanted[str(value)].append(_number(name.removeprefix(CHOICE)))
    chosen = {kept: numbers for kept, numbers in wanted.items() if numbers}
    for kept, numbers in chosen.items():
        _resolve(request, integration, _open(integration).filter(code="field", pk__in=numbers), kept)
    if not chosen:
        messages.error(request, "Aucun côté n’est choisi. Choisissez-en un pour au moins un conflit, puis appliquez.")


def _open(integration: Integration) -> QuerySet[Conflict]:
    return selectors.conflicts_of(integration)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _resolve(request: HttpRequest, integration: Integration, conflicts: Iterable[Conflict], side: str) -> None:
    """Resolve each, and say in one sentence how many were and in another why some were not."""
    kept: Side = "platform" if side == "platform" else "provider"
    done, refusals = 0, []
    for conflict in conflicts:
        try:
            services.resolve_conflict(conflict, kept, actor=actor(request))
            done += 1
        except Refused as refusal:
            refusals.append(refusal.sentence)
    if done:
        messages.success(request, _done(integration, done, side))
    elif not refusals:
        messages.error(request, "Aucun conflit à résoudre n’est choisi. Cochez-en au moins un, puis recommencez.")
    for sentence in dict.fromkeys(refusals):
        messages.error(request, sentence)


def _done(integration: Integration, done: int, side: str) -> str:
    if side == "seen":
        return f"{compte(done, 'écart')} pris en note."
    what = compte(done, "conflit résolu,conflits résolus")
    if side == "platform":
        return f"{what} : la valeur de la plateforme sera envoyée à {integration.connector.label}."
    return f"{what} : la valeur de {integration.connector.label} est reprise sur la plateforme."
