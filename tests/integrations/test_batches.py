"""Many writes in one request, through the engine: for every provider whose customers go in batches.

A provider is put under test by itself as soon as a resource of customers declares `batch`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import unanswered
from integrations import services
from integrations.models import (
    Integration,
    JobStatus,
    LinkState,
    PushOperation,
    PushStatus,
    RecordLink,
    SentChange,
    SyncJob,
)
from integrations.records.services import Change, Origin, apply
from tests.connectors.suite.adapter import Adapter, Subject, adapters
from tests.connectors.suite.desk import Desk
from tests.integrations.conftest import Synchronise, finish
from tests.simulator import Control
from tests.webhooks.following.accounts import connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

USER = Origin("user", "1", label="Alice")
ADAPTERS = adapters()
MANY = 5


def _customers(adapter: Adapter) -> Resource | None:
    """The resource that new customers go to, where it takes many at once."""
    mine = [one for one in adapter.connector.resources if one.record == "customer" and "create" in one.capabilities]
    return mine[0] if mine and mine[0].batch and "create" in mine[0].batch.actions else None


def _finds(slug: str) -> bool:
    adapter = ADAPTERS[slug]
    found = _customers(adapter) if isinstance(adapter, Adapter) else None
    return found is not None and "name" in {
        one.local.split(".")[1] for one in found.mappings if one.remote in found.lookup_fields
    }


BATCHING = [slug for slug, found in ADAPTERS.items() if isinstance(found, Adapter) and _customers(found)]

FINDING = [slug for slug in BATCHING if _finds(slug)]
"""Those that find a customer by its name."""


@pytest.fixture(params=BATCHING)
def desk(request: Any, simulator: Control, settings: Any) -> Desk:
    """One provider's desk."""
    settings.SIMULATOR_URL = simulator.url
    adapter = ADAPTERS[request.param]
    assert isinstance(adapter, Adapter)
    made = Desk(adapter, simulator, adapter.ways[0])
    made.reset()
    return made


@pytest.fixture
def resource(desk: Desk) -> Resource:
    """Where its customers are."""
    found = _customers(desk.adapter)
    assert found is not None
    return found


@pytest.fixture
def subject(desk: Desk, resource: Resource) -> Subject:
    """The same, for the suite."""
    return desk.adapter.subjects[resource.name]


@pytest.fixture
def both(desk: Desk, synchronise: Synchronise) -> Integration:
    """Both ways, released, after the first synchronisation."""
    integration = connected(desk)
    integration.direction, integration.released_at = "both", timezone.now()
    integration.save()
    assert synchronise(integration).status == JobStatus.COMPLETED
    return integration


@pytest.fixture
def path(desk: Desk, resource: Resource, subject: Subject) -> str:
    """Where a batch of creations is sent."""
    connector = desk.connect()
    values = desk.said(subject.create, "create").values
    rows = [connector.prepare_push(resource.name, values, idempotency_key=k, reference=k) for k in ("a", "b")]
    return "/" + connector.join(rows, idempotency_key="c").path


def new_customers(count: int = MANY, prefix: str = "") -> list[UUID]:
    """Customers that are not at the provider yet."""
    values = [{"name": f"Client {prefix}{number} inc.", "phone": f"+1514555{number:04}"} for number in range(count)]
    made = apply([Change("customer", action="create", values=one) for one in values], USER)
    return [one.id for one in made]


def once_each(desk: Desk, subject: Subject, resource: Resource, before: int, records: list[UUID]) -> bool:
    """Whether every record is there as one object, linked, and nothing else came."""
    links = RecordLink.objects.filter(record_id__in=records, resource=resource.name, state=LinkState.LIVE)
    assert len(set(links.values_list("remote_id", flat=True))) == len(links) == len(records)
    return len(desk.live(subject)) - before == len(records)


def written(desk: Desk) -> list[str]:
    """Paths of the requests that wrote."""
    return [one["path"] for one in desk.requests() if not desk.is_read(one)]


def test_what_waits_together_goes_in_one_request_and_one_alone_as_it_always_did(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource, path: str
) -> None:
    before, records = len(desk.live(subject)), new_customers()
    desk.forget()
    job = synchronise(both)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, MANY)
    assert written(desk) == [path]
    assert once_each(desk, subject, resource, before, records)
    assert SentChange.objects.filter(record_id__in=records, action="create").exclude(remote_id="").count() == MANY
    new = new_customers(1)
    desk.forget()
    assert synchronise(both).pushed == 1
    assert len(written(desk)) == 1
    assert once_each(desk, subject, resource, before, [*records, *new])
    desk.forget()
    job = synchronise(both)
    assert (job.pushed, job.succeeded, written(desk)) == (0, 0, [])


def test_changes_of_many_records_are_sent_together(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource
) -> None:
    records = new_customers()
    synchronise(both)
    desk.forget()
    apply([Change("customer", each, values={"phone": "+15145551234"}) for each in records], USER)
    job = synchronise(both)
    assert (job.status, job.pushed, len(written(desk))) == (JobStatus.COMPLETED, MANY, 1)
    bases = RecordLink.objects.filter(record_id__in=records).values_list("base_local", flat=True)
    assert {base["phone"] for base in bases} == {"+15145551234"}


def test_a_refused_row_waits_with_its_reason_and_the_others_are_sent(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before, records = len(desk.live(subject)), new_customers()
    connector = desk.adapter.connector
    prepare = connector.prepare_push

    def spoil(self: Any, name: str, values: Any, **options: Any) -> Any:
        spoilt = options.get("reference") == str(records[2])
        return prepare(self, name, desk.said(subject.invalid, "invalid").values if spoilt else values, **options)

    monkeypatch.setattr(connector, "prepare_push", spoil)
    job = synchronise(both)
    assert (job.status, job.pushed, job.push_failed) == (JobStatus.PARTIAL, MANY - 1, 1)
    refused = PushOperation.objects.exclude(status=PushStatus.DONE).get()
    assert (refused.record_id, refused.status, refused.request) == (records[2], PushStatus.REJECTED, None)
    assert desk.adapter.connector.label in refused.message
    assert once_each(desk, subject, resource, before, [each for each in records if each != records[2]])
    monkeypatch.undo()
    apply([Change("customer", records[2], values={"phone": "+15145559999"})], USER)
    assert synchronise(both).pushed == 1
    assert once_each(desk, subject, resource, before, records)


def test_a_batch_that_is_refused_as_a_whole_goes_row_by_row(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*args: Any) -> Any:
        raise Rejected("Le lot est refusé.")

    before, records = len(desk.live(subject)), new_customers()
    monkeypatch.setattr(desk.adapter.connector, "send_many", refuse)
    desk.forget()
    job = synchronise(both)
    assert (job.status, job.pushed, len(written(desk))) == (JobStatus.COMPLETED, MANY, MANY)
    assert once_each(desk, subject, resource, before, records)


def test_a_row_that_the_answer_does_not_name_is_sent_again_alone(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    send = desk.adapter.connector.send_many

    def forgetful(self: Any, *args: Any) -> Any:
        found = send(self, *args)
        return [*found[:-1], unanswered(self.label)]

    before, records = len(desk.live(subject)), new_customers()
    monkeypatch.setattr(desk.adapter.connector, "send_many", forgetful)
    desk.forget()
    job = synchronise(both)
    assert (job.status, job.pushed, len(written(desk))) == (JobStatus.COMPLETED, MANY, 2)
    assert once_each(desk, subject, resource, before, records)


def test_a_lost_answer_makes_no_row_twice(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource, path: str
) -> None:
    both.timeout_seconds, both.max_retries = 1, 3
    both.save()
    before, records = len(desk.live(subject)), new_customers()
    desk.fault("timeout", path=path, seconds=1.5, after=True)
    assert synchronise(both).status == JobStatus.COMPLETED
    assert once_each(desk, subject, resource, before, records)
    assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()


@pytest.mark.parametrize("desk", FINDING, indirect=True)
def test_where_only_whole_requests_are_remembered_a_row_of_unknown_outcome_is_looked_up(
    desk: Desk, both: Integration, synchronise: Synchronise, subject: Subject, resource: Resource, path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert resource.batch is not None
    keyed = replace(resource, batch=replace(resource.batch, keyed=True))
    others = [one for one in desk.adapter.connector.resources if one.name != resource.name]
    monkeypatch.setattr(desk.adapter.connector, "resources", (keyed, *others))
    both.timeout_seconds, both.max_retries = 1, 0
    both.save()
    before, records = len(desk.live(subject)), new_customers()
    desk.fault("timeout", path=path, seconds=1.5, after=True)
    desk.forget()
    assert synchronise(both).status == JobStatus.FAILED
    assert PushOperation.objects.filter(status=PushStatus.SENDING).count() == MANY
    wait_until(lambda: written(desk) == [path])
    desk.forget()
    assert synchronise(both).status == JobStatus.COMPLETED
    assert once_each(desk, subject, resource, before, records)
    assert written(desk) == [], "what is found is not written again"


@pytest.mark.processes
def test_a_process_that_dies_before_the_answer_makes_no_row_twice(
    desk: Desk, both: Integration, subject: Subject, resource: Resource, path: str, child_environment: dict[str, str]
) -> None:
    before, records = len(desk.live(subject)), new_customers()
    job = services.request_sync(both)
    desk.fault("slow", path=path, seconds=5, after=True)
    killed(job, child_environment | {"SIMULATOR_URL": desk.control.url}, lambda: len(desk.live(subject)) > before)
    sent = PushOperation.objects.filter(status=PushStatus.SENDING)
    assert len(sent) == MANY and all(one.request for one in sent), "committed before it was sent"
    assert finish(job).status == JobStatus.COMPLETED
    assert once_each(desk, subject, resource, before, records)


@pytest.mark.soak
@pytest.mark.processes
@pytest.mark.timeout(1200)
def test_kills_at_any_moment_lose_and_double_no_row(
    desk: Desk, both: Integration, subject: Subject, resource: Resource, child_environment: dict[str, str]
) -> None:
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**9)))
    dice, records, before = random.Random(seed), list[UUID](), len(desk.live(subject))
    for round_ in range(12):
        apply([Change("customer", each, values={"phone": f"+1438555{round_:04}"}) for each in records[:8]], USER)
        records += new_customers(12, f"{round_}-")
        job = services.request_sync(Integration.objects.get(pk=both.pk))
        moment = time.monotonic() + dice.uniform(0.05, 1.5)
        killed(job, child_environment | {"SIMULATOR_URL": desk.control.url}, lambda: time.monotonic() > moment)  # noqa: B023
        assert finish(job).status == JobStatus.COMPLETED, job.error_message
    assert once_each(desk, subject, resource, before, records)
    assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()
    bases = RecordLink.objects.filter(record_id__in=records[:8]).values_list("base_local", flat=True)
    assert {base["phone"] for base in bases} == {f"+1438555{11:04}"}
    print(f"\n{desk.slug}: 12 rounds, KILL_SEED={seed}: 0 lost, 0 doubled")


def killed(job: SyncJob, env: dict[str, str], when: Callable[[], bool]) -> None:
    """Work on the job in a process that is killed as soon as something is so."""
    command = [sys.executable, "-m", "tests.integrations.slice_child", str(job.pk)]
    child = subprocess.Popen(
        command, env=env, cwd=django_settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.stdin.write("go\n")
    child.stdin.flush()
    wait_until(when)
    child.kill()
    child.wait(10)
    # As if its lease had run out: the test need not wait for that.
    SyncJob.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(lease_until=timezone.now())


def wait_until(when: Callable[[], bool]) -> None:
    """Until something is so."""
    deadline = time.monotonic() + 30
    while not when():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_trial_sends_no_more_than_its_records_however_many_go_at_once(
    desk: Desk, both: Integration, synchronise: Synchronise, settings: Any
) -> None:
    records = new_customers()
    synchronise(both)
    settings.TRIAL_RECORDS = MANY - 2
    both.released_at = None
    both.save()
    apply([Change("customer", each, values={"phone": "+15145551234"}) for each in records], USER)
    assert synchronise(both).pushed == settings.TRIAL_RECORDS
