"""Square's objects and how their fields meet the platform's. Names with an underscore are derived (quirks.py); those
that can be written are translated by writing.py."""

from typing import Any

from connectors.base.resource import Act, Map, Resource, Slot
from connectors.square.codecs import CODECS
from connectors.square.quirks import METHODS as SOURCES
from connectors.square.quirks import merged_into

PERIOD = ("date_from", "date_to")
METHODS = {name: name for name in sorted({*SOURCES.values(), "cheque", "interac", "other"})}
PAYMENT_STATUS = {
    name: name for name in ("pending", "cleared", "failed", "partially_refunded", "refunded")
}  # fmt: skip
INVOICE_STATUS = {name: name for name in ("draft", "sent", "partial", "paid", "void")}
REFUND_STATUS = {"PENDING": "pending", "COMPLETED": "succeeded", "REJECTED": "failed", "FAILED": "failed"}


# Not documented; many open pages so, among them https://wordpress.org/plugins/woosquare/ and
# https://wordpress.org/plugins/peachpay-for-woocommerce/. In the sandbox only the page of a payment is seen used.
DASHBOARD = "https://app.squareup.com/dashboard"
PAYMENT_PAGES = {
    "production": f"{DASHBOARD}/sales/transactions/{{id}}",
    "test": "https://squareupsandbox.com/dashboard/sales/transactions/{id}",
}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Square have in common."""
    return Resource(
        modified_field="updated_at",
        deleted_field="is_deleted",
        max_page_size=100,
        create_guard="key",
        codecs=CODECS,
        **own,
    )


CUSTOMERS = _resource(
    name="customers",
    label="Clients",
    record="customer",
    path="v2/customers",
    web_pages={"production": f"{DASHBOARD}/customers/directory/customer/{{id}}"},
    version_field="version",
    merged_into=merged_into,
    match=("email", "name"),
    lookup_fields=("reference_id", "email_address", "phone_number"),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "update", "delete"}),
    mappings=(
        Map("customer.name", "_name", required=True),
        Map("customer.email", "email_address", "email"),
        Map("customer.phone", "phone_number", "phone"),
        Map("customer.company_name", "company_name"),
        Map("customer.first_name", "given_name"),
        Map("customer.last_name", "family_name"),
        Map("customer.billing_address", "address", "address", codec="address"),
    ),
)

INVOICES = _resource(
    name="invoices",
    label="Factures",
    record="invoice",
    path="v2/invoices",
    web_pages={"production": f"{DASHBOARD}/invoices/{{id}}"},
    version_field="version",
    match=("number",),
    owned_amounts=("total",),
    lookup_fields=("invoice_number",),
    depends_on=("customers",),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "update", "delete", "act"}),
    slots=(Slot("location_id", "location", "Établissement"),),
    acts=(
        Act("publish", "Émettre la facture", when=("status", "sent")),
        Act("cancel", "Annuler la facture", when=("status", "void")),
        Act("payment_link", "Obtenir le lien de paiement"),
        Act("close_payment_link", "Fermer un lien de paiement"),
    ),
    mappings=(
        Map("invoice.customer", "primary_recipient.customer_id", "reference", required=True, target="customers"),
        Map("invoice.number", "invoice_number"),
        Map("invoice.status", "_status", "enum", values=INVOICE_STATUS),
        Map("invoice.due_date", "_due_date", "date"),
        Map("invoice.lines", "_lines", "lines", codec="lines"),
        Map("invoice.taxes", "_taxes", "lines", codec="taxes"),
        Map("invoice.memo", "description", "text"),
        Map("invoice.issue_date", "created_at", "date", direction="in", codec="day"),
        Map("invoice.subtotal", "_subtotal", "money", direction="in"),
        Map("invoice.discount", "_discount", "money", direction="in"),
        Map("invoice.total_tax", "_total_tax", "money", direction="in"),
        Map("invoice.total", "_total", "money", direction="in"),
        Map("invoice.balance", "_balance", "money", direction="in"),
        Map("invoice.currency", "_currency", direction="in"),
    ),
)

PAYMENTS = _resource(
    name="payments",
    label="Paiements",
    record="payment",
    path="v2/payments",
    web_pages=PAYMENT_PAGES,
    version_field="version_token",
    filters=PERIOD,
    depends_on=("customers",),
    capabilities=frozenset({"pull", "fetch", "act"}),
    acts=(
        Act("complete", "Encaisser le paiement autorisé"),
        Act("cancel", "Annuler le paiement"),
        Act("refund", "Rembourser"),
    ),
    mappings=(
        Map("payment.customer", "customer_id", "reference", direction="in", target="customers"),
        Map("payment.date", "created_at", "date", direction="in", codec="day"),
        Map("payment.amount", "total_money", "money", required=True, direction="in", codec="money"),
        Map("payment.refunded_amount", "refunded_money", "money", direction="in", codec="money"),
        Map("payment.currency", "total_money.currency", direction="in"),
        Map("payment.method", "_method", "enum", direction="in", values=METHODS),
        Map("payment.status", "_status", "enum", direction="in", values=PAYMENT_STATUS),
        Map("payment.failure_reason", "_failure_reason", direction="in"),
        Map("payment.processor", "_processor", direction="in"),
        Map("payment.processor_fee", "_fee", "money", direction="in"),
        Map("payment.reference", "_reference", direction="in"),
    ),
)

REFUNDS = _resource(
    name="refunds",
    label="Remboursements",
    record="refund",
    path="v2/refunds",
    filters=PERIOD,
    depends_on=("payments",),
    capabilities=frozenset({"pull", "fetch", "create"}),
    mappings=(
        Map("refund.payment", "payment_id", "reference", target="payments"),
        Map("refund.amount", "amount_money", "money", required=True, codec="money"),
        Map("refund.reason", "reason"),
        Map("refund.currency", "amount_money.currency", direction="in"),
        Map("refund.date", "created_at", "date", direction="in", codec="day"),
        Map("refund.processor", "_processor", direction="in"),
        Map("refund.status", "status", "enum", direction="in", values=REFUND_STATUS),
    ),
)

RESOURCES = (CUSTOMERS, INVOICES, PAYMENTS, REFUNDS)
