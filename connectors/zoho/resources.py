"""Zoho CRM's objects and how their fields meet the platform's. `path` is the module's name."""

from typing import Any

from connectors.base.resource import Capability, Map, Resource
from connectors.zoho import codecs
from connectors.zoho.quirks import is_deleted

CODECS = {"address": codecs.ADDRESS}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup", "create", "update", "delete"})
CUSTOMER_KIND = {"company": "company", "person": "person"}
DEAL_STATUS = {"open": "open", "won": "won", "lost": "lost"}

_COMMON = ("Created_Time", "Modified_Time", "Owner")
FIELDS = {
    "accounts": (
        "Account_Name", "Phone", "Website", "Industry", "Account_Type", "Annual_Revenue", "Employees",
        "Billing_Street", "Billing_City", "Billing_State", "Billing_Code", "Billing_Country", *_COMMON,
    ),
    "contacts": (
        "Last_Name", "First_Name", "Full_Name", "Email", "Phone", "Mobile", "Title", "Account_Name", *_COMMON,
    ),
    "deals": (
        "Deal_Name", "Stage", "Amount", "Closing_Date", "Probability", "Type", "Account_Name", "Contact_Name",
        *_COMMON,
    ),
}  # fmt: skip


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Zoho CRM have in common."""
    return Resource(
        modified_field="Modified_Time",
        max_page_size=200,
        capabilities=WRITABLE,
        create_guard="lookup",
        lookup_fields=("_reference", "_twin"),
        codecs=CODECS,
        deleted=is_deleted,
        **own,
    )


ACCOUNTS = _resource(
    name="accounts",
    label="Comptes",
    record="customer",
    path="Accounts",
    match=("name",),
    mappings=(
        Map("customer.name", "Account_Name", "string", required=True),
        Map("customer.phone", "Phone", "phone"),
        Map("customer.billing_address", "_billing", "address", codec="address"),
        # An account is a company; that is said once, then it is the platform's to change.
        Map("customer.kind", "_kind", "enum", direction="create", values=CUSTOMER_KIND),
    ),
)

CONTACTS = _resource(
    name="contacts",
    label="Contacts",
    record="contact",
    path="Contacts",
    match=("email",),
    depends_on=("accounts",),
    mappings=(
        Map("contact.name", "Full_Name", "string", required=True),
        Map("contact.first_name", "First_Name"),
        Map("contact.last_name", "Last_Name"),
        Map("contact.email", "Email", "email"),
        Map("contact.phone", "Phone", "phone"),
        Map("contact.mobile", "Mobile", "phone"),
        Map("contact.role", "Title"),
        Map("contact.customer", "Account_Name.id", "reference", target="accounts"),
    ),
)

DEALS = _resource(
    name="deals",
    label="Affaires",
    record="opportunity",
    path="Deals",
    depends_on=("accounts",),
    mappings=(
        Map("opportunity.name", "Deal_Name", "string", required=True),
        Map("opportunity.customer", "Account_Name.id", "reference", target="accounts"),
        Map("opportunity.amount", "Amount", "money"),
        Map("opportunity.stage", "Stage"),
        Map("opportunity.status", "_status", "enum", direction="in", values=DEAL_STATUS),
        Map("opportunity.probability", "Probability", "decimal"),
        Map("opportunity.expected_close", "Closing_Date", "date"),
        Map("opportunity.owner_email", "Owner.email", "email", direction="in"),
    ),
)

RESOURCES = (ACCOUNTS, CONTACTS, DEALS)
