"""ROVIDA's objects and how their fields meet the platform's (proposed contract)."""

from connectors.base.codecs import ADDRESS, WHOLE_NUMBER, cents_object
from connectors.base.resource import Capability, Embedded, Map, Resource

CODECS = {"address": ADDRESS, "cents": cents_object("CAD"), "whole": WHOLE_NUMBER}

WRITABLE: frozenset[Capability] = frozenset({"pull", "fetch", "create", "update", "upsert", "delete"})

PROPERTY_KIND = {"rental": "rental", "condominium": "condominium", "commercial": "commercial", "mixed": "mixed"}
PROPERTY_STATUS = {"active": "active", "inactive": "inactive"}
UNIT_KIND = {
    "apartment": "apartment",
    "condo": "condo",
    "commercial": "commercial",
    "parking": "parking",
    "storage": "storage",
}
UNIT_STATUS = {
    "occupied": "occupied",
    "vacant": "vacant",
    "notice_given": "notice_given",
    "under_renovation": "under_renovation",
    "off_market": "off_market",
}
LANGUAGE = {"fr": "fr", "en": "en"}
TENANT_STATUS = {"prospect": "prospect", "current": "current", "notice": "notice", "past": "past"}
RENT_PERIOD = {"monthly": "monthly", "weekly": "weekly"}
LEASE_STATUS = {"future": "future", "active": "active", "notice_given": "notice_given", "ended": "ended"}
PRIORITY = {"low": "low", "medium": "medium", "high": "high", "urgent": "urgent"}
# The platform's "draft" and "invoiced" have no counterpart here: such a job is not sent until its status has one.
WORK_ORDER_STATUS = {
    "open": "open",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "pending_parts": "pending_parts",
    "completed": "completed",
    "cancelled": "cancelled",
}

PROPERTIES = Resource(
    name="properties",
    label="Immeubles",
    record="property",
    path="properties",
    modified_field="updated_at",
    version_field="version",
    deleted_field="deleted_at",
    max_page_size=200,
    filters=("status",),
    capabilities=WRITABLE,
    create_guard="external_id",
    codecs=CODECS,
    mappings=(
        Map("property.name", "name", required=True),
        Map("property.code", "code"),
        Map("property.kind", "type", "enum", required=True, values=PROPERTY_KIND),
        Map("property.status", "status", "enum", values=PROPERTY_STATUS),
        Map("property.address", "address", "address", required=True, codec="address"),
        Map("property.unit_count", "unit_count", "integer"),
        Map("property.year_built", "year_built", "integer"),
        Map("property.time_zone", "timezone"),
    ),
    embedded=(
        Embedded(
            resource="property_managers",
            record="contact",
            key="manager_email",
            into="property.manager",
            mappings=(
                Map("contact.name", "manager_name", direction="create"),
                Map("contact.email", "manager_email", "email", required=True, direction="create"),
            ),
        ),
    ),
)

UNITS = Resource(
    name="units",
    label="Logements",
    record="unit",
    path="units",
    modified_field="updated_at",
    version_field="version",
    deleted_field="deleted_at",
    max_page_size=200,
    filters=("property_id",),
    depends_on=("properties",),
    capabilities=WRITABLE,
    create_guard="external_id",
    codecs=CODECS,
    mappings=(
        Map("unit.property", "property_id", "reference", required=True, target="properties"),
        Map("unit.number", "number", required=True),
        Map("unit.floor", "floor", "integer"),
        Map("unit.kind", "type", "enum", required=True, values=UNIT_KIND),
        Map("unit.status", "status", "enum", values=UNIT_STATUS),
        Map("unit.bedrooms", "bedrooms", "integer"),
        Map("unit.bathrooms", "bathrooms", "decimal"),
        Map("unit.area_sqft", "area_sqft", "integer", codec="whole"),
        Map("unit.market_rent", "market_rent", "money", codec="cents"),
    ),
)

TENANTS = Resource(
    name="tenants",
    label="Locataires",
    record="tenant",
    path="tenants",
    modified_field="updated_at",
    version_field="version",
    deleted_field="deleted_at",
    max_page_size=200,
    filters=("property_id", "unit_id", "email"),
    lookup_fields=("email", "property_id", "unit_id"),
    depends_on=("properties", "units"),
    capabilities=WRITABLE | {"lookup"},
    create_guard="external_id",
    codecs=CODECS,
    mappings=(
        Map("tenant.property", "property_id", "reference", required=True, target="properties"),
        Map("tenant.unit", "unit_id", "reference", target="units"),
        Map("tenant.given_name", "given_name", required=True),
        Map("tenant.family_name", "family_name", required=True),
        Map("tenant.company_name", "company_name"),
        Map("tenant.email", "email", "email"),
        Map("tenant.phone", "phone", "phone"),
        Map("tenant.language", "language", "enum", values=LANGUAGE),
        Map("tenant.status", "status", "enum", values=TENANT_STATUS),
        Map("tenant.move_in_date", "move_in_date", "date"),
        Map("tenant.move_out_date", "move_out_date", "date"),
        Map("tenant.balance", "balance", "money", direction="in", codec="cents"),
        Map("tenant.lease_start", "lease.start_date", "date"),
        Map("tenant.lease_end", "lease.end_date", "date"),
        Map("tenant.rent", "lease.rent", "money", codec="cents"),
        Map("tenant.rent_period", "lease.rent_period", "enum", values=RENT_PERIOD),
        Map("tenant.lease_status", "lease.status", "enum", values=LEASE_STATUS),
    ),
)

WORK_ORDERS = Resource(
    name="work_orders",
    label="Bons de travail",
    record="job",
    path="work_orders",
    modified_field="updated_at",
    version_field="version",
    deleted_field="deleted_at",
    max_page_size=200,
    filters=("property_id", "status"),
    depends_on=("properties", "units", "tenants"),
    capabilities=WRITABLE,
    create_guard="external_id",
    codecs=CODECS,
    mappings=(
        Map("job.work_order_number", "number", direction="in"),
        Map("job.property", "property_id", "reference", required=True, target="properties"),
        Map("job.unit", "unit_id", "reference", target="units"),
        Map("job.tenant", "tenant_id", "reference", target="tenants"),
        Map("job.title", "title", required=True),
        Map("job.description", "description", "text"),
        Map("job.category", "category"),
        Map("job.priority", "priority", "enum", values=PRIORITY),
        Map("job.status", "status", "enum", values=WORK_ORDER_STATUS),
        Map("job.permission_to_enter", "permission_to_enter", "boolean"),
        Map("job.assigned_to", "assigned_to"),
        Map("job.requested_at", "requested_at", "datetime"),
        Map("job.scheduled_start", "scheduled_at", "datetime"),
        Map("job.due_at", "due_at", "datetime"),
        Map("job.completed_at", "completed_at", "datetime"),
        Map("job.estimated_cost", "estimated_cost", "money", codec="cents"),
        Map("job.actual_cost", "actual_cost", "money", codec="cents"),
    ),
)

RESOURCES = (PROPERTIES, UNITS, TENANTS, WORK_ORDERS)
