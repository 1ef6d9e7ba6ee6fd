"""Sending again everything since a moment: first how much that is, then the request."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from integrations.core.roles import administrator_required
from integrations.views.common import actor, attempt, page
from webhooks import selectors, services
from webhooks.forms import ReplayForm
from webhooks.models import Endpoint
from webhooks.views.endpoints import find


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def replay(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`?since=` shows what a replay would send; a POST asks for it, and opens a closed endpoint."""
    endpoint = find(pk)
    form = ReplayForm(_given(request, endpoint))
    valid = form.is_valid()
    if request.method == "POST" and valid:
        since, again = form.cleaned_data["since"], form.cleaned_data["with_delivered"]
        done = "La reprise est demandée : les livraisons repartent dans l’ordre des événements."
        if attempt(
            request,
            lambda: services.request_replay(endpoint, since, with_delivered=again, actor=actor(request)),
            done,
        ):
            return redirect("webhooks:endpoint", pk=pk)
    counts = selectors.replay_counts(endpoint, form.cleaned_data["since"], timezone.now()) if valid else None
    total = counts and counts["missing"] + counts["failed"] + counts["delivered"] * form.cleaned_data["with_delivered"]
    context = {"endpoint": endpoint, "form": form, "counts": counts, "total": total}
    return page(request, "webhooks/replay.html", context)


def _given(request: HttpRequest, endpoint: Endpoint) -> dict[str, str]:
    """What was asked; by default, since the endpoint has been failing, was closed or was added."""
    data = request.POST if request.method == "POST" else request.GET
    if "since" in data:
        return data.dict()
    since = endpoint.failing_since or endpoint.disabled_at or endpoint.created_at
    return {"since": timezone.localtime(since).strftime("%Y-%m-%dT%H:%M")}
