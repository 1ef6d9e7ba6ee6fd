"""The webhooks that one integration receives: state, address, secret, last events."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from integrations.core.roles import administrator_required
from integrations.models import Integration
from integrations.oauth.apps import webhook_secrets
from integrations.views.common import actor, attempt, integration_or_404, page
from integrations.views.frame import frame
from webhooks import selectors
from webhooks.inbound import alarms, services, subscribing
from webhooks.models import InboundStatus, InboundSubscription

SHOWN = 10


class SecretForm(forms.Form):
    """The secret that the provider shows."""

    secret = forms.CharField(
        label="Secret affiché par le fournisseur",
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Collez le secret affiché par le fournisseur."},
    )


def _find(pk: UUID) -> Integration:
    integration = integration_or_404(pk)
    if integration.connector.webhooks is None:
        raise Http404
    return integration


@administrator_required
@never_cache
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether calls are taken, where they are to go, what they brought."""
    return _page(request, _find(pk))


def _page(request: HttpRequest, integration: Integration, **more: Any) -> HttpResponse:
    row = InboundSubscription.objects.select_related("integration").filter(integration=integration).first()
    webhooks = subscribing.declared(integration)
    events = selectors.inbound_of(integration)
    context = {
        "row": row,
        "on": integration.webhooks_enabled,
        "secret_source": subscribing.secret_source(row) if row else webhooks.secret,
        "subscribes": webhooks.subscribes,
        "announced": [r.label for r in integration.connector.resources if r.name in webhooks.resources],
        "address": subscribing.address_of(row) if row else "",
        "live_secrets": len(_secrets(integration, row)),
        "silent": row is not None and alarms.is_silent(row),
        "dead": events.filter(status=InboundStatus.DEAD).count(),
        "waiting": events.filter(status=InboundStatus.WAITING).count(),
        "refused": selectors.refused_lately(integration),
        "events": events[:SHOWN],
        "form": SecretForm(),
    }
    return page(request, "webhooks/integration.html", frame(integration, "webhooks", **context | more))


def _secrets(integration: Integration, row: InboundSubscription | None) -> list[str]:
    if row is None:
        return []
    if subscribing.secret_source(row) == "app":
        return list(webhook_secrets(integration.provider).get(integration.environment, ()))
    return row.live_secrets()


def _back(pk: UUID) -> HttpResponse:
    return redirect("webhooks:integration", pk=pk)


@administrator_required
@require_POST
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take calls, or refuse them."""
    integration = _find(pk)
    on = request.POST.get("on") == "1"
    done = "Les webhooks sont activés." if on else "Les webhooks sont désactivés : les appels sont refusés."
    attempt(request, lambda: services.switch(integration, on=on, actor=actor(request)), done)
    return _back(pk)


@administrator_required
@never_cache
@require_POST
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new secret; where a person must copy it, it is shown once, as the answer to this act."""
    integration, made = _find(pk), list[str]()
    done = "C’est renouvelé; un ancien secret compte encore pendant 24 heures."
    asked = attempt(request, lambda: made.append(services.renew_secret(integration, actor=actor(request))), done)
    if asked and made[0]:
        return _page(request, _find(pk), fresh_secret=made[0])
    return _back(pk)


@administrator_required
@never_cache
@require_POST
@sensitive_post_parameters("secret")
def secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the secret that the provider shows; it is never shown here."""
    integration, form = _find(pk), SecretForm(request.POST)
    if not form.is_valid():
        return _page(request, integration, form=form)
    typed = form.cleaned_data["secret"].strip()
    done = "Le secret est enregistré; le précédent compte encore pendant 24 heures."
    attempt(request, lambda: services.keep_secret(integration, typed, actor=actor(request)), done)
    return _back(pk)


@administrator_required
@require_POST
def end_old_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let only the newest secret count."""
    integration = _find(pk)
    done = "L’ancien secret n’est plus accepté."
    attempt(request, lambda: services.end_old_secret(integration, actor=actor(request)), done)
    return _back(pk)


@administrator_required
@require_POST
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have the subscription looked at now."""
    integration = _find(pk)
    done = "L’abonnement est en cours de vérification chez le fournisseur."
    attempt(request, lambda: services.check_now(integration, actor=actor(request)), done)
    return _back(pk)
