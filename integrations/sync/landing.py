"""What comes back from the provider for a write: an answer to store, a conflict to merge, a refusal to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from connectors.base.errors import Conflict as RemoteConflict
from connectors.base.errors import NotFound, Rejected
from connectors.base.writes import PreparedWrite
from integrations.models import LinkState, PushOperation, PushStatus, RecordLink, SentChange
from integrations.records.writing import row_of, write_rows
from integrations.sync import adopt, links
from integrations.sync.gateway import write as write_exchanges
from integrations.sync.outbound import OutboundResource
from integrations.sync.page import Answered, PageStore, Told
from integrations.sync.plan import Item, gone, read_items
from integrations.sync.progress import Checkpoint
from integrations.sync.run import Run
from integrations.sync.send_pool import Outcome

MOST_TRIES = 4
"""Sendings of one write whose object keeps moving on, before a person looks at it."""
DATABASE_REFUSES = (
    "L’envoi est fait, mais la base de données de la plateforme refuse la réponse du fournisseur. Transmettez cet "
    "envoi au soutien."
)


@dataclass
class Landing:
    """Takes the outcomes of writes to one resource."""

    run: Run
    outbound: OutboundResource
    store: PageStore

    @property
    def resource(self) -> str:
        return self.outbound.resource.name

    def on_error(self, operation: PushOperation, error: Outcome) -> None:
        """What follows from an error that concerns this record alone; other errors are raised."""
        if isinstance(error, RemoteConflict):
            self._on_conflict(operation, error)
        elif isinstance(error, NotFound):
            self._on_gone(operation, error)
        elif isinstance(error, Rejected):
            self._settle(operation, PushStatus.REJECTED, error.code, _reasons(error))
        elif isinstance(error, Exception):
            raise error

    def store_answers(self, answers: list[tuple[PushOperation, dict[str, Any]]]) -> None:
        """Links, bases and the provider's own fields, in the transaction that closes the operations."""
        if not answers:
            return
        # With the batch that they belong to: thousands of them at the end of a slice would keep its lease for seconds.
        exchanges = self.run.exchanges.rows()
        try:
            with transaction.atomic():
                write_exchanges(exchanges)
                told = self.store.take_answers(
                    self.outbound.kind.slug,
                    [Answered(each.record_id, raw, each.sent_values, each.sent_at) for each, raw in answers if raw],
                )
                operations = [each for each, _ in answers]
                self._note(operations, told)
                self._close_all(operations)
            self.run.exchanges.stored(len(exchanges))
        except (IntegrityError, DataError) as error:
            if len(answers) > 1:
                for one in answers:
                    self.store_answers([one])
            else:
                self._settle(answers[0][0], PushStatus.HELD, "database", f"{DATABASE_REFUSES} ({type(error).__name__})")

    def _note(self, operations: list[PushOperation], told: Mapping[UUID, Told]) -> None:
        """Keep what was written there: the other half of the records' history; one statement."""
        now = timezone.now()
        changes = (
            SentChange(
                job=self.run.job,
                integration=self.run.integration,
                resource=self.resource,
                record_kind=each.record_kind,
                record_id=each.record_id,
                remote_id=(one := told.get(each.record_id, Told())).remote_id,
                action=each.action,
                changes=one.changes,
                at=now,
            )
            for each in operations
        )
        write_rows(SentChange, [row_of(each) for each in changes])

    def _close_all(self, operations: list[PushOperation]) -> None:
        rows = PushOperation.objects.filter(pk__in=[each.pk for each in operations])
        rows.update(status=PushStatus.DONE, request=None, code="", message="", attempts=0)
        # What changed during the call is still to be sent.
        rows.filter(wanted__gt=F("planned")).update(status=PushStatus.PENDING)
        self.run.count_push(self.resource, pushed=len(operations))

    def _on_conflict(self, operation: PushOperation, error: RemoteConflict) -> None:
        """The object moved on: read it, merge, and plan anew. A creation that is already there is adopted."""
        link = self.link_of(operation)
        if operation.attempts >= MOST_TRIES:
            self._settle(operation, PushStatus.HELD, error.code, error.sentence)
        elif link is not None:
            self.store.store_one(self.run.connector.fetch(self.resource, link.remote_id))
            self._again(operation)
        else:
            self._adopt(operation, error)

    def _adopt(self, operation: PushOperation, error: RemoteConflict) -> None:
        assert operation.request is not None
        found = adopt.find_twin(self.run.connector, self.outbound.resource, PreparedWrite.from_json(operation.request))
        if found is None or self._is_taken(found):
            self._settle(operation, PushStatus.HELD, error.code, error.sentence)
            return
        with transaction.atomic():
            self.store.link_to(operation.record_kind, operation.record_id, found)
            self._again(operation)

    def _is_taken(self, found: dict[str, Any]) -> bool:
        """Whether the object is another record's already."""
        remote_id = self.outbound.resource.remote_id(found)
        theirs = RecordLink.objects.filter(integration=self.run.integration, resource=self.resource)
        return theirs.filter(remote_id=remote_id).exclude(state=LinkState.ARCHIVED).exists()

    def _on_gone(self, operation: PushOperation, error: NotFound) -> None:
        """The object is not there: what the integration's policy makes of a deletion, once the provider confirms it."""
        link = self.link_of(operation)
        if link is not None:
            item = self._gone(link.remote_id)
            if item is None:
                self._settle(operation, PushStatus.HELD, error.code, error.sentence)
                return
            self.store.store_items([item], [], Checkpoint(None))
            link = self.link_of(operation)
        if link is not None and link.state == LinkState.LOST:
            self._again(operation)
        else:
            self._settle(operation, PushStatus.HELD, error.code, error.sentence)

    def _gone(self, remote_id: str) -> Item | None:
        """The object as one that is gone, or was merged; None where it can still be read, so that only writing it was
        in vain."""
        compiled, now = self.store.compiled, timezone.now()
        if "fetch" not in self.outbound.resource.capabilities:
            return gone(compiled, remote_id, now)
        try:
            raw = self.run.connector.fetch(self.resource, remote_id)
        except NotFound:
            return gone(compiled, remote_id, now)
        if not self.outbound.resource.is_deleted(raw):
            return None
        items, _ = read_items(compiled, [raw], now)
        return items[0] if items else gone(compiled, remote_id, now)

    def _again(self, operation: PushOperation) -> None:
        PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING, request=None)
        operation.status = PushStatus.PENDING

    def _settle(self, operation: PushOperation, status: PushStatus, code: str, message: str) -> None:
        """Close an operation that was refused. It is looked at again when its record changes or a person asks."""
        values: dict[str, Any] = {"code": code, "message": message, "request": None, "planned": operation.wanted}
        current = PushOperation.objects.filter(pk=operation.pk, wanted=operation.wanted)
        if not current.update(status=status, **values):
            PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING, request=None)
        operation.status = status
        self.run.count_push(self.resource, push_failed=1)

    def link_of(self, operation: PushOperation) -> RecordLink | None:
        """The link of the operation's record at this resource, a live one first."""
        return self.links_of([operation]).get(operation.record_id)

    def links_of(self, operations: list[PushOperation]) -> dict[UUID, RecordLink]:
        """The links of these operations' records at this resource; one query."""
        ids = [each.record_id for each in operations]
        return links.of_records(self.run.integration, self.resource, self.outbound.kind.slug, ids)


def _reasons(error: Rejected) -> str:
    more = [reason for reason in dict.fromkeys(error.field_errors.values()) if reason not in error.sentence]
    text = " ".join([error.sentence, *more])
    return text if text.endswith(".") else f"{text}."
