"""When an integration stops working: one place marks it, tells the platform once, and has the administrators told."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations import signals
from integrations.models import Integration, Status
from integrations.records import services as records
from integrations.records.kinds import to_json
from integrations.sync.announce import integration_facts


def broke(integration: Integration, status: Status, *, code: str, sentence: str, job_id: UUID | None = None) -> bool:
    """Mark a running integration (ERROR or RECONNECT) and write `integration.error`; False when it was marked already.

    A reconnection is written about to the administrators (services.notices does it). An integration that was
    deactivated, disconnected or deleted meanwhile stays what it is.
    """
    with transaction.atomic():
        rows = Integration.objects.filter(pk=integration.pk)
        before = rows.values_list("status", flat=True).first()
        fields: dict[str, object] = {"status": status, "status_message": sentence}
        if before == status:
            rows.live().update(**fields)
            return False
        if status == Status.RECONNECT:
            fields["notice_due_at"] = timezone.now()
        # Compare-and-swap: of several that fail together, one tells.
        if not rows.runnable().filter(status=before).update(**fields):
            return False
        integration.status, integration.status_message = status, sentence
        records.emit(
            "integration.error",
            {
                "integration": integration_facts(integration),
                "error": {"code": code, "message": sentence},
                "occurred_at": to_json(timezone.now()),
            },
            records.Origin("integration", str(integration.pk), label=integration.name, job_id=job_id),
        )
        signals.integration_status_changed.send(sender=Integration, integration=integration, before=before)
    return True
