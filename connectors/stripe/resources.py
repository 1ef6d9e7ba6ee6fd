"""Stripe's objects and how their fields meet the platform's. Names with an underscore are derived (quirks.py); those
that can be written are translated by writing.py."""

from typing import Any

from connectors.base.resource import Act, Map, Resource
from connectors.stripe.codecs import CODECS

DATES = ("date_from", "date_to")
INVOICE_STATUS = {
    "draft": "draft",
    "open": "sent",
    "partial": "partial",
    "paid": "paid",
    "uncollectible": "sent",
    "void": "void",
}
PAYMENT_STATUS = {
    "pending": "pending",
    "cleared": "cleared",
    "failed": "failed",
    "partially_refunded": "partially_refunded",
    "refunded": "refunded",
}
METHODS = {name: name for name in ("card", "eft", "interac", "financing", "other")}
REFUND_STATUS = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
}


def _pages(path: str) -> dict[str, str]:
    """Where the dashboard shows an object, in both modes. The form of its addresses:
    https://docs.stripe.com/stripe-apps/deep-links"""
    dashboard = "https://dashboard.stripe.com"
    return {"production": f"{dashboard}/{path}/{{id}}", "test": f"{dashboard}/test/{path}/{{id}}"}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Stripe have in common."""
    return Resource(
        modified_field="",
        version_field="_version",
        deleted_field="deleted",
        max_page_size=100,
        create_guard="key",
        codecs=CODECS,
        filters=DATES,
        **own,
    )


CUSTOMERS = _resource(
    name="customers",
    label="Clients",
    record="customer",
    path="customers",
    web_pages=_pages("customers"),
    match=("email", "name"),
    lookup_fields=("metadata.customer_ref", "email"),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "update", "delete"}),
    mappings=(
        Map("customer.name", "name", required=True),
        Map("customer.email", "email", "email"),
        Map("customer.phone", "phone", "phone"),
        Map("customer.billing_address", "address", "address", codec="address"),
        Map("customer.language", "preferred_locales", codec="language"),
        Map("customer.tax_exempt", "tax_exempt", "boolean", codec="exempt"),
    ),
)

INVOICES = _resource(
    name="invoices",
    label="Factures",
    record="invoice",
    path="invoices",
    web_pages=_pages("invoices"),
    match=("number",),
    owned_amounts=("total",),
    lookup_fields=("metadata.invoice_ref", "metadata.invoice_number"),
    depends_on=("customers",),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "update", "delete", "act"}),
    acts=(
        Act("finalize", "Émettre la facture", when=("status", "sent")),
        Act("pay", "Marquer payée hors de Stripe", when=("status", "paid")),
        Act("void", "Annuler la facture", when=("status", "void")),
        Act("send", "Envoyer la facture par courriel"),
        Act("mark_uncollectible", "Déclarer irrécouvrable"),
        Act("payment_link", "Obtenir le lien de paiement"),
        Act("close_payment_link", "Fermer un lien de paiement"),
    ),
    mappings=(
        Map("invoice.customer", "customer", "reference", required=True, target="customers"),
        Map("invoice.number", "_number"),
        Map("invoice.status", "_status", "enum", values=INVOICE_STATUS),
        Map("invoice.due_date", "due_date", "date", codec="due"),
        Map("invoice.lines", "_lines", "lines", codec="lines"),
        Map("invoice.taxes", "_taxes", "lines", codec="taxes"),
        Map("invoice.memo", "description", "text"),
        Map("invoice.currency", "currency", direction="create", codec="currency"),
        Map("invoice.tax_inclusive", "_tax_inclusive", "boolean"),
        Map("invoice.reference", "number", direction="in"),
        Map("invoice.issue_date", "_issued", "date", direction="in"),
        Map("invoice.paid_on", "_paid_on", "date", direction="in"),
        Map("invoice.subtotal", "_subtotal", "money", direction="in"),
        Map("invoice.discount", "_discount", "money", direction="in"),
        Map("invoice.total_tax", "_total_tax", "money", direction="in"),
        Map("invoice.total", "_total", "money", direction="in"),
        Map("invoice.balance", "_balance", "money", direction="in"),
    ),
)

PAYMENTS = _resource(
    name="payments",
    label="Paiements",
    record="payment",
    path="payment_intents",
    web_pages=_pages("payments"),
    lookup_fields=("payment_link",),
    depends_on=("customers", "invoices"),
    capabilities=frozenset({"pull", "fetch", "lookup", "update", "act"}),
    acts=(
        Act("capture", "Encaisser le montant autorisé"),
        Act("cancel", "Annuler le paiement"),
        Act("refund", "Rembourser"),
    ),
    mappings=(
        Map("payment.customer", "customer", "reference", direction="in", target="customers"),
        Map("payment.date", "_date", "date", direction="in"),
        Map("payment.amount", "_amount", "money", required=True, direction="in"),
        Map("payment.refunded_amount", "_refunded", "money", direction="in"),
        Map("payment.currency", "currency", direction="in", codec="currency"),
        Map("payment.method", "_method", "enum", direction="in", values=METHODS),
        Map("payment.status", "_status", "enum", direction="in", values=PAYMENT_STATUS),
        Map("payment.failure_reason", "_failure_reason", direction="in"),
        Map("payment.processor", "_processor", direction="in"),
        Map("payment.processor_fee", "_fee", "money", direction="in"),
        Map("payment.allocations", "_allocations", "lines", direction="in", codec="allocations"),
        Map("payment.reference", "metadata.payment_ref"),
    ),
)

REFUNDS = _resource(
    name="refunds",
    label="Remboursements",
    record="refund",
    path="refunds",
    lookup_fields=("metadata.refund_ref",),
    depends_on=("payments",),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "act"}),
    acts=(Act("cancel", "Annuler le remboursement", when=("status", "cancelled")),),
    mappings=(
        Map("refund.payment", "payment_intent", "reference", target="payments"),
        Map("refund.amount", "_amount", "money", required=True),
        Map("refund.currency", "currency", direction="create", codec="currency"),
        Map("refund.reason", "_reason"),
        Map("refund.date", "_date", "date", direction="in"),
        Map("refund.processor", "_processor", direction="in"),
        Map("refund.reference", "receipt_number", direction="in"),
        Map("refund.status", "_status", "enum", direction="in", values=REFUND_STATUS),
    ),
)

RESOURCES = (CUSTOMERS, INVOICES, PAYMENTS, REFUNDS)
