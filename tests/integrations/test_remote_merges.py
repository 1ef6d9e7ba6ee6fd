"""What a page costs when the provider merged objects, and both orders of what it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.models import HeldChange, Integration, LinkState, RecordLink, RecordMerge
from integrations.records.models import Contact, Property, Tenant
from integrations.sync.absorb import told
from integrations.sync.page import PageStore
from integrations.sync.plan import Item
from integrations.sync.progress import Checkpoint
from tests.integrations.payloads import property_, tenant
from tests.integrations.test_page import integration, page_store, statements

__all__ = ["integration"]

pytestmark = pytest.mark.django_db(transaction=True)
GONE = "2026-02-01T00:00:00Z"


def store(of: Integration, resource: str = "properties") -> PageStore:
    """A store of a provider whose tombstones tell of merges."""
    made = page_store(of, resource)
    declared = replace(made.compiled.resource, merged_into=lambda raw: raw.get("into", ""))
    made.compiled = replace(made.compiled, resource=declared)
    return made


def lost(number: int, into: int) -> dict[str, Any]:
    return property_(number, deleted_at=GONE) | {"into": property_(into)["id"]}


def link(number: int) -> RecordLink:
    return RecordLink.objects.get(resource="properties", remote_id=property_(number)["id"])


def test_a_loser_may_come_before_its_survivor_is_known(integration: Integration) -> None:
    store(integration).store([property_(0)], Checkpoint({}))
    store(integration, "tenants").store([tenant(0)], Checkpoint({}))
    record = link(0).record_id
    store(integration).store([lost(0, 1)], Checkpoint({}))
    assert (link(1).record_id, link(1).state, link(0).state) == (record, LinkState.LIVE, LinkState.ALIAS)
    store(integration).store([property_(1, name="Autre")], Checkpoint({}))
    store(integration).store([property_(0, name="Vieux"), lost(0, 1)], Checkpoint({}))
    (kept,) = Property.objects.live()
    assert (kept.pk, kept.name) == (record, "Autre")


def test_an_order_that_goes_round_in_circles_ends() -> None:
    def item(remote_id: str, into: str) -> Item:
        return Item({}, remote_id, "", True, {}, "", into=into)

    assert told([item("a", "b"), item("b", "c")]) == {"a": "c", "b": "c"}
    assert set(told([item("a", "b"), item("b", "a")])) == {"a", "b"}
    alive = Item({}, "a", "", False, {}, "")
    assert told([alive, replace(alive, remote_id="b", also=("a", "c"))]) == {"c": "b"}


@pytest.mark.postgres
@pytest.mark.parametrize("losers", [3, 30])
def test_a_page_with_merges_costs_the_same_for_any_number_and_asks_no_guard(
    integration: Integration, losers: int, settings: Any
) -> None:
    settings.GUARD_MINIMUM = 0
    everyone = range(2 * losers)
    store(integration).store([property_(i) for i in everyone], Checkpoint({}, last=True))
    store(integration, "tenants").store([tenant(i) for i in range(losers)], Checkpoint({}))
    page = store(integration)
    with statements() as seen:
        page.store([lost(i, i + losers) for i in range(losers)], Checkpoint({}))
    print(f"\n{losers} merges: {len(seen)} statements")
    assert len(seen) <= 25, seen
    assert Property.objects.live().count() == RecordMerge.objects.count() == losers and not HeldChange.objects.exists()
    survivors = {link(i + losers).record_id for i in range(losers)}
    assert set(Tenant.objects.values_list("property", flat=True)) <= survivors | {None}
    assert Contact.objects.live().exists()
