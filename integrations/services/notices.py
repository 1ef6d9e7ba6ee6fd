"""The e-mail that tells the administrators of an integration that only a person can reconnect."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from integrations.core import roles
from integrations.core.models import User
from integrations.models import Integration, Status

log = structlog.get_logger(__name__)

# A notice that could not be sent, or whose sender was killed, is tried again after that time.
TRY_AGAIN_AFTER = timedelta(minutes=5)


def send_due() -> int:
    """Write to the administrators about each integration that waits for it; returns how many. Safe to run anywhere."""
    due = Integration.objects.live().filter(status=Status.RECONNECT, notice_due_at__lte=timezone.now())
    sent = 0
    for integration in due:
        again_at = timezone.now() + TRY_AGAIN_AFTER
        # Compare-and-swap: of two machines, one writes.
        if not _move(integration, integration.notice_due_at, again_at) or not _send(integration):
            continue
        # Nothing is left to tell, unless the integration was reconnected and broke again meanwhile.
        _move(integration, again_at, None)
        sent += 1
    return sent


def _move(integration: Integration, before: datetime | None, after: datetime | None) -> bool:
    return bool(Integration.objects.filter(pk=integration.pk, notice_due_at=before).update(notice_due_at=after))


def _send(integration: Integration) -> bool:
    """One message to each administrator: an address that fails keeps nobody else from knowing."""
    path = reverse("integrations:reconnect", args=[integration.pk])
    context = {"integration": integration, "provider": integration.connector.label, "url": settings.SITE_URL + path}
    body = render_to_string("email/reconnect.txt", context)
    people = User.objects.filter(role=roles.ADMINISTRATOR, is_active=True).order_by("pk")
    messages = [
        EmailMessage(f"Lacoste Intégrations : reconnectez « {integration.name} »", body, to=[person.email])
        for person in people
    ]
    try:
        with get_connection() as server:
            return _deliver(server, messages)
    except OSError as error:  # smtplib's errors among them
        log.warning("notice.failed", integration=str(integration.pk), error=type(error).__name__)
        return False


def _deliver(server: object, messages: list[EmailMessage]) -> bool:
    """Whether anybody was told (or nobody is to be)."""
    sent = 0
    for message in messages:
        message.connection = server  # type: ignore[assignment]
        try:
            sent += message.send()
        except OSError as error:
            log.warning("notice.address_failed", error=type(error).__name__)
    return bool(sent) or not messages
