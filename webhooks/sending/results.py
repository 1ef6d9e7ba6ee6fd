"""What became of deliveries, written for a whole batch at a time: attempts, then rows of the queue, then endpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from integrations.core import audit
from webhooks.models import Attempt, DisabledReason, Endpoint
from webhooks.sending.claims import Claimed
from webhooks.sending.policy import Verdict
from webhooks.sending.transport import Answer

log = structlog.get_logger(__name__)

DISABLE_AFTER = timedelta(days=5)


@dataclass
class Outcome:
    """One attempt that ended."""

    claimed: Claimed
    answer: Answer
    verdict: Verdict
    started_at: datetime

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.verdict.status == "delivered"

    @property
    def reason(self) -> str:
        """Why the attempt does not count, for the log; "" when it does."""
        if self.delivered:
            return ""
        return (self.answer.error or f"Le destinataire a répondu {self.answer.code}.")[:300]


# A claim that was lost changes nothing, except that a success always counts: the receiver has the event.
_POSTGRESQL = """
UPDATE webhooks_delivery AS d SET
  status = r.status, attempts = d.attempts + 1, tries = d.tries + 1, lease_owner = '',
  last_code = r.code, last_error = r.error,
  next_at = CASE WHEN r.status = 'pending' THEN clock_timestamp() + r.delay * interval '1 second' END,
  finished_at = CASE WHEN r.status <> 'pending' THEN clock_timestamp() END
FROM (
  SELECT (v->>0)::bigint AS id, v->>1 AS owner, v->>2 AS status, (v->>3)::smallint AS code, v->>4 AS error,
         (v->>5)::double precision AS delay
  FROM jsonb_array_elements(%s::jsonb) AS given(v)
) AS r
WHERE d.id = r.id AND d.status = 'pending' AND (d.lease_owner = r.owner OR r.status = 'delivered')
"""
_SQLITE = """
UPDATE webhooks_delivery AS d SET
  status = r.status, attempts = d.attempts + 1, tries = d.tries + 1, lease_owner = '',
  last_code = r.code, last_error = r.error,
  next_at = CASE WHEN r.status = 'pending'
    THEN strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || r.delay || ' seconds') END,
  finished_at = CASE WHEN r.status <> 'pending' THEN strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') END
FROM (
  SELECT json_extract(given.value, '$[0]') AS id, json_extract(given.value, '$[1]') AS owner,
         json_extract(given.value, '$[2]') AS status, json_extract(given.value, '$[3]') AS code,
         json_extract(given.value, '$[4]') AS error, json_extract(given.value, '$[5]') AS delay
  FROM json_each(%s) AS given
) AS r
WHERE d.id = r.id AND d.status = 'pending' AND (d.lease_owner = r.owner OR r.status = 'delivered')
"""


def write(outcomes: Sequence[Outcome]) -> None:
    """Store attempts and move the queue, in one transaction of a constant number of statements."""
    if not outcomes:
        return
    with transaction.atomic():
        Attempt.objects.bulk_create([_attempt(each) for each in outcomes])
        rows = [_row(each) for each in outcomes]
        with connection.cursor() as cursor:
            cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE, [json.dumps(rows)])
        _judge_endpoints(outcomes)


def _row(outcome: Outcome) -> list[Any]:
    verdict = outcome.verdict
    delay = round(verdict.delay, 3)
    held = outcome.claimed
    return [held.delivery.pk, held.owner, verdict.status, outcome.answer.code, outcome.reason, delay]


def _attempt(outcome: Outcome) -> Attempt:
    answer = outcome.answer
    return Attempt(
        delivery_id=outcome.claimed.delivery.pk,
        number=outcome.claimed.delivery.attempts + 1,
        started_at=outcome.started_at,
        duration_ms=answer.duration_ms,
        status_code=answer.code,
        error=outcome.reason,
        response_headers=answer.headers,
        response_body=answer.body,
        truncated=answer.truncated,
    )


def _judge_endpoints(outcomes: Sequence[Outcome]) -> None:
    """Note which endpoints fail and which work again; close those that are gone or failed for five days."""
    worked = {each.claimed.endpoint.pk for each in outcomes if each.delivered}
    failed: dict[UUID, Endpoint] = {
        each.claimed.endpoint.pk: each.claimed.endpoint for each in outcomes if not each.delivered
    }
    recovered = [
        each.claimed.endpoint.pk for each in outcomes if each.delivered and each.claimed.endpoint.failing_since
    ]
    if recovered:
        Endpoint.objects.filter(pk__in=recovered).update(failing_since=None)
    newly = [pk for pk, endpoint in failed.items() if pk not in worked and not endpoint.failing_since]
    if newly:
        Endpoint.objects.filter(pk__in=newly, failing_since=None).update(failing_since=Now())
    limit = datetime.now(UTC) - DISABLE_AFTER
    gone = {each.claimed.endpoint.pk for each in outcomes if each.verdict.gone}
    for pk, endpoint in failed.items():
        if pk in gone:
            _disable(endpoint, DisabledReason.GONE)
        elif pk not in worked and endpoint.failing_since and endpoint.failing_since < limit:
            _disable(endpoint, DisabledReason.FAILING)


def _disable(endpoint: Endpoint, reason: DisabledReason) -> None:
    """Close an endpoint; what waits stays and goes on when it is opened again. The administrators are written to."""
    changed = Endpoint.objects.active().filter(pk=endpoint.pk)
    if changed.update(active=False, disabled_reason=reason, disabled_at=Now(), notice_due_at=datetime.now(UTC)):
        audit.record(
            "webhook.disabled",
            target=endpoint,
            before={"active": True},
            after={"active": False, "result": reason.label},
        )
        log.warning("webhook.disabled", endpoint=str(endpoint.pk), reason=reason.value)
