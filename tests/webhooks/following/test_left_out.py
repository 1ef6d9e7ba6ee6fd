"""What a provider announces and the platform does not keep: looked at, and left alone."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Integration, RecordLink
from integrations.records.models import Customer, Expense, Invoice
from integrations.services import follow
from integrations.services.following import Look, Result
from tests.connectors.suite.adapter import Adapter, adapters
from tests.connectors.suite.desk import Desk
from tests.simulator import Control
from tests.webhooks.following.accounts import connected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books(simulator: Control, settings: Any) -> tuple[Desk, Integration]:
    """A company of Xero's simulator, which has mere suppliers among its contacts, connected."""
    settings.SIMULATOR_URL = simulator.url
    adapter = adapters()["xero"]
    assert isinstance(adapter, Adapter)
    desk = Desk(adapter, simulator, adapter.ways[0])
    return desk, connected(desk)


def mine(desk: Desk, kind: str, **wanted: Any) -> list[dict[str, Any]]:
    found = [one for one in desk.control.objects(kind, desk.slug) if one["tenant"] == desk.account]
    return [one for one in found if all(one.get(name) == value for name, value in wanted.items())]


def looked(integration: Integration, resource: str, remote_id: str) -> str:
    return follow(integration, [Look(resource, remote_id)])[resource, remote_id].result


def test_a_mere_supplier_makes_no_customer(books: tuple[Desk, Integration]) -> None:
    desk, integration = books
    supplier = mine(desk, "Contact", IsSupplier=True, IsCustomer=False)[0]["ContactID"]
    assert looked(integration, "contacts", supplier) == Result.OUTSIDE
    assert not Customer.objects.exists()


def test_one_that_was_a_customer_is_followed_on(books: tuple[Desk, Integration]) -> None:
    desk, integration = books
    contact = mine(desk, "Contact", IsSupplier=False, IsCustomer=True)[0]["ContactID"]
    assert looked(integration, "contacts", contact) == Result.STORED
    desk.control.edit(
        "Contact",
        contact,
        slug=desk.slug,
        Name="Devenu fournisseur",
        IsSupplier=True,
        IsCustomer=False,
        ContactNumber="",
    )
    assert looked(integration, "contacts", contact) == Result.STORED
    assert Customer.objects.get().name == "Devenu fournisseur"


def test_a_document_becomes_what_it_is_and_nothing_else(books: tuple[Desk, Integration]) -> None:
    desk, integration = books
    sale = mine(desk, "Invoice", Type="ACCREC")[0]["InvoiceID"]
    bill = mine(desk, "Invoice", Type="ACCPAY")[0]["InvoiceID"]
    for remote_id in (sale, bill):
        follow(integration, [Look("invoices", remote_id), Look("bills", remote_id)])
    links = RecordLink.objects.filter(resource__in=["invoices", "bills"]).values_list("resource", "remote_id")
    assert set(links) == {("invoices", sale), ("bills", bill)}
    assert (Invoice.objects.count(), Expense.objects.count()) == (1, 1)
