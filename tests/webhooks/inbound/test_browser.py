"""The pages about received calls in a real browser: accessible, no wider than a phone, usable with a tick box."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.connectors.suite.calls import Caller
from tests.webhooks.inbound.desk import Desk
from tests.webhooks.inbound.test_hostile import CALLERS
from tests.webhooks.test_browser import check, signed_in  # noqa: F401 - a fixture
from webhooks.inbound import refusals
from webhooks.models import InboundEvent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENTENCE = "Le fournisseur refuse de donner cet objet : l’accès « Factures » manque. Reconnectez l’intégration."


@pytest.fixture
def filled(transactional_db):
    """Events of every provider that calls us, in every state; refused calls."""
    real = [each for each in CALLERS.values() if isinstance(each, Caller) and each.slug not in ("keyed", "shared")]
    for caller in real:
        desk = Desk(caller, name=f"{caller.connector.label} – Lacoste")
        for _ in range(3):
            desk.call()
        desk.call(moment=desk.moment(secret=caller.other))
        desk.send(b"{}", {"Content-Type": "text/plain"})
    refusals.flush()
    rows = list(InboundEvent.objects.order_by("pk"))
    InboundEvent.objects.filter(pk__in=[each.pk for each in rows[::2]]).update(status="done", next_at=None)
    dead, waiting = rows[1], rows[3]
    InboundEvent.objects.filter(pk=waiting.pk).update(status="waiting", next_at=None)
    InboundEvent.objects.filter(pk=dead.pk).update(
        status="dead", next_at=None, attempts=6, code="forbidden", message=SENTENCE
    )
    return dead


def test_every_page_is_accessible_and_fits_a_phone(filled, signed_in, live_server):
    pages = {
        "received": reverse("webhooks:received"),
        "received-filtered": reverse("webhooks:received") + "?status=done",
        "received-nothing": reverse("webhooks:received") + "?search=rien",
        "received-event": reverse("webhooks:received_event", args=[filled.pk]),
        "refused": reverse("webhooks:refused"),
    }
    for name, path in pages.items():
        signed_in.goto(live_server.url + path)
        check(signed_in, name)


def test_ticked_events_are_followed_again(filled, signed_in, live_server):
    signed_in.goto(live_server.url + reverse("webhooks:received") + "?status=dead")
    signed_in.get_by_role("checkbox", name="Événement").first.check()
    signed_in.get_by_role("button", name="Rejouer les événements cochés").click()
    expect(signed_in.get_by_text("remis en file")).to_be_visible()
    filled.refresh_from_db()
    assert filled.status == "pending"
