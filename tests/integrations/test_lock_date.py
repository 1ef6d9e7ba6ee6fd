"""Closed books: nothing dated on or before the lock date is written there; what changes there still comes in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors.base.connector import Connector
from integrations import services
from integrations.forms import OptionsForm
from integrations.models import Integration, JobStatus, PushOperation, PushStatus
from integrations.records.models import Invoice
from integrations.records.services import Change, apply
from integrations.sync import locks
from tests.integrations import rows
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import there, writes
from tests.integrations.test_quickbooks import USER, customer, invoice, line, link_of, quickbooks  # noqa: F401

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

LOCKED = date(2026, 6, 30)


@pytest.fixture
def locked(quickbooks: Integration, administrator: Any) -> Integration:
    """QuickBooks with its books closed up to the end of June."""
    services.change_options(quickbooks, {"lock_date": LOCKED}, actor=administrator)
    return quickbooks


def test_a_document_of_the_lock_date_waits_and_goes_when_the_date_moves(
    locked: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    who = customer(name="Érablière Tremblay")
    on_the_day = invoice(who, lines=[line("Appel", "1", "100")], issue_date=LOCKED, number="V-1", status="sent")
    day_after = LOCKED + timedelta(days=1)
    invoice(who, lines=[line("Appel", "1", "100")], issue_date=day_after, number="V-2", status="sent")
    job = synchronise(locked)
    assert (job.status, job.push_failed) == (JobStatus.COMPLETED, 0)
    numbers = {i.get("DocNumber") for i in there(simulator, "Invoice").values()}
    assert "V-2" in numbers and "V-1" not in numbers
    operation = PushOperation.objects.get(record_id=on_the_day)
    assert (operation.status, operation.code) == (PushStatus.HELD, "locked")
    assert "30 juin 2026" in operation.message

    services.change_options(locked, {"lock_date": LOCKED - timedelta(days=1)}, actor=administrator)
    synchronise(locked)
    assert "V-1" in {i.get("DocNumber") for i in there(simulator, "Invoice").values()}


def test_a_document_cannot_be_moved_out_of_the_closed_books(
    locked: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    mine = Invoice.objects.filter(issue_date__lte=LOCKED, status="sent").first()
    assert mine is not None
    before = there(simulator, "Invoice")[link_of(mine.pk).remote_id]
    apply([Change("invoice", mine.pk, values={"issue_date": LOCKED + timedelta(days=5)})], USER)
    simulator.forget_requests(slug="quickbooks")
    synchronise(locked)
    assert writes(simulator) == []
    assert there(simulator, "Invoice")[link_of(mine.pk).remote_id] == before
    assert PushOperation.objects.get(record_id=mine.pk).status == PushStatus.HELD


def test_what_changes_there_still_comes_in(locked: Integration, synchronise: Synchronise, simulator: Control) -> None:
    mine = Invoice.objects.filter(issue_date__lte=LOCKED).first()
    assert mine is not None
    simulator.edit("Invoice", link_of(mine.pk).remote_id, slug="quickbooks", DueDate="2026-12-24")
    synchronise(locked)
    mine.refresh_from_db()
    assert mine.due_date == date(2026, 12, 24)


def test_the_later_of_both_dates_counts() -> None:
    both = Integration(lock_date=LOCKED, provider_lock_date=LOCKED + timedelta(days=31))
    assert both.locked_until == LOCKED + timedelta(days=31)
    assert Integration().locked_until is None


def test_the_providers_date_is_asked_once_an_hour_and_frees_what_waited(monkeypatch: Any, db: None) -> None:
    made = rows.integration(provider_lock_date=LOCKED)
    held = rows.push(made, status="held", code="locked")
    asked: list[None] = []

    class Books:
        tells_lock_date = True

        def lock_date(self) -> date | None:
            asked.append(None)
            return None

    books: Any = Books()
    for _ in range(3):
        locks.refresh_if_old(made, books)
    held.refresh_from_db()
    assert len(asked) == 1 and made.provider_lock_date is None
    assert held.status == PushStatus.PENDING
    Integration.objects.update(provider_lock_read_at=timezone.now() - timedelta(hours=2))
    made.refresh_from_db()
    locks.refresh_if_old(made, books)
    assert len(asked) == 2
    assert Connector.tells_lock_date is False


def test_only_accounting_integrations_have_the_setting(administrator_client: Client) -> None:
    other = Integration.objects.get(pk=rows.integration().pk)
    assert "lock_date" not in OptionsForm(instance=other).fields
    books = rows.integration(provider="xero", provider_lock_date=LOCKED)
    html = administrator_client.get(reverse("integrations:settings", args=[books.pk])).content.decode()
    assert "Date de verrouillage" in html and "indique que ses livres sont verrouillés" in html
