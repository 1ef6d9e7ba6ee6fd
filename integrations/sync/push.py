"""Sends what changed on the platform: plan, commit the exact request, call, commit the answer.

No transaction is open across the call. The row of an operation says how far it is: a write whose outcome is unknown is
sent again, byte for byte and under the same key, before anything else is read or planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors.base.errors import Conflict as RemoteConflict
from connectors.base.errors import ConnectorError, NotFound, Rejected
from connectors.base.writes import PreparedWrite
from integrations import routing
from integrations.core.ids import uuid7
from integrations.models import LinkState, PushOperation, PushStatus, RecordLink
from integrations.records import services as records
from integrations.sync import adopt
from integrations.sync.outbound import OutboundResource
from integrations.sync.page import PageStore
from integrations.sync.problems import FieldProblem
from integrations.sync.push_plan import PushPlanner, Wait, Write
from integrations.sync.run import Run
from integrations.sync.send_pool import Outcome

log = structlog.get_logger(__name__)

KEY_LIFE = timedelta(hours=20)
"""How long a provider surely remembers an idempotency key (24 hours are usual); after that, look before resending."""
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
)
MOST_TRIES = 4


@dataclass
class Pusher:
    """Pushes one resource for one claimed job."""

    run: Run
    outbound: OutboundResource
    planner: PushPlanner
    store: PageStore

    @property
    def resource(self) -> str:
        return self.outbound.resource.name

    def finish_unknown(self) -> None:
        """Send again what was sent without a known outcome, before the pull can take it for a stranger."""
        for operation in self._operations(PushStatus.SENDING):
            self._resend(operation)

    def push_all(self) -> bool:
        """Push everything that waits, each once; False when the slice ended first."""
        seen: set[UUID] = set()
        size = self.run.connector.writes_at_once
        while waiting := list(self._operations(PushStatus.PENDING).exclude(pk__in=seen)[:size]):
            self.run.claim.check()
            if self.run.out_of_time():
                return False
            seen |= {operation.pk for operation in waiting}
            self._push(waiting)
        return True

    def _operations(self, status: PushStatus) -> Any:
        rows = PushOperation.objects.filter(integration=self.run.integration, resource=self.resource, status=status)
        return rows.order_by("created_at", "id")

    # --- One operation ------------------------------------------------------------------------------------------

    def _push(self, operations: list[PushOperation]) -> None:
        """Plan and send together, and again those of which the provider says that their object has moved on."""
        while operations:
            prepared = [(each, write) for each in operations if (write := self._prepare(each)) is not None]
            self._send(prepared)
            operations = [each for each, _ in prepared]
            for operation in operations:
                operation.refresh_from_db(fields=["status", "wanted"])
            operations = [each for each in operations if each.status == PushStatus.PENDING]

    def _prepare(self, operation: PushOperation) -> PreparedWrite | None:
        """Plan and commit the exact request; None when there is nothing to send."""
        with transaction.atomic():
            found = records.lock({operation.record_kind: [operation.record_id]})
            # Whoever changes the record counts it in `wanted` under the same lock: the plan covers that too.
            operation.refresh_from_db(fields=["wanted", "needed"])
            record = found.get((operation.record_kind, operation.record_id))
            link = self.link_of(operation)
            try:
                planned = self.planner.plan(record, link, needed=operation.needed) if record is not None else None
                if isinstance(planned, Write):
                    return self._commit_request(operation, planned, link)
            except FieldProblem as problem:
                self._settle(operation, PushStatus.REJECTED, problem.code, problem.sentence)
            except ConnectorError as error:
                self._settle(operation, PushStatus.REJECTED, error.code, error.sentence)
            else:
                if isinstance(planned, Wait):
                    self._wait_for_parents(operation, planned)
                else:
                    self._settle(operation, PushStatus.DONE)
        return None

    def _commit_request(self, operation: PushOperation, write: Write, link: RecordLink | None) -> PreparedWrite:
        key = str(uuid7())
        connector, version = self.run.connector, link.remote_version if link else ""
        if write.action.startswith("act:"):
            assert link is not None
            prepared = connector.prepare_act(
                self.resource, link.remote_id, write.action[4:], idempotency_key=key, version=version
            )
        else:
            prepared = connector.prepare_push(
                self.resource,
                write.values,
                idempotency_key=key,
                remote_id=link.remote_id if link else "",
                version=version,
                reference=str(operation.record_id),
            )
        operation.status, operation.action, operation.fields = PushStatus.SENDING, write.action, list(write.fields)
        operation.planned, operation.idempotency_key, operation.sent_at = operation.wanted, key, timezone.now()
        operation.request, operation.sent_values = prepared.to_json(), dict(write.local)
        operation.attempts, operation.code, operation.message = operation.attempts + 1, "", ""
        operation.save(update_fields=[*WRITTEN, "updated_at"])
        self._demand_claim()
        return prepared

    def _wait_for_parents(self, operation: PushOperation, wait: Wait) -> None:
        """Ask for the parents; this operation stays pending and is planned again once they are there."""
        kinds = {r.name: r.record for r in self.run.integration.connector.resources}
        wishes = [
            routing.Wish(self.run.integration.pk, resource, kinds[resource], key) for resource, key in wait.missing
        ]
        routing.ask(wishes, needed=True)
        self.run.parents_wanted = True
        message = "Attend l’envoi d’un enregistrement auquel celui-ci renvoie."
        PushOperation.objects.filter(pk=operation.pk).update(code="parent", message=message)

    def _send(self, prepared: list[tuple[PushOperation, PreparedWrite]]) -> None:
        """Make the calls, several at once, and take every answer before an error ends the slice."""
        if not prepared:
            return
        outcomes = self.run.pool.send([write for _, write in prepared])
        ends: list[Exception] = []
        for (operation, _), outcome in zip(prepared, outcomes, strict=True):
            try:
                self._receive(operation, outcome)
            except ConnectorError as error:
                ends.append(error)
        if ends:
            raise ends[0]

    def _receive(self, operation: PushOperation, outcome: Outcome) -> None:
        """What follows from an answer, or from an error that concerns this record; other errors are raised."""
        if not isinstance(outcome, Exception):
            self._store_answer(operation, outcome)
        elif isinstance(outcome, RemoteConflict):
            self._on_conflict(operation, outcome)
        elif isinstance(outcome, NotFound):
            self._on_gone(operation, outcome)
        elif isinstance(outcome, Rejected):
            self._settle(operation, PushStatus.REJECTED, outcome.code, _reasons(outcome), failed=True)
        else:
            raise outcome

    def _resend(self, operation: PushOperation) -> None:
        assert operation.request is not None and operation.sent_at is not None
        prepared = PreparedWrite.from_json(operation.request)
        young = timezone.now() - operation.sent_at < KEY_LIFE
        if prepared.action == "create" and not (prepared.repeatable and young):
            found = adopt.find_twin(self.run.connector, self.outbound.resource, prepared)
            if found is not None:
                self._store_answer(operation, found)
                return
        self._send([(operation, prepared)])

    # --- Answers ------------------------------------------------------------------------------------------------

    def _store_answer(self, operation: PushOperation, answer: dict[str, Any]) -> None:
        """Link, bases and the provider's own fields, in the transaction that closes the operation."""
        with transaction.atomic():
            if answer:
                self.store.take_answer(operation.record_kind, operation.record_id, answer, operation.sent_values)
            self._close(operation, pushed=1)

    def _close(self, operation: PushOperation, *, pushed: int) -> None:
        PushOperation.objects.filter(pk=operation.pk).update(
            status=PushStatus.DONE, request=None, code="", message="", attempts=0
        )
        # What changed during the call is still to be sent.
        PushOperation.objects.filter(pk=operation.pk, wanted__gt=F("planned")).update(status=PushStatus.PENDING)
        self.run.count_push(self.resource, pushed=pushed)

    def _on_conflict(self, operation: PushOperation, error: RemoteConflict) -> None:
        """The object moved on: read it, merge, and plan anew. A creation that is already there is adopted."""
        link = self.link_of(operation)
        if operation.attempts >= MOST_TRIES:
            self._settle(operation, PushStatus.HELD, error.code, error.sentence, failed=True)
        elif link is not None:
            self.store.store_one(self.run.connector.fetch(self.resource, link.remote_id))
            self._again(operation)
        else:
            self._adopt(operation, error)

    def _adopt(self, operation: PushOperation, error: RemoteConflict) -> None:
        assert operation.request is not None
        found = adopt.find_twin(self.run.connector, self.outbound.resource, PreparedWrite.from_json(operation.request))
        if found is None or self._is_taken(found):
            self._settle(operation, PushStatus.HELD, error.code, error.sentence, failed=True)
            return
        with transaction.atomic():
            self.store.link_to(operation.record_kind, operation.record_id, found)
            self._again(operation)

    def _is_taken(self, found: dict[str, Any]) -> bool:
        """Whether the object is another record's already."""
        remote_id = self.outbound.resource.remote_id(found)
        links = RecordLink.objects.filter(integration=self.run.integration, resource=self.resource)
        return links.filter(remote_id=remote_id).exclude(state=LinkState.ARCHIVED).exists()

    def _on_gone(self, operation: PushOperation, error: NotFound) -> None:
        RecordLink.objects.filter(
            integration=self.run.integration, resource=self.resource, record_id=operation.record_id
        ).update(state=LinkState.TOMBSTONE)
        self._settle(operation, PushStatus.HELD, error.code, error.sentence, failed=True)

    def _again(self, operation: PushOperation) -> None:
        PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING, request=None)
        operation.status = PushStatus.PENDING

    def _settle(
        self, operation: PushOperation, status: PushStatus, code: str = "", message: str = "", *, failed: bool = False
    ) -> None:
        """Close an operation without a write. It is looked at again when its record changes or a person asks."""
        values: dict[str, Any] = {"code": code, "message": message, "request": None, "planned": operation.wanted}
        current = PushOperation.objects.filter(pk=operation.pk, wanted=operation.wanted)
        if not current.update(status=status, **values):
            PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING)
        if failed or status in (PushStatus.REJECTED, PushStatus.HELD):
            self.run.count_push(self.resource, push_failed=1)

    def link_of(self, operation: PushOperation) -> RecordLink | None:
        """The link of the operation's record at this resource, a live one first."""
        return (
            RecordLink.objects.filter(
                integration=self.run.integration,
                record_kind=operation.record_kind,
                record_id=operation.record_id,
                resource=self.resource,
            )
            .exclude(state=LinkState.ARCHIVED)
            .order_by("state")
            .first()
        )

    def _demand_claim(self) -> None:
        if not self.run.claim.held().filter(cancel_requested=False).update(attempt=F("attempt")):
            raise self.run.claim.why_not_held()


def _reasons(error: Rejected) -> str:
    more = [reason for reason in dict.fromkeys(error.field_errors.values()) if reason not in error.sentence]
    text = " ".join([error.sentence, *more])
    return text if text.endswith(".") else f"{text}."
