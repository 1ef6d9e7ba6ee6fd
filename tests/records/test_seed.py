"""The demo's records, and the taxes that they are computed with."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.records.models import Contact, Customer, Event, Invoice, Job, Opportunity, Payment, Property
from integrations.records.seed import seed_records
from integrations.records.taxes import invoice_amounts, tax_rows


@pytest.mark.django_db
def test_the_demo_is_whole_and_a_second_run_adds_nothing() -> None:
    counts = seed_records()
    assert counts.items() >= {"division": 6, "customer": 40, "job": 30, "invoice": 25}.items()
    before = Event.objects.count()
    assert seed_records() == {} and Event.objects.count() == before
    assert Customer.objects.count() == 40 and not Property.objects.exists()
    for company in Customer.objects.filter(kind="company"):
        assert company.primary_contact.customer_id == company.pk
    assert len(set(Contact.objects.values_list("email", flat=True))) == Contact.objects.count()


@pytest.mark.django_db
def test_the_demo_adds_up_to_the_cent() -> None:
    seed_records()
    for invoice in Invoice.objects.prefetch_related("lines", "taxes", "allocations__payment"):
        lines, taxes = invoice.lines.all(), invoice.taxes.all()
        assert [tax.name for tax in taxes] == ["TPS", "TVQ"]
        assert invoice.subtotal == sum(line.subtotal for line in lines) > 0
        assert invoice.total == invoice.subtotal + sum(tax.amount for tax in taxes)
        paid = sum((each.amount for each in invoice.allocations.all()), Decimal(0))
        assert invoice.balance == invoice.total - paid
        assert (invoice.balance == 0) == (invoice.status == "paid")
    assert Payment.objects.filter(status="failed").count() == 1
    assert set(Opportunity.objects.exclude(referral_status="").values_list("referral_status", flat=True)) == {
        "captured",
        "converted",
        "lost",
    }
    assert Invoice.objects.filter(overdue_since__isnull=False).exists()
    assert Job.objects.filter(opportunity__isnull=False).count() == 1


def line(subtotal: str, code: str = "gst_qst") -> dict[str, Any]:
    return {"subtotal": Decimal(subtotal), "tax_code": code}


def test_quebec_taxes_are_computed_on_the_amount_itself_and_rounded_once() -> None:
    amounts = invoice_amounts([line("33.33"), line("66.67"), line("100.00", "exempt"), line("10.00", "gst")])
    assert [(tax["name"], tax["base"], tax["amount"]) for tax in amounts["taxes"]] == [
        ("TPS", Decimal("110.00"), Decimal("5.50")),
        ("TVQ", Decimal("100.00"), Decimal("9.98")),  # 9.975 is rounded half up
    ]
    assert (amounts["subtotal"], amounts["total_tax"], amounts["total"]) == (
        Decimal("210.00"),
        Decimal("15.48"),
        Decimal("225.48"),
    )


def test_an_invoice_without_taxable_lines_has_no_tax_row() -> None:
    assert tax_rows([line("5.00", "zero"), line("5.00", "")]) == []
    assert invoice_amounts([])["total"] == Decimal("0.00")


@given(st.lists(st.decimals(min_value=0, max_value=10**6, places=2), min_size=1, max_size=20))
def test_taxes_are_never_more_than_half_a_cent_off(amounts: list[Decimal]) -> None:
    base = sum(amounts)
    taxes = {tax["name"]: tax["amount"] for tax in tax_rows([line(str(amount)) for amount in amounts])}
    assert abs(taxes["TPS"] - base * Decimal("0.05")) <= Decimal("0.005")
    assert abs(taxes["TVQ"] - base * Decimal("0.09975")) <= Decimal("0.005")
