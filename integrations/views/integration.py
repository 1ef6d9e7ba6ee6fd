"""One integration: its tabs, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from integrations import estimates, selectors, services
from integrations.core.roles import administrator_required
from integrations.forms import DeleteForm, DirectionForm, OptionsForm
from integrations.models import FieldMapping, Integration
from integrations.records.kinds import KINDS
from integrations.views.common import actor, attempt, integration_or_404, is_fragment, leave, page, paginate, target
from integrations.views.dashboard import card
from integrations.views.frame import frame

# --- Tabs -------------------------------------------------------------------------------------------------------


@administrator_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Overview: state, figures, newest synchronisations, open errors, what is exchanged."""
    integration = integration_or_404(pk)
    context = frame(
        integration,
        "overview",
        jobs=selectors.jobs_of(integration)[:5],
        errors=selectors.errors_of(integration)[:5],
        mappings=_mappings(integration),
        trial_job=selectors.jobs_of(integration).filter(dry_run=False).first() if integration.is_trial else None,
        **_first_time(integration),
    )
    if not is_fragment(request) or integration.open_job_id:  # type: ignore[attr-defined]
        return page(request, "integrations/detail.html", context, part="running")
    # The synchronisation that was watched is over: everything it may have changed comes at once.
    ended = page(request, "integrations/detail.html", context | {"fragment": "oob"}, part="ended")
    return retarget(reswap(ended, "outerHTML"), "#live")


def _first_time(integration: Integration) -> dict[str, Any]:
    """What the invitation to a first synchronisation shows; nothing once there was one."""
    if integration.last_sync_at or not integration.can_sync:
        return {}
    return {"form": DirectionForm(integration), "preview": selectors.last_preview(integration)}


def _mappings(integration: Integration) -> dict[str, list[FieldMapping]]:
    """The field mappings by object; one that only comes inside another is called as its records are."""
    labels = {resource.name: resource.label for resource in integration.connector.resources}
    groups: dict[str, list[FieldMapping]] = {}
    for mapping in selectors.mappings_of(integration):
        kind = KINDS[mapping.local_field.partition(".")[0]]
        groups.setdefault(labels.get(mapping.resource, kind.plural.capitalize()), []).append(mapping)
    return groups


@dataclass(frozen=True)
class Exchanged:
    """One object of the provider: how many of its fields are exchanged, and how many have options of their own."""

    resource: str
    label: str
    fields: int
    special: int


def _objects(integration: Integration) -> list[Exchanged]:
    return [
        Exchanged(
            fields[0].resource,
            label,
            len(fields),
            sum(bool(field.conflict_policy or field.transform_in or field.transform_out) for field in fields),
        )
        for label, fields in _mappings(integration).items()
    ]


@administrator_required
@require_safe
def jobs(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The history of the synchronisations."""
    integration = integration_or_404(pk)
    rows = paginate(request, selectors.jobs_of(integration))
    return page(request, "integrations/jobs.html", frame(integration, "jobs", page=rows))


@administrator_required
@require_safe
def log(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The requests made to the provider and their answers, masked; `?errors=1` keeps those that failed."""
    integration = integration_or_404(pk)
    only_errors = bool(request.GET.get("errors"))
    rows = paginate(request, selectors.exchanges_of(integration, only_errors=only_errors))
    context = frame(integration, "log", page=rows, only_errors=only_errors)
    return page(request, "integrations/log.html", context)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def options(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Name, frequency, retries and the rest; and the acts that end an integration."""
    integration = integration_or_404(pk)
    # The form writes what it reads onto its instance: give it one of its own.
    form = OptionsForm(request.POST or None, instance=integration_or_404(pk))
    if request.method == "POST" and form.is_valid():
        services.change_options(integration, form.options(), actor=actor(request))
        messages.success(request, "Les paramètres sont enregistrés.")
        return redirect("integrations:settings", pk=pk)
    context = frame(
        integration, "settings", form=form, objects=_objects(integration), estimate=estimates.of(form.instance)
    )
    return page(request, "integrations/settings.html", context)


@administrator_required
@require_safe
def estimate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The calls a day that the options in the address would make, as a fragment; what is not valid counts as it was."""
    integration = integration_or_404(pk)
    form = OptionsForm(request.GET, instance=integration_or_404(pk))
    form.is_valid()
    for name in estimates.OPTIONS & form.cleaned_data.keys():
        setattr(integration, name, form.cleaned_data[name])
    context = {"integration": integration, "estimate": estimates.of(integration)}
    return page(request, "integrations/estimate.html", context)


# --- Acts -------------------------------------------------------------------------------------------------------


def _answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Back to where the button was: the card of the dashboard, the head of the integration's page, or that page."""
    where = target(request)
    if where.startswith("integration-"):
        return card(request, integration_or_404(pk))
    if where == "integration":
        context = {"integration": integration_or_404(pk), "fragment": "head"}
        return page(request, "integrations/head.html", context)
    return leave(request, reverse("integrations:detail", args=[pk]))


@administrator_required
@require_POST
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask the provider who we are, and say what it answered."""
    integration = integration_or_404(pk)
    name = integration.account_name or integration.name
    attempt(
        request,
        lambda: services.test_connection(integration, actor=actor(request)),
        f"{integration.connector.label} répond : le compte « {name} » est bien relié.",
    )
    return _answer(request, pk)


@administrator_required
@require_POST
def sync(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Queue a synchronisation; the card, or the job's page, shows its progress."""
    integration = integration_or_404(pk)
    started: list[Any] = []
    full = bool(request.POST.get("full"))
    asked = attempt(
        request, lambda: started.append(services.request_sync(integration, actor=actor(request), full=full)), ""
    )
    if asked and started[0].dry_run:
        messages.info(request, "Un aperçu est en cours : lancez la synchronisation quand il sera fini.")
    elif asked:
        messages.success(request, f"Synchronisation de « {integration.name} » demandée.")
    if started and not is_fragment(request):
        return redirect("integrations:job", pk=started[0].pk)
    return _answer(request, pk)


@administrator_required
@require_POST
def enable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the integration run again."""
    integration = integration_or_404(pk)
    done = f"« {integration.name} » est active."
    attempt(request, lambda: services.enable(integration, actor=actor(request)), done)
    return _answer(request, pk)


@administrator_required
@require_POST
def disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop everything until it is enabled again."""
    integration = integration_or_404(pk)
    done = f"« {integration.name} » est désactivée : plus rien n’est synchronisé jusqu’à son activation."
    attempt(request, lambda: services.disable(integration, actor=actor(request)), done)
    return _answer(request, pk)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget the credential, after a confirmation."""
    integration = integration_or_404(pk)
    if request.method == "POST":
        done = f"« {integration.name} » est déconnectée : son accès est effacé, ses enregistrements restent."
        attempt(request, lambda: services.disconnect(integration, actor=actor(request)), done)
        return leave(request, reverse("integrations:detail", args=[pk]))
    return page(request, "integrations/disconnect.html", {"integration": integration}, part="dialog")


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete the integration once its name is typed; its records stay."""
    integration = integration_or_404(pk)
    form = DeleteForm(integration, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = f"« {integration.name} » est supprimée. Ses enregistrements restent sur la plateforme."
        attempt(request, lambda: services.delete(integration, actor=actor(request)), done)
        return leave(request, reverse("integrations:dashboard"))
    context = {"integration": integration, "form": form}
    return page(request, "integrations/delete.html", context, part="dialog")
