"""FreshBooks' objects and how their fields meet the platform's. `path` is below the account's address; its last part is
the array in an answer, and without its final s the object."""

from typing import Any

from connectors.base.resource import Act, Capability, Map, Resource, Slot
from connectors.freshbooks import codecs
from connectors.freshbooks.quirks import is_deleted

CODECS = {
    "address": codecs.ADDRESS,
    "money": codecs.MONEY,
    "method": codecs.METHOD,
    "taxes": codecs.TAX_ROWS,
    "lines": codecs.LINES,
    "allocations": codecs.ALLOCATIONS,
}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup", "create", "update", "delete"})
DATES = ("date_from", "date_to")
LANGUAGES = {"fr": "fr", "en": "en"}
INVOICE_STATUS = {"draft": "draft", "sent": "sent", "partial": "partial", "paid": "paid"}
PAYMENT_STATUS = {"cleared": "cleared"}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of FreshBooks have in common."""
    return Resource(
        id_field="id",
        modified_field="_updated",
        version_field="_version",
        max_page_size=100,
        create_guard="lookup",
        codecs=CODECS,
        deleted=is_deleted,
        **own,
    )


CLIENTS = _resource(
    name="clients",
    label="Clients",
    record="customer",
    path="users/clients",
    capabilities=WRITABLE | {"act"},
    acts=(
        Act("remove", "Supprimer le client", when=("archived", True)),
        Act("restore", "Rétablir le client", restores=True),
    ),
    match=("email", "name"),
    lookup_fields=("_twin",),
    mappings=(
        Map("customer.name", "_name", "string", required=True),
        Map("customer.email", "email", "email"),
        Map("customer.phone", "bus_phone", "phone"),
        Map("customer.mobile", "mob_phone", "phone"),
        Map("customer.company_name", "organization"),
        Map("customer.first_name", "fname"),
        Map("customer.last_name", "lname"),
        Map("customer.language", "_language", "enum", values=LANGUAGES),
        Map("customer.billing_address", "_billing", "address", codec="address"),
        Map("customer.service_address", "_shipping", "address", codec="address"),
        Map("customer.tax_number", "vat_number"),
    ),
)

INVOICES = _resource(
    name="invoices",
    label="Factures",
    record="invoice",
    path="invoices/invoices",
    capabilities=WRITABLE,
    match=("number",),
    owned_amounts=("total",),
    filters=DATES,
    lookup_fields=("invoice_number", "_twin"),
    depends_on=("clients",),
    slots=(Slot("hst", "tax", "Taxe harmonisée (TVH)", lines=True),),
    mappings=(
        Map("invoice.customer", "customerid", "reference", required=True, target="clients"),
        Map("invoice.number", "invoice_number"),
        Map("invoice.issue_date", "create_date", "date"),
        Map("invoice.due_date", "due_date", "date"),
        Map("invoice.lines", "lines", "lines", codec="lines"),
        Map("invoice.reference", "po_number"),
        Map("invoice.memo", "notes", "text"),
        Map("invoice.status", "_status", "enum", values=INVOICE_STATUS),
        Map("invoice.taxes", "_taxes", "lines", direction="in", codec="taxes"),
        Map("invoice.subtotal", "_subtotal", "money", direction="in"),
        Map("invoice.discount", "_discount", "money", direction="in"),
        Map("invoice.total_tax", "_total_tax", "money", direction="in"),
        Map("invoice.total", "amount.amount", "money", direction="in"),
        Map("invoice.balance", "outstanding.amount", "money", direction="in"),
        Map("invoice.paid_on", "date_paid", "date", direction="in"),
        Map("invoice.currency", "currency_code", direction="in"),
    ),
)

PAYMENTS = _resource(
    name="payments",
    label="Paiements",
    record="payment",
    path="payments/payments",
    capabilities=WRITABLE,
    filters=DATES,
    lookup_fields=("_twin",),
    depends_on=("clients", "invoices"),
    mappings=(
        Map("payment.customer", "clientid", "reference", direction="in", target="clients"),
        Map("payment.date", "date", "date"),
        Map("payment.amount", "amount", "money", required=True, codec="money"),
        Map("payment.method", "type", codec="method"),
        Map("payment.reference", "note"),
        Map("payment.allocations", "_allocations", "lines", codec="allocations"),
        Map("payment.currency", "amount.code", direction="in"),
        Map("payment.status", "_status", "enum", direction="in", values=PAYMENT_STATUS),
    ),
)

RESOURCES = (CLIENTS, INVOICES, PAYMENTS)
