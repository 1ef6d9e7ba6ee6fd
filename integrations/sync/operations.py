"""What becomes of operations that are planned: set down together, or closed without being sent."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from connectors.base.errors import ConnectorError
from integrations.models import PushOperation, PushStatus
from integrations.records.writing import update_rows
from integrations.sync import locks
from integrations.sync.problems import FieldProblem

WRITTEN = (
    "status",
    "action",
    "fields",
    "planned",
    "idempotency_key",
    "sent_at",
    "request",
    "sent_values",
    "attempts",
    "code",
    "message",
    "approval",
)


def save(operations: Sequence[PushOperation]) -> None:
    """Write the operations' new state; one statement."""
    now = timezone.now()
    for operation in operations:
        operation.updated_at = now
    update_rows(PushOperation, [*WRITTEN, "updated_at"], operations)


def refuse(operation: PushOperation, problem: FieldProblem | ConnectorError) -> None:
    """Close an operation that cannot be planned; saved with its batch."""
    waits = problem.code == locks.CODE
    close(operation, PushStatus.HELD if waits else PushStatus.REJECTED, problem.code, problem.sentence)


def close(operation: PushOperation, status: PushStatus, code: str = "", message: str = "") -> None:
    """Nothing is sent for this operation now; saved with its batch."""
    operation.status, operation.code, operation.message = status, code, message
    operation.request, operation.planned = None, operation.wanted
