"""Merges that a provider tells by a call: the loser's id stands for the survivor's record, and nothing is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from integrations import services
from integrations.models import HeldChange, Integration, JobStatus, LinkState, RecordLink, RecordMerge, SyncError
from integrations.records.kinds import KINDS
from integrations.records.models import Customer, Invoice
from integrations.services import Look, Result, follow
from integrations.sync import follow as following
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.desk import Desk
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import PLUMBING, connected
from tests.simulator import Control
from tests.webhooks.following import accounts
from tests.webhooks.following.conftest import follow_due, received, state_of
from webhooks.following.follower import Follower
from webhooks.models import InboundEvent, InboundStatus, InboundSubscription, RefusedCall, SubscriptionState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ADAPTERS = adapters()
DEADLINE = 10.0


# --- By a signed call over HTTP, at every provider that tells of merges ---------------------------------------------
def _quickbooks(control: Control, resource: str, loser: str, survivor: str) -> None:
    control.act("quickbooks", "merge", id=f"{PLUMBING}:{survivor}", other=f"{PLUMBING}:{loser}")


def _pipedrive(control: Control, resource: str, loser: str, survivor: str) -> None:
    control.act("pipedrive", "merge", kind=resource, id=loser, into=survivor)


def _hubspot(control: Control, resource: str, loser: str, survivor: str) -> None:
    control.act("hubspot", "merge", kind=resource, id=survivor, other=loser)


def _square(control: Control, resource: str, loser: str, survivor: str) -> None:
    control.act("square", "merge_customers", id=loser, into=survivor)


def _xero(control: Control, resource: str, loser: str, survivor: str) -> None:
    control.act("xero", "merge", id=loser, into=survivor)


MERGES: dict[str, tuple[str, Callable[[Control, str, str, str], None]]] = {
    "quickbooks": ("customers", _quickbooks),
    "pipedrive": ("organizations", _pipedrive),
    "hubspot": ("companies", _hubspot),
    "square": ("customers", _square),
    "xero": ("contacts", _xero),
}
"""Provider → the resource that people merge there, and how they do it."""


@pytest.fixture
def desk(slug: str, simulator: Control, settings: Any, live_server: Any) -> Desk:
    """The provider's desk; it can reach us, and we can reach it."""
    settings.SIMULATOR_URL, settings.SITE_URL = simulator.url, live_server.url
    adapter = ADAPTERS[slug]
    assert isinstance(adapter, Adapter)
    return Desk(adapter, simulator, adapter.ways[0])


def follow_until(until: Callable[[], Any]) -> None:
    """Run the resident loop until something is so."""
    follower, began = Follower(), time.monotonic()
    try:
        while not until():
            assert time.monotonic() - began < DEADLINE, (
                list(InboundEvent.objects.values_list("status", "resource", "remote_id", "merged_into", "message")),
                list(RecordLink.objects.values_list("resource", "remote_id", "state")),
                list(RefusedCall.objects.values_list("reason", "count")),
            )
            follower.run_pass(0.05)
    finally:
        follower.drain(5)
        follower.close()


def all_followed() -> bool:
    return not InboundEvent.objects.exclude(status__in=[InboundStatus.DONE, InboundStatus.IGNORED]).exists()


@pytest.mark.parametrize("slug", sorted(MERGES))
def test_a_merge_told_by_a_call_makes_one_record_and_a_pull_changes_nothing_more(
    slug: str, desk: Desk, administrator: Any, synchronise: Synchronise
) -> None:
    integration = accounts.listening(desk, administrator)
    integration.deletion_policy = "restore"  # a merge is no deletion: nothing may be made again
    integration.save()
    subscription = InboundSubscription.objects.filter(integration=integration)
    follow_until(lambda: subscription.get().state == SubscriptionState.ACTIVE)
    resource, merge = MERGES[slug]
    subject = desk.adapter.subjects[resource]
    declared = desk.adapter.connector.resource(resource)
    loser, survivor = (subject.object_id(declared, desk.new(subject)[0]) for _ in range(2))
    mine = RecordLink.objects.filter(integration=integration, resource=resource)
    follow_until(lambda: mine.filter(remote_id__in=[loser, survivor]).count() == 2 and all_followed())
    lost, kept = mine.get(remote_id=loser).record_id, mine.get(remote_id=survivor).record_id
    desk.control.fault("duplicate_webhook", slug=slug, times=2)
    merge(desk.control, resource, loser, survivor)
    follow_until(lambda: RecordMerge.objects.exists() and all_followed())
    synchronise(integration, resources=[resource])
    assert {(one.remote_id, one.state, one.record_id) for one in mine.filter(remote_id__in=[loser, survivor])} == {
        (loser, LinkState.ALIAS, kept),
        (survivor, LinkState.LIVE, kept),
    }
    told = RecordMerge.objects.get()
    assert (told.loser_id, told.survivor_id) == (lost, kept) and not HeldChange.objects.exists()
    model = KINDS[declared.record].model
    assert model._base_manager.get(pk=lost).archived_at and not model._base_manager.get(pk=kept).archived_at


# --- In any order, with what was pulled before ----------------------------------------------------------------------
@pytest.fixture
def quickbooks(simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any) -> Integration:
    """QuickBooks after its first synchronisation, which tells of merges by its calls only."""
    settings.SIMULATOR_URL = simulator.url
    made = connected(simulator, webhooks_enabled=True, direction="in")
    job = synchronise(made)
    assert job.status == JobStatus.COMPLETED, list(SyncError.objects.values("message"))
    return made


@pytest.fixture
def two(quickbooks: Integration) -> tuple[str, str]:
    """Ids of a customer with invoices and of one that it is to be merged into."""
    owner = Invoice.objects.order_by("pk")[0].customer_id
    links = RecordLink.objects.filter(resource="customers", state=LinkState.LIVE)
    return links.get(record_id=owner).remote_id, links.exclude(record_id=owner).order_by("pk")[0].remote_id


def link(remote_id: str) -> RecordLink:
    return RecordLink.objects.get(resource="customers", remote_id=remote_id)


def merge(simulator: Control, loser: str, survivor: str) -> None:
    _quickbooks(simulator, "customers", loser, survivor)


def went(integration: Integration, loser: str, survivor: str) -> InboundEvent:
    """What the receiver stores of the one that went."""
    return received(integration, "customers", loser, deleted=True, merged_into=survivor)


def is_merged(loser: str, survivor: str, owner: Any) -> bool:
    """Whether both ids stand for the survivor's record, which has the loser's invoices."""
    kept = link(survivor)
    assert (link(loser).state, link(loser).record_id) == (LinkState.ALIAS, kept.record_id)
    assert kept.state == LinkState.LIVE and Customer.objects.live().filter(pk=kept.record_id).exists()
    assert not Invoice.objects.filter(customer=owner).exclude(customer=kept.record_id).exists()
    return RecordMerge.objects.filter(loser_id=owner, survivor_id=kept.record_id).count() == 1


@pytest.mark.parametrize("order", ["loser", "survivor", "together", "twice"])
def test_the_events_of_a_merge_in_any_order(
    quickbooks: Integration, simulator: Control, two: tuple[str, str], order: str
) -> None:
    loser, survivor = two
    owner = link(loser).record_id
    invoices = set(Invoice.objects.filter(customer=owner).values_list("pk", flat=True))
    merge(simulator, loser, survivor)
    for one in {"loser": "ls", "survivor": "sl", "together": "ls", "twice": "lsls"}[order]:
        if one == "l":
            went(quickbooks, loser, survivor)
        else:
            received(quickbooks, "customers", survivor)
        if order != "together":
            follow_due()
    follow_due()
    assert is_merged(loser, survivor, owner)
    assert invoices <= set(Invoice.objects.filter(customer=link(survivor).record_id).values_list("pk", flat=True))
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.DONE}


@pytest.mark.parametrize("policy", ["archive", "unlink", "restore", "ask"])
def test_a_deletion_that_was_pulled_first_is_mended_by_the_call(
    quickbooks: Integration, simulator: Control, synchronise: Synchronise, two: tuple[str, str], policy: str
) -> None:
    quickbooks.deletion_policy = policy
    quickbooks.save()
    loser, survivor = two
    owner = link(loser).record_id
    merge(simulator, loser, survivor)
    synchronise(quickbooks)
    assert not RecordMerge.objects.exists()
    event = went(quickbooks, loser, survivor)
    follow_due()
    assert state_of(event)[0] == InboundStatus.DONE
    assert is_merged(loser, survivor, owner) and not HeldChange.objects.exists()
    job = synchronise(quickbooks, full=True)
    assert (job.created, job.archived) == (0, 0) and is_merged(loser, survivor, owner)


def test_an_unknown_survivor_is_read_and_takes_the_losers_record_over(
    quickbooks: Integration, simulator: Control, two: tuple[str, str]
) -> None:
    loser, _ = two
    owner, count = link(loser).record_id, Customer.objects.count()
    survivor = simulator.create("Customer", "quickbooks", DisplayName="Raison sociale de demain")["Id"]
    merge(simulator, loser, survivor)
    went(quickbooks, loser, survivor)
    follow_due()
    assert (link(survivor).record_id, link(survivor).state) == (owner, LinkState.LIVE)
    assert (link(loser).record_id, link(loser).state) == (owner, LinkState.ALIAS)
    kept = Customer.objects.get(pk=owner)
    assert (kept.name, kept.archived_at, Customer.objects.count()) == ("Raison sociale de demain", None, count)


def test_an_unknown_survivor_that_cannot_be_read_now_costs_nothing(
    quickbooks: Integration, simulator: Control, two: tuple[str, str]
) -> None:
    loser, _ = two
    survivor = simulator.create("Customer", "quickbooks", DisplayName="Raison sociale de demain")["Id"]
    merge(simulator, loser, survivor)
    event = went(quickbooks, loser, survivor)
    simulator.fault("unavailable", times=None, slug="quickbooks")
    (seen,) = follow(quickbooks, [Look("customers", loser, deleted=True, into=survivor)]).values()
    assert (seen.result, link(loser).state) == (Result.LATER, LinkState.LIVE)
    simulator.clear_faults(slug="quickbooks")
    follow_due()
    assert state_of(event)[0] == InboundStatus.DONE and link(survivor).state == LinkState.LIVE


def test_a_loser_that_still_lives_is_looked_at_again_and_then_believed_to_live(
    quickbooks: Integration, two: tuple[str, str]
) -> None:
    loser, survivor = two
    look = Look("customers", loser, deleted=True, into=survivor)
    assert follow(quickbooks, [look])["customers", loser].code == "not_yet"
    late = Look("customers", loser, deleted=True, into=survivor, tries=following.LATE_TRIES)
    assert follow(quickbooks, [late])["customers", loser].result == Result.STORED
    assert link(loser).state == LinkState.LIVE and not RecordMerge.objects.exists()


def test_survivors_that_were_merged_in_their_turn_are_followed_to_the_last(
    quickbooks: Integration, simulator: Control, two: tuple[str, str]
) -> None:
    first, second = two
    third = RecordLink.objects.filter(resource="customers", state=LinkState.LIVE).exclude(remote_id__in=two)
    last = third.order_by("pk")[0].remote_id
    owner = link(first).record_id
    merge(simulator, first, second)
    merge(simulator, second, last)
    went(quickbooks, second, last)
    follow_due()
    went(quickbooks, first, second)
    follow_due()
    assert {link(one).record_id for one in (first, second, last)} == {link(last).record_id}
    assert not Invoice.objects.filter(customer=owner).exists() and link(last).state == LinkState.LIVE


def test_no_filter_has_a_say_in_what_was_merged(
    listening: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    assert synchronise(listening).status == JobStatus.COMPLETED
    services.change_options(listening, {"filters": {"properties": {"status": "active"}}}, actor=administrator)
    mine = RecordLink.objects.filter(resource="properties").order_by("remote_id")
    loser, survivor, living = (one.remote_id for one in mine[:3])
    simulator.delete("properties", loser)
    event = received(listening, "properties", loser, deleted=True, merged_into=survivor)
    other = received(listening, "properties", living, deleted=True, merged_into=survivor)
    follow_due()
    assert [mine.get(remote_id=one).state for one in (loser, survivor, living)] == ["alias", "live", "live"]
    assert mine.get(remote_id=loser).record_id == mine.get(remote_id=survivor).record_id
    assert (state_of(event)[2], state_of(other)[2]) == ("", "by_sync")
