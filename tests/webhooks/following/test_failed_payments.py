"""A card that is refused at the provider is a failed payment here, and is told to whoever listens to events."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import RecordLink
from integrations.records.models import Event, Payment
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.desk import Desk
from tests.simulator import Control
from tests.webhooks.following.accounts import listening
from tests.webhooks.following.test_every_provider import follow_until

pytestmark = pytest.mark.django_db(transaction=True)


def refuse_at_stripe(simulator: Control) -> None:
    simulator.create("payment_intent", "stripe", amount=125000, payment_method="pm_card_chargeDeclined")


def refuse_at_square(simulator: Control) -> None:
    body = {"source_id": "cnon:card-nonce-declined", "idempotency_key": "k1",
            "amount_money": {"amount": 125000, "currency": "CAD"}}  # fmt: skip
    headers = {"Authorization": "Bearer EAAAl-demo-lacoste-jeton-personnel"}
    simulator.app.test_client().post("/square/v2/payments", json=body, headers=headers, base_url=simulator.url)


@pytest.mark.parametrize(("slug", "refuse"), [("stripe", refuse_at_stripe), ("square", refuse_at_square)])
def test_a_refused_card_is_a_failed_payment_and_an_event(
    slug: str, refuse: Any, simulator: Control, settings: Any, live_server: Any, administrator: Any
) -> None:
    settings.SIMULATOR_URL, settings.SITE_URL = simulator.url, live_server.url
    adapter = adapters()[slug]
    assert isinstance(adapter, Adapter)
    integration = listening(Desk(adapter, simulator, adapter.ways[0]), administrator)
    refuse(simulator)
    follow_until(lambda: Event.objects.filter(type="payment.failed").exists())
    link = RecordLink.objects.get(integration=integration, resource="payments")
    payment = Payment.objects.get(pk=link.record_id)
    assert (payment.status, str(payment.amount)) == ("failed", "1250.00")
    assert [event.record_id for event in Event.objects.filter(type="payment.failed")] == [payment.pk]
