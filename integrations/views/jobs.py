"""One synchronisation: its progress, its report, its errors."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.models import PushStatus, SyncError, SyncJob
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, attempt, integration_or_404, is_fragment, page, paginate
from integrations.views.preview import sides_of
from integrations.views.pushes import Row, rows_of

REFUSED_SHOWN = 25


@administrator_required
@require_safe
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The report of a synchronisation; its live part asks for itself every 2 s until it is over."""
    found = get_object_or_404(selectors.live_jobs(), pk=pk)
    context = {
        "job": found,
        "integration": found.integration,
        "resources": selectors.progress(found),
        "errors": paginate(request, selectors.errors_of_job(found)),
        "sides": sides_of(found) if found.dry_run else [],
        "sends": found.integration.sends or found.pushed or found.push_failed,
        "refused": _refused(found),
        "live": is_fragment(request),
        "set_aside": [] if found.dry_run else list(selectors.set_aside_by(found)),
    }
    if not is_fragment(request) or found.is_open:
        return page(request, "integrations/job.html", context, part="progress")
    # It is over: the errors and the acts change too.
    return retarget(reswap(page(request, "integrations/job.html", context, part="report"), "outerHTML"), "#report")


def _refused(found: SyncJob) -> list[Row]:
    """The writes that the integration's provider refuses now, the newest few; none while only reading."""
    if found.dry_run or not found.push_failed:
        return []
    return rows_of(found.integration, selectors.pushes_of(found.integration, PushStatus.REJECTED)[:REFUSED_SHOWN])


@administrator_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a synchronisation; what it already received stays."""
    found = get_object_or_404(selectors.live_jobs(), pk=pk)
    done = "Annulation demandée : la synchronisation s’arrête après la page en cours."
    attempt(request, lambda: services.cancel_sync(found, actor=actor(request)), done)
    return redirect("integrations:job", pk=pk)


def _open_error(pk: int) -> SyncError:
    rows = SyncError.objects.filter(integration__deleted_at=None, resolved_at=None)
    return get_object_or_404(rows.select_related("integration", "job"), pk=pk)


@administrator_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one refused record again, in a synchronisation of its kind."""
    error = _open_error(pk)
    started: list[SyncJob] = []
    done = "Nouvel essai demandé."
    if attempt(request, lambda: started.append(services.retry_error(error, actor=actor(request))), done):
        return redirect("integrations:job", pk=started[0].pk)
    return _back(error)


@administrator_required
@require_POST
def retry_all(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try every refused record of an integration again, in one synchronisation of their kinds."""
    integration = integration_or_404(pk)
    tried: list[int] = []
    if attempt(request, lambda: tried.append(services.retry_errors(integration, actor=actor(request))), ""):
        said = compte(tried[0], "nouvel essai demandé,nouveaux essais demandés")
        messages.success(request, f"{said}." if tried[0] else "Aucun enregistrement n’attend un nouvel essai.")
    return redirect(f"{reverse('integrations:detail', args=[pk])}#errors")


@administrator_required
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an error without taking the record in."""
    error = _open_error(pk)
    done = "L’erreur est fermée. Elle reviendra si l’enregistrement échoue de nouveau."
    attempt(request, lambda: services.dismiss_error(error, actor=actor(request)), done)
    return _back(error)


def _back(error: SyncError) -> HttpResponse:
    if error.job_id:
        return redirect("integrations:job", pk=error.job_id)
    return redirect("integrations:detail", pk=error.integration_id)
