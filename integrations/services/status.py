"""What the acts share: the status of an integration, and what the audit log keeps of it."""

from __future__ import annotations

from integrations import signals
from integrations.models import Integration, Status


def set_status(integration: Integration, status: Status, message: str = "") -> None:
    """Give the status that a person chose or a success proves; what breaks goes through sync.breakage.broke.

    Nothing is left to tell the administrators then.
    """
    before = integration.status
    integration.status, integration.status_message, integration.notice_due_at = status, message, None
    integration.save(update_fields=["status", "status_message", "notice_due_at"])
    if before != status:
        signals.integration_status_changed.send(sender=Integration, integration=integration, before=before)


def facts(integration: Integration) -> dict[str, str]:
    """What the audit log says of an integration that comes or goes."""
    return {
        "provider": integration.provider,
        "environment": integration.environment,
        "account": integration.account_name,
        "account_id": integration.account_id,
    }
