"""The e-mail that tells the administrators that an integration's incoming webhooks need them."""

from __future__ import annotations

from django.urls import reverse

from integrations.services.notices import send_rows, to_administrators
from webhooks.inbound import alarms, log
from webhooks.models import InboundSubscription


def send_due() -> int:
    """Write to the administrators about each integration that waits for it; returns how many. Safe to run anywhere."""
    return send_rows(
        InboundSubscription.objects.filter(integration__deleted_at=None).select_related("integration"), _send
    )


def _send(row: InboundSubscription) -> bool:
    integration = row.integration
    context = {
        "integration": integration,
        "dead": alarms.dead_lately(integration).count(),
        "silent": row.silent_count if alarms.is_silent(row) else 0,
        "reused": log.alarms(integration),
    }
    path = reverse("webhooks:integration", args=[integration.pk])
    return to_administrators(f"webhooks de « {integration.name} » à vérifier", "email/webhooks_in.txt", path, context)
