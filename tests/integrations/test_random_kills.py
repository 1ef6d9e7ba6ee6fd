"""SIGKILL at random moments of pull and push: no duplicate on either side, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from integrations import services
from integrations.models import Integration, JobStatus, LinkState, PushOperation, PushStatus, RecordLink, SyncJob
from integrations.records.models import Customer, Invoice
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import Synchronise, finish
from tests.integrations.quickbooks import connected, fill_account_mapping, there

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(3000)]

USER = Origin("user", "1")
EACH = 4


@pytest.fixture
def quickbooks(simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any) -> Integration:
    settings.SIMULATOR_URL = simulator.url
    integration = connected(simulator, conflict_policy="provider", batch_size=10)
    assert synchronise(integration).status == JobStatus.COMPLETED
    fill_account_mapping(integration)
    return integration


def killed_slice(job: SyncJob, env: dict[str, str], after: float) -> None:
    """Work on the job in a process that dies `after` seconds."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.integrations.slice_child", str(job.pk)],
        env=env,
        cwd=django_settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.stdin.write("go\n")
    child.stdin.flush()
    time.sleep(after)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    # As if its lease had run out: the test need not wait for that.
    SyncJob.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(lease_until=timezone.now())


def new_here(round_: int, dice: random.Random) -> list[Any]:
    """New customers with an invoice each."""
    made = []
    for number in range(EACH):
        name = f"Client {round_}-{number} inc."
        who = apply([Change("customer", action="create", values={"name": name})], USER)[0].id
        price = Decimal(dice.randint(100, 99999)) / 100
        line = {"description": "Visite", "quantity": Decimal(1), "unit_price": price, "subtotal": price, "total": price}
        values = {"customer": who, "issue_date": "2026-11-20", "memo": name, "lines": [{**line, "tax_code": "gst_qst"}]}
        made.append(apply([Change("invoice", action="create", values=values)], USER)[0].id)
    return made


def rounds(
    count: int, integration: Integration, simulator: Control, env: dict[str, str], tell: Callable[[str], None]
) -> None:
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**9)))
    dice = random.Random(seed)
    print(f"\nKILL_SEED={seed}")
    made: list[Any] = []
    wanted_there: set[str] = set()
    kills = 0
    for round_ in range(count):
        made += new_here(round_, dice)
        for number in range(EACH):
            name = f"Cliente {round_}-{number}"
            simulator.create("Customer", slug="quickbooks", DisplayName=name)
            wanted_there.add(name)
        job = services.request_sync(Integration.objects.get(pk=integration.pk))
        for _ in range(dice.randint(1, 2)):
            killed_slice(job, env, after=dice.uniform(0.02, 0.9))
            kills += 1
        job = finish(job)
        assert job.status == JobStatus.COMPLETED, (job.error_message, list(PushOperation.objects.values("message")))
    check(simulator, made, wanted_there)
    tell(
        f"{count} rounds of kills, KILL_SEED={seed}: {kills} processes killed in pull and push, {len(made)} invoices "
        f"and {len(wanted_there)} customers made meanwhile: 0 lost, 0 twice"
    )


def check(simulator: Control, made: list[Any], wanted_there: set[str]) -> None:
    names_there = Counter(c["DisplayName"] for c in there(simulator, "Customer").values() if c["Active"])
    names_here = Counter(Customer.objects.values_list("name", flat=True))
    assert max(names_there.values()) == 1 == max(names_here.values())
    assert set(names_there) == set(names_here) >= wanted_there
    memos = Counter(i.get("PrivateNote") for i in there(simulator, "Invoice").values() if i.get("PrivateNote"))
    ours = Invoice.objects.filter(pk__in=made)
    assert {memos[i.memo] for i in ours} == {1} and ours.count() == len(made)
    assert Invoice.objects.count() == len(there(simulator, "Invoice"))
    links = dict(
        RecordLink.objects.filter(resource="invoices", state=LinkState.LIVE).values_list("record_id", "remote_id")
    )
    for mine in ours:
        assert Decimal(str(there(simulator, "Invoice")[links[mine.pk]]["TotalAmt"])) == mine.total > 0
    assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()


def test_ten_rounds_of_random_kills(
    quickbooks: Integration, simulator: Control, child_environment: dict[str, str], tell: Callable[[str], None]
) -> None:
    rounds(10, quickbooks, simulator, child_environment | {"SIMULATOR_URL": simulator.url}, tell)


@pytest.mark.soak
def test_fifty_rounds_of_random_kills(
    quickbooks: Integration, simulator: Control, child_environment: dict[str, str], tell: Callable[[str], None]
) -> None:
    rounds(50, quickbooks, simulator, child_environment | {"SIMULATOR_URL": simulator.url}, tell)
