"""Customers that are there twice: found, compared side by side, merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.records import duplicates as finding
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS, FieldInfo, value_of
from integrations.services import Merged
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, attempt, page, paginate

MOST = 5
HIDDEN = frozenset({"balance", "custom", "currency", "primary_contact"})
"""Fields that nobody chooses: computed, or about the account rather than the person."""


@dataclass(frozen=True)
class Choice:
    """One field of the comparison: a cell (customer, picked) per customer, in their order."""

    info: FieldInfo
    cells: list[tuple[Any, bool]]


@administrator_required
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """The groups of customers that share an address, a number, or a name at one place."""
    groups = finding.find()
    found = paginate(request, groups)
    ids = {pk for group in found.object_list for pk in group.ids}
    customers = reading.by_keys(("customer", pk) for pk in ids)
    links = selectors.twins(["customer"], ids)
    rows = [
        (
            group,
            finding.REASONS[group.reason],
            [(customers["customer", pk], links.get(pk, [])) for pk in group.ids if ("customer", pk) in customers],
        )
        for group in found.object_list
    ]
    return page(request, "records/duplicates.html", {"page": found, "rows": rows})


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """Two to five customers side by side (`id`): choose the one to keep and the value of each field, then merge."""
    if request.method != "POST" and len(request.GET.getlist("id")) < 2:
        messages.error(request, "Cochez au moins deux clients à comparer.")
        return redirect("integrations:duplicates")
    customers = _customers(request)
    if request.method == "POST":
        return _merge(request, customers)
    links = selectors.twins(["customer"], (record.pk for record in customers))
    # The one that most systems know is kept, of equals the oldest.
    kept = max(reversed(customers), key=lambda record: len(links.get(record.pk, [])))
    context = {
        "customers": [(record, links.get(record.pk, [])) for record in customers],
        "kept": kept,
        "choices": _choices(customers, kept),
    }
    return page(request, "records/merge.html", context)


def _customers(request: HttpRequest) -> list[Any]:
    asked = request.POST if request.method == "POST" else request.GET
    try:
        ids = sorted({UUID(text) for text in asked.getlist("id")})
    except ValueError:
        raise Http404 from None
    found = reading.by_keys(("customer", pk) for pk in ids[:MOST])
    customers = [found["customer", pk] for pk in ids[:MOST] if ("customer", pk) in found]
    if not customers:
        raise Http404
    return customers


def _choices(customers: list[Any], kept: Any) -> list[Choice]:
    """The fields in which they differ. Where the kept one says nothing, the first that says something is proposed."""
    choices = []
    for info in KINDS["customer"].scalars:
        values = [value_of(record, info) for record in customers]
        if info.name in HIDDEN or all(value == values[0] for value in values):
            continue
        filled = [record for record, value in zip(customers, values, strict=True) if value not in (None, "", {})]
        picked = kept if kept in filled or not filled else filled[0]
        choices.append(Choice(info, [(record, record == picked) for record in customers]))
    return choices


def _merge(request: HttpRequest, customers: list[Any]) -> HttpResponse:
    by_id = {str(record.pk): record for record in customers}
    survivor = by_id.get(request.POST.get("survivor", ""))
    back = f"{reverse('integrations:merge')}?{'&'.join(f'id={pk}' for pk in by_id)}"
    if survivor is None or len(customers) < 2:
        messages.error(request, "Choisissez le client à conserver parmi au moins deux clients.")
        return redirect(back)
    done: list[Merged] = []

    def act() -> None:
        done.append(
            services.merge_customers(
                survivor.pk,
                [record.pk for record in customers if record is not survivor],
                _picks(request, by_id),
                versions={record.pk: _version(request, record) for record in customers},
                actor=actor(request),
            )
        )

    if not attempt(request, act, ""):
        return redirect(back)
    moved = compte(done[0].references, "enregistrement rattaché,enregistrements rattachés")
    messages.success(request, f"Les clients sont fusionnés : {moved} à « {survivor} ».")
    return redirect("integrations:record", kind="customer", pk=survivor.pk)


def _picks(request: HttpRequest, by_id: Mapping[str, Any]) -> dict[str, UUID]:
    """field → the customer whose value is taken."""
    picks = {info.name: request.POST.get(f"field-{info.name}", "") for info in KINDS["customer"].scalars}
    return {name: by_id[pk].pk for name, pk in picks.items() if pk in by_id}


def _version(request: HttpRequest, record: Any) -> int:
    text = request.POST.get(f"version-{record.pk}", "")
    return int(text) if text.isascii() and text.isdigit() else 0
