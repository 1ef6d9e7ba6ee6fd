"""The emergency stop: asked for, confirmed, and ended."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from integrations import services, stop
from integrations.core.roles import administrator_required
from integrations.views.common import actor, leave, page


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """What the stop does, then the stop itself; a dialog, or the same as a page."""
    if request.method != "POST":
        return page(request, "settings/stop.html", {"stopped": stop.current()}, part="dialog")
    if services.stop_everything(actor=actor(request)):
        messages.warning(request, "Tout est arrêté. Rien n’est perdu : « Reprendre » continue là où tout en était.")
    return leave(request, reverse("integrations:dashboard"))


@administrator_required
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Let everything go on."""
    if services.resume_everything(actor=actor(request)):
        messages.success(request, "Les synchronisations et les envois reprennent là où ils en étaient.")
    return redirect("integrations:dashboard")
