"""Deletions that no provider tells: a whole reading concludes them, and never of what the provider still has."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from connectors.financeit.connector import Financeit
from integrations import services
from integrations.models import (
    Approval,
    Credential,
    FieldMapping,
    HeldChange,
    Integration,
    RecordLink,
    SeenPage,
    SyncJob,
)
from integrations.records.models import FinancingApplication
from integrations.services.following import Look, follow
from integrations.sync import runner, sweep
from integrations.sync.page import PageStore
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def loans(simulator: Control, settings: Any, synchronise: Synchronise) -> Integration:
    """Financeit with sixty more loans than the demonstration's, pulled."""
    settings.SIMULATOR_URL = simulator.url
    simulator.seed("loans", 60, slug="financeit")
    made = Integration.objects.create(
        provider="financeit",
        name="Financeit",
        environment="simulator",
        account_id="f",
        batch_size=10,
        retry_delay_ms=100,
    )
    Credential.objects.create(integration=made, auth_method="api_key", secrets={"api_key": "fit_test_demo_lacoste"})
    FieldMapping.objects.bulk_create(services.default_mappings(made))
    assert synchronise(made).failed == 0
    assert here() == there(simulator)
    return made


def there(simulator: Control) -> set[str]:
    return {each["id"] for each in simulator.objects("loans", slug="financeit") if not each.get("deleted_at")}


def here() -> set[str]:
    """Remote ids of the records that are not archived."""
    live = FinancingApplication.objects.filter(archived_at=None).values("pk")
    return set(RecordLink.objects.filter(resource="loans", record_id__in=live).values_list("remote_id", flat=True))


def take_away(simulator: Control, count: int) -> list[str]:
    gone = sorted(there(simulator))[:count]
    for one in gone:
        simulator.delete("loans", one, slug="financeit")
    return gone


@pytest.fixture
def overlooked(monkeypatch: pytest.MonkeyPatch) -> Callable[[set[str]], None]:
    """overlooked(ids): have lists pass these over, as a page that shifts under a reader does."""

    def overlook(ids: set[str]) -> None:
        pull = Financeit.pull

        def lossy(self: Any, *args: Any, **kwargs: Any) -> Any:
            for page in pull(self, *args, **kwargs):
                page.records[:] = [each for each in page.records if each["id"] not in ids]
                yield page

        monkeypatch.setattr(Financeit, "pull", lossy)

    return overlook


def test_only_a_whole_reading_finds_what_is_gone(
    loans: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    take_away(simulator, 3)
    assert synchronise(loans).archived == 0
    Integration.objects.update(filters={"loans": {"status": "approved"}})
    assert synchronise(loans, full=True).archived == 0, "what a filter leaves out may still be there"
    Integration.objects.update(filters={}, include_deleted=False)
    assert synchronise(loans, full=True).archived == 0, "deletions are not wanted"
    Integration.objects.update(include_deleted=True)
    assert synchronise(loans, full=True).archived == 3
    assert here() == there(simulator) and not SeenPage.objects.exists()
    assert synchronise(loans, full=True).succeeded == 0


def test_what_was_only_overlooked_stays(
    loans: Integration, simulator: Control, synchronise: Synchronise, overlooked: Callable[[set[str]], None]
) -> None:
    gone = take_away(simulator, 2)
    overlooked(set(sorted(there(simulator))[:20]))
    assert synchronise(loans, full=True).archived == len(gone)
    assert here() == there(simulator)


def test_many_absences_wait_and_each_is_asked_for_before_it_is_believed(
    loans: Integration,
    simulator: Control,
    synchronise: Synchronise,
    overlooked: Callable[[set[str]], None],
    administrator: Any,
) -> None:
    gone = take_away(simulator, 4)
    overlooked(there(simulator))
    synchronise(loans, full=True)
    approval = Approval.objects.get()
    assert (approval.reason, approval.held.count()) == ("unsure", len(there(simulator)) + len(gone))
    assert here() == there(simulator) | set(gone)
    finish(services.approve(approval, actor=administrator))
    assert here() == there(simulator), "approved, and yet only what the provider no longer has is archived"


def test_a_refused_absence_is_asked_again_only_after_it_came_back_and_vanished_anew(
    loans: Integration,
    simulator: Control,
    synchronise: Synchronise,
    overlooked: Callable[[set[str]], None],
    monkeypatch: pytest.MonkeyPatch,
    administrator: Any,
) -> None:
    monkeypatch.setattr(sweep, "MOST_ASKED", 2)
    hidden = set(sorted(there(simulator))[:4])
    overlooked(hidden)
    synchronise(loans, full=True)
    assert services.refuse(Approval.objects.get(), actor=administrator) == 4

    simulator.forget_requests(slug="financeit")
    synchronise(loans, full=True)
    assert not Approval.objects.filter(state="open").exists(), "nothing is asked again"
    asked = [one["path"] for one in simulator.requests(slug="financeit")]
    assert asked and not [path for path in asked if any(one in path for one in hidden)], "nor of the provider"
    assert here() == there(simulator)

    simulator.edit("loans", min(hidden), slug="financeit", status="declined")
    monkeypatch.undo()  # all of them are listed again
    synchronise(loans, full=True)
    assert not HeldChange.objects.exists(), "seen again"
    monkeypatch.setattr(sweep, "MOST_ASKED", 2)
    overlooked(hidden)
    synchronise(loans, full=True)
    again = Approval.objects.get(state="open")
    assert set(again.held.values_list("remote_id", flat=True)) == hidden


def test_a_refused_absence_is_believed_when_the_provider_tells_of_it(
    loans: Integration,
    simulator: Control,
    synchronise: Synchronise,
    overlooked: Callable[[set[str]], None],
    monkeypatch: pytest.MonkeyPatch,
    administrator: Any,
) -> None:
    monkeypatch.setattr(sweep, "MOST_ASKED", 2)
    hidden = sorted(there(simulator))[:4]
    overlooked(set(hidden))
    synchronise(loans, full=True)
    services.refuse(Approval.objects.get(), actor=administrator)
    simulator.delete("loans", hidden[0], slug="financeit")
    follow(loans, [Look("loans", hidden[0], deleted=True)])
    assert here() == there(simulator)
    assert not Approval.objects.filter(state="open").exists()
    assert set(HeldChange.objects.values_list("remote_id", flat=True)) == set(hidden[1:])


def test_a_page_that_cannot_be_read_whole_concludes_nothing(
    loans: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    gone = take_away(simulator, 2)
    simulator.fault("missing_field", path="/v1/loans", slug="financeit", field="id", record=0)
    synchronise(loans, full=True)
    assert here() == there(simulator) | set(gone)


def test_a_run_that_takes_over_a_position_concludes_nothing(
    loans: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    gone = take_away(simulator, 2)
    job = services.request_sync(loans, full=True)
    one_page(job)
    services.cancel_sync(SyncJob.objects.get(pk=job.pk), actor=administrator)
    finish(job)
    assert synchronise(loans).archived == 0 and here() == there(simulator) | set(gone)
    assert not SeenPage.objects.exists()


def one_page(job: SyncJob) -> None:
    """Work on the job until its first page is stored, then die."""
    killed_at(job, 1, after=True)


def killed_at(job: SyncJob, page: int, *, after: bool) -> None:
    """Work on the job until its page of that number, and die before or right after it is stored."""
    store, stored = PageStore.store_items, 0

    def dying(self: PageStore, *args: Any, **kwargs: Any) -> None:
        nonlocal stored
        stored += 1
        if stored >= page and not after:
            raise SystemExit("killed")
        store(self, *args, **kwargs)
        if stored >= page:
            raise SystemExit("killed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PageStore, "store_items", dying)
        with pytest.raises(SystemExit):
            runner.run_slice(job.pk)
    SyncJob.objects.filter(pk=job.pk, status="running").update(lease_until="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("seed", range(4))
def test_kills_between_pages_never_archive_what_is_still_there(
    loans: Integration, simulator: Control, overlooked: Callable[[set[str]], None], seed: int
) -> None:
    dice = random.Random(seed)
    for _ in range(2):
        take_away(simulator, dice.randint(0, 3))
        overlooked({dice.choice(sorted(there(simulator))) for _ in range(dice.randint(0, 3))})
        job = services.request_sync(Integration.objects.get(pk=loans.pk), full=True)
        for _ in range(dice.randint(1, 2)):
            killed_at(job, dice.randint(1, 2), after=dice.random() < 0.5)
            take_away(simulator, dice.randint(0, 1))
        finish(job)
        assert here() >= there(simulator)
    finish(services.request_sync(Integration.objects.get(pk=loans.pk), full=True))
    assert here() == there(simulator)
