"""Endpoints: list, settings, secret, test."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.core.roles import administrator_required
from integrations.records.events import CATALOGUE
from integrations.views.common import actor, attempt, page, paginate
from webhooks import selectors, services
from webhooks.forms import EndpointForm
from webhooks.models import Endpoint


def find(pk: UUID) -> Endpoint:
    """The live endpoint of that id, or the page 404."""
    return get_object_or_404(Endpoint.objects.live(), pk=pk)


@administrator_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every endpoint with its last seven days."""
    shown = paginate(request, selectors.endpoints())
    counts = selectors.recent_counts(shown.object_list)
    context = {
        "page": shown,
        "rows": [(endpoint, counts.get(endpoint.pk, {})) for endpoint in shown],
        "section": "endpoints",
        "allowed": settings.WEBHOOK_ALLOWED_NETWORKS,
    }
    return page(request, "webhooks/endpoints.html", context)


def _form_context(form: EndpointForm, endpoint: Endpoint | None = None) -> dict[str, object]:
    return {"form": form, "groups": selectors.catalogue(), "endpoint": endpoint}


def _with_secret(request: HttpRequest, endpoint: Endpoint, secret: str, *, fresh: bool) -> HttpResponse:
    """The only page that ever shows a secret: the answer to the act that made it."""
    return page(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret, "fresh": fresh})


@administrator_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new endpoint; its secret is shown once it is saved."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        endpoint = services.create(form.values(), actor=actor(request))
        return _with_secret(request, endpoint, endpoint.secret, fresh=True)
    return page(request, "webhooks/form.html", _form_context(form))


@administrator_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One endpoint: state, settings, test, secret."""
    return page(request, "webhooks/endpoint.html", _detail_context(find(pk)))


def _detail_context(endpoint: Endpoint) -> dict[str, object]:
    chosen = [each for each in CATALOGUE.values() if endpoint.wants(each.name)]
    recent = selectors.deliveries(selectors.Filters(endpoint=endpoint.pk))[:10]
    return {
        "endpoint": endpoint,
        "chosen": chosen,
        "recent": recent,
        "replaying": selectors.open_replay(endpoint),
        "header_names": list(endpoint.headers),
    }


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The settings of an endpoint."""
    endpoint = find(pk)
    form = EndpointForm(request.POST or None, instance=find(pk))
    if request.method == "POST" and form.is_valid():
        services.change(endpoint, form.values(), actor=actor(request))
        messages.success(request, "Le point de terminaison est enregistré.")
        return redirect("webhooks:endpoint", pk=pk)
    return page(request, "webhooks/form.html", _form_context(form, endpoint))


@administrator_required
@require_POST
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a signed sample now and show what came back."""
    endpoint = find(pk)
    name = request.POST.get("event", "")
    if name not in CATALOGUE:
        name = next(iter(CATALOGUE))
    tried = services.test(endpoint, name, actor=actor(request))
    return page(request, "webhooks/endpoint.html", _detail_context(endpoint) | {"tried": tried}, part="tried")


@administrator_required
@require_POST
def enable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send to it again."""
    endpoint = find(pk)
    attempt(request, lambda: services.enable(endpoint, actor=actor(request)), "Le point de terminaison est actif.")
    return redirect("webhooks:endpoint", pk=pk)


@administrator_required
@require_POST
def disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop sending to it."""
    endpoint = find(pk)
    done = "Le point de terminaison est désactivé; ce qui attend reste en file."
    attempt(request, lambda: services.disable(endpoint, actor=actor(request)), done)
    return redirect("webhooks:endpoint", pk=pk)


@administrator_required
@never_cache
@require_POST
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new secret, shown once; the old one signs for 24 hours more."""
    endpoint = find(pk)
    made: list[str] = []
    if attempt(request, lambda: made.append(services.rotate(endpoint, actor=actor(request))), ""):
        return _with_secret(request, find(pk), made[0], fresh=False)
    return redirect("webhooks:endpoint", pk=pk)


@administrator_required
@require_POST
def remove_old_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a rotation."""
    endpoint = find(pk)
    done = "L’ancien secret ne signe plus rien."
    attempt(request, lambda: services.remove_old_secret(endpoint, actor=actor(request)), done)
    return redirect("webhooks:endpoint", pk=pk)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then remove it."""
    endpoint = find(pk)
    if request.method == "POST":
        services.delete(endpoint, actor=actor(request))
        messages.success(request, f"Le point de terminaison {endpoint.url} est supprimé.")
        return redirect("webhooks:endpoints")
    return page(request, "webhooks/delete.html", {"endpoint": endpoint})
