"""What providers sent: the log, one event with its call, following again, and what was refused."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from integrations.core.roles import administrator_required
from integrations.services import Refused
from integrations.views.common import actor, attempt, page, paginate, way_back
from webhooks.forms import ReceivedForm
from webhooks.inbound import log, replaying
from webhooks.models import InboundEvent, InboundStatus

AGAIN = "L’événement est remis en file : il est traité dans un instant."
ALL_AGAIN = "Les événements sont remis en file : ils sont traités dans un instant."


@administrator_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The newest events, narrowed by provider, integration, state, dates and words."""
    filters = ReceivedForm(request.GET).filters()
    context = {
        "page": paginate(request, log.events(filters), 50),
        "filters": filters,
        "narrowed": filters != log.Filters(),
        "providers": [(each.slug, each.label) for each in log.providers()],
        "integrations": log.integrations(),
        "states": InboundStatus.choices,
        "alarms": log.alarms(),
        "section": "received",
    }
    return page(request, "webhooks/received.html", context)


@administrator_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event, the call that it came with and what else came with it."""
    rows = InboundEvent.objects.select_related("integration", "request").defer("handshake_code")
    event = get_object_or_404(rows, pk=pk)
    body, cut = log.readable(event.request)
    context = {
        "event": event,
        "body": body,
        "cut": cut,
        "siblings": log.siblings(event)[:50],
        "again": log.replayable(InboundEvent.objects.filter(pk=pk)).exists(),
    }
    return page(request, "webhooks/received_event.html", context)


@administrator_required
@require_POST
def replay(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Follow one event again."""
    get_object_or_404(InboundEvent.objects.only("pk"), pk=pk)
    attempt(request, lambda: replaying.replay([pk], actor=actor(request)), AGAIN)
    return redirect("webhooks:received_event", pk=pk)


@administrator_required
@require_POST
def replay_many(request: HttpRequest) -> HttpResponse:
    """Follow the ticked events again, or with `all` everything that the filters of the page before show."""
    back = way_back(request, "/webhooks/received")
    attempt(request, lambda: _replay(request, back), ALL_AGAIN)
    return redirect(back or "webhooks:received")


def _replay(request: HttpRequest, back: str) -> int:
    if "all" in request.POST:
        filters = ReceivedForm(QueryDict(back.partition("?")[2])).filters()
        if filters == log.Filters():
            raise Refused("Filtrez d’abord la liste : tout rejouer d’un coup n’est pas permis.")
        return replaying.replay_all(filters, actor=actor(request))
    try:
        ids = [UUID(pk) for pk in request.POST.getlist("event")]
    except ValueError:
        raise Refused("Un des événements cochés n’existe pas.") from None
    if not ids:
        raise Refused("Cochez au moins un événement, puis recommencez.")
    return replaying.replay(ids, actor=actor(request))


@administrator_required
@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    """How many calls were refused and why, and the last of them."""
    context = {"rows": log.refused_calls(), "samples": log.refused_samples(), "section": "refused"}
    return page(request, "webhooks/refused.html", context)
