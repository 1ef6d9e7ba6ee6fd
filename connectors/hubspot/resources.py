"""HubSpot's objects and how their fields meet the platform's. Properties stand at the top of an object; names with an
underscore are made by quirks.complete()."""

from typing import Any

from connectors.base.resource import Batch, Capability, Map, Resource, Slot
from connectors.hubspot import codecs
from connectors.hubspot.quirks import ADDRESS_PARTS, MERGED, absorbed

CODECS = {"address": codecs.ADDRESS, "day": codecs.DAY, "named": codecs.NAMED, "owner": codecs.OWNER}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "create", "update", "upsert", "delete"})
STATUS = {"open": "open", "won": "won", "lost": "lost"}
UNIQUE = "lacoste_id"
"""The unique property that a person creates in HubSpot, so that no creation is made twice."""
EMAIL_KEY = "inputs.0.properties.email"


def _pages(type_id: str) -> dict[str, str]:
    """Where an object of this type is shown in an account, at the host that the account tells (data centres have their
    own); a test account is one like any other. The form: hubspot-get-link of HubSpot's server for assistants; the host:
    https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide"""
    page = f"https://{{site}}/contacts/{{account}}/record/{type_id}/{{id}}"
    return dict.fromkeys(("production", "test"), page)


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of HubSpot have in common."""
    return Resource(
        id_field="id",
        modified_field="updatedAt",
        version_field="updatedAt",
        deleted_field="archived",
        merged_from=absorbed,
        max_page_size=100,
        create_guard="external_id",
        capabilities=WRITABLE | ({"lookup"} if own.get("lookup_fields") else set()),
        codecs=CODECS,
        batch=Batch(100),
        usual_site="app.hubspot.com",
        **own,
    )


COMPANIES = _resource(
    name="companies",
    label="Entreprises",
    record="customer",
    path="companies",
    web_pages=_pages("0-2"),
    match=("name",),
    mappings=(
        Map("customer.name", "name", "string", required=True),
        Map("customer.phone", "phone", "phone"),
        Map("customer.billing_address", "_address", "address", codec="address"),
        Map("customer.kind", "_kind", "enum", direction="create", values={"company": "company", "person": "person"}),
    ),
)

CONTACTS = _resource(
    name="contacts",
    label="Contacts",
    record="contact",
    path="contacts",
    web_pages=_pages("0-1"),
    match=("email",),
    lookup_fields=(EMAIL_KEY,),
    depends_on=("companies",),
    mappings=(
        Map("contact.customer", "_company", "reference", target="companies"),
        Map("contact.name", "_name", "string", required=True),
        Map("contact.first_name", "firstname"),
        Map("contact.last_name", "lastname"),
        Map("contact.email", "email", "email"),
        Map("contact.phone", "phone", "phone"),
        Map("contact.mobile", "mobilephone", "phone"),
        Map("contact.role", "jobtitle"),
    ),
)

DEALS = _resource(
    name="deals",
    label="Transactions",
    record="opportunity",
    path="deals",
    web_pages=_pages("0-3"),
    depends_on=("companies",),
    slots=(
        Slot("pipeline", "pipeline", "Pipeline", by="opportunity.pipeline"),
        Slot("dealstage", "stage", "Étape", by="opportunity.stage"),
    ),
    mappings=(
        Map("opportunity.name", "dealname", "string", required=True),
        Map("opportunity.customer", "_company", "reference", target="companies"),
        Map("opportunity.pipeline", "pipeline", codec="named", option="pipeline"),
        Map("opportunity.stage", "dealstage", codec="named", option="stage"),
        Map("opportunity.expected_close", "closedate", "date", codec="day"),
        Map("opportunity.amount", "amount", "money"),
        Map("opportunity.status", "_status", "enum", direction="in", values=STATUS),
        Map("opportunity.probability", "_probability", "decimal", direction="in"),
        Map("opportunity.owner_email", "hubspot_owner_id", "email", direction="in", codec="owner", option="owner"),
    ),
)

RESOURCES = (COMPANIES, CONTACTS, DEALS)

MODIFIED = {"companies": "hs_lastmodifieddate", "contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}
"""The property that an object's last change is searched by."""
PROPERTIES = {
    "companies": ("name", "domain", "phone", *ADDRESS_PARTS, "hubspot_owner_id", MERGED, MODIFIED["companies"]),
    "contacts": (
        "email", "firstname", "lastname", "phone", "mobilephone", "jobtitle", "hubspot_owner_id", MERGED,
        MODIFIED["contacts"],
    ),
    "deals": (
        "dealname", "dealstage", "pipeline", "amount", "closedate", "hubspot_owner_id", MERGED, MODIFIED["deals"],
    ),
}  # fmt: skip
"""What is asked for of each object: only that comes."""
TYPE_IDS = {"contacts": (1, 279), "deals": (5, 341)}
"""Primary and plain association with a company."""
