"""One rhythm per connection across processes: limits, pauses and the day's budget hold for all of them together."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from connectors.base.errors import BudgetSpent
from connectors.base.limiter import Limits, number_in
from integrations import services
from integrations.models import Integration, JobStatus, RateBucket, RecordLink
from integrations.records.services import Change, Origin, apply
from integrations.sync import bucket
from integrations.sync.bucket import SharedBucket
from integrations.sync.runner import run_slice
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


class Clock:
    """Seconds of this process; the database's own clock runs on."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def pace() -> None:
    """The rhythm as it is declared."""


@pytest.fixture
def make(rovida: Integration) -> Callable[..., SharedBucket]:
    """make(rate, burst, …): another process's share of the same integration."""

    def share(rate: float, burst: int, **options: Any) -> SharedBucket:
        clock = options.pop("clock", time.monotonic)
        return SharedBucket(rovida.pk, "ROVIDA", Limits(rate, burst, **options), clock)

    return share


def taken(share: SharedBucket) -> int:
    """How many requests may leave at once."""
    count = 0
    while share.acquire() == 0:
        count += 1
    return count


def test_two_processes_share_the_burst(make: Callable[..., SharedBucket]) -> None:
    one, other = make(0.01, 6), make(0.01, 6)
    assert one.acquire() == other.acquire() == 0
    # A little of the burst is kept back for moments that are spent late.
    assert taken(one) + taken(other) == 6 - 1 - 2


def test_a_request_after_the_burst_waits_for_its_moment(make: Callable[..., SharedBucket]) -> None:
    share = make(1, 1)
    assert share.acquire() == 0
    assert 0.8 < share.acquire() <= 1


def test_a_pause_that_one_process_is_told_stops_the_others(make: Callable[..., SharedBucket]) -> None:
    one, other = make(100, 100), make(100, 100)
    assert one.acquire() == other.acquire() == 0
    one.pause(30)
    while other.acquire() == 0:
        pass
    assert 25 < other.acquire() <= 30
    assert 25 < make(100, 100).acquire() <= 30


def test_a_shorter_pause_does_not_end_a_longer_one(make: Callable[..., SharedBucket]) -> None:
    make(1, 1).pause(60)
    make(1, 1).pause(1)
    assert make(1, 1).acquire() > 50


def test_the_budget_of_the_day_is_shared_and_says_when_it_is_over(make: Callable[..., SharedBucket]) -> None:
    one, other = make(100, 100, daily=5), make(100, 100, daily=5)
    assert [one.acquire(), one.acquire(), other.acquire(), other.acquire(), one.acquire()] == [0] * 5
    for share in (one, other):
        with pytest.raises(BudgetSpent) as spent:
            share.acquire()
        assert "5 par 24 heures" in spent.value.sentence and "reprendra" in spent.value.sentence
        assert spent.value.retry_after is not None and 23 * 3600 < spent.value.retry_after <= 25 * 3600


def test_what_was_asked_a_day_ago_counts_no_more(make: Callable[..., SharedBucket], rovida: Integration) -> None:
    assert make(100, 100, daily=1).acquire() == 0
    RateBucket.objects.filter(pk=rovida.pk).update(spent={"2026-01-01T00": 1})
    assert make(100, 100, daily=1).acquire() == 0


def test_what_the_provider_says_is_left_counts_more_than_the_declared_budget(make: Callable[..., SharedBucket]) -> None:
    share = make(100, 100, daily=1, left=number_in("X-Left"))
    assert share.acquire() == 0
    share.heard({"X-Left": "3"})
    assert share.acquire() == share.acquire() == 0
    assert make(100, 100, daily=1, left=number_in("X-Left")).acquire() == 0
    with pytest.raises(BudgetSpent):
        make(100, 100, daily=1, left=number_in("X-Left")).acquire()


def test_moments_that_were_not_used_in_time_are_given_up(make: Callable[..., SharedBucket]) -> None:
    clock = Clock()
    share = make(10, 20, clock=clock)
    for _ in range(3):
        assert share.acquire() == 0
    clock.now += 60
    # A minute of the process's own clock passed, none of the database's: nothing was saved up.
    assert taken(share) <= 20 - 3


def test_a_request_costs_less_than_a_statement(make: Callable[..., SharedBucket]) -> None:
    seen: list[int] = []

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        seen.append(1)
        return execute(*args)

    share = make(100, 200)
    with connection.execute_wrapper(count):
        for _ in range(100):
            assert share.acquire() == 0
    print(f"\n{len(seen)} statements for 100 requests")
    assert len(seen) <= 30


def test_a_job_waits_with_a_clear_sentence_when_the_budget_is_spent(
    rovida: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rovida.connector, "limits", Limits(100, 100, daily=2))
    job = services.request_sync(rovida)
    for _ in range(rovida.max_retries + 3):
        # Waiting is no failure, however often it is looked at.
        type(job).objects.filter(pk=job.pk).update(not_before=None)
        run_slice(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.PENDING and job.attempt == 0
    assert "2 par 24 heures" in job.error_message
    # Once the day is over the job goes on and ends by itself.
    monkeypatch.setattr(rovida.connector, "limits", None)
    bucket.forget(rovida.pk)
    while type(job).objects.get(pk=job.pk).is_open:
        type(job).objects.filter(pk=job.pk).update(not_before=None)
        run_slice(job.pk)
    job.refresh_from_db()
    assert (job.status, job.created) == (JobStatus.COMPLETED, 362)


CALLER = """
import sys, django
django.setup()
from integrations.models import Integration
from integrations.sync.gateway import ExchangeLog, open_connector
integration = Integration.objects.get(pk=sys.argv[1])
connector = open_connector(integration, ExchangeLog(integration.pk))
print("ready", flush=True); sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    connector.check()
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("slug", "rate", "burst"), [("rovida", 10, 20), pytest.param("quickbooks", 10, 10, marks=pytest.mark.soak)]
)
def test_a_run_that_pulls_and_pushes_beside_another_process_is_never_told_to_wait(
    slug: str,
    rate: float,
    burst: int,
    synchronise: Synchronise,
    rovida: Integration,
    simulator: Control,
    child_environment: dict[str, str],
    tell: Callable[[str], None],
) -> None:
    """Each against the simulator's limits of its provider: the run sends several at once, the other one never rests."""
    one = rovida if slug == "rovida" else connected(simulator)
    one.direction, one.create_missing = "both", True
    one.save()
    synchronise(one)
    bucket.forget(one.pk)
    names = [Change("tenant", link.record_id, values={"given_name": "Alix"}) for link in links_of(one, "tenants")]
    names += [Change("customer", link.record_id, values={"first_name": "Alix"}) for link in links_of(one, "customers")]
    apply(names, Origin("user", "1"))
    simulator.rate_limit(rate, burst, slug=slug)
    simulator.forget_requests(slug=slug)
    job = services.request_sync(one, full=True)
    env = child_environment | {"SIMULATOR_URL": simulator.url}
    commands = [
        [sys.executable, "-m", "tests.integrations.slice_child", str(job.pk)],
        [sys.executable, "-c", CALLER, str(one.pk), "25"],
    ]
    children = [
        subprocess.Popen(each, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for each in commands
    ]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    begun = time.monotonic()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.close()
    for child in children:
        assert child.wait(90) == 0
    seconds = time.monotonic() - begun
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED and job.pushed == len(names) > 20, job.error_message
    statuses = [each["status"] for each in simulator.requests(slug=slug)]
    tell(
        f"two processes on one {slug} account ({rate} a second, {burst} at once): {len(statuses)} requests in "
        f"{seconds:.1f} s, {statuses.count(429)} times 429"
    )
    assert statuses.count(429) == 0


def links_of(integration: Integration, resource: str) -> list[RecordLink]:
    """Some links: not so many that changing them all would wait for a person."""
    return list(RecordLink.objects.filter(integration=integration, resource=resource, state="live")[:24])
