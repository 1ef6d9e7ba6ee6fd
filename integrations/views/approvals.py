"""Mass changes and deletions of one integration that wait for a person, and the release of a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from integrations import selectors, services
from integrations.core.roles import administrator_required
from integrations.models import (
    Approval,
    ApprovalState,
    HeldChange,
    Integration,
    LinkState,
    PushOperation,
    RecordLink,
    RiskyAction,
)
from integrations.records import selectors as reading
from integrations.templatetags.lacoste import compte
from integrations.views.common import actor, attempt, integration_or_404, leave, page, paginate
from integrations.views.frame import frame
from integrations.views.histories import Change, named, titles_of

SAMPLES = 20
Agreed = dict[tuple[str, UUID], RecordLink]


@dataclass(frozen=True)
class Sample:
    """One of the changes that wait: `changes` are (field, label, old, new)."""

    record: Any
    remote_id: str
    changes: list[Change]


@dataclass(frozen=True)
class Row:
    """One approval, ready to be read: the object's name and the kind of record that it becomes."""

    approval: Approval
    label: str
    kind: str
    samples: list[Sample]


@administrator_required
@require_safe
def listing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What waits for an approval; `?state=decided` shows what was decided."""
    integration = integration_or_404(pk)
    decided = request.GET.get("state") == "decided"
    found = paginate(request, selectors.approvals_of(integration, decided=decided), 10)
    rows, titles = _rows(integration, list(found.object_list))
    context = frame(integration, "approvals", page=found, rows=rows, titles=titles, decided=decided)
    return page(request, "integrations/approvals.html", context)


def _rows(integration: Integration, approvals: list[Approval]) -> tuple[list[Row], dict[UUID, str]]:
    objects = {resource.name: (resource.label, resource.record) for resource in integration.connector.resources}
    waiting = [approval for approval in approvals if approval.state == ApprovalState.OPEN]
    found = selectors.approval_samples(waiting, SAMPLES)
    every = [one for samples in found.values() for one in samples]
    records = reading.by_keys((one.record_kind, one.record_id) for one in every)
    agreed = _agreed(integration, every)
    samples = {
        key: [_sample(one, records.get((one.record_kind, one.record_id)), agreed) for one in ones]
        for key, ones in found.items()
    }
    titles = titles_of(change for ones in samples.values() for one in ones for change in one.changes)
    rows = [Row(each, *objects.get(each.resource, (each.resource, "")), samples.get(each.pk, [])) for each in approvals]
    return rows, titles


def _agreed(
    integration: Integration, every: Iterable[HeldChange | PushOperation]
) -> dict[tuple[str, UUID], RecordLink]:
    """What both sides last agreed on, of the records that are to be sent, by (resource, record id)."""
    sent = [one for one in every if isinstance(one, PushOperation)]
    kinds, ids = {one.record_kind for one in sent}, {one.record_id for one in sent}
    mine = {"integration": integration, "record_kind__in": kinds, "record_id__in": ids, "state": LinkState.LIVE}
    return {(link.resource, link.record_id): link for link in RecordLink.objects.filter(**mine)} if sent else {}


def _sample(one: HeldChange | PushOperation, record: Any, agreed: Agreed) -> Sample:
    if isinstance(one, HeldChange):
        values, remote_id = one.changes, one.remote_id
    else:
        link = agreed.get((one.resource, one.record_id))
        base = link.base_local if link else {}
        values = {name: [base.get(name), one.sent_values.get(name)] for name in one.fields}
        remote_id = link.remote_id if link else ""
    changes = named(one.record_kind, ((name, old, new) for name, (old, new) in values.items()))
    return Sample(record, remote_id, changes)


@administrator_required
@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve what waits, or (`refuse` in the form) leave both sides as they are."""
    approval = Approval.objects.filter(pk=pk, integration__deleted_at=None).select_related("integration").first()
    if approval is None:
        raise Http404
    if "refuse" in request.POST:
        _refuse(request, approval)
    else:
        done = "Changements approuvés : la synchronisation qui les applique est demandée."
        attempt(request, lambda: services.approve(approval, actor=actor(request)), done)
    return redirect("integrations:approvals", pk=approval.integration_id)


def _refuse(request: HttpRequest, approval: Approval) -> None:
    left: list[int] = []
    if attempt(request, lambda: left.append(services.refuse(approval, actor=actor(request))), ""):
        what = compte(left[0], "changement refusé,changements refusés")
        tail = "les fiches restent" if approval.action == RiskyAction.DELETE else "les deux côtés restent tels quels"
        messages.success(request, f"{what} : {tail}.")


@administrator_required
@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a new integration take everything, now that its first records were looked at."""
    integration = integration_or_404(pk)
    started: list[Any] = []
    done = f"« {integration.name} » est libérée : la synchronisation complète est demandée."
    attempt(request, lambda: started.append(services.release_and_sync(integration, actor=actor(request))), done)
    if started:
        return redirect("integrations:job", pk=started[0].pk)
    return leave(request, reverse("integrations:detail", args=[pk]))
