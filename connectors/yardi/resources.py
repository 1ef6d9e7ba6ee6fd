"""Yardi's objects and how their fields meet the platform's. Value sets are each client's own: tables are a start."""

from connectors.base.codecs import ADDRESS, WHOLE_NUMBER
from connectors.base.resource import Act, Capability, Codec, Map, Resource
from connectors.yardi.quirks import day


def _encode_nothing(value: object) -> object:
    raise ValueError("Ce champ de Yardi est en lecture seule.")


CODECS = {
    "address": ADDRESS,
    "whole": WHOLE_NUMBER,
    "day": Codec(day, _encode_nothing),
    "flag": Codec(
        lambda raw: None if raw in (None, "") else str(raw).lower() == "true", lambda value: str(value).lower()
    ),
}
READ: frozenset[Capability] = frozenset({"pull", "fetch"})

RESIDENT_STATUS = {
    "Current": "current",
    "Notice": "notice",
    "Past": "past",
    "Future": "prospect",
    "Applicant": "prospect",
}
PRIORITY = {"High": "high", "Low": "low", "Med": "medium", "Emergency": "urgent", "24 hours": "urgent"}
STATUS = {
    "Call": "open",
    "Assessment": "open",
    "Scheduled": "scheduled",
    "In Progress": "in_progress",
    "On Hold": "pending_parts",
    "Work Completed": "completed",
    "Canceled": "cancelled",
}

PROPERTIES = Resource(
    name="properties",
    label="Immeubles",
    record="property",
    path="Property",
    id_field="Code",
    deleted_field="_gone",
    max_page_size=500,
    filters=("property_code",),
    capabilities=READ,
    codecs=CODECS,
    match=("code", "name"),
    mappings=(
        Map("property.name", "MarketingName", required=True, direction="in"),
        Map("property.code", "Code", direction="in"),
        Map("property.address", "_address", "address", direction="in", codec="address"),
        Map("property.status", "_status", "enum", direction="in", values={"active": "active"}),
    ),
)

UNITS = Resource(
    name="units",
    label="Logements",
    record="unit",
    path="UnitInfo",
    id_field="_id",
    max_page_size=500,
    filters=("property_code",),
    depends_on=("properties",),
    capabilities=READ,
    codecs=CODECS,
    mappings=(
        Map("unit.property", "_property", "reference", required=True, direction="in", target="properties"),
        Map("unit.number", "_number", required=True, direction="in"),
        Map("unit.bedrooms", "Unit.UnitBedrooms", "decimal", direction="in"),
        Map("unit.bathrooms", "Unit.UnitBathrooms", "decimal", direction="in"),
        Map("unit.area_sqft", "Unit.MinSquareFeet", "integer", direction="in", codec="whole"),
        Map("unit.market_rent", "Unit.MarketRent", "money", direction="in"),
    ),
)

RESIDENTS = Resource(
    name="residents",
    label="Résidents",
    record="tenant",
    path="Customer",
    id_field="_id",
    max_page_size=500,
    filters=("property_code",),
    depends_on=("properties", "units"),
    capabilities=READ,
    codecs=CODECS,
    match=("email",),
    mappings=(
        Map("tenant.property", "_property", "reference", required=True, direction="in", target="properties"),
        Map("tenant.unit", "_unit", "reference", direction="in", target="units"),
        Map("tenant.given_name", "Name.FirstName", direction="in"),
        Map("tenant.family_name", "Name.LastName", required=True, direction="in"),
        Map("tenant.email", "Address.Email", "email", direction="in"),
        Map("tenant.phone", "_phone", "phone", direction="in"),
        Map("tenant.status", "_status", "enum", direction="in", values=RESIDENT_STATUS),
        Map("tenant.move_in_date", "Lease.ActualMoveIn", "date", direction="in", codec="day"),
        Map("tenant.lease_start", "Lease.LeaseFromDate", "date", direction="in", codec="day"),
        Map("tenant.lease_end", "Lease.LeaseToDate", "date", direction="in", codec="day"),
    ),
)

WORK_ORDERS = Resource(
    name="work_orders",
    label="Bons de travail",
    record="job",
    path="ServiceRequest",
    id_field="_id",
    modified_field="UpdateDate",
    version_field="UpdateDate",
    max_page_size=500,
    filters=("property_code",),
    lookup_fields=("_twin",),
    depends_on=("properties", "units", "residents"),
    capabilities=READ | {"lookup", "create", "update", "act"},
    create_guard="lookup",
    codecs=CODECS,
    acts=(Act("cancel", "Annuler le bon de travail", when=("archived", True)),),
    mappings=(
        Map("job.work_order_number", "ServiceRequestId", direction="in"),
        Map("job.property", "PropertyCode", "reference", required=True, target="properties"),
        Map("job.unit", "_unit", "reference", target="units"),
        Map("job.tenant", "_tenant", "reference", target="residents"),
        Map("job.title", "ServiceRequestBriefDescription", required=True),
        Map("job.description", "ServiceRequestFullDescription", "text"),
        Map("job.category", "Category"),
        Map("job.priority", "Priority", "enum", values=PRIORITY),
        Map("job.status", "CurrentStatus", "enum", values=STATUS),
        Map("job.permission_to_enter", "HasPermissionToEnter", "boolean", codec="flag"),
        Map("job.requested_at", "_requested_at", "datetime", direction="in"),
        Map("job.completed_at", "_completed_at", "datetime", direction="in"),
    ),
)

RESOURCES = (PROPERTIES, UNITS, RESIDENTS, WORK_ORDERS)
