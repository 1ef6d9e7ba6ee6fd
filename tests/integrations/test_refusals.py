"""A number that another document bears already: the sentence names it, who has it, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integrations import services
from integrations.models import Integration, JobStatus, SyncError
from integrations.records.models import Division, Invoice
from integrations.records.services import Change, Origin, apply
from tests.integrations import rows
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected, there

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1")


@pytest.fixture
def books(simulator: Control, settings: Any) -> Integration:
    settings.SIMULATOR_URL = simulator.url
    return connected(simulator, direction="in")


def number_taken(simulator: Control, division: Any = None) -> tuple[str, Any]:
    """An invoice of the platform that bears the number of one at the provider."""
    number = next(iter(there(simulator, "Invoice").values()))["DocNumber"]
    who = apply([Change("customer", action="create", values={"name": "Autre client"})], USER)[0].id
    values = {"customer": who, "number": number, "division": division}
    return number, apply([Change("invoice", action="create", values=values)], USER)[0].id


def test_a_taken_number_is_named_with_its_holder_and_the_way_out(
    books: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    number, invoice = number_taken(simulator)
    rows.link(rows.integration(name="Xero Toiture"), "invoice", invoice, resource="invoices")
    job = synchronise(books)
    assert job.status == JobStatus.PARTIAL
    error = SyncError.objects.get(resource="invoices", code="number_taken")
    assert error.field == "number"
    assert error.message == (
        f"Le numéro « {number} » est déjà pris parmi les documents sans division par un document de l’intégration "
        "« Xero Toiture ». Choisissez une « Division par défaut » dans les paramètres de « QuickBooks », ou "
        "changez ce numéro chez le fournisseur, puis réessayez."
    )
    assert Invoice.objects.filter(number=number).count() == 1


def test_another_default_division_lets_the_document_in(
    books: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    ours, other = (
        applied.id
        for applied in apply(
            [
                Change("division", action="create", values={"code": code, "name": code.title()})
                for code in ("toiture", "plomberie")
            ],
            USER,
        )
    )
    books.default_division_id = ours
    books.save()
    number, _ = number_taken(simulator, ours)
    synchronise(books)
    message = SyncError.objects.get(code="number_taken").message
    assert "dans la division « Toiture »" in message and "saisi sur la plateforme" in message
    assert "Choisissez une autre « Division par défaut »" in message
    services.change_options(books, {"default_division": Division.objects.get(pk=other)}, actor=administrator)
    assert synchronise(books).status == JobStatus.COMPLETED
    assert Invoice.objects.filter(number=number).count() == 2
    assert not SyncError.objects.filter(resolved_at=None).exists()
