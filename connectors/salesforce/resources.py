"""Salesforce's objects and how their fields meet the platform's. `path` is the object's name; BillingAddress and names
with an underscore are made by quirks.complete()."""

from typing import Any

from connectors.base.resource import Batch, Capability, Map, Resource, Slot
from connectors.salesforce import codecs
from connectors.salesforce.quirks import merged_into

CODECS = {"address": codecs.ADDRESS}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "create", "update", "upsert", "delete"})
STATUS = {"open": "open", "won": "won", "lost": "lost"}


# The address of the organization with an id behind it, as its System.URL class makes links:
# https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_methods_system_url.htm
PAGES = dict.fromkeys(("production", "test"), "https://{site}/{id}")


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Salesforce have in common."""
    return Resource(
        id_field="Id",
        modified_field="SystemModstamp",
        deleted_field="IsDeleted",
        max_page_size=2000,
        create_guard="external_id",
        version_field="SystemModstamp",
        web_pages=PAGES,
        capabilities=WRITABLE | ({"lookup"} if own.get("lookup_fields") else set()),
        codecs=CODECS,
        batch=Batch(200),
        **own,
    )


ACCOUNTS = _resource(
    name="accounts",
    label="Comptes",
    record="customer",
    merged_into=merged_into,
    path="Account",
    match=("name",),
    lookup_fields=("Name",),
    mappings=(
        Map("customer.name", "Name", "string", required=True),
        Map("customer.phone", "Phone", "phone"),
        Map("customer.billing_address", "BillingAddress", "address", codec="address"),
        Map("customer.service_address", "ShippingAddress", "address", codec="address"),
        Map("customer.kind", "_kind", "enum", direction="create", values={"company": "company", "person": "person"}),
    ),
)

CONTACTS = _resource(
    name="contacts",
    label="Contacts",
    record="contact",
    merged_into=merged_into,
    path="Contact",
    match=("email",),
    lookup_fields=("Email",),
    depends_on=("accounts",),
    mappings=(
        Map("contact.customer", "AccountId", "reference", target="accounts"),
        Map("contact.name", "Name", "string", required=True),
        Map("contact.first_name", "FirstName"),
        Map("contact.last_name", "LastName"),
        Map("contact.email", "Email", "email"),
        Map("contact.phone", "Phone", "phone"),
        Map("contact.mobile", "MobilePhone", "phone"),
        Map("contact.role", "Title"),
    ),
)

OPPORTUNITIES = _resource(
    name="opportunities",
    label="Opportunités",
    record="opportunity",
    path="Opportunity",
    filters=("date_from", "date_to"),
    depends_on=("accounts",),
    slots=(Slot("StageName", "stage", "Étape", by="opportunity.stage"),),
    mappings=(
        Map("opportunity.name", "Name", "string", required=True),
        Map("opportunity.customer", "AccountId", "reference", target="accounts"),
        Map("opportunity.stage", "StageName"),
        Map("opportunity.expected_close", "CloseDate", "date", required=True),
        Map("opportunity.amount", "Amount", "money"),
        Map("opportunity.probability", "Probability", "decimal"),
        Map("opportunity.status", "_status", "enum", direction="in", values=STATUS),
        Map("opportunity.owner_email", "Owner.Email", "email", direction="in"),
        Map("opportunity.currency", "CurrencyIsoCode", direction="in"),
    ),
)

RESOURCES = (ACCOUNTS, CONTACTS, OPPORTUNITIES)

SYSTEM_FIELDS = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted")
FIELDS = {
    "accounts": (
        "Name", "Type", "Industry", "Phone", "Website",
        "BillingStreet", "BillingCity", "BillingState", "BillingPostalCode", "BillingCountry",
        "ShippingStreet", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry",
        "ParentId", "OwnerId", "MasterRecordId",
    ),
    "contacts": (
        "FirstName", "LastName", "Name", "Email", "Phone", "MobilePhone", "Title", "AccountId", "OwnerId",
        "MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry", "MasterRecordId",
    ),
    "opportunities": (
        "Name", "StageName", "CloseDate", "Amount", "Probability", "AccountId", "IsClosed", "IsWon",
        "ForecastCategoryName", "CurrencyIsoCode", "OwnerId",
    ),
}  # fmt: skip
"""What is read of each object, where the organization has it."""
RELATED = {"opportunities": {"OwnerId": ("Owner.Email",)}}
"""Fields of related objects, read where the organization has the link."""
