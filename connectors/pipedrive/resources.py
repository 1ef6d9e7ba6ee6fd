"""Pipedrive's objects and how their fields meet the platform's."""

from typing import Any

from connectors.base.resource import Capability, Map, Resource
from connectors.pipedrive import codecs
from connectors.pipedrive.quirks import is_deleted

CODECS = {"address": codecs.ADDRESS, "element": codecs.ELEMENT, "owner": codecs.OWNER}
WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "lookup", "create", "update", "delete"})
DEAL_STATUS = {"open": "open", "won": "won", "lost": "lost"}
CUSTOMER_KIND = {"company": "company", "person": "person"}


# Below the company's own domain, which users/me tells: https://pipedrive.readme.io/docs/how-to-get-the-company-domain
PAGES = {"organizations": "organization", "persons": "person", "deals": "deal"}


def _resource(**own: Any) -> Resource:
    """A resource with what all objects of Pipedrive have in common."""
    page = f"https://{{site}}.pipedrive.com/{PAGES[own['name']]}/{{id}}"
    return Resource(
        # A sandbox company is a company like any other.
        web_pages=dict.fromkeys(("production", "test"), page),
        path=own["name"],
        modified_field="update_time",
        max_page_size=500,
        capabilities=WRITABLE,
        create_guard="lookup",
        lookup_fields=("_reference", "_twin"),
        codecs=CODECS,
        deleted=is_deleted,
        **own,
    )


ORGANIZATIONS = _resource(
    name="organizations",
    label="Organisations",
    record="customer",
    match=("name",),
    mappings=(
        Map("customer.name", "name", "string", required=True),
        Map("customer.billing_address", "address", "address", codec="address"),
        # An organisation is a company; that is said once, then it is the platform's to change.
        Map("customer.kind", "_kind", "enum", direction="create", values=CUSTOMER_KIND),
    ),
)

PERSONS = _resource(
    name="persons",
    label="Personnes",
    record="contact",
    match=("email",),
    depends_on=("organizations",),
    mappings=(
        Map("contact.name", "name", "string", required=True),
        Map("contact.email", "_email", "email"),
        Map("contact.phone", "_phone", "phone"),
        Map("contact.mobile", "_mobile", "phone"),
        Map("contact.customer", "org_id", "reference", target="organizations"),
        Map("contact.first_name", "first_name", direction="in"),
        Map("contact.last_name", "last_name", direction="in"),
        Map("contact.role", "job_title", direction="in"),
    ),
)

DEALS = _resource(
    name="deals",
    label="Affaires",
    record="opportunity",
    depends_on=("organizations",),
    mappings=(
        Map("opportunity.name", "title", "string", required=True),
        Map("opportunity.customer", "org_id", "reference", target="organizations"),
        Map("opportunity.amount", "value", "money"),
        Map("opportunity.currency", "currency"),
        Map("opportunity.status", "status", "enum", values=DEAL_STATUS),
        Map("opportunity.stage", "_stage", codec="element", option="stage"),
        Map("opportunity.pipeline", "_pipeline", direction="in", codec="element", option="pipeline"),
        Map("opportunity.probability", "probability", "decimal"),
        Map("opportunity.expected_close", "expected_close_date", "date"),
        Map("opportunity.lost_reason", "lost_reason"),
        Map("opportunity.owner_email", "_owner", "email", direction="in", codec="owner", option="owner"),
    ),
)

RESOURCES = (ORGANIZATIONS, PERSONS, DEALS)
