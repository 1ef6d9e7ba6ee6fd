"""What the acts share: the status of an integration, and what the audit log keeps of it."""

from __future__ import annotations

from integrations import signals
from integrations.models import Integration, Status


def set_status(integration: Integration, status: Status, message: str = "") -> None:
    before = integration.status
    integration.status, integration.status_message = status, message
    integration.save(update_fields=["status", "status_message"])
    if before != status:
        signals.integration_status_changed.send(sender=Integration, integration=integration, before=before)


def facts(integration: Integration) -> dict[str, str]:
    return {
        "provider": integration.provider,
        "environment": integration.environment,
        "account": integration.account_name,
        "account_id": integration.account_id,
    }
