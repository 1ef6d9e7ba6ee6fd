"""Correspondance des comptes: which accounts, items and tax codes of the provider the platform's documents use."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.forms import SlotsForm
from integrations.forms.slots import local_field
from integrations.models import Integration
from integrations.records import selectors as reading
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, attempt, integration_or_404, page
from integrations.views.frame import frame


def _with_slots(pk: UUID) -> Integration:
    integration = integration_or_404(pk)
    if not any(resource.slots for resource in integration.connector.resources):
        raise Http404
    return integration


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every slot with its default and its more precise rules. `add_rule` and `remove_rule` change what is shown and
    save nothing; a plain post saves all of it."""
    integration = _with_slots(pk)
    lists = selectors.options_of(integration)
    form = SlotsForm(
        integration,
        lists=lists,
        rules=selectors.slot_rules_of(integration),
        divisions=reading.divisions(),
        suggestions=_suggestions(integration),
        data=request.POST if request.method == "POST" else None,
    )
    if "add_rule" in request.POST:
        form.add(request.POST["add_rule"])
    elif "remove_rule" in request.POST:
        form.remove(request.POST["remove_rule"])
    elif request.method == "POST" and form.is_valid():
        done = "La correspondance des comptes est enregistrée."
        attempt(request, lambda: services.save_slot_rules(integration, form.rules(), actor=actor(request)), done)
        return redirect("integrations:slots", pk=pk)
    read = [option.updated_at for options in lists.values() for option in options]
    context = frame(
        integration,
        "slots",
        form=form,
        groups=form.groups(),
        job_types=reading.values_in_use("job", "category"),
        read_at=max(read, default=None),
        refused=any(row.errors for block in form.blocks.values() for row in block.rows),
    )
    return page(request, "integrations/slots.html", context, part="mapping")


def _suggestions(integration: Integration) -> dict[str, list[str]]:
    """Values in use on the platform by slot, where a slot depends on free text; one query per such field."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    by_slot = {}
    for resource in integration.connector.resources:
        for slot in resource.slots:
            info = local_field(resource, slot)
            if info is None or info.choices:
                continue
            key = (resource.record, info.name, slot.lines)
            if key not in found:
                found[key] = reading.values_in_use(resource.record, info.name, lines=slot.lines)
            by_slot[f"{resource.name}.{slot.name}"] = found[key]
    return by_slot


@administrator_required
@require_POST
def refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read the provider's lists again."""
    integration = _with_slots(pk)
    total: list[int] = []
    if attempt(request, lambda: total.append(services.refresh_options(integration, actor=actor(request))), ""):
        messages.success(
            request, f"Listes de {integration.connector.label} actualisées : {compte(total[0], 'élément')}."
        )
    return redirect("integrations:slots", pk=pk)
