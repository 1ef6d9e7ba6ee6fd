"""A long life of two sides: edits on both, a trouble in each round, and what must be true after it.

Faults that were planted in the engine and found within 24 rounds: an older version that wins, an unknown outcome sent
under a new key or taken for nothing, a lost fence, a position ahead of its records, no overlap, our clock for the
provider's, a page that cannot be read taken for the last one, writes without the provider's lock, a pause that is not
kept. What is not in its reach (webhooks, sweeps, transforms that lose something) has tests of its own.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import time_machine
from django.db import DatabaseError, InterfaceError, connection, connections

from integrations import services
from integrations.models import OPEN_STATUSES, Integration, JobStatus, SyncJob
from integrations.services.syncing import cancel_open_jobs
from integrations.sync.lease import LeaseKeeper
from integrations.sync.runner import run_slice
from tests import postgres
from tests.integrations.soak_edits import FIELDS, People
from tests.integrations.troubles import LONGER_THAN_THEY_WAIT, Wire
from tests.simulator import Control

TEN_MINUTES = 600
NEVER: Set[int] = frozenset()
STATEMENTS_OF_STORING = 50
PATHS = {path: name for name, path in FIELDS.items()}
SLOW_TO_SETTLE = frozenset({"late listings", "edits meanwhile", "provider clock", "cancelled run"})
"""Troubles after which it is the next run that makes both sides the same."""


@dataclass
class Soak:
    """Both sides, what each must hold in the end, and what was done to them."""

    books: Integration
    fake: Control
    wire: Wire
    data: Path
    dice: random.Random
    seed: int
    people: People
    counts: Counter[str] = field(default_factory=Counter)
    statements: int = 60
    """Statements of the last run."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def troubles(self) -> dict[str, Callable[[], SyncJob]]:
        """What may go wrong during a run, by name: has it happen and returns the run."""
        return {
            "database dies in a pull": lambda: self.crashed(self.wire.read),
            "database dies in a push": self.crashed_with_an_answer_on_its_way,
            "database dies at a statement": self.crashed_at_a_statement,
            "jumbled answers": self.jumbled,
            "late listings": self.unlisted,
            "lost answers": self.lost_answers,
            "damaged answers": self.damaged_answers,
            "too many requests": self.too_many_requests,
            "edits meanwhile": self.edits_meanwhile,
            "cancelled run": self.cancelled,
            "two workers": self.two_workers,
            "platform clock": self.platform_clock,
            "provider clock": self.provider_clock,
        }

    # --- Troubles ---
    def crashed(self, called: threading.Event, *, by_chance: bool = True) -> SyncJob:
        """The database dies a moment after the provider was called, unless the run is over before."""
        over = threading.Event()

        def crash() -> None:
            while not called.wait(0.02):
                if over.is_set():
                    return
            time.sleep(self.dice.uniform(0, 0.12) if by_chance else 0)
            self.crash()
            self.wire.release.set()

        crasher = threading.Thread(target=crash)
        crasher.start()
        try:
            return self.synchronise()
        finally:
            over.set()
            crasher.join()

    def crashed_with_an_answer_on_its_way(self) -> SyncJob:
        """A write is carried out, and the database dies before its answer comes: nobody here knows of it."""
        self.wire.hold(self.dice.randint(1, 8), reading=False)
        return self.crashed(self.wire.held, by_chance=False)

    def crashed_at_a_statement(self) -> SyncJob:
        """The database dies at two of the run's statements: any of them, or those that store pages or answers."""
        since = self.dice.choice([None, self.wire.read, self.wire.wrote])
        most = STATEMENTS_OF_STORING if since else self.statements
        numbers = {self.dice.randint(1, most) for _ in range(2)}
        return self.synchronise(crash_at=numbers, since=since)

    def crash(self) -> None:
        postgres.crash_and_start(self.data)
        self.counts["crashes of the database"] += 1

    def jumbled(self) -> SyncJob:
        """Lists hold objects twice and as they were before, in any order; answers to writes overtake each other."""
        self.wire.jumbled, self.wire.late = True, 0.15
        return self.synchronise()

    def unlisted(self) -> SyncJob:
        """The provider does not list yet what changed a moment ago."""
        self.wire.unlisted = True
        return self.synchronise()

    def lost_answers(self) -> SyncJob:
        """Requests that time out; writes that are carried out and of which nobody hears."""
        self.fault("slow", self.dice.choice(["GET", "POST"]), seconds=LONGER_THAN_THEY_WAIT)
        numbers = self.dice.sample(range(1, 15), 5)
        self.wire.lost = {number: self.dice.choice(["time-out", "time-out", "later"]) for number in numbers}
        job = self.synchronise()
        self.counts["lost, damaged or refused answers"] += len(numbers) - len(self.wire.lost)
        return job

    def damaged_answers(self) -> SyncJob:
        """Answers that break off, pages of HTML, errors of a server that had done what it was asked or had not."""
        for _ in range(self.dice.randint(2, 4)):
            kind, options = self.dice.choice(
                [("truncated", {}), ("html", {}), ("error", {}), ("error", {"after": True})]
            )
            self.fault(kind, self.dice.choice(["GET", "POST"]), **options)
        return self.synchronise()

    def too_many_requests(self) -> SyncJob:
        """The provider asks to wait, which all that is ready to leave must heed."""
        for method in ["POST", self.dice.choice(["GET", "POST"])]:
            self.fault("rate_limit", method, retry_after=2)
        return self.synchronise()

    def fault(self, kind: str, method: str, **options: Any) -> None:
        self.fake.fault(kind, path="/v3/company", times=1, slug="quickbooks", method=method, **options)
        self.counts["lost, damaged or refused answers"] += 1

    def edits_meanwhile(self) -> SyncJob:
        """While requests are on their way, people go on: here and there, also in what is just being written."""
        places = {remote: record for record, remote in self.people.living()}

        def meanwhile(method: str, entity: str, sent: dict[str, Any], done: bool) -> None:
            with self._lock:
                if entity != "Customer" or self.dice.random() < 0.4:
                    return
                record = places.get(str(sent.get("Id"))) if method == "POST" else self._somebody(places)
                if record is None or (method == "GET" and not done):
                    return
                path = next((path for path in PATHS if path in sent), self.dice.choice(list(PATHS)))
                places.pop(remote := next(remote for remote, each in places.items() if each == record))
                self.counts["edits meanwhile"] += 1
                if done:
                    self.people.change_here(record, PATHS[path])
                    connections.close_all()
                else:
                    self.people.change_there(record, remote, PATHS[path])

        self.wire.meanwhile = meanwhile
        return self.synchronise()

    def _somebody(self, places: dict[str, UUID]) -> UUID | None:
        free = sorted(set(places.values()) - self.people.edited)
        return self.dice.choice(free) if free else None

    def cancelled(self) -> SyncJob:
        """Somebody cancels while a write is on its way: it is carried out, and the next run does not know of it."""
        self.be_patient()
        self.wire.hold(self.dice.randint(1, 6), reading=False)
        over = threading.Event()

        def cancel() -> None:
            while not over.is_set() and not self.wire.held.wait(0.02):
                pass
            cancel_open_jobs(self.books)
            while SyncJob.objects.filter(status__in=OPEN_STATUSES).exists():
                time.sleep(0.02)
            connections.close_all()
            self.wire.release.set()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        try:
            return self.synchronise()
        finally:
            over.set()
            canceller.join()

    def two_workers(self) -> SyncJob:
        """A worker falls asleep with a request on its way; another one takes its job, ends it and does the next one,
        before the first one wakes up and believes that nothing happened."""
        self.be_patient()
        self.wire.hold(self.dice.randint(1, 5), reading=self.dice.random() < 0.6)
        job = services.request_sync(Integration.objects.get(pk=self.books.pk))

        def asleep() -> None:
            try:
                run_slice(job.pk)
            finally:
                connections.close_all()

        # Whoever sleeps does not see that its lease ran out.
        with mock.patch.object(LeaseKeeper, "_look", lambda *args, **options: None):
            sleeper = threading.Thread(target=asleep)
            sleeper.start()
            while sleeper.is_alive() and not self.wire.held.wait(0.02):
                pass
            self.counts["jobs taken over"] += self.wire.held.is_set()
            self.carry_through(job)
            self.people.edit(f"again {self.people.values}", deletions=False)
            job = self.synchronise()
            ended = list(SyncJob.objects.order_by("pk").values())
            self.wire.release.set()
            sleeper.join()
        assert list(SyncJob.objects.order_by("pk").values()) == ended, "a worker wrote to a job that it had lost"
        return job

    def be_patient(self) -> None:
        """Requests of this round may take longer than those of others."""
        Integration.objects.filter(pk=self.books.pk).update(timeout_seconds=15)

    def platform_clock(self) -> SyncJob:
        """Our clock jumps; the simulator lives in this process and is set back."""
        step = self.dice.choice([-TEN_MINUTES, TEN_MINUTES])
        self.fake.advance(-step)
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=step), tick=True):
            job = self.synchronise()
        self.fake.advance(step)
        return job

    def provider_clock(self) -> SyncJob:
        return self.synchronise()

    # --- One job, as the worker would carry it through ---
    def synchronise(
        self, *, crash_at: Set[int] = NEVER, since: threading.Event | None = None, **options: Any
    ) -> SyncJob:
        """Ask for a run and carry it through."""
        job = services.request_sync(Integration.objects.get(pk=self.books.pk), **options)
        return self.carry_through(job, crash_at=crash_at, since=since)

    def carry_through(
        self, job: SyncJob, *, crash_at: Set[int] = NEVER, since: threading.Event | None = None
    ) -> SyncJob:
        """Slice after slice until the job is over. The database dies at the statements with these numbers, counted from
        the first one on, or since the first reading or write at the provider."""
        deadline = time.monotonic() + 120
        seen = [0]
        while time.monotonic() < deadline:
            try:
                # As if its lease had run out, and its pause: the test need not wait for them.
                SyncJob.objects.filter(pk=job.pk).update(not_before=None, lease_until="2026-01-01T00:00:00Z")
                with self._counted(seen, crash_at, since):
                    run_slice(job.pk)
                job.refresh_from_db()
                if not job.is_open:
                    self.statements = self.statements if since else seen[0]
                    return job
            except (DatabaseError, InterfaceError):
                self.counts["slices cut off"] += 1
                connections.close_all()
                time.sleep(0.1)
        raise AssertionError(f"the job never ended: {job.status} {job.error_message}")

    def _counted(
        self, seen: list[int], crash_at: Set[int], since: threading.Event | None
    ) -> AbstractContextManager[None]:
        def count(execute: Callable[..., Any], *args: Any) -> Any:
            if since is None or since.is_set():
                seen[0] += 1
                if seen[0] in crash_at:
                    self.crash()
            return execute(*args)

        return connection.execute_wrapper(count)

    def round(self, number: int, trouble: str, check: Callable[[], None]) -> None:
        """Edits, a run with a trouble, and one without; what must be true is checked as soon as it must be."""
        self.counts[trouble] += 1
        self.wire.quiet()
        step = 0
        if trouble == "provider clock":
            step = self.dice.choice([-TEN_MINUTES, TEN_MINUTES])
            self.fake.advance(step)
        self.people.edit(str(number), deletions=trouble != "provider clock")
        # Beside whatever else happens:
        self.wire.jumbled = self.dice.random() < 0.5
        if self.dice.random() < 0.5:
            self.wire.lost = {self.dice.randint(1, 12): self.dice.choice(["time-out", "later"])}
        job = self.troubles[trouble]()
        connections.close_all()
        self.counts["runs cancelled"] += job.status == JobStatus.CANCELLED
        assert job.status != JobStatus.FAILED, job.error_message
        self.wire.quiet()
        Integration.objects.filter(pk=self.books.pk).update(timeout_seconds=1)
        self.fake.clear_faults("quickbooks")
        if trouble not in SLOW_TO_SETTLE and job.status == JobStatus.COMPLETED:
            check()
        # A provider's clock that went back stamps changes before what was read already: a full reading finds them.
        job = self.synchronise(full=trouble == "provider clock" and step < 0)
        assert job.status == JobStatus.COMPLETED, (job.status, job.error_message)
        check()
