"""The e-mail that tells the administrators that an integration's incoming webhooks need them."""

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
from webhooks.inbound import alarms
from webhooks.models import InboundSubscription

log = structlog.get_logger(__name__)

# A notice that could not be sent, or whose sender was killed, is tried again after that time.
TRY_AGAIN_AFTER = timedelta(minutes=5)


def send_due() -> int:
    """Write to the administrators about each integration that waits for it; returns how many. Safe to run anywhere."""
    sent = 0
    due = InboundSubscription.objects.filter(notice_due_at__lte=timezone.now(), integration__deleted_at=None)
    for row in due.select_related("integration"):
        again_at = timezone.now() + TRY_AGAIN_AFTER
        # Compare-and-swap: of two machines, one writes.
        if not _move(row, row.notice_due_at, again_at) or not _send(row):
            continue
        _move(row, again_at, None)
        sent += 1
    return sent


def _move(row: InboundSubscription, before: datetime | None, after: datetime | None) -> bool:
    return bool(InboundSubscription.objects.filter(pk=row.pk, notice_due_at=before).update(notice_due_at=after))


def _send(row: InboundSubscription) -> bool:
    """One message to each administrator; whether anybody was told, or nobody is to be."""
    integration = row.integration
    context = {
        "integration": integration,
        "dead": alarms.dead_lately(integration).count(),
        "silent": row.silent_count if alarms.is_silent(row) else 0,
        "url": settings.SITE_URL + reverse("webhooks:integration", args=[integration.pk]),
    }
    body = render_to_string("email/webhooks_in.txt", context)
    people = list(User.objects.filter(role=roles.ADMINISTRATOR, is_active=True).order_by("pk"))
    told = 0
    for person in people:
        subject = f"Lacoste Intégrations : webhooks de « {integration.name} » à vérifier"
        try:
            told += EmailMessage(subject, body, to=[person.email]).send()
        except OSError as error:  # smtplib's errors among them
            log.warning("inbound.notice_failed", integration=str(integration.pk), error=type(error).__name__)
    return bool(told) or not people
