"""Everything at once: the database dies during pull and push, answers are lost, doubled, stale and out of order, clocks
jump. Nothing is lost, nothing is there twice, and both sides end up the same."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, InterfaceError, connection, connections

from integrations import services
from integrations.models import (
    Conflict,
    Integration,
    JobStatus,
    LinkState,
    PushOperation,
    PushStatus,
    RecordLink,
    SyncJob,
)
from integrations.records.models import Customer, Invoice
from integrations.records.services import Change, Origin, apply
from integrations.sync.runner import run_slice
from tests import postgres
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected, fill_account_mapping, there
from tests.integrations.troubles import Wire
from tests.simulator import Control, running_simulator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.processes,
    pytest.mark.timeout(3000),
]

USER = Origin("user", "1")
TEN_MINUTES = 600
TROUBLES = (
    "database during pull",
    "database during push",
    "jumbled answers",
    "time-outs",
    "platform clock",
    "provider clock",
)
FIELDS = {"company_name": "CompanyName", "first_name": "GivenName", "last_name": "FamilyName"}


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def fake(tmp_path: Path, wire: Wire) -> Iterator[Control]:
    with running_simulator(tmp_path / "state.sqlite3", wire.wrap) as control:
        yield control


@pytest.fixture
def database() -> Iterator[Path]:
    """The folder of the server that the tests run on, which waits for its log at each commit, as in production."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = Path(cursor.fetchone()[0])
        if not postgres.ours(data):
            pytest.skip("needs a PostgreSQL that may be crashed: `make test` starts one where no DATABASE_URL is given")
        name = connection.settings_dict["NAME"]
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    connection.close()
    yield data
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit')
    connection.close()


@pytest.fixture
def books(fake: Control, synchronise: Synchronise, administrator: Any, settings: Any) -> Integration:
    settings.SIMULATOR_URL = fake.url
    integration = connected(fake, conflict_policy="provider", batch_size=10, timeout_seconds=1, max_retries=15)
    assert synchronise(integration).status == JobStatus.COMPLETED
    fill_account_mapping(integration)
    return integration


@dataclass
class Soak:
    """Both sides, what each must hold in the end, and what went wrong meanwhile."""

    books: Integration
    fake: Control
    wire: Wire
    data: Path
    dice: random.Random
    names: set[str] = field(default_factory=set)
    invoices: dict[UUID, str] = field(default_factory=dict)
    agreed: dict[tuple[UUID, str], str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    # --- Edits ---
    def edit(self, round_: int) -> None:
        """New customers and invoices here, new customers there, and edits of one field on either side."""
        for number in range(self.dice.randint(1, 3)):
            name = f"Client {round_}-{number} inc."
            who = apply([Change("customer", action="create", values={"name": name})], USER)[0].id
            price = Decimal(self.dice.randint(100, 99999)) / 100
            line = {"description": "Visite", "quantity": Decimal(1), "unit_price": price, "subtotal": price}
            values = {"customer": who, "issue_date": "2026-11-20", "memo": name}
            values["lines"] = [{**line, "total": price, "tax_code": "gst_qst"}]
            self.invoices[apply([Change("invoice", action="create", values=values)], USER)[0].id] = name
            self.names.add(name)
            seen_there = f"Cliente {round_}-{number}"
            self.fake.create("Customer", slug="quickbooks", DisplayName=seen_there)
            self.names.add(seen_there)
        live = RecordLink.objects.filter(resource="customers", state="live")
        links = dict(live.values_list("record_id", "remote_id"))
        active = {one["Id"] for one in there(self.fake, "Customer").values() if one["Active"]}
        for record, remote in self.dice.sample(sorted((r, i) for r, i in links.items() if i in active), 6):
            name = self.dice.choice(list(FIELDS))
            value = f"{name[0]}{round_}-{self.dice.randint(0, 999)}"
            if self.dice.random() < 0.5:
                apply([Change("customer", record, values={name: value})], USER)
            else:
                self.fake.edit("Customer", remote, remove=None, slug="quickbooks", **{FIELDS[name]: value})
            self.agreed[record, name] = value

    # --- Troubles ---
    def clocks(self, trouble: str) -> AbstractContextManager[Any]:
        """The jump of a clock, for the rest of the round; the simulator lives in this process and is set back."""
        step = self.dice.choice([-TEN_MINUTES, TEN_MINUTES])
        if trouble == "provider clock":
            self.fake.advance(step)
        if trouble != "platform clock":
            return nullcontext()
        self.fake.advance(-step)
        return time_machine.travel(datetime.now(UTC) + timedelta(seconds=step), tick=True)

    def disturb(self, trouble: str) -> None:
        if trouble == "time-outs":
            for _ in range(self.dice.randint(1, 3)):
                method, after = self.dice.choice(["GET", "POST", "POST"]), self.dice.random() < 0.6
                options = {"method": method, "after": after, "seconds": 1.3}
                self.fake.fault("slow", path="/v3/company", times=1, slug="quickbooks", **options)
                self.counts["lost answers"] += 1
        elif trouble == "jumbled answers":
            self.wire.jumbled, self.wire.late = True, 0.15

    def crash_when(self, called: threading.Event, over: threading.Event) -> None:
        """Crash the database a moment after the provider was called, unless the job is over before."""
        while not called.wait(0.02):
            if over.is_set():
                return
        time.sleep(self.dice.uniform(0, 0.12))
        postgres.crash_and_start(self.data)
        self.counts["crashes"] += 1

    # --- One job, as the worker would carry it through ---
    def synchronise(self, **options: Any) -> SyncJob:
        job = services.request_sync(Integration.objects.get(pk=self.books.pk), **options)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                # As if its lease had run out, and its pause: the test need not wait for them.
                SyncJob.objects.filter(pk=job.pk).update(not_before=None, lease_until="2026-01-01T00:00:00Z")
                run_slice(job.pk)
                job.refresh_from_db()
                if not job.is_open:
                    return job
            except (DatabaseError, InterfaceError):
                self.counts["slices cut off"] += 1
                connections.close_all()
                time.sleep(0.1)
        raise AssertionError(f"the job never ended: {job.status} {job.error_message}")

    def round(self, round_: int, trouble: str) -> None:
        self.counts[trouble] += 1
        self.wire.quiet()
        with self.clocks(trouble):
            self.edit(round_)
            self.disturb(trouble)
            over = threading.Event()
            called = {"database during pull": self.wire.read, "database during push": self.wire.wrote}.get(trouble)
            crasher = threading.Thread(target=self.crash_when, args=(called, over)) if called else None
            if crasher:
                crasher.start()
            try:
                job = self.synchronise()
            finally:
                over.set()
                if crasher:
                    crasher.join()
                connections.close_all()
            assert job.status in (JobStatus.COMPLETED, JobStatus.PARTIAL), (trouble, job.error_message)
        self.wire.quiet()
        self.fake.clear_faults("quickbooks")
        # A provider's clock that went back stamps changes before what was read already: a full reading finds them.
        job = self.synchronise(full=trouble == "provider clock")
        assert job.status == JobStatus.COMPLETED, (trouble, job.error_message)

    # --- What must be true ---
    def check(self) -> None:
        theirs, bills = there(self.fake, "Customer"), there(self.fake, "Invoice")
        names_there = Counter(one["DisplayName"] for one in theirs.values() if one["Active"])
        names_here = Counter(Customer.objects.filter(archived_at=None).values_list("name", flat=True))
        assert [n for n, times in (names_there + names_here).items() if times != 2] == [], "lost or there twice"
        assert set(names_here) >= self.names
        memos = Counter(one.get("PrivateNote") for one in bills.values())
        assert {memo: memos[memo] for memo in self.invoices.values() if memos[memo] != 1} == {}
        assert Invoice.objects.filter(archived_at=None).count() == len(bills)
        links = RecordLink.objects.filter(state=LinkState.LIVE)
        remote = {(link.resource, link.record_id): link.remote_id for link in links}
        assert len(remote) == links.count()
        for invoice in Invoice.objects.filter(pk__in=self.invoices):
            assert Decimal(str(bills[remote["invoices", invoice.pk]]["TotalAmt"])) == invoice.total > 0
        for customer in Customer.objects.filter(pk__in={record for record, _ in self.agreed}):
            other = theirs[remote["customers", customer.pk]]
            for name, path in FIELDS.items():
                values = (getattr(customer, name), other.get(path) or "")
                assert values[0] == values[1] == self.agreed.get((customer.pk, name), values[0]), (customer.name, name)
        assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()
        assert not Conflict.objects.filter(code="field").exists()


def soak(rounds: int, books: Integration, fake: Control, wire: Wire, database: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", random.SystemRandom().randrange(10**9)))
    one = Soak(books, fake, wire, database, random.Random(seed))
    wire.dice = random.Random(seed)
    print(f"\n{rounds} rounds, SOAK_SEED={seed}")
    begun = time.monotonic()
    for round_ in range(rounds):
        trouble = TROUBLES[round_ % len(TROUBLES)]
        try:
            one.round(round_, trouble)
            one.check()
        except AssertionError as error:
            raise AssertionError(f"SOAK_SEED={seed}, round {round_} ({trouble}): {error}") from error
    fake.forget_requests(slug="quickbooks")
    quiet = one.synchronise()
    sent = [r["path"] for r in fake.requests(slug="quickbooks") if r["method"] == "POST" and "/v3/" in r["path"]]
    assert (quiet.succeeded, sent) == (0, []), "both sides are at rest"
    counts = ", ".join(f"{name}: {number}" for name, number in sorted(one.counts.items()))
    print(f"{rounds} rounds in {time.monotonic() - begun:.0f} s ({counts}): 0 lost, 0 twice, both sides the same")


def test_three_rounds_with_a_trouble_each_lose_nothing(
    books: Integration, fake: Control, wire: Wire, database: Path
) -> None:
    soak(3, books, fake, wire, database)


@pytest.mark.soak
def test_sixty_rounds_with_a_trouble_each_lose_nothing(
    books: Integration, fake: Control, wire: Wire, database: Path
) -> None:
    soak(60, books, fake, wire, database)
