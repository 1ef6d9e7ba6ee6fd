"""The e-mail that tells the administrators of an endpoint that was closed by itself."""

from __future__ import annotations

from django.urls import reverse

from integrations.services.notices import send_rows, to_administrators
from webhooks.models import Endpoint


def send_due() -> int:
    """Write to the administrators about each endpoint that waits for it; returns how many. Safe to run anywhere."""
    return send_rows(Endpoint.objects.live().filter(active=False), _send)


def _send(endpoint: Endpoint) -> bool:
    path = reverse("webhooks:replay", args=[endpoint.pk])
    context = {"endpoint": endpoint}
    return to_administrators("un webhook a été désactivé", "email/webhook_disabled.txt", path, context)
