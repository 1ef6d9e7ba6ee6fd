"""Sends what changed on the platform: plan, commit the exact request, call, commit the answer.

No transaction is open across the call. The row of an operation says how far it is: a write whose outcome is unknown is
sent again, byte for byte and under the same key, before anything else is read or planned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.base.errors import ConnectorError
from connectors.base.writes import PreparedWrite
from integrations import routing
from integrations.core.ids import uuid7
from integrations.models import PushOperation, PushStatus, RecordLink
from integrations.records import services as records
from integrations.sync import adopt, trial
from integrations.sync.landing import Landing
from integrations.sync.operations import close, refuse, save
from integrations.sync.outbound import OutboundResource
from integrations.sync.parcels import parcels
from integrations.sync.problems import FieldProblem
from integrations.sync.push_guard import PushGuard
from integrations.sync.push_plan import Facts, PushPlanner, Wait, Write
from integrations.sync.run import Run
from integrations.sync.send_pool import Flight, Unanswered

log = structlog.get_logger(__name__)

KEY_LIFE = timedelta(hours=20)
"""How long a provider surely remembers an idempotency key (24 hours are usual); after that, look before resending."""
WAITS = frozenset({"parent", trial.CODE})
"""Codes of operations that stay pending although nothing is sent for them now."""
BATCH = 64
"""Writes that are planned, stored and answered together; several batches of them fill the line."""
BATCH_OF_MANY = 200
"""The same where the provider takes many writes in one request."""
IN_THE_AIR = 2
"""Batches that are on their way while the next one is planned."""

Place = tuple[datetime, UUID]
"""Where an operation stands in the order of sending: creation, id."""


Prepared = list[tuple[PushOperation, PreparedWrite]]
"""Operations with the exact request of each, which is committed."""


@dataclass(frozen=True)
class InFlight:
    """A batch that is on its way."""

    prepared: Prepared
    flight: Flight | None


NOTHING_FLIES = InFlight([], None)


@dataclass
class Pusher:
    """Pushes one resource for one claimed job."""

    run: Run
    outbound: OutboundResource
    planner: PushPlanner
    landing: Landing

    @property
    def resource(self) -> str:
        """The resource's name."""
        return self.outbound.resource.name

    @property
    def at_once(self) -> int:
        """Writes that are planned, stored and answered together."""
        return BATCH_OF_MANY if self.outbound.resource.batch else BATCH

    def link_of(self, operation: PushOperation) -> RecordLink | None:
        """The link of the operation's record at this resource."""
        return self.landing.link_of(operation)

    def finish_unknown(self) -> None:
        """Send again what was sent without a known outcome, before the pull can take it for a stranger."""
        unknown = list(self._operations(PushStatus.SENDING))
        for start in range(0, len(unknown), self.at_once):
            self._send_again(unknown[start : start + self.at_once])

    def push_all(self) -> bool:
        """Push everything that waits, each once; False when the slice ended first.

        The next batch is planned while those before it are on their way.
        """
        last: Place | None = None
        flying: deque[InFlight] = deque()
        room = trial.room_to_send(self.run.integration, self.run.job, self.resource)
        while True:
            self.run.claim.check()
            stop = self.run.out_of_time()
            waiting = [] if stop else list(self._operations(PushStatus.PENDING, after=last)[: min(self.at_once, room)])
            last = (waiting[-1].created_at, waiting[-1].pk) if waiting else last
            if waiting:
                flying.append(self._start(self._prepare(waiting)))
                room -= len(flying[-1].prepared) if self.run.integration.is_trial else 0
            while flying and (len(flying) > IN_THE_AIR or not waiting):
                self._push_again(self._land(flying.popleft()))
            if not waiting:
                return not stop

    def _push_again(self, operations: list[PushOperation]) -> None:
        """Operations whose object had moved on: merged meanwhile, they are planned and sent anew."""
        while operations:
            operations = self._land(self._start(self._prepare(operations)))

    def _operations(self, status: PushStatus, after: Place | None = None) -> Any:
        """The operations in their order; those that come later than `after`."""
        rows = PushOperation.objects.filter(integration=self.run.integration, resource=self.resource, status=status)
        if after is not None:
            instant, key = after
            rows = rows.filter(Q(created_at__gt=instant) | Q(created_at=instant, pk__gt=key))
        return rows.order_by("created_at", "id")

    # --- A batch of operations ----------------------------------------------------------------------------------

    def _prepare(self, operations: list[PushOperation]) -> Prepared:
        """Plan these operations and commit the exact requests of those that write something.

        One transaction, in a number of statements that does not grow with the batch.
        """
        prepared: Prepared = []
        with transaction.atomic():
            found = records.lock({self.outbound.kind.slug: [each.record_id for each in operations]})
            self._read_again(operations)
            links = self.landing.links_of(operations)
            pairs = [
                (record, links.get(each.record_id))
                for each in operations
                if (record := found.get((each.record_kind, each.record_id))) is not None
            ]
            facts = self.planner.gather(pairs) if pairs else None
            planned = {}
            for operation in operations:
                record = found.get((operation.record_kind, operation.record_id))
                if record is not None and (write := self._plan_one(operation, record, links, facts)) is not None:
                    planned[operation.pk] = write
            guard = PushGuard(self.run.integration, self.resource, self.run.job, self.outbound.resource.acts)
            held = guard.hold(operations, planned, links)
            held |= trial.wait_to_create(self.run.integration, self.run.job, self.resource, operations, planned)
            for operation in operations:
                if operation.pk in planned and operation.pk not in held:
                    write = planned[operation.pk]
                    request = self._request_or_refusal(operation, write, links.get(operation.record_id))
                    if request is not None:
                        prepared.append((operation, request))
                elif operation.status == PushStatus.PENDING and operation.code not in WAITS:
                    close(operation, PushStatus.DONE)
            prepared = self._not_alone(prepared)
            save(operations)
            refused = sum(each.status == PushStatus.REJECTED for each in operations)
            self.run.count_push(self.resource, push_failed=refused, more=guard.counts)
        return prepared

    def _not_alone(self, prepared: Prepared) -> Prepared:
        """What goes together where the provider remembers requests and not rows: should the outcome stay unknown, the
        object of such a creation is looked up, for its own key was never sent."""
        batch = self.outbound.resource.batch
        if batch is None or not batch.keyed:
            return prepared
        for places in parcels(self.outbound.resource, [write for _, write in prepared]):
            for place in places if len(places) > 1 else ():
                operation, write = prepared[place]
                prepared[place] = operation, replace(write, repeatable=False)
                operation.request = prepared[place][1].to_json()
        return prepared

    def _read_again(self, operations: list[PushOperation]) -> None:
        """Whoever changes a record counts it in `wanted` under its lock, which is held now: the plan covers it."""
        rows = PushOperation.objects.filter(pk__in=[each.pk for each in operations])
        names = ("wanted", "needed", "approval_id")
        now = {row["pk"]: row for row in rows.values("pk", *names)}
        for operation in operations:
            for name in names:
                setattr(operation, name, now[operation.pk][name])
            operation.code = operation.message = ""

    def _plan_one(
        self, operation: PushOperation, record: Any, links: Mapping[UUID, RecordLink], facts: Facts | None
    ) -> Write | None:
        try:
            planned = self.planner.plan(record, links.get(operation.record_id), needed=operation.needed, facts=facts)
        except (FieldProblem, ConnectorError) as problem:
            refuse(operation, problem)
            return None
        if isinstance(planned, Wait):
            self._wait_for_parents(operation, planned)
            return None
        return planned

    def _request_or_refusal(
        self, operation: PushOperation, write: Write, link: RecordLink | None
    ) -> PreparedWrite | None:
        try:
            return self._request(operation, write, link)
        except (FieldProblem, ConnectorError) as problem:
            refuse(operation, problem)
            return None

    def _request(self, operation: PushOperation, write: Write, link: RecordLink | None) -> PreparedWrite:
        """The exact request, set down on its operation."""
        key = str(uuid7())
        if write.action == "create":
            link = None  # what was lost is made anew
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
        operation.attempts += 1
        return prepared

    def _wait_for_parents(self, operation: PushOperation, wait: Wait) -> None:
        """Ask for the parents; this operation stays pending and is planned again once they are there."""
        kinds = {r.name: r.record for r in self.run.integration.connector.resources}
        wishes = [
            routing.Wish(self.run.integration.pk, resource, kinds[resource], key) for resource, key in wait.missing
        ]
        routing.ask(wishes, needed=True)
        self.run.parents_wanted = True
        operation.code, operation.message = "parent", "Attend l’envoi d’un enregistrement auquel celui-ci renvoie."

    def _start(self, prepared: Prepared, *, alone: bool = False) -> InFlight:
        """Make the calls, several at once; many writes in one request where the provider takes them so."""
        if not prepared:
            return NOTHING_FLIES
        writes = [write for _, write in prepared]
        together = [[place] for place in range(len(writes))] if alone else parcels(self.outbound.resource, writes)
        return InFlight(prepared, self.run.pool.start(writes, together))

    def _land(self, flying: InFlight) -> list[PushOperation]:
        """Take every answer, then let an error that concerns more than its record end the slice.

        Returns the operations that are to be planned anew.
        """
        if flying.flight is None:
            return []
        operations = [operation for operation, _ in flying.prepared]
        pairs = list(zip(operations, flying.flight.outcomes(), strict=True))
        self.landing.store_answers([(o, answer) for o, answer in pairs if not isinstance(answer, Exception)])
        ends: list[Exception] = []
        for operation, error in pairs:
            try:
                if not isinstance(error, Unanswered):
                    self.landing.on_error(operation, error)
            except ConnectorError as end:
                ends.append(end)
        if ends:
            raise ends[0]
        self._send_again([o for o, answer in pairs if isinstance(answer, Unanswered)], alone=True)
        return [operation for operation in operations if operation.status == PushStatus.PENDING]

    def _send_again(self, operations: list[PushOperation], *, alone: bool = False) -> None:
        """Writes whose outcome is unknown: the same bytes while that does the work once, else look for the object
        first. `alone`: each in a request of its own."""
        again: Prepared = []
        for operation in operations:
            assert operation.request is not None
            prepared = PreparedWrite.from_json(operation.request)
            found = self._done_already(operation, prepared, over=alone)
            if found is not None:
                self.landing.store_answers([(operation, found)])
            else:
                again.append((operation, prepared))
        if again:
            self._push_again(self._land(self._start(again, alone=alone)))

    def _done_already(self, operation: PushOperation, prepared: PreparedWrite, *, over: bool) -> dict[str, Any] | None:
        """The object of a creation that cannot simply be sent again, where it is there. `over`: its request is not on
        its way any more."""
        assert operation.sent_at is not None
        young = timezone.now() - operation.sent_at < KEY_LIFE
        if prepared.action != "create" or (prepared.repeatable and young):
            return None
        found = adopt.find_twin(self.run.connector, self.outbound.resource, prepared)
        if found is None and not over:
            adopt.let_arrive(operation.sent_at, self.run.integration.timeout_seconds)
        return found
