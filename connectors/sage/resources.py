"""Intacct's objects and how their fields meet the platform's. `path` is the object's name, below /objects."""

from typing import Any

from connectors.base.resource import Act, Capability, Map, Resource, Slot
from connectors.sage import codecs
from connectors.sage.quirks import is_deleted

CODECS = {"address": codecs.ADDRESS, "lines": codecs.INVOICE_LINES, "taxes": codecs.TAXES}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup", "create", "update", "act"})
STATE = {
    "draft": "draft",
    "noValue": "draft",
    "posted": "sent",
    "selected": "sent",
    "partiallyPaid": "partial",
    "paid": "paid",
    "reversed": "void",
    "reversal": "void",
}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Intacct have in common."""
    return Resource(
        id_field="key",
        modified_field="audit.modifiedDateTime",
        version_field="audit.modifiedDateTime",
        capabilities=WRITABLE,
        create_guard="lookup",
        codecs=CODECS,
        deleted=is_deleted,
        **own,
    )


CUSTOMERS = _resource(
    name="customers",
    label="Clients",
    record="customer",
    path="accounts-receivable/customer",
    max_page_size=4000,
    match=("email", "name"),
    lookup_fields=("id", "name"),
    acts=(
        Act("deactivate", "Rendre inactif", when=("archived", True)),
        Act("reactivate", "Rendre actif", restores=True),
    ),
    mappings=(
        Map("customer.name", "name", required=True),
        Map("customer.email", "contacts.default.email1", "email"),
        Map("customer.phone", "contacts.default.phone1", "phone"),
        Map("customer.company_name", "contacts.default.companyName"),
        Map("customer.billing_address", "contacts.default.mailingAddress", "address", codec="address"),
        Map("customer.tax_number", "taxId"),
        Map("customer.balance", "totalDue", "money", direction="in"),
    ),
)

INVOICES = _resource(
    name="invoices",
    label="Factures",
    record="invoice",
    path="accounts-receivable/invoice",
    max_page_size=200,
    match=("number",),
    owned_amounts=("total",),
    filters=("date_from", "date_to"),
    lookup_fields=("invoiceNumber",),
    depends_on=("customers",),
    acts=(Act("reverse", "Contrepasser la facture", when=("status", "void")),),
    slots=(
        Slot("account", "account", "Compte de revenus", lines=True, required=True, by="account",
             among={"kind": "revenue"}),
        Slot("location", "location", "Emplacement", lines=True, required=True),
        Slot("department", "department", "Service", lines=True),
        Slot("gst", "tax_detail", "Détail de taxe de la TPS", lines=True),
        Slot("qst", "tax_detail", "Détail de taxe de la TVQ", lines=True),
        Slot("taxSolution", "tax_solution", "Solution de taxe"),
    ),
    mappings=(
        Map("invoice.customer", "customer.key", "reference", required=True, target="customers"),
        Map("invoice.number", "invoiceNumber", required=True),
        Map("invoice.issue_date", "invoiceDate", "date"),
        Map("invoice.due_date", "dueDate", "date"),
        Map("invoice.reference", "referenceNumber"),
        Map("invoice.memo", "description", "text"),
        Map("invoice.lines", "lines", "lines", codec="lines"),
        Map("invoice.taxes", "_taxes", "lines", direction="in", codec="taxes"),
        Map("invoice.subtotal", "_subtotal", "money", direction="in"),
        Map("invoice.total_tax", "_tax", "money", direction="in"),
        Map("invoice.total", "totalTxnAmount", "money", direction="in"),
        Map("invoice.balance", "totalTxnAmountDue", "money", direction="in"),
        Map("invoice.paid_on", "paymentInformation.fullyPaidDate", "date", direction="in"),
        Map("invoice.currency", "currency.txnCurrency", direction="in"),
        Map("invoice.status", "state", "enum", direction="in", values=STATE),
    ),
)  # fmt: skip

RESOURCES = (CUSTOMERS, INVOICES)
