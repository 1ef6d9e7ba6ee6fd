"""QuickBooks' objects and how their fields meet the platform's. `path` is the entity's name."""

from typing import Any

from connectors.base.resource import Act, Capability, Map, Resource, Slot
from connectors.quickbooks import codecs, lines
from connectors.quickbooks.quirks import is_deleted

CODECS = {
    "address": codecs.ADDRESS,
    "named": codecs.NAMED,
    "supplier": codecs.SUPPLIER,
    "method": codecs.METHOD,
    "inclusive": codecs.INCLUSIVE,
    "taxes": codecs.TAXES,
    "invoice_lines": lines.INVOICE_LINES,
    "expense_lines": lines.EXPENSE_LINES,
    "allocations": lines.ALLOCATIONS,
}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup", "create", "update"})
TRANSACTION: frozenset[Capability] = WRITABLE | {"delete"}
DATES = ("date_from", "date_to")

INVOICE_STATUS = {"draft": "draft", "sent": "sent", "partial": "partial", "paid": "paid", "void": "void"}
PAYMENT_STATUS = {"cleared": "cleared", "failed": "failed"}
EXPENSE_STATUS = {"approved": "approved", "paid": "paid", "void": "void"}
BANK = {"type": ("Bank", "Credit Card", "Other Current Asset")}


def _pages(page: str) -> dict[str, str]:
    """Where an object is shown. Ids are small numbers, so that the company is named too: the page of another one would
    open otherwise. Not documented; Intuit's own sample opens pages so, and many others do:
    https://github.com/IntuitDeveloper/SampleApp-TimeTracking_Invoicing-Java"""
    way = f"/login?deeplinkcompanyid={{account}}&pagereq={page}%3D{{id}}"
    return {"production": f"https://qbo.intuit.com{way}", "test": f"https://sandbox.qbo.intuit.com{way}"}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of QuickBooks have in common."""
    return Resource(
        id_field="Id",
        modified_field="MetaData.LastUpdatedTime",
        version_field="SyncToken",
        max_page_size=1000,
        create_guard="key",
        codecs=CODECS,
        deleted=is_deleted,
        **own,
    )


CUSTOMERS = _resource(
    name="customers",
    label="Clients",
    record="customer",
    path="Customer",
    web_pages=_pages("customerdetail%3FnameId"),
    match=("email", "name"),
    lookup_fields=("DisplayName", "PrimaryEmailAddr.Address"),
    capabilities=WRITABLE | {"act"},
    acts=(
        Act("deactivate", "Rendre inactif", when=("archived", True)),
        Act("reactivate", "Rendre actif", restores=True),
    ),
    mappings=(
        Map("customer.name", "DisplayName", "string", required=True),
        Map("customer.email", "PrimaryEmailAddr.Address", "email"),
        Map("customer.phone", "PrimaryPhone.FreeFormNumber", "phone"),
        Map("customer.company_name", "CompanyName"),
        Map("customer.first_name", "GivenName"),
        Map("customer.last_name", "FamilyName"),
        Map("customer.billing_address", "BillAddr", "address", codec="address"),
        Map("customer.balance", "Balance", "money", direction="in"),
    ),
)

INVOICES = _resource(
    name="invoices",
    label="Factures",
    record="invoice",
    path="Invoice",
    web_pages=_pages("invoice%3FtxnId"),
    date_field="issue_date",
    match=("number",),
    owned_amounts=("total",),
    filters=DATES,
    lookup_fields=("DocNumber",),
    depends_on=("customers",),
    capabilities=TRANSACTION | {"act"},
    acts=(Act("void", "Annuler la facture", when=("status", "void")),),
    slots=(
        Slot("item", "item", "Article ou service", lines=True, required=True, by="account"),
        Slot("tax_code", "tax_code", "Code de taxe", lines=True, by="tax_code"),
    ),
    mappings=(
        Map("invoice.customer", "CustomerRef.value", "reference", required=True, target="customers"),
        Map("invoice.number", "DocNumber"),
        Map("invoice.issue_date", "TxnDate", "date"),
        Map("invoice.due_date", "DueDate", "date"),
        Map("invoice.lines", "Line", "lines", codec="invoice_lines"),
        Map("invoice.memo", "PrivateNote", "text"),
        Map("invoice.taxes", "TxnTaxDetail.TaxLine", "lines", direction="in", codec="taxes"),
        Map("invoice.tax_inclusive", "GlobalTaxCalculation", "boolean", direction="in", codec="inclusive"),
        Map("invoice.subtotal", "_subtotal", "money", direction="in"),
        Map("invoice.discount", "_discount", "money", direction="in"),
        Map("invoice.total_tax", "TxnTaxDetail.TotalTax", "money", direction="in"),
        Map("invoice.total", "TotalAmt", "money", direction="in"),
        Map("invoice.balance", "Balance", "money", direction="in"),
        Map("invoice.currency", "CurrencyRef.value", direction="in"),
        Map("invoice.status", "_status", "enum", direction="in", values=INVOICE_STATUS),
    ),
)

PAYMENTS = _resource(
    name="payments",
    label="Paiements",
    record="payment",
    path="Payment",
    web_pages=_pages("recvpayment%3FtxnId"),
    date_field="date",
    filters=DATES,
    lookup_fields=("PaymentRefNum",),
    depends_on=("customers", "invoices"),
    capabilities=TRANSACTION | {"act"},
    acts=(Act("void", "Annuler le paiement"),),
    slots=(
        Slot("DepositToAccountRef", "account", "Compte de dépôt", among=BANK),
        Slot("PaymentMethodRef", "payment_method", "Mode de paiement", by="payment.method"),
    ),
    mappings=(
        Map("payment.customer", "CustomerRef.value", "reference", required=True, target="customers"),
        Map("payment.date", "TxnDate", "date"),
        Map("payment.amount", "TotalAmt", "money", required=True),
        Map("payment.reference", "PaymentRefNum"),
        Map("payment.allocations", "Line", "lines", codec="allocations"),
        Map("payment.method", "PaymentMethodRef", direction="in", codec="method", option="payment_method"),
        Map("payment.deposit_account", "DepositToAccountRef", direction="in", codec="named", option="account"),
        Map("payment.currency", "CurrencyRef.value", direction="in"),
        Map("payment.status", "_status", "enum", direction="in", values=PAYMENT_STATUS),
        Map("payment.failure_reason", "_failure_reason", direction="in"),
    ),
)

EXPENSE_SLOTS = (
    Slot("account", "account", "Compte de dépenses", lines=True, required=True, by="account",
         among={"classification": "Expense"}),
    Slot("tax_code", "tax_code", "Code de taxe", lines=True, by="tax_code"),
)  # fmt: skip
EXPENSE_MAPPINGS = (
    Map("expense.date", "TxnDate", "date"),
    Map("expense.reference", "DocNumber"),
    Map("expense.lines", "Line", "lines", codec="expense_lines"),
    Map("expense.memo", "PrivateNote", "text"),
    Map("expense.subtotal", "_subtotal", "money", direction="in"),
    Map("expense.gst_amount", "_gst", "money", direction="in"),
    Map("expense.qst_amount", "_qst", "money", direction="in"),
    Map("expense.total", "TotalAmt", "money", direction="in"),
    Map("expense.currency", "CurrencyRef.value", direction="in"),
    Map("expense.status", "_status", "enum", direction="in", values=EXPENSE_STATUS),
)

PURCHASES = _resource(
    name="purchases",
    label="Achats payés",
    record="expense",
    path="Purchase",
    web_pages=_pages("expense%3FtxnId"),
    date_field="date",
    filters=DATES,
    lookup_fields=("DocNumber",),
    capabilities=TRANSACTION,
    slots=(
        Slot("AccountRef", "account", "Compte de paiement", required=True, by="expense.payment_account", among=BANK),
        *EXPENSE_SLOTS,
    ),
    mappings=(
        Map("expense.supplier", "EntityRef", required=True, codec="supplier", option="vendor"),
        *EXPENSE_MAPPINGS,
        Map("expense.payment_account", "AccountRef", direction="in", codec="named", option="account"),
    ),
)

BILLS = _resource(
    name="bills",
    label="Factures de fournisseurs",
    record="expense",
    path="Bill",
    web_pages=_pages("bill%3FtxnId"),
    date_field="date",
    filters=DATES,
    lookup_fields=("DocNumber",),
    capabilities=TRANSACTION,
    slots=EXPENSE_SLOTS,
    mappings=(
        Map("expense.supplier", "VendorRef", required=True, codec="named", option="vendor"),
        *EXPENSE_MAPPINGS,
    ),
)

RESOURCES = (CUSTOMERS, INVOICES, PAYMENTS, PURCHASES, BILLS)
