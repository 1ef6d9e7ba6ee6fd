"""The python-quickbooks SDK as a judge: it reads what the connector wrote, and writes what the connector reads."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from quickbooks import QuickBooks as Sdk
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException
from quickbooks.objects import Customer, Invoice, Item, Payment, TaxCode
from quickbooks.objects.base import EmailAddress, LinkedTxn, PhoneNumber, Ref
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.payment import PaymentLine

from connectors.quickbooks.connector import QuickBooks
from tests.connectors.quickbooks.conftest import PLUMBING, read
from tests.connectors.quickbooks.test_push import invoice_values, line, payment_values


class Session:
    """What the SDK wants of a session; its own insists on https."""

    def __init__(self, token):
        import requests

        self.access_token, self._session = token, requests.Session()

    def request(self, *args, **options):
        """Plain requests."""
        return self._session.request(*args, timeout=10, **options)


@pytest.fixture
def sdk(simulator, monkeypatch):
    """The SDK on the simulator, with a token of its own."""
    monkeypatch.setattr(Sdk, "api_url_v3", f"{simulator.url}/quickbooks/v3")
    client = Sdk(company_id=PLUMBING, minorversion=75)
    client.session = Session(simulator.act("quickbooks", "grant")["access_token"])
    client.auth_client = SimpleNamespace(environment="production")
    return client


def test_it_reads_back_the_customer_that_the_connector_wrote(quickbooks, sdk):
    values = {
        "DisplayName": "Toitures Laval inc.",
        "PrimaryEmailAddr": {"Address": "ap@toitureslaval.example"},
        "PrimaryPhone": {"FreeFormNumber": "450-555-0142"},
        "BillAddr": QuickBooks.resource("customers").codecs["address"].encode(
            {"line1": "12 rue Principale", "city": "Laval", "province": "QC", "postal_code": "H7A 1A1", "country": "CA"}
        ),
    }  # fmt: skip
    made = quickbooks.push("customers", values, idempotency_key="k")
    [found] = Customer.filter(DisplayName="Toitures Laval inc.", qb=sdk)
    assert (found.Id, found.PrimaryEmailAddr.Address, found.PrimaryPhone.FreeFormNumber) == (
        made["Id"], "ap@toitureslaval.example", "450-555-0142",
    )  # fmt: skip
    assert (found.BillAddr.Line1, found.BillAddr.Country) == ("12 rue Principale", "Canada")


def test_it_reads_back_invoice_and_payment_to_the_cent(quickbooks, sdk):
    made = quickbooks.push("invoices", invoice_values(line(), line("Pièce", "3", "33.35")), idempotency_key="k1")
    paid = quickbooks.push("payments", payment_values(made, "500"), idempotency_key="k2")
    invoice = Invoice.get(made["Id"], qb=sdk)
    assert (invoice.DocNumber, invoice.CustomerRef.value, len(invoice.Line)) == ("QC-1042", "1", 3)
    taxes = [Decimal(str(one.Amount)) for one in invoice.TxnTaxDetail.TaxLine]
    assert Decimal(str(invoice.TotalAmt)) == Decimal("1300.05") + sum(taxes)
    assert Decimal(str(invoice.Balance)) == Decimal(str(invoice.TotalAmt)) - 500
    payment = Payment.get(paid["Id"], qb=sdk)
    assert payment.Line[0].LinkedTxn[0].TxnId == made["Id"]


def test_the_connector_reads_what_it_writes(quickbooks, sdk):
    _, cursor, _ = read(quickbooks, "customers")
    customer = Customer()
    customer.DisplayName, customer.GivenName = "Écrit par la trousse", "Noé"
    customer.PrimaryEmailAddr, customer.PrimaryPhone = EmailAddress(), PhoneNumber()
    customer.PrimaryEmailAddr.Address, customer.PrimaryPhone.FreeFormNumber = "noe@courriel.example", "514-555-0199"
    customer.save(qb=sdk, request_id="sdk-1")
    customer.save(qb=sdk)
    [raw] = [one for one in read(quickbooks, "customers", cursor)[0].values() if one["Id"] == customer.Id]
    assert (raw["DisplayName"], raw["PrimaryEmailAddr"]["Address"]) == ("Écrit par la trousse", "noe@courriel.example")


def test_the_connector_reads_its_invoice_and_payment(quickbooks, sdk):
    invoice, sale, detail = Invoice(), SalesItemLine(), SalesItemLineDetail()
    detail.ItemRef, detail.TaxCodeRef = _ref(Item.all(qb=sdk)[0].Id), _ref(TaxCode.all(qb=sdk)[0].Id)
    detail.Qty, detail.UnitPrice = 2, 120
    sale.Amount, sale.Description, sale.SalesItemLineDetail = 240, "Débouchage", detail
    invoice.Line, invoice.CustomerRef = [sale], _ref("2")
    invoice.save(qb=sdk)
    payment, paid, link = Payment(), PaymentLine(), LinkedTxn()
    link.TxnId, link.TxnType = invoice.Id, "Invoice"
    paid.Amount, paid.LinkedTxn = 275.94, [link]
    payment.CustomerRef, payment.TotalAmt, payment.Line = _ref("2"), 275.94, [paid]
    payment.save(qb=sdk)
    raw = quickbooks.fetch("invoices", invoice.Id)
    assert (raw["_status"], raw["TotalAmt"], raw["Balance"]) == ("paid", "275.94", "0.0")
    [item] = QuickBooks.resource("invoices").codecs["invoice_lines"].decode(raw["Line"])
    assert (item["quantity"], item["unit_price"], item["description"]) == (2, 120, "Débouchage")
    back = quickbooks.fetch("payments", payment.Id)
    assert QuickBooks.resource("payments").codecs["allocations"].decode(back["Line"])[0]["remote"] == {
        "invoice": invoice.Id
    }
    void = Payment.get(payment.Id, qb=sdk)
    void.void(qb=sdk)
    assert quickbooks.fetch("payments", payment.Id)["_status"] == "failed"
    Invoice.get(invoice.Id, qb=sdk).void(qb=sdk)
    assert quickbooks.fetch("invoices", invoice.Id)["_status"] == "void"


def test_it_sees_the_connectors_void_and_deletion(quickbooks, sdk):
    made = quickbooks.push("invoices", invoice_values(), idempotency_key="k1")
    act = quickbooks.prepare_act("invoices", made["Id"], "void", idempotency_key="k2", version=made["SyncToken"])
    void = quickbooks.send(act)
    assert "Voided" in Invoice.get(made["Id"], qb=sdk).PrivateNote
    quickbooks.delete("invoices", made["Id"], idempotency_key="k3", version=void["SyncToken"])
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(made["Id"], qb=sdk)


def test_its_lists_counts_changes_and_batches_work(quickbooks, sdk):
    assert Customer.count(qb=sdk) == 29
    assert len(Customer.all(max_results=10, qb=sdk)) == 10
    assert [one.Id for one in Customer.choose(["1", "2"], qb=sdk)] == ["1", "2"]
    assert len(Customer.where("Active IN (true, false)", order_by="DisplayName", max_results=100, qb=sdk)) == 30
    quickbooks.push("customers", {"DisplayName": "Suivi"}, idempotency_key="k")
    changed = change_data_capture([Customer, Invoice], datetime.now(UTC) - timedelta(minutes=5), qb=sdk)
    assert [one.DisplayName for one in changed.Customer] == ["Suivi"]
    made = []
    for name in ("Lot A", "Lot B", "Suivi"):
        customer = Customer()
        customer.DisplayName = name
        made.append(customer)
    result = batch_create(made, qb=sdk)
    assert sorted(one.DisplayName for one in result.successes) == ["Lot A", "Lot B"]
    assert result.faults[0].Error[0].code == "6240"


def test_it_reads_the_errors(sdk):
    customer = Customer()
    customer.DisplayName = "Zoé Tremblay"
    with pytest.raises(QuickbooksException) as caught:
        customer.save(qb=sdk)
    assert caught.value.error_code == 6240


def _ref(value):
    ref = Ref()
    ref.value = value
    return ref
