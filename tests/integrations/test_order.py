"""Of two readings of one object the later one counts, whichever is stored first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Integration, RecordLink
from integrations.records.models import Property
from integrations.sync.order import compare, outdated
from integrations.sync.page import PageStore
from integrations.sync.plan import Item, read_items
from integrations.sync.progress import Checkpoint
from tests.integrations.payloads import property_
from tests.integrations.test_page import integration, page_store  # noqa: F401 - fixture

NOTHING_NEW = Checkpoint(None)


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("9", "10", -1),
        ("10", "10", 0),
        ("2026-07-01T10:00:00Z", "2026-07-01T06:00:01-04:00", -1),
        ("2026-07-01T10:00:00.200Z", "2026-07-01T10:00:00.100Z", 1),
        ("2026-07-01T10:00:00.000+0000", "2026-07-01T10:00:00Z", 0),
        ("/Date(1573755038314+0000)/", "/Date(1573755038315)/", -1),
        ("2026-07-01T10:00:00Z", "2026-07-01T10:00:00.900Z", 0),
        ("f1d2d2f924e986ac86fdf7b3", "0a1b2c3d4e5f60718293a4b5", None),
        ("", "3", None),
        ("12", "2026-07-01T10:00:00Z", None),
    ],
)
def test_versions_are_compared_where_they_tell_an_order(left: str, right: str, order: int | None) -> None:
    assert compare(left, right) == order
    assert compare(right, left) == (None if order is None else -order)


@pytest.fixture(autouse=True)
def _webhooks(request: pytest.FixtureRequest) -> None:
    if "integration" in request.fixturenames:
        mine = request.getfixturevalue("integration")
        mine.webhooks_enabled = True
        mine.save(update_fields=["webhooks_enabled"])


def name_of(integration: Integration, remote_id: str = "prop_1") -> str:
    link = RecordLink.objects.get(integration=integration, resource="properties", remote_id=remote_id)
    return Property._base_manager.get(pk=link.record_id).name


def with_reader(integration: Integration, answer: dict[str, Any]) -> tuple[PageStore, list[str]]:
    store, asked = page_store(integration, "properties"), []

    def read_again(resource: str, remote_id: str) -> dict[str, Any]:
        asked.append(remote_id)
        return answer

    store.read_again = read_again
    return store, asked


@pytest.mark.django_db(transaction=True)
def test_an_older_version_never_overwrites_a_newer_one(integration: Integration) -> None:
    store = page_store(integration, "properties")
    store.store([property_(1, name="Nouveau", version=7)], NOTHING_NEW)
    store.store([property_(1, name="Ancien", version=6)], NOTHING_NEW)
    assert name_of(integration) == "Nouveau"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("asked_before", [True, False])
def test_what_tells_no_order_is_read_again_when_somebody_wrote_it_meanwhile(
    integration: Integration,
    asked_before: bool,
) -> None:
    asked_at: datetime = timezone.now()
    page_store(integration, "properties").store([property_(1, name="A", version=None)], NOTHING_NEW)
    if not asked_before:
        asked_at = timezone.now() + timedelta(milliseconds=1)
    store, asked = with_reader(integration, property_(1, name="C", version=None))
    store.store([property_(1, name="B", version=None)], NOTHING_NEW, asked_at)
    assert (name_of(integration), len(asked)) == (("C", 1) if asked_before else ("B", 0))


@pytest.mark.django_db
def test_of_an_object_that_comes_twice_in_a_page_the_later_version_counts(integration: Integration) -> None:
    compiled = page_store(integration, "properties").compiled
    raw = property_(1, version=1, updated_at="2026-07-01T10:00:00.000Z")
    later = raw | {"name": "Nouveau nom", "version": 2, "updated_at": "2026-07-01T10:00:01.000Z"}
    for page in ([raw, later], [later, raw]):
        items, failures = read_items(compiled, page)
        assert ([item.raw["name"] for item in items], failures) == (["Nouveau nom"], [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_run", [True, False])
def test_without_webhooks_too_a_later_page_may_hold_an_object_as_it_was_before(
    integration: Integration, same_run: bool
) -> None:
    Integration.objects.filter(pk=integration.pk).update(webhooks_enabled=False)
    integration.refresh_from_db()
    store = page_store(integration, "properties")
    store.store([property_(1, name="Nouveau", version=7)], NOTHING_NEW)
    if not same_run:
        store = page_store(integration, "properties")
    store.store([property_(1, name="Ancien", version=6), property_(2)], NOTHING_NEW)
    assert name_of(integration) == "Nouveau"


EARLIER, LATER = "2026-07-01T10:00:00Z", "2026-07-01T11:00:00Z"


@pytest.mark.parametrize(
    ("version", "stored", "in_this_run", "anew", "answer"),
    [
        ("6", "7", False, False, True),
        ("7", "7", True, False, False),
        ("8", "7", True, False, False),
        # Books that were restored from a copy, and are read anew.
        ("6", "7", False, True, False),
        ("6", "7", True, True, True),
        # A clock may have been set back since the last run, not since this one stored the object.
        (EARLIER, LATER, True, False, True),
        (EARLIER, LATER, False, False, False),
        ("", "7", True, False, False),
    ],
)
def test_what_is_older_than_what_is_stored(
    version: str, stored: str, in_this_run: bool, anew: bool, answer: bool
) -> None:
    begun = timezone.now()
    link = RecordLink(remote_version=stored, synced_at=begun + timedelta(seconds=1 if in_this_run else -1))
    item = Item({}, "1", version, False, {}, "")
    assert outdated(item, link, begun, anew=anew) is answer
