"""Everything at once: the database dies during pull and push, answers are lost, doubled, stale and out of order,
workers fall asleep, people go on meanwhile, clocks jump. Nothing is lost, nothing is there twice, both sides end up the
same."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from integrations.models import Integration, JobStatus
from tests import postgres
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected, fill_account_mapping
from tests.integrations.soak_checks import check
from tests.integrations.soak_edits import People
from tests.integrations.soaking import Soak
from tests.integrations.troubles import Wire
from tests.simulator import Control, running_simulator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.processes,
    pytest.mark.timeout(3000),
]


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


@pytest.fixture
def soak(books: Integration, fake: Control, wire: Wire, database: Path) -> Soak:
    seed = int(os.environ.get("SOAK_SEED", random.SystemRandom().randrange(10**9)))
    wire.dice = random.Random(seed)
    print(f"\nSOAK_SEED={seed}")
    dice = random.Random(seed)
    return Soak(books, fake, wire, database, dice, seed, People(fake, dice))


def rounds(count: int, soak: Soak, tell: Callable[[str], None]) -> None:
    """So many rounds, each sort of trouble equally often, in an order that the seed decides. SOAK_TROUBLES, names with
    commas between them, leaves the others out."""
    begun = time.monotonic()
    asked = os.environ.get("SOAK_TROUBLES")
    troubles = asked.split(",") if asked else list(soak.troubles)
    line: list[str] = []
    for number in range(count):
        line = line or soak.dice.sample(troubles, len(troubles))
        trouble = line.pop()
        try:
            soak.round(number, trouble, lambda: check(soak))
        except AssertionError as error:
            raise AssertionError(f"SOAK_SEED={soak.seed}, round {number} ({trouble}): {error}") from error
    written = len(soak.wire.keys)
    quiet = soak.synchronise()
    assert (quiet.succeeded, len(soak.wire.keys)) == (0, written), "both sides are at rest"
    check(soak)
    counts = ", ".join(f"{name} {number}" for name, number in sorted(soak.counts.items()))
    tell(
        f"{count} rounds of troubles, SOAK_SEED={soak.seed}, {time.monotonic() - begun:.0f} s: 0 lost, 0 twice, "
        f"0 values that came back, 0 writes after quiet. Done to it: {counts}"
    )


def test_three_rounds_with_a_trouble_each_lose_nothing(soak: Soak, tell: Callable[[str], None]) -> None:
    rounds(3, soak, tell)


@pytest.mark.soak
def test_sixty_rounds_with_a_trouble_each_lose_nothing(soak: Soak, tell: Callable[[str], None]) -> None:
    rounds(int(os.environ.get("SOAK_ROUNDS", "60")), soak, tell)
