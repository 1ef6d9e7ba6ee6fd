"""What one integration sends to its provider: what waits, what went, what was refused and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.models import Integration, PushOperation, PushStatus
from integrations.records import selectors as reading
from integrations.records.kinds import KINDS
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, attempt, integration_or_404, page, paginate
from integrations.views.frame import frame

ACTIONS = {"create": "Création", "update": "Modification", "": "—"}

# What needs somebody comes before what is over.
STATES = (PushStatus.PENDING, PushStatus.SENDING, PushStatus.REJECTED, PushStatus.HELD, PushStatus.DONE)


@dataclass(frozen=True)
class Row:
    """One push, ready to be read."""

    push: PushOperation
    record: Any
    resource: str
    action: str
    fields: list[str]

    @property
    def can_retry(self) -> bool:
        """Whether a person may ask for it again."""
        return self.push.status in (PushStatus.REJECTED, PushStatus.HELD)


def rows_of(integration: Integration, pushes: Iterable[PushOperation]) -> list[Row]:
    """The pushes with their records, one query per kind."""
    pushes = list(pushes)
    found = reading.by_keys((push.record_kind, push.record_id) for push in pushes)
    resources = {resource.name: resource for resource in integration.connector.resources}
    acts = {(name, f"act:{act.name}"): act.label for name, resource in resources.items() for act in resource.acts}
    return [
        Row(
            push,
            found.get((push.record_kind, push.record_id)),
            resources[push.resource].label if push.resource in resources else push.resource,
            acts.get((push.resource, push.action)) or ACTIONS.get(push.action, push.action),
            [_label(push.record_kind, name) for name in push.fields],
        )
        for push in pushes
    ]


def _label(kind: str, field: str) -> str:
    info = KINDS[kind].fields.get(field)
    return info.label if info else field


@administrator_required
@require_safe
def listing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was sent last, or moved last; `?status=` keeps one state."""
    integration = integration_or_404(pk)
    status = request.GET.get("status", "")
    status = status if status in PushStatus.values else ""
    counts = selectors.push_counts(integration)
    found = paginate(request, selectors.pushes_of(integration, status))
    context = frame(
        integration,
        "pushes",
        page=found,
        rows=rows_of(integration, found.object_list),
        status=status,
        states=[(state.value, state.label, counts.get(state.value, 0)) for state in STATES],
        total=sum(counts.values()),
    )
    return page(request, "integrations/pushes.html", context)


@administrator_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send one refused write again, at once."""
    pushes = PushOperation.objects.filter(integration__deleted_at=None).select_related("integration").defer("request")
    push = get_object_or_404(pushes, pk=pk)
    done = "Nouvel envoi demandé."
    attempt(request, lambda: services.retry_push(push, actor=actor(request)), done)
    return redirect("integrations:pushes", pk=push.integration_id)


@administrator_required
@require_POST
def retry_all(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send every refused write of the integration again."""
    integration = integration_or_404(pk)
    counted: list[int] = []

    def act() -> None:
        counted.append(services.retry_refused(integration, actor=actor(request)))

    waiting = integration.refused_pushes  # type: ignore[attr-defined]
    if not waiting:
        messages.info(request, "Aucun envoi n’est refusé : il n’y a rien à réessayer.")
    else:
        attempt(request, act, f"{compte(waiting, 'envoi')} à nouveau demandé{'s' if waiting > 1 else ''}.")
    return redirect("integrations:pushes", pk=pk)
