"""The e-mails to the administrators on what only they can do: reconnect an integration, decide on a mass change."""

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
from integrations.models import Approval, ApprovalState, Integration, Status

log = structlog.get_logger(__name__)

# A notice that could not be sent, or whose sender was killed, is tried again after that time.
TRY_AGAIN_AFTER = timedelta(minutes=5)


def send_due() -> int:
    """Write to the administrators about each integration that waits for it; returns how many. Safe to run anywhere."""
    return _send_reconnections() + _send_approvals()


def _send_reconnections() -> int:
    due = Integration.objects.live().filter(status=Status.RECONNECT, notice_due_at__lte=timezone.now())
    sent = 0
    for integration in due:
        again_at = timezone.now() + TRY_AGAIN_AFTER
        # Compare-and-swap: of two machines, one writes.
        if not _move(integration, integration.notice_due_at, again_at) or not _send_reconnection(integration):
            continue
        # Nothing is left to tell, unless the integration was reconnected and broke again meanwhile.
        _move(integration, again_at, None)
        sent += 1
    return sent


def _send_approvals() -> int:
    """Write about each approval that waits; several of one integration are several messages."""
    due = Approval.objects.filter(
        state=ApprovalState.OPEN, notice_due_at__lte=timezone.now(), integration__deleted_at=None
    )
    sent = 0
    for approval in due.select_related("integration"):
        again_at = timezone.now() + TRY_AGAIN_AFTER
        if not _move(approval, approval.notice_due_at, again_at) or not _send_approval(approval):
            continue
        _move(approval, again_at, None)
        sent += 1
    return sent


def _move(row: Integration | Approval, before: datetime | None, after: datetime | None) -> bool:
    return bool(type(row)._default_manager.filter(pk=row.pk, notice_due_at=before).update(notice_due_at=after))


def _send_approval(approval: Approval) -> bool:
    integration = approval.integration
    labels = {resource.name: resource.label for resource in integration.connector.resources}
    context = {
        "label": labels.get(approval.resource, approval.resource),
        "what": approval.get_action_display().lower(),
        "side": approval.get_side_display().lower(),
    }
    path = reverse("integrations:approvals", args=[integration.pk])
    return _send(integration, f"à approuver dans « {integration.name} »", "email/approval.txt", path, context)


def _send_reconnection(integration: Integration) -> bool:
    path = reverse("integrations:reconnect", args=[integration.pk])
    return _send(integration, f"reconnectez « {integration.name} »", "email/reconnect.txt", path, {})


def _send(integration: Integration, subject: str, template: str, path: str, more: dict[str, str]) -> bool:
    """One message to each administrator: an address that fails keeps nobody else from knowing."""
    about = {"integration": integration, "provider": integration.connector.label, "url": settings.SITE_URL + path}
    body = render_to_string(template, about | more)
    people = User.objects.filter(role=roles.ADMINISTRATOR, is_active=True).order_by("pk")
    messages = [EmailMessage(f"Lacoste Intégrations : {subject}", body, to=[person.email]) for person in people]
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
