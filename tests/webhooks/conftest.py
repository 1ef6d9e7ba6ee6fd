"""Receivers, endpoints, events, and a sender in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.records.changes import Change, Origin
from integrations.records.models import Event
from integrations.records.services import apply
from tests.webhooks.receiver import Behaviour, Receiver
from webhooks import signing
from webhooks.models import Delivery, DeliveryStatus, Endpoint, PendingEvent
from webhooks.sending.sender import Sender

ORIGIN = Origin("system", label="Tests")


def make_customers(count: int = 1, prefix: str = "Client") -> list[Event]:
    """Create customers through the door; returns their events."""
    changes = [
        Change("customer", action="create", values={"kind": "company", "name": f"{prefix} {n}"}) for n in range(count)
    ]
    ids = [each.id for each in apply(changes, ORIGIN)]
    return list(Event.objects.filter(record_id__in=ids, type="customer.created"))


def make_endpoint(url: str = "https://example.com/hook", **values: Any) -> Endpoint:
    """An endpoint for customer.created with quick retries."""
    values = {
        "secret": signing.new_secret(),
        "event_types": ["customer.created"],
        "delay_ms": 100,
        "multiplier": 1,
        "timeout_seconds": 2,
    } | values
    return Endpoint.objects.create(url=url, **values)


@pytest.fixture
def receive(settings: Any) -> Iterator[Callable[..., Receiver]]:
    """receive(behaviour): a receiver whose port deliveries may go to."""
    made: list[Receiver] = []

    def start(behave: Behaviour | None = None) -> Receiver:
        receiver = Receiver(behave)
        made.append(receiver)
        settings.WEBHOOK_ALLOWED_NETWORKS = [f"127.0.0.1/32:{each.port}" for each in made]
        return receiver

    yield start
    for receiver in made:
        receiver.close()


@pytest.fixture
def sender(transactional_db: None) -> Iterator[Sender]:
    """A sender of this process."""
    made = Sender()
    yield made
    made.drain(5)
    made.close()


def send_until(sender: Sender, condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Let the sender work until the condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sender.run_pass(0.1)
        if value := condition():
            return value
    pytest.fail(f"not within {seconds} s: {list(Delivery.objects.values('status', 'attempts', 'last_error')[:5])}")


def all_ended(status: str = "") -> Callable[[], bool]:
    """Whether there are deliveries and all ended (in that state)."""

    def ended() -> bool:
        if PendingEvent.objects.exists():
            return False  # their deliveries do not exist yet
        rows = Delivery.objects.all()
        left = rows.exclude(status=status) if status else rows.filter(status=DeliveryStatus.PENDING)
        return rows.exists() and not left.exists()

    return ended
