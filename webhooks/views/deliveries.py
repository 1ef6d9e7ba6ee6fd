"""The delivery log: filters, one delivery with its attempts, sending again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from integrations.core.roles import administrator_required
from integrations.views.common import actor, attempt, page, paginate, way_back
from webhooks import payload, selectors, services
from webhooks.forms import LogForm
from webhooks.models import Delivery, Endpoint

ATTEMPTS_SHOWN = 50


@administrator_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The newest deliveries, narrowed by endpoint, event, state, dates and words."""
    filters = LogForm(request.GET).filters()
    context = {
        "page": paginate(request, selectors.deliveries(filters), 50),
        "filters": filters,
        "narrowed": filters != selectors.Filters(),
        "endpoints": Endpoint.objects.live().only("pk", "url"),
        "groups": selectors.catalogue(),
        "section": "deliveries",
    }
    return page(request, "webhooks/deliveries.html", context)


@administrator_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: what is sent, and every attempt with its answer."""
    delivery = get_object_or_404(Delivery.objects.select_related("endpoint", "event"), pk=pk)
    context = {
        "delivery": delivery,
        "message_id": payload.message_id(delivery.event_id),
        "body": payload.body_of(delivery.event),
        "attempts": selectors.attempts(delivery)[:ATTEMPTS_SHOWN],
    }
    return page(request, "webhooks/delivery.html", context)


@administrator_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one delivery again."""
    get_object_or_404(Delivery, pk=pk)
    done = "La livraison est remise en file : elle part dans un instant."
    attempt(request, lambda: services.retry([pk], actor=actor(request)), done)
    return redirect("webhooks:delivery", pk=pk)


@administrator_required
@require_POST
def retry_many(request: HttpRequest) -> HttpResponse:
    """Send the ticked deliveries again."""
    ids = [int(pk) for pk in request.POST.getlist("delivery") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    done = "Les livraisons cochées sont remises en file : elles partent dans un instant."
    if ids:
        attempt(request, lambda: services.retry(ids, actor=actor(request)), done)
    else:
        messages.error(request, "Cochez au moins une livraison, puis recommencez.")
    return redirect(way_back(request, "/webhooks/deliveries") or "webhooks:deliveries")
