"""An integration with webhooks, events as if they had been received, and a follower in this process."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.models import Integration
from tests.integrations.conftest import books, intuit, rovida, synchronise  # noqa: F401 - fixtures
from webhooks.following import claims
from webhooks.following.follower import Follower, follow_batch
from webhooks.inbound import keys
from webhooks.models import InboundEvent, InboundRequest, InboundStatus, InboundSubscription, SubscriptionState

_numbers = itertools.count(1)


def received(integration: Integration, resource: str, remote_id: str, **values: Any) -> InboundEvent:
    """An event as the receiver stores it."""
    number = next(_numbers)
    request = InboundRequest.objects.create(
        provider=integration.provider, integration=integration, path="/webhook/x", body=b"{}", size=2
    )
    return InboundEvent.objects.create(
        request=request,
        provider=integration.provider,
        integration=integration,
        resource=resource,
        remote_id=remote_id,
        kind=values.pop("kind", f"{resource}.updated"),
        dedupe_key=f"test:{number}",
        body_digest="x",
        next_at=values.pop("next_at", claims.Now()),
        **values,
    )


def follow_due() -> None:
    """Follow everything that is due now, as one pass would, in this thread."""
    claims.sort_out()
    while batches := claims.claim(4, []):
        for batch in batches:
            follow_batch(batch)


def make_due(*events: InboundEvent) -> None:
    """Let events that wait for another try be tried now."""
    rows = InboundEvent.objects.filter(pk__in=[event.pk for event in events], status=InboundStatus.PENDING)
    rows.update(next_at=claims.Now())


def state_of(event: InboundEvent) -> tuple[str, int, str]:
    """(status, attempts, code) as stored now."""
    event.refresh_from_db()
    return event.status, event.attempts, event.code


@pytest.fixture
def listening(rovida: Integration) -> Integration:
    """ROVIDA with its webhooks on, whatever its connector declares."""
    rovida.webhooks_enabled = True
    rovida.max_retries = 2
    rovida.save(update_fields=["webhooks_enabled", "max_retries"])
    key = keys.new_key()
    InboundSubscription.objects.create(
        integration=rovida, key=key, key_hash=keys.key_hash(key), state=SubscriptionState.ACTIVE
    )
    return rovida


@pytest.fixture
def follower() -> Iterator[Callable[[Callable[[], Any], float], float]]:
    """follower(until, seconds): run a real follower until `until()` is true; returns how long it took."""
    made = Follower()

    def run(until: Callable[[], Any], seconds: float = 10.0) -> float:
        began = time.monotonic()
        while not until():
            assert time.monotonic() - began < seconds, "nothing came of it in time"
            made.run_pass(0.05)
        return time.monotonic() - began

    yield run
    made.drain(5)
    made.close()
