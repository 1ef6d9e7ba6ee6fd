"""Xero's objects and how their fields meet the platform's. `path` is the collection, and the array in its answers."""

from typing import Any

from connectors.base.resource import Act, Capability, Map, Resource, Slot
from connectors.xero import codecs, lines
from connectors.xero.quirks import is_deleted, is_supplier_only, merged_into

CODECS = {
    "date": codecs.DATE,
    "phone": codecs.PHONE,
    "address": codecs.ADDRESS,
    "named": codecs.NAMED,
    "inclusive": codecs.INCLUSIVE,
    "taxes": codecs.TAXES,
    "invoice_lines": lines.INVOICE_LINES,
    "expense_lines": lines.EXPENSE_LINES,
    "allocations": lines.ALLOCATIONS,
}
READABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup"})
WRITABLE: frozenset[Capability] = READABLE | {"create", "update", "delete", "act"}
DATES = ("date_from", "date_to")

INVOICE_STATUS = {
    "DRAFT": "draft", "SUBMITTED": "draft", "AUTHORISED": "sent", "PARTIAL": "partial", "PAID": "paid",
    "VOIDED": "void", "DELETED": "void",
}  # fmt: skip
BILL_STATUS = {
    "DRAFT": "draft", "SUBMITTED": "submitted", "AUTHORISED": "approved", "PARTIAL": "approved", "PAID": "paid",
    "VOIDED": "void", "DELETED": "void",
}  # fmt: skip
PAYMENT_STATUS = {"AUTHORISED": "cleared", "DELETED": "failed"}
VOID = (Act("void", "Annuler le document", when=("status", "void")),)


def _pages(page: str) -> dict[str, str]:
    """Where an object is shown, in the organisation that the short code names; the demo company is one like any other:
    https://developer.xero.com/documentation/api-guides/deep-link-xero"""
    whole = f"https://go.xero.com/organisationlogin/default.aspx?shortcode={{site}}&redirecturl={page}"
    return dict.fromkeys(("production", "test"), whole)


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Xero have in common."""
    return Resource(
        modified_field="_updated",
        version_field="UpdatedDateUTC",
        max_page_size=1000,
        codecs=CODECS,
        deleted=is_deleted,
        merged_into=merged_into,
        **own,
    )


CONTACTS = _resource(
    name="contacts",
    label="Contacts",
    record="customer",
    path="Contacts",
    web_pages=_pages("/Contacts/View/{id}"),
    id_field="ContactID",
    match=("email", "name"),
    lookup_fields=("ContactNumber", "Name"),
    create_guard="external_id",
    left_out=is_supplier_only,
    capabilities=WRITABLE,
    acts=(
        Act("archive", "Archiver le contact", when=("archived", True)),
        Act("restore", "Rétablir le contact", restores=True),
    ),
    mappings=(
        Map("customer.name", "Name", "string", required=True),
        Map("customer.email", "EmailAddress", "email"),
        Map("customer.phone", "Phones.DEFAULT", "phone", codec="phone"),
        Map("customer.mobile", "Phones.MOBILE", "phone", codec="phone"),
        Map("customer.first_name", "FirstName"),
        Map("customer.last_name", "LastName"),
        Map("customer.billing_address", "Addresses.POBOX", "address", codec="address"),
        Map("customer.service_address", "Addresses.STREET", "address", codec="address"),
        Map("customer.tax_number", "TaxNumber"),
        Map("customer.balance", "Balances.AccountsReceivable.Outstanding", "money", direction="in"),
    ),
)


def _line_slots(kind: str, label: str, side: str) -> tuple[Slot, ...]:
    return (
        Slot("account", "account", label, lines=True, required=True, by="account", among={"class": kind}),
        Slot("tax_code", "tax_rate", "Taux de taxe", lines=True, by="tax_code", among={side: True}),
    )


INVOICES = _resource(
    name="invoices",
    web_pages=_pages("/AccountsReceivable/View.aspx?InvoiceID={id}"),
    label="Factures",
    record="invoice",
    path="Invoices",
    id_field="InvoiceID",
    match=("number",),
    owned_amounts=("total",),
    filters=DATES,
    lookup_fields=("InvoiceNumber",),
    create_guard="lookup",
    depends_on=("contacts",),
    capabilities=WRITABLE,
    acts=VOID,
    slots=_line_slots("REVENUE", "Compte de revenus", "revenue"),
    mappings=(
        Map("invoice.customer", "Contact.ContactID", "reference", required=True, target="contacts"),
        Map("invoice.number", "InvoiceNumber"),
        Map("invoice.issue_date", "Date", "date", codec="date"),
        Map("invoice.due_date", "DueDate", "date", codec="date"),
        Map("invoice.lines", "LineItems", "lines", codec="invoice_lines"),
        Map("invoice.reference", "Reference"),
        Map("invoice.status", "_status", "enum", values=INVOICE_STATUS),
        Map("invoice.tax_inclusive", "LineAmountTypes", "boolean", codec="inclusive"),
        Map("invoice.taxes", "_taxes", "lines", direction="in", codec="taxes"),
        Map("invoice.subtotal", "SubTotal", "money", direction="in"),
        Map("invoice.discount", "TotalDiscount", "money", direction="in"),
        Map("invoice.total_tax", "TotalTax", "money", direction="in"),
        Map("invoice.total", "Total", "money", direction="in"),
        Map("invoice.balance", "AmountDue", "money", direction="in"),
        Map("invoice.paid_on", "FullyPaidOnDate", "date", direction="in", codec="date"),
        Map("invoice.currency", "CurrencyCode", direction="in"),
    ),
)

PAYMENTS = _resource(
    name="payments",
    label="Paiements",
    record="payment",
    path="Payments",
    id_field="PaymentID",
    filters=DATES,
    lookup_fields=("_twin",),
    create_guard="lookup",
    depends_on=("contacts", "invoices"),
    capabilities=READABLE | {"create", "delete"},
    slots=(
        Slot("Account", "account", "Compte de dépôt", required=True, by="payment.method", among={"payments": True}),
    ),
    mappings=(
        Map("payment.customer", "Invoice.Contact.ContactID", "reference", direction="in", target="contacts"),
        Map("payment.date", "Date", "date", codec="date"),
        Map("payment.amount", "Amount", "money", required=True),
        Map("payment.reference", "Reference"),
        Map("payment.allocations", "_allocations", "lines", codec="allocations"),
        Map("payment.deposit_account", "_account", direction="in", codec="named", option="account"),
        Map("payment.currency", "Invoice.CurrencyCode", direction="in"),
        Map("payment.status", "Status", "enum", direction="in", values=PAYMENT_STATUS),
    ),
)

BILLS = _resource(
    name="bills",
    web_pages=_pages("/AccountsPayable/Edit.aspx?InvoiceID={id}"),
    label="Factures de fournisseurs",
    record="expense",
    path="Invoices",
    id_field="InvoiceID",
    filters=DATES,
    lookup_fields=("_twin",),
    create_guard="lookup",
    capabilities=WRITABLE,
    acts=VOID,
    slots=_line_slots("EXPENSE", "Compte de dépenses", "expenses"),
    mappings=(
        Map("expense.supplier", "_supplier", required=True, codec="named", option="contact"),
        Map("expense.date", "Date", "date", codec="date"),
        Map("expense.reference", "InvoiceNumber"),
        Map("expense.lines", "LineItems", "lines", codec="expense_lines"),
        Map("expense.status", "_status", "enum", values=BILL_STATUS),
        Map("expense.subtotal", "SubTotal", "money", direction="in"),
        Map("expense.gst_amount", "_gst", "money", direction="in"),
        Map("expense.qst_amount", "_qst", "money", direction="in"),
        Map("expense.total", "Total", "money", direction="in"),
        Map("expense.currency", "CurrencyCode", direction="in"),
    ),
)

RESOURCES = (CONTACTS, INVOICES, PAYMENTS, BILLS)
