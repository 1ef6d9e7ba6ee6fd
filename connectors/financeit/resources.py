"""Financeit's loans and how their fields meet the platform's (proposed contract)."""

from connectors.base.codecs import ADDRESS, cents_object
from connectors.base.resource import Act, Embedded, Map, Resource, Slot
from connectors.financeit.quirks import DAY

STATUS = {
    "draft": "draft",
    "invited": "draft",
    "in_progress": "draft",
    "under_review": "submitted",
    "approved": "approved",
    "conditionally_approved": "approved",
    "documents_pending": "approved",
    "documents_signed": "approved",
    "ready_to_fund": "approved",
    "declined": "declined",
    "funded": "funded",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""Our states have fewer steps: an approved loan stays so until its funds are released."""

LOANS = Resource(
    name="loans",
    label="Demandes de financement",
    record="financing_application",
    path="loans",
    modified_field="updated_at",
    version_field="version",
    deleted_field="deleted_at",
    max_page_size=200,
    filters=("status", "partner_id", "reference_id"),
    lookup_fields=("reference_id",),
    capabilities=frozenset({"pull", "fetch", "lookup", "create", "update", "upsert", "act"}),
    create_guard="external_id",
    codecs={"address": ADDRESS, "cents": cents_object("CAD"), "day": DAY},
    match=("number",),
    acts=(
        Act("submit", "Soumettre la demande", when=("status", "submitted")),
        Act("cancel", "Annuler la demande", when=("status", "cancelled")),
        Act("send_invite", "Envoyer l’invitation au client"),
        Act("request_funding", "Demander le versement"),
    ),
    slots=(Slot("partner_id", "partner", "Marchand"),),
    mappings=(
        Map("financing_application.number", "loan_number", direction="in"),
        Map("financing_application.amount_requested", "amount_requested", "money", required=True, codec="cents"),
        Map("financing_application.status", "_status", "enum", direction="in", values=STATUS),
        Map("financing_application.amount_approved", "decision.amount_approved", "money", direction="in",
            codec="cents"),
        Map("financing_application.term_months", "decision.term_months", "integer", direction="in"),
        Map("financing_application.annual_rate", "decision.annual_rate", "decimal", direction="in"),
        Map("financing_application.decided_at", "decision.decided_at", "datetime", direction="in"),
        Map("financing_application.amount_funded", "funded_amount", "money", direction="in", codec="cents"),
        Map("financing_application.funded_at", "funded_at", "datetime", direction="in"),
        Map("financing_application.expires_on", "expires_at", "date", direction="in", codec="day"),
        Map("financing_application.url", "application_url", direction="in"),
    ),
    embedded=(
        Embedded(
            resource="applicants",
            record="customer",
            key="applicant.email",
            into="financing_application.customer",
            mappings=(
                Map("customer.name", "_name", required=True, direction="create"),
                Map("customer.first_name", "applicant.given_name", direction="create"),
                Map("customer.last_name", "applicant.family_name", direction="create"),
                Map("customer.email", "applicant.email", "email", required=True, direction="create"),
                Map("customer.phone", "applicant.phone", "phone", direction="create"),
                Map("customer.language", "applicant.language", "enum", direction="create",
                    values={"fr": "fr", "en": "en"}),
                Map("customer.billing_address", "applicant.address", "address", direction="create", codec="address"),
            ),
        ),
    ),
)  # fmt: skip

RESOURCES = (LOANS,)
