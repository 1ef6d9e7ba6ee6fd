"""Paramètres: our applications at the providers whose accounts are connected by consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import connectors
from connectors.base.connector import Connector
from connectors.base.errors import UnknownProvider
from integrations import services
from integrations.core.roles import administrator_required
from integrations.forms import AppForm, environments
from integrations.oauth.apps import RegisteredApp, provider_apps, redirect_uri
from integrations.views.common import Offer, actor, attempt, offer_of, page


@dataclass(frozen=True)
class Slot:
    """One environment of a provider, with the application that it has there."""

    environment: str
    label: str
    app: RegisteredApp | None


@dataclass(frozen=True)
class Group:
    """A provider with its environments, and the address to register there."""

    provider: Offer
    redirect_uri: str
    slots: list[Slot]


def _group(connector: type[Connector], apps: Mapping[tuple[str, str], RegisteredApp]) -> Group:
    slots = [Slot(name, label, apps.get((connector.slug, name))) for name, label in environments(connector)]
    return Group(offer_of(connector), redirect_uri(connector.slug), slots)


@administrator_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every provider that wants an application, and what is registered for each environment."""
    apps = provider_apps()
    groups = [_group(connector, apps) for connector in connectors.all_connectors() if connector.oauth]
    return page(request, "settings/apps.html", {"groups": groups})


def _slot(slug: str, environment: str) -> tuple[Group, Slot]:
    try:
        connector = connectors.get(slug)
    except UnknownProvider:
        raise Http404 from None
    group = _group(connector, provider_apps())
    slot = next((slot for slot in group.slots if slot.environment == environment), None)
    if connector.oauth is None or slot is None:
        raise Http404
    return group, slot


@administrator_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def app(request: HttpRequest, slug: str, environment: str) -> HttpResponse:
    """Register an application or change it; its secrets are written, never shown."""
    group, slot = _slot(slug, environment)
    if slot.app and slot.app.fixed:
        return redirect("integrations:apps")
    form = AppForm(slot.app, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = f"L’application de {group.provider.label} ({slot.label}) est enregistrée."
        saved = attempt(
            request,
            lambda: services.save_app(
                slug,
                environment,
                client_id=form.cleaned_data["client_id"],
                client_secret=form.cleaned_data["client_secret"],
                webhook_secrets=form.typed_webhook_secrets(),
                actor=actor(request),
            ),
            done,
        )
        if saved:
            return redirect("integrations:apps")
    return page(request, "settings/app.html", {"group": group, "slot": slot, "form": form})


@administrator_required
@require_POST
def remove(request: HttpRequest, slug: str, environment: str) -> HttpResponse:
    """Forget an application."""
    group, slot = _slot(slug, environment)
    done = f"L’application de {group.provider.label} ({slot.label}) est retirée."
    if attempt(request, lambda: services.remove_app(slug, environment, actor=actor(request)), done):
        messages.info(request, "Les intégrations qui s’en servent devront être reconnectées une fois leur accès échu.")
    return redirect("integrations:apps")
