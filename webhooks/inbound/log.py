"""What the pages about received calls read, each list in a constant number of queries."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID
from xml.dom.minidom import Document
from xml.parsers.expat import ExpatError

from defusedxml import minidom
from defusedxml.common import DefusedXmlException
from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

import connectors
from integrations.core.masking import mask, mask_text
from integrations.models import Integration
from webhooks.inbound.refusals import flush
from webhooks.models import InboundEvent, InboundRequest, InboundStatus, RefusedCall, RefusedSample
from webhooks.selectors import midnight

REFUSALS_SHOWN = timedelta(days=30)
ALARM_DAYS = 7
BODY_SHOWN = 64 * 1024


@dataclass(frozen=True)
class Filters:
    """What the log is narrowed to; an empty value narrows nothing."""

    provider: str = ""
    integration: UUID | None = None
    status: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""


def events(filters: Filters) -> QuerySet[InboundEvent]:
    """The log, the newest first. The search looks for ids, accounts and kinds as they are written."""
    rows = InboundEvent.objects.select_related("integration").defer("handshake_code")
    if filters.provider:
        rows = rows.filter(provider=filters.provider)
    if filters.integration:
        rows = rows.filter(integration=filters.integration)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.since:
        rows = rows.filter(received_at__gte=midnight(filters.since))
    if filters.until:
        rows = rows.filter(received_at__lt=midnight(filters.until + timedelta(days=1)))
    return rows.filter(_search(filters.search)) if filters.search else rows


def _search(text: str) -> Q:
    found = Q(remote_id=text) | Q(account=text) | Q(kind__icontains=text) | Q(message__icontains=text)
    found |= Q(dedupe_key__endswith=f":{text}")
    with suppress(ValueError):
        found |= Q(pk=UUID(text)) | Q(request=UUID(text))
    return found


def replayable(rows: QuerySet[InboundEvent]) -> QuerySet[InboundEvent]:
    """Those that can be followed again: of an integration that is still there, about an object of ours."""
    asks = rows.filter(integration__deleted_at=None, integration__isnull=False).exclude(resource="")
    held = Q(status=InboundStatus.PENDING) & ~Q(lease_owner="")
    return asks.exclude(held)


def providers() -> list[Any]:
    """The providers that call us."""
    return [connector for connector in connectors.all_connectors() if connector.webhooks]


def integrations() -> QuerySet[Integration]:
    """Those of providers that call us."""
    slugs = [connector.slug for connector in providers()]
    return Integration.objects.live().filter(provider__in=slugs).only("pk", "name", "provider")


# --- One event ------------------------------------------------------------------------------------------------------
def siblings(event: InboundEvent) -> QuerySet[InboundEvent]:
    """The events that came with the same call, in their order."""
    return InboundEvent.objects.filter(request=event.request_id).order_by("pk").defer("handshake_code")


def readable(request: InboundRequest) -> tuple[str, bool]:
    """The body for reading, without what has the shape of a secret, and whether it was cut."""
    raw = bytes(request.body)
    cut = len(raw) > BODY_SHOWN
    text = raw[:BODY_SHOWN].decode("utf-8", "replace")
    if not cut:
        with suppress(ValueError, RecursionError):  # shown as it came
            text = _laid_out(request.content_type, raw, text)
    return mask_text(text), cut


def _laid_out(content_type: str, raw: bytes, text: str) -> str:
    """The body line by line; ValueError or RecursionError when it is not what its type says."""
    if "json" in content_type:
        return json.dumps(mask(json.loads(raw)), ensure_ascii=False, indent=2)
    if "xml" in content_type:
        return _xml(raw)
    if "form" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
        return "\n".join(f"{name} = {mask(value, name)}" for name, value in pairs)
    return text


def _xml(raw: bytes) -> str:
    """Indented XML; ValueError when it is none, or tries something."""
    try:
        document: Document = minidom.parseString(raw.decode(), forbid_dtd=True)
    except (DefusedXmlException, ExpatError) as error:
        raise ValueError(str(error)) from None
    lines = document.toprettyxml(indent="  ").splitlines()
    return "\n".join(line for line in lines if line.strip())


# --- Refused calls --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Refused:
    """How many calls of a provider were refused for a reason in the last days."""

    provider: str
    integration: Integration | None
    reason: str
    count: int
    last_at: datetime


def refused_calls() -> list[Refused]:
    """The counters of the last thirty days, by provider, integration and reason; the latest first."""
    flush()
    since = timezone.localdate() - REFUSALS_SHOWN
    rows = RefusedCall.objects.filter(day__gte=since).order_by().values("provider", "integration", "reason")
    counted = list(rows.annotate(calls=Sum("count"), last=Max("last_at")))
    owners = Integration.objects.in_bulk([row["integration"] for row in counted if row["integration"] is not None])
    found = [
        Refused(row["provider"], owners.get(row["integration"]), row["reason"], row["calls"], row["last"])
        for row in counted
    ]
    return sorted(found, key=lambda each: each.last_at, reverse=True)


def refused_samples(limit: int = 50) -> QuerySet[RefusedSample]:
    """The last refused calls, for a look at their headers."""
    return RefusedSample.objects.select_related("integration").order_by("-id")[:limit]


def alarms(integration: Integration | None = None) -> int:
    """How many known events came back with another content lately: of an integration, or of all and of strangers."""
    since = timezone.localdate() - timedelta(days=ALARM_DAYS)
    rows = RefusedCall.objects.filter(reason="reused_key", day__gte=since)
    if integration:
        rows = rows.filter(integration=integration)
    return rows.aggregate(calls=Sum("count"))["calls"] or 0
