"""The e-mail that tells the administrators of an endpoint that was closed by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from integrations.core import roles
from integrations.core.models import User
from webhooks.models import Endpoint

log = structlog.get_logger(__name__)

# A notice that could not be sent, or whose sender was killed, is tried again after that time.
TRY_AGAIN_AFTER = timedelta(minutes=5)


def send_due() -> int:
    """Write to the administrators about each endpoint that waits for it; returns how many. Safe to run anywhere."""
    sent = 0
    for endpoint in Endpoint.objects.live().filter(active=False, notice_due_at__lte=timezone.now()):
        again_at = timezone.now() + TRY_AGAIN_AFTER
        # Compare-and-swap: of two machines, one writes.
        if not _move(endpoint, endpoint.notice_due_at, again_at) or not _send(endpoint):
            continue
        _move(endpoint, again_at, None)
        sent += 1
    return sent


def _move(endpoint: Endpoint, before: datetime | None, after: datetime | None) -> bool:
    return bool(Endpoint.objects.filter(pk=endpoint.pk, notice_due_at=before).update(notice_due_at=after))


def _send(endpoint: Endpoint) -> bool:
    """One message to each administrator; whether anybody was told, or nobody is to be."""
    path = reverse("webhooks:replay", args=[endpoint.pk])
    body = render_to_string("email/webhook_disabled.txt", {"endpoint": endpoint, "url": settings.SITE_URL + path})
    people = list(User.objects.filter(role=roles.ADMINISTRATOR, is_active=True).order_by("pk"))
    told = 0
    for person in people:
        message = EmailMessage("Lacoste Intégrations : un webhook a été désactivé", body, to=[person.email])
        try:
            told += message.send()
        except OSError as error:  # smtplib's errors among them
            log.warning("webhook.notice_failed", endpoint=str(endpoint.pk), error=type(error).__name__)
    return bool(told) or not people
