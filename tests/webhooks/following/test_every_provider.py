"""For every provider that calls: a change at the simulator, a signed call over HTTP, the record here within seconds.

A provider is put under test by itself as soon as its connector declares `webhooks`.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from integrations.models import Integration, RecordLink
from integrations.records.kinds import KINDS, value_of
from integrations.records.models import Event, Payment
from integrations.services import Look, Result, follow
from integrations.sync.lines import canonical
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.desk import Desk, Said
from tests.integrations.conftest import Synchronise
from tests.simulator import Control
from tests.webhooks.following.accounts import connected, listening
from webhooks.following.follower import Follower
from webhooks.models import InboundEvent, InboundStatus, InboundSubscription, RefusedCall, SubscriptionState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

DEADLINE = 10.0
ADAPTERS = adapters()
CALLING = [slug for slug, found in ADAPTERS.items() if isinstance(found, Adapter) and found.connector.webhooks]


@pytest.fixture
def desk(slug: str, simulator: Control, settings: Any, live_server: Any) -> Desk:
    """The provider's desk; it can reach us, and we can reach it."""
    settings.SIMULATOR_URL, settings.SITE_URL = simulator.url, live_server.url
    adapter = ADAPTERS[slug]
    assert isinstance(adapter, Adapter)
    if simulator.provider(slug).sender is None:
        pytest.skip("its fake sends no webhooks yet")
    return Desk(adapter, simulator, adapter.ways[0])


def resource_of(desk: Desk) -> str:
    """The first announced resource that the suite can make and change."""
    webhooks = desk.adapter.connector.webhooks
    assert webhooks is not None
    return next(name for name in webhooks.resources if name in desk.adapter.subjects)


def follow_until(until: Any) -> float:
    """Run the resident loop until something is so; how long that took."""
    follower, began = Follower(), time.monotonic()
    try:
        while not until():
            assert time.monotonic() - began < DEADLINE, (
                list(InboundEvent.objects.values_list("status", "resource", "kind", "code", "message")),
                list(RefusedCall.objects.values_list("reason", "count")),
            )
            follower.run_pass(0.05)
        return time.monotonic() - began
    finally:
        follower.drain(5)
        follower.close()


def subscribed(integration: Integration) -> bool:
    """Whether the provider has done with checking our address."""
    return bool(InboundSubscription.objects.get(integration=integration).state == SubscriptionState.ACTIVE)


def link_of(integration: Integration, resource: str, desk: Desk, made: dict[str, Any]) -> RecordLink | None:
    subject = desk.adapter.subjects[resource]
    remote_id = subject.object_id(desk.adapter.connector.resource(resource), made)
    return RecordLink.objects.filter(integration=integration, resource=resource, remote_id=remote_id).first()


def change(desk: Desk, resource: str, made: dict[str, Any]) -> Said:
    """Change the object in a way that the provider calls about; what was changed."""
    subject = desk.adapter.subjects[resource]
    if resource not in desk.adapter.announced:
        return desk.change(subject, made)
    said = desk.said(desk.adapter.announced[resource], "announced")
    desk.control.edit(subject.kind, made["id"], slug=desk.slug, **said.values)
    return said


def shows(link: RecordLink | None, said: Said) -> bool:
    """Whether the record has what the owner said."""
    if link is None:
        return False
    record = KINDS[link.record_kind].model._base_manager.filter(pk=link.record_id).first()
    if record is None:
        return False
    fields = KINDS[link.record_kind].fields
    wanted = {name.split(".", 1)[1]: value for name, value in said.expect.items()}
    return all(
        value_of(record, fields[name]) == value or canonical(fields[name], value_of(record, fields[name])) == value
        for name, value in wanted.items()
        if fields[name].type != "reference"  # told by the provider's id, kept by ours
    )


@pytest.mark.parametrize("slug", CALLING)
def test_a_change_there_is_here_within_seconds(slug: str, desk: Desk, administrator: Any) -> None:
    integration = listening(desk, administrator)
    follow_until(lambda: subscribed(integration))
    resource = resource_of(desk)
    subject = desk.adapter.subjects[resource]
    made, said = desk.new(subject)
    follow_until(lambda: shows(link_of(integration, resource, desk, made), said))
    changed = change(desk, resource, made)
    follow_until(lambda: shows(link_of(integration, resource, desk, made), changed))
    quiet = [InboundStatus.DONE, InboundStatus.IGNORED]
    follow_until(lambda: not InboundEvent.objects.exclude(status__in=quiet).exists())


@pytest.mark.parametrize("slug", CALLING)
def test_doubled_and_reordered_calls_end_in_the_same_state_as_a_pull(
    slug: str, desk: Desk, administrator: Any, synchronise: Synchronise
) -> None:
    integration = listening(desk, administrator)
    follow_until(lambda: subscribed(integration))
    resource = resource_of(desk)
    subject = desk.adapter.subjects[resource]
    made, _ = desk.new(subject)
    desk.control.fault("reordered_webhook", slug=slug, seconds=1)
    desk.control.fault("duplicate_webhook", slug=slug, times=2)
    said = [change(desk, resource, made) for _ in range(3)][-1]
    follow_until(lambda: shows(link_of(integration, resource, desk, made), said))
    desk.control.clear_faults(slug=slug)
    quiet = [InboundStatus.DONE, InboundStatus.IGNORED]
    follow_until(lambda: not InboundEvent.objects.exclude(status__in=quiet).exists())
    job = synchronise(integration, resources=[resource])
    assert (job.updated, job.archived) == (0, 0)
    assert shows(link_of(integration, resource, desk, made), said)


REFUSED = {
    "stripe": ("payment_intent", {"amount": 125_000, "payment_method": "pm_card_chargeDeclined"}),
    "square": ("payment", {"amount": 4599, "source": "cnon:card-nonce-declined"}),
}
"""How a card is refused at each fake."""


@pytest.mark.parametrize("slug", sorted(REFUSED))
def test_a_refused_card_is_a_failed_payment_and_tells_so(slug: str, desk: Desk, administrator: Any) -> None:
    listening(desk, administrator)
    kind, values = REFUSED[slug]
    desk.create(kind, **values)
    follow_until(lambda: Payment.objects.filter(status="failed").exists())
    payment = Payment.objects.get(status="failed")
    event = Event.objects.get(type="payment.failed")
    assert (event.kind, event.record_id, event.origin) == ("payment", payment.pk, payment.provenance["status"]["by"])


TOGETHER = [slug for slug in CALLING if ADAPTERS[slug].connector.fetch_at_once > 1]  # type: ignore[union-attr]


@pytest.mark.parametrize("slug", TOGETHER)
def test_many_objects_are_read_in_one_request_where_the_provider_can(slug: str, desk: Desk) -> None:
    integration, resource = connected(desk), resource_of(desk)
    subject = desk.adapter.subjects[resource]
    declared = desk.adapter.connector.resource(resource)
    made = [desk.new(subject) for _ in range(4)]
    ids = [subject.object_id(declared, raw) for raw, _ in made]
    desk.forget()
    seen = follow(integration, [Look(resource, remote_id) for remote_id in ids])
    assert {one.result for one in seen.values()} == {Result.STORED}
    assert len([one for one in desk.requests() if declared.path in one["path"]]) == 1
    assert all(shows(link_of(integration, resource, desk, raw), said) for raw, said in made)
    (alone,) = follow(integration, [Look(resource, ids[0])]).values()
    assert (alone.result, alone.code) == (Result.STORED, "")
    assert RecordLink.objects.filter(integration=integration, resource=resource).count() == len(ids)
    gone = follow(integration, [Look(resource, ids[0]), Look(resource, subject.missing)])
    assert gone[resource, ids[0]].result == Result.STORED
