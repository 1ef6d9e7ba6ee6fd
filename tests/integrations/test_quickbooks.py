"""The books both ways: customers, invoices with TPS and TVQ, payments, voids; equal to the cent, without echo."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from integrations.models import (
    Conflict,
    FieldMapping,
    Integration,
    JobStatus,
    PushOperation,
    PushStatus,
    RecordLink,
    RemoteOption,
    SlotRule,
    Status,
    SyncError,
)
from integrations.records.models import Customer, Event, Expense, Invoice, Payment, RecordHistory
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected, fill_account_mapping, there, writes

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1", label="Alice")
WATCHED = (Customer, Invoice, Payment, Expense, RecordLink, RecordHistory, Event)


def state() -> list[Any]:
    return [list(model._base_manager.order_by("pk").values()) for model in WATCHED]


@pytest.fixture
def quickbooks(simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any) -> Integration:
    """QuickBooks both ways after its first synchronisation, account mapping filled."""
    settings.SIMULATOR_URL = simulator.url
    integration = connected(simulator)
    job = synchronise(integration)
    assert job.status == JobStatus.COMPLETED, (job.error_message, list(SyncError.objects.values("message")))
    fill_account_mapping(integration)
    return integration


def customer(**values: Any) -> Any:
    return apply([Change("customer", action="create", values=values)], USER)[0].id


def invoice(customer_id: Any, *, lines: list[dict[str, Any]], **values: Any) -> Any:
    change = Change("invoice", action="create", values={"customer": customer_id, "lines": lines, **values})
    return apply([change], USER)[0].id


def line(description: str, quantity: str, price: str, tax_code: str = "gst_qst") -> dict[str, Any]:
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    return {
        "description": description,
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price),
        "subtotal": amount,
        "total": amount,
        "tax_code": tax_code,
    }


def link_of(record_id: Any) -> RecordLink:
    return RecordLink.objects.get(record_id=record_id)


def quiet(integration: Integration, synchronise: Synchronise, simulator: Control) -> None:
    """One more synchronisation takes its own echo in; after that nothing moves on either side."""
    synchronise(integration)
    before = state()
    simulator.forget_requests(slug="quickbooks")
    job = synchronise(integration)
    assert (job.status, job.succeeded) == (JobStatus.COMPLETED, 0)
    assert writes(simulator) == []
    assert state() == before


def test_the_first_sync_brings_the_books_and_writes_nothing(quickbooks: Integration, simulator: Control) -> None:
    assert writes(simulator) == []
    assert Customer.objects.count() == len([c for c in there(simulator, "Customer").values() if c["Active"]])
    for mine in Invoice.objects.all():
        theirs = there(simulator, "Invoice")[link_of(mine.pk).remote_id]
        assert (mine.total, mine.balance) == (Decimal(str(theirs["TotalAmt"])), Decimal(str(theirs["Balance"])))
        assert mine.total_tax == sum((tax.amount for tax in mine.taxes.all()), Decimal(0))
    assert Payment.objects.exists() and Expense.objects.exists()
    assert RemoteOption.objects.filter(kind="account").exists()


def test_two_edits_of_one_customer_meet_and_then_all_is_quiet(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    mine = Customer.objects.exclude(email="").first()
    assert mine is not None
    remote_id = link_of(mine.pk).remote_id
    apply([Change("customer", mine.pk, values={"phone": "+15145550123"})], USER)
    simulator.edit("Customer", remote_id, slug="quickbooks", PrimaryEmailAddr={"Address": "nouvelle@exemple.ca"})
    simulator.forget_requests(slug="quickbooks")
    job = synchronise(quickbooks)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, 1), job.error_message
    theirs = there(simulator, "Customer")[remote_id]
    mine.refresh_from_db()
    assert theirs["PrimaryPhone"]["FreeFormNumber"] == mine.phone == "+15145550123"
    assert theirs["PrimaryEmailAddr"]["Address"] == mine.email == "nouvelle@exemple.ca"
    quiet(quickbooks, synchronise, simulator)


def test_an_invoice_goes_out_is_paid_there_and_is_paid_here_to_the_cent(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    who = customer(name="Boulangerie Mie d’Or inc.", email="compta@miedor.example", phone="+15145550199")
    mine_id = invoice(
        who,
        lines=[line("Débouchage, 3 h", "3", "119.99"), line("Pièces", "7", "12.35")],
        issue_date="2026-11-20",
        due_date="2026-12-20",
    )
    job = synchronise(quickbooks)
    operations = list(PushOperation.objects.exclude(status=PushStatus.DONE).values("resource", "status", "message"))
    assert (job.status, job.pushed, operations) == (JobStatus.COMPLETED, 2, [])
    remote_id = link_of(mine_id).remote_id
    theirs = there(simulator, "Invoice")[remote_id]
    mine = Invoice.objects.get(pk=mine_id)
    subtotal = Decimal("446.42")
    gst, qst = Decimal("22.32"), Decimal("44.53")
    assert [(t.name, t.amount) for t in mine.taxes.all()] == [("TPS", gst), ("TVQ", qst)]
    assert mine.total == subtotal + gst + qst == Decimal(str(theirs["TotalAmt"])) == mine.balance
    assert mine.number == theirs["DocNumber"] and mine.status == "sent"
    assert [ln.remote_ids for ln in mine.lines.all()] == [{str(quickbooks.pk): "1"}, {str(quickbooks.pk): "2"}]
    quiet(quickbooks, synchronise, simulator)

    def pay(amount: Decimal, reference: str) -> None:
        simulator.create(
            "Payment",
            slug="quickbooks",
            CustomerRef={"value": link_of(who).remote_id},
            TotalAmt=float(amount),
            PaymentRefNum=reference,
            Line=[{"Amount": float(amount), "LinkedTxn": [{"TxnId": remote_id, "TxnType": "Invoice"}]}],
        )

    pay(Decimal("100.00"), "VIR-1")
    synchronise(quickbooks)
    mine.refresh_from_db()
    assert (mine.status, mine.balance) == ("partial", mine.total - 100)
    pay(mine.balance, "VIR-2")
    synchronise(quickbooks)
    mine.refresh_from_db()
    assert (mine.status, mine.balance) == ("paid", Decimal("0.00"))
    payments = Payment.objects.filter(reference__in=["VIR-1", "VIR-2"])
    assert (
        sum(p.amount for p in payments)
        == mine.total
        == Decimal(str(there(simulator, "Invoice")[remote_id]["TotalAmt"]))
    )
    assert {a.invoice_id for p in payments for a in p.allocations.all()} == {mine_id}
    assert set(Event.objects.filter(record_id=mine_id).values_list("type", flat=True)) >= {
        "invoice.sent",
        "invoice.paid",
    }
    quiet(quickbooks, synchronise, simulator)


def test_a_payment_made_here_is_applied_there(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    mine = Invoice.objects.filter(status="sent", balance__gt=0).first()
    assert mine is not None
    values = {
        "customer": mine.customer_id,
        "amount": mine.balance,
        "date": "2026-11-25",
        "reference": "INTERAC-77",
        "status": "cleared",
        "allocations": [{"invoice": mine.pk, "amount": mine.balance}],
    }
    payment = apply([Change("payment", action="create", values=values)], USER)[0].id
    job = synchronise(quickbooks)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, 1), list(PushOperation.objects.values("message"))
    theirs = there(simulator, "Payment")[link_of(payment).remote_id]
    assert theirs["Line"][0]["LinkedTxn"] == [{"TxnId": link_of(mine.pk).remote_id, "TxnType": "Invoice"}]
    synchronise(quickbooks)
    mine.refresh_from_db()
    assert (mine.status, mine.balance) == ("paid", Decimal("0.00"))
    quiet(quickbooks, synchronise, simulator)


def test_a_void_here_is_a_void_there_and_the_other_way_round(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    ours, theirs = Invoice.objects.filter(status="sent", balance__gt=0)[:2]
    apply([Change("invoice", ours.pk, values={"status": "void"})], USER)
    simulator.act("quickbooks", "void", kind="Invoice", id=link_of(theirs.pk).remote_id)
    job = synchronise(quickbooks)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, 1), list(PushOperation.objects.values("message"))
    assert there(simulator, "Invoice")[link_of(ours.pk).remote_id]["TotalAmt"] == 0
    for each in (ours, theirs):
        each.refresh_from_db()
        assert (each.status, each.total, each.balance) == ("void", Decimal("0.00"), Decimal("0.00"))
    quiet(quickbooks, synchronise, simulator)


def test_a_payment_undone_there_opens_the_invoice_again(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    paid = Invoice.objects.filter(status="paid", allocations__isnull=False).first()
    assert paid is not None
    payment = paid.allocations.first().payment
    simulator.act("quickbooks", "void", kind="Payment", id=link_of(payment.pk).remote_id)
    synchronise(quickbooks)
    paid.refresh_from_db()
    payment.refresh_from_db()
    assert paid.status in ("sent", "partial") and paid.balance > 0
    assert payment.status == "failed"
    quiet(quickbooks, synchronise, simulator)


@pytest.mark.parametrize("option", [{"truncate_display_name": 20}, {"recase": "upper"}])
def test_a_provider_that_shortens_or_recases_comes_to_rest_after_one_exchange(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control, option: dict[str, Any]
) -> None:
    simulator.configure("quickbooks", **option)
    who = customer(name="Les Entreprises Saint-Hyacinthe et Fils inc.", email="a@exemple.ca")
    synchronise(quickbooks)
    theirs = there(simulator, "Customer")[link_of(who).remote_id]["DisplayName"]
    assert theirs != "Les Entreprises Saint-Hyacinthe et Fils inc."
    assert Customer.objects.get(pk=who).name == "Les Entreprises Saint-Hyacinthe et Fils inc."
    quiet(quickbooks, synchronise, simulator)
    apply([Change("customer", who, values={"name": "Entreprises Saint-Jérôme et Filles inc."})], USER)
    synchronise(quickbooks)
    quiet(quickbooks, synchronise, simulator)
    assert there(simulator, "Customer")[link_of(who).remote_id]["DisplayName"] != theirs


def test_a_transform_that_loses_something_comes_to_rest(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    FieldMapping.objects.filter(local_field="customer.name").update(transform_out="upper", transform_in="title")
    who = customer(name="Côté & fils inc.")
    synchronise(quickbooks)
    assert there(simulator, "Customer")[link_of(who).remote_id]["DisplayName"] == "CÔTÉ & FILS INC."
    quiet(quickbooks, synchronise, simulator)
    assert Customer.objects.get(pk=who).name == "Côté & fils inc."


def test_a_name_that_exists_there_is_adopted_not_doubled(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    simulator.create("Customer", slug="quickbooks", DisplayName="Plomberie Jumelle inc.")
    who = customer(name="Plomberie Jumelle inc.", phone="+14505550100")
    quickbooks.direction = "out"
    quickbooks.save()
    job = synchronise(quickbooks)
    assert job.status == JobStatus.COMPLETED, list(PushOperation.objects.values("status", "message"))
    twins = [c for c in there(simulator, "Customer").values() if c["DisplayName"] == "Plomberie Jumelle inc."]
    assert len(twins) == 1 and link_of(who).remote_id == twins[0]["Id"]
    assert twins[0]["PrimaryPhone"]["FreeFormNumber"] == "+14505550100"


def test_customers_that_both_sides_had_are_matched_at_the_first_meeting(
    simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    known = next(c for c in there(simulator, "Customer").values() if c.get("PrimaryEmailAddr") and c["Active"])
    ours = customer(name="Un autre nom", email=known["PrimaryEmailAddr"]["Address"].upper())
    integration = connected(simulator, conflict_policy="platform")
    job = synchronise(integration)
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert link_of(ours).remote_id == known["Id"]
    assert there(simulator, "Customer")[known["Id"]]["DisplayName"] == "Un autre nom"
    assert Customer.objects.count() == len([c for c in there(simulator, "Customer").values() if c["Active"]])


def test_existing_records_are_created_only_when_asked(
    simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    who = customer(name="Né avant la connexion inc.")
    integration = connected(simulator)
    synchronise(integration)
    assert not RecordLink.objects.filter(record_id=who).exists()
    integration.create_missing = True
    integration.save()
    assert synchronise(integration).pushed == 1
    assert RecordLink.objects.filter(record_id=who).exists()


def test_an_invoice_without_account_mapping_waits_with_what_to_do(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    SlotRule.objects.all().delete()
    who = Customer.objects.first()
    assert who is not None
    mine = invoice(who.pk, lines=[line("Visite", "1", "100")], issue_date="2026-11-20")
    job = synchronise(quickbooks)
    operation = PushOperation.objects.get(record_id=mine)
    assert (job.status, operation.status, operation.code) == (JobStatus.PARTIAL, PushStatus.REJECTED, "slot")
    assert "l’onglet « Comptes »" in operation.message
    fill_account_mapping(quickbooks)
    PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING, code="")
    assert synchronise(quickbooks).pushed == 1


def test_an_expense_goes_out_with_its_supplier_and_taxes(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    vendor = RemoteOption.objects.filter(kind="vendor", active=True).first()
    assert vendor is not None
    spent = [{"description": "Essence", "amount": Decimal("80.00"), "tax_code": "gst_qst"}]
    values = {"supplier": vendor.label, "date": "2026-11-21", "lines": spent, "reference": "F-220"}
    mine = apply([Change("expense", action="create", values=values)], USER)[0].id
    job = synchronise(quickbooks)
    assert job.status == JobStatus.COMPLETED, list(PushOperation.objects.values("message"))
    theirs = there(simulator, "Purchase")[link_of(mine).remote_id]
    ours = Expense.objects.get(pk=mine)
    assert ours.total == Decimal(str(theirs["TotalAmt"])) == Decimal("91.98")
    assert (ours.gst_amount, ours.qst_amount) == (Decimal("4.00"), Decimal("7.98"))
    assert not RecordLink.objects.filter(record_id=mine, resource="bills").exists()
    quiet(quickbooks, synchronise, simulator)


def test_an_amount_that_the_books_compute_otherwise_counts_and_is_told(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    who = Customer.objects.first()
    assert who is not None
    mine = invoice(who.pk, lines=[line("Visite", "1", "100")], issue_date="2026-11-20", total=Decimal("114.99"))
    assert synchronise(quickbooks).status == JobStatus.COMPLETED
    ours = Invoice.objects.get(pk=mine)
    assert ours.total == Decimal("114.98")
    told = Conflict.objects.filter(record_id=mine)
    assert not told.exists(), "a cent is rounding"
    other = invoice(who.pk, lines=[line("Visite", "1", "100")], issue_date="2026-11-20", total=Decimal("100.00"))
    synchronise(quickbooks)
    review = Conflict.objects.get(record_id=other)
    assert (review.code, review.local, review.remote) == ("total", "100.00", "114.98")
    quiet(quickbooks, synchronise, simulator)


def test_a_document_in_a_currency_that_the_account_does_not_hold_waits(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    who = Customer.objects.first()
    assert who is not None
    simulator.forget_requests(slug="quickbooks")
    mine = invoice(who.pk, lines=[line("Visite", "1", "100")], issue_date="2026-11-20", currency="USD")
    synchronise(quickbooks)
    operation = PushOperation.objects.get(record_id=mine)
    assert (operation.status, operation.code) == (PushStatus.REJECTED, "currency") and "USD" in operation.message
    assert writes(simulator) == []


def test_a_customer_without_a_name_there_is_an_error_with_a_reason(
    simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    integration = connected(simulator)
    simulator.fault("missing_field", slug="quickbooks", times=None, field="DisplayName")
    job = synchronise(integration, resources=["customers"])
    simulator.clear_faults(slug="quickbooks")
    error = SyncError.objects.get()
    assert (job.status, error.code) == (JobStatus.PARTIAL, "required")
    assert "DisplayName" in error.message
    assert synchronise(integration, full=True).status == JobStatus.COMPLETED
    error.refresh_from_db()
    assert error.resolved_at is not None


def test_a_grant_revoked_in_the_middle_waits_and_goes_on_after_the_reconnection(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    who = customer(name="Pendant la panne inc.")
    simulator.act("quickbooks", "expire_tokens")
    simulator.act("quickbooks", "revoke_grants")
    job = synchronise(quickbooks)
    quickbooks.refresh_from_db()
    assert (job.status, quickbooks.status) == (JobStatus.FAILED, Status.RECONNECT)
    assert "Reconnectez" in job.error_message
    granted = simulator.act("quickbooks", "grant")
    credential = quickbooks.credential
    credential.secrets = {**credential.secrets, **{k: granted[k] for k in ("access_token", "refresh_token")}}
    credential.save()
    Integration.objects.filter(pk=quickbooks.pk).update(status=Status.ACTIVE)
    assert synchronise(quickbooks).pushed == 1
    assert RecordLink.objects.filter(record_id=who).exists()


def test_a_tax_code_that_no_longer_exists_is_told_and_the_write_waits(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    SlotRule.objects.filter(slot="tax_code", local_value="gst_qst").update(remote_id="9999")
    who = Customer.objects.first()
    assert who is not None
    mine = invoice(who.pk, lines=[line("Visite", "1", "100")], issue_date="2026-11-20")
    job = synchronise(quickbooks)
    operation = PushOperation.objects.get(record_id=mine)
    assert (job.status, operation.status) == (JobStatus.PARTIAL, PushStatus.REJECTED)
    assert len(operation.message) > 40 and operation.message.endswith(".")
    SlotRule.objects.filter(slot="tax_code", local_value="gst_qst").delete()
    fill_account_mapping_again(quickbooks)
    PushOperation.objects.filter(pk=operation.pk).update(status=PushStatus.PENDING, code="")
    assert synchronise(quickbooks).pushed == 1


def fill_account_mapping_again(integration: Integration) -> None:
    SlotRule.objects.filter(integration=integration).delete()
    fill_account_mapping(integration)


def test_the_official_sdk_reads_back_what_the_engine_wrote(
    quickbooks: Integration, synchronise: Synchronise, simulator: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quickbooks.objects import Customer as SdkCustomer
    from quickbooks.objects import Invoice as SdkInvoice

    from tests.connectors.quickbooks.test_sdk import Sdk, Session

    who = customer(name="Épicerie Chez l’Œuf inc.", email="oeuf@exemple.ca", phone="+15145550155")
    mine = invoice(who, lines=[line("Débouchage", "2", "99.99"), line("Pièces", "1", "10.01")], issue_date="2026-11-20")
    synchronise(quickbooks)
    monkeypatch.setattr(Sdk, "api_url_v3", f"{simulator.url}/quickbooks/v3")
    sdk = Sdk(company_id=quickbooks.account_id, minorversion=75)
    sdk.session = Session(quickbooks.credential.secrets["access_token"])
    sdk.auth_client = SimpleNamespace(environment="production")
    theirs = SdkCustomer.get(int(link_of(who).remote_id), qb=sdk)
    assert (theirs.DisplayName, theirs.PrimaryEmailAddr.Address) == ("Épicerie Chez l’Œuf inc.", "oeuf@exemple.ca")
    read = SdkInvoice.get(int(link_of(mine).remote_id), qb=sdk)
    ours = Invoice.objects.get(pk=mine)
    assert Decimal(str(read.TotalAmt)) == ours.total
    assert [Decimal(str(each.Amount)) for each in read.TxnTaxDetail.TaxLine] == [t.amount for t in ours.taxes.all()]
    sold = [each for each in read.Line if each.DetailType == "SalesItemLineDetail"]
    assert [(each.Description, Decimal(str(each.Amount))) for each in sold] == [
        (each.description, each.subtotal) for each in ours.lines.all()
    ]
