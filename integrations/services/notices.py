"""The e-mails to the administrators on what only they can do: reconnect an integration, decide on a mass change.

Whatever waits for a message is a row with `notice_due_at`: None when there is nothing to tell. Other apps write theirs
with `send_rows` and `to_administrators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import QuerySet
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
    """Write about what waits for a person; returns how many messages. Safe to run anywhere.

    Several approvals of one integration are several messages.
    """
    reconnections = Integration.objects.live().filter(status=Status.RECONNECT)
    approvals = Approval.objects.filter(state=ApprovalState.OPEN, integration__deleted_at=None)
    return send_rows(reconnections, _reconnection) + send_rows(approvals.select_related("integration"), _approval)


def send_rows(rows: QuerySet[Any], send: Callable[[Any], bool]) -> int:
    """Send the message of each row whose `notice_due_at` has come; returns how many. Of two machines, one writes."""
    sent = 0
    for row in rows.filter(notice_due_at__lte=timezone.now()):
        again_at = timezone.now() + TRY_AGAIN_AFTER
        if not _move(row, row.notice_due_at, again_at) or not send(row):
            continue
        # Nothing is left to tell, unless it was mended and broke again meanwhile.
        _move(row, again_at, None)
        sent += 1
    return sent


def _move(row: Any, before: datetime | None, after: datetime | None) -> bool:
    """Compare-and-swap."""
    return bool(type(row)._default_manager.filter(pk=row.pk, notice_due_at=before).update(notice_due_at=after))


def _approval(approval: Approval) -> bool:
    integration = approval.integration
    labels = {resource.name: resource.label for resource in integration.connector.resources}
    context = {
        "integration": integration,
        "label": labels.get(approval.resource, approval.resource),
        "what": approval.get_action_display().lower(),
        "side": approval.get_side_display().lower(),
    }
    path = reverse("integrations:approvals", args=[integration.pk])
    return to_administrators(f"à approuver dans « {integration.name} »", "email/approval.txt", path, context)


def _reconnection(integration: Integration) -> bool:
    path = reverse("integrations:reconnect", args=[integration.pk])
    subject = f"reconnectez « {integration.name} »"
    return to_administrators(subject, "email/reconnect.txt", path, {"integration": integration})


def to_administrators(subject: str, template: str, path: str, context: Mapping[str, Any]) -> bool:
    """One message to each administrator; whether anybody was told, or nobody is to be.

    path: of the page to open, `url` in the template. An address that fails keeps nobody else from knowing.
    """
    body = render_to_string(template, {**context, "url": settings.SITE_URL + path})
    people = User.objects.filter(role=roles.ADMINISTRATOR, is_active=True).order_by("pk")
    messages = [EmailMessage(f"Lacoste Intégrations : {subject}", body, to=[person.email]) for person in people]
    try:
        with get_connection() as server:
            return _deliver(server, messages)
    except OSError as error:  # smtplib's errors among them
        log.warning("notice.failed", notice=template, error=type(error).__name__)
        return False


def _deliver(server: object, messages: list[EmailMessage]) -> bool:
    sent = 0
    for message in messages:
        message.connection = server  # type: ignore[assignment]
        try:
            sent += message.send()
        except OSError as error:
            log.warning("notice.address_failed", error=type(error).__name__)
    return bool(sent) or not messages
