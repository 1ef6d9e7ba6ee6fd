"""JSON schemas and samples of event payloads. Those of record events follow the fields of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from integrations.records.kinds import KINDS, FieldInfo
from integrations.records.values import ADDRESS_PARTS, to_json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
CUSTOMER_ID = "0198a3f0-0000-7000-8000-000000000001"
DIVISION_ID = "0198a3f0-0000-7000-8000-000000000002"
OTHER_DIVISION_ID = "0198a3f0-0000-7000-8000-000000000003"
JOB_ID = "0198a3f0-0000-7000-8000-000000000004"
INVOICE_ID = "0198a3f0-0000-7000-8000-000000000005"
PAYMENT_ID = "0198a3f0-0000-7000-8000-000000000006"
OPPORTUNITY_ID = "0198a3f0-0000-7000-8000-000000000007"
LINE_ID = "0198a3f0-0000-7000-8000-000000000008"
INSTANT = "2026-03-02T14:05:00Z"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_UUID: Schema = {"type": "string", "format": "uuid"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_NUMBER: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_BY_TYPE: dict[str, Schema] = {
    "integer": {"type": "integer"},
    "decimal": _NUMBER,
    "money": _NUMBER,
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": _INSTANT,
    "reference": _UUID,
    "references": {"type": "array", "items": _UUID},
    "json": {"type": "object"},
    "address": {
        "type": "object",
        "properties": dict.fromkeys(ADDRESS_PARTS, _TEXT),
        "required": list(ADDRESS_PARTS),
    },
}


def _object(properties: Mapping[str, Schema], required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if required is None else required,
    }


def field_schema(info: FieldInfo) -> Schema:
    """Return the JSON schema of a field's canonical JSON."""
    if info.type == "lines":
        items = {"id": _UUID, **{sub.name: field_schema(sub) for sub in info.items}, "remote_ids": {"type": "object"}}
        return {"type": "array", "items": _object(items), "title": info.label}
    schema: Schema = {"title": info.label, **_BY_TYPE.get(info.type, _TEXT)}
    if info.choices:
        schema["enum"] = [*info.choices, *([] if info.empty() else [""])]
    if info.max_length:
        schema["maxLength"] = info.max_length
    if not info.is_collection and not info.required and info.empty() is None:
        schema["type"] = [schema["type"], "null"]
    return schema


@lru_cache
def record_schema(kind: str) -> Schema:
    """Return the schema of a record event: the record as it is now, and the old values of what changed."""
    system = {"id": _UUID, "version": _COUNT, "created_at": _INSTANT, "updated_at": _INSTANT}
    archived = {"archived_at": {"type": ["string", "null"], "format": "date-time"}}
    fields = {info.name: field_schema(info) for info in KINDS[kind].fields.values()}
    payload = {
        "kind": {"enum": [kind, "refund"] if kind == "payment" else [kind]},
        "record": _object({**system, **archived, **fields}),
        "previous": {"type": "object"},
    }
    if kind == "payment":
        refund = _object({**system, **archived, **{i.name: field_schema(i) for i in KINDS["refund"].fields.values()}})
        payload["record"] = {"anyOf": [payload["record"], refund]}
    return {"$schema": DRAFT, **_object(payload)}


_ADDRESS = {
    "line1": "1250, rue Sainte-Catherine Est",
    "line2": "App. 4",
    "city": "Montréal",
    "province": "QC",
    "postal_code": "H2L 2H2",
    "country": "CA",
}
_RECORDS: dict[str, dict[str, Any]] = {
    "customer": {
        "id": CUSTOMER_ID,
        "name": "Zoé Tremblay",
        "first_name": "Zoé",
        "last_name": "Tremblay",
        "email": "zoe.tremblay@example.ca",
        "phone": "+15145550100",
        "billing_address": _ADDRESS,
        "divisions": [DIVISION_ID],
    },
    "job": {
        "id": JOB_ID,
        "number": "T-2026-0042",
        "customer": CUSTOMER_ID,
        "title": "Remplacer le chauffe-eau",
        "status": "in_progress",
        "scheduled_start": INSTANT,
        "lines": [
            {
                "id": LINE_ID,
                "kind": "labour",
                "code": "",
                "description": "Main-d’œuvre",
                "quantity": "2.5000",
                "unit_price": "95.0000",
                "total": "237.50",
                "remote_ids": {},
            }
        ],
    },
    "invoice": {
        "id": INVOICE_ID,
        "number": "F-2026-0107",
        "customer": CUSTOMER_ID,
        "job": JOB_ID,
        "issue_date": "2026-03-02",
        "due_date": "2026-04-01",
        "subtotal": "1000.00",
        "total_tax": "149.75",
        "total": "1149.75",
        "balance": "1149.75",
        "taxes": [
            {"id": LINE_ID, "name": "TPS", "rate": "5.00000", "base": "1000.00", "amount": "50.00", "remote_ids": {}},
            {"id": JOB_ID, "name": "TVQ", "rate": "9.97500", "base": "1000.00", "amount": "99.75", "remote_ids": {}},
        ],
    },
    "payment": {
        "id": PAYMENT_ID,
        "customer": CUSTOMER_ID,
        "date": "2026-03-10",
        "amount": "1149.75",
        "method": "interac",
        "reference": "PAI-5531",
        "allocations": [{"id": LINE_ID, "invoice": INVOICE_ID, "amount": "1149.75", "remote_ids": {}}],
    },
    "opportunity": {
        "id": OPPORTUNITY_ID,
        "name": "Réfection de la toiture",
        "customer": CUSTOMER_ID,
        "source": "referral",
        "amount": "18500.00",
        "from_division": DIVISION_ID,
        "to_division": OTHER_DIVISION_ID,
        "commission_rate": "5.00",
        "commission_amount": "925.00",
        "referral_status": "captured",
    },
}
# What the event itself changed: (new values, old values).
_CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "customer.updated": ({"phone": "+15145550199"}, {"phone": "+15145550100"}),
    "customer.deleted": ({"archived_at": INSTANT}, {"archived_at": None}),
    "job.updated": ({"priority": "urgent"}, {"priority": "medium"}),
    "job.completed": (
        {"status": "completed", "completed_at": INSTANT},
        {"status": "in_progress", "completed_at": None},
    ),
    "job.cancelled": ({"status": "cancelled"}, {"status": "scheduled"}),
    "invoice.sent": ({"status": "sent", "sent_at": INSTANT}, {"status": "draft", "sent_at": None}),
    "invoice.paid": (
        {"status": "paid", "balance": "0.00", "paid_on": "2026-03-10"},
        {"status": "sent", "balance": "1149.75", "paid_on": None},
    ),
    "invoice.overdue": ({"status": "sent", "overdue_since": "2026-04-01"}, {"overdue_since": None}),
    "payment.received": ({"status": "cleared"}, {"status": "pending"}),
    "payment.failed": (
        {"status": "failed", "failure_reason": "Fonds insuffisants"},
        {"status": "pending", "failure_reason": ""},
    ),
    "payment.refunded": (
        {"status": "refunded", "refunded_amount": "1149.75"},
        {"status": "cleared", "refunded_amount": "0.00"},
    ),
    "referral.converted": (
        {"status": "won", "referral_status": "converted"},
        {"status": "open", "referral_status": "captured"},
    ),
    "referral.lost": (
        {"status": "lost", "referral_status": "lost", "lost_reason": "Prix trop élevé"},
        {"status": "open", "referral_status": "captured", "lost_reason": ""},
    ),
}


def record_sample(kind: str, event: str) -> dict[str, Any]:
    """Return a whole, believable payload of a record event."""
    new, previous = _CHANGED.get(event, ({}, {}))
    version = 2 if previous else 1
    system = {"version": version, "created_at": "2026-03-01T13:00:00Z", "updated_at": INSTANT, "archived_at": None}
    empty = {info.name: to_json(info.empty()) for info in KINDS[kind].fields.values()}
    record = {"id": "", **system, **empty, "division": DIVISION_ID, **_RECORDS[kind], **new}
    return {"kind": kind, "record": record, "previous": dict(previous)}


_INTEGRATION_SCHEMA = _object(
    {"id": _TEXT, "name": _TEXT, "provider": _TEXT, "environment": {"enum": ["production", "test", "simulator"]}}
)
_JOB_SCHEMA = _object(
    {
        "id": _TEXT,
        "status": {"enum": ["completed", "partial", "failed", "cancelled"]},
        "trigger": _TEXT,
        "started_at": _INSTANT,
        "finished_at": _INSTANT,
        "duration_ms": _COUNT,
        "records": _object(dict.fromkeys(("total", "created", "updated", "unchanged", "archived", "failed"), _COUNT)),
    },
)
_ERROR_FIELDS_SCHEMA = _object({"code": _TEXT, "message": _TEXT})
_INTEGRATION = {
    "id": "0198a3f0-0000-7000-8000-000000000009",
    "name": "Gestion immobilière",
    "provider": "provider-slug",
    "environment": "production",
}
_SYNC_JOB = {
    "id": "0198a3f0-0000-7000-8000-00000000000a",
    "status": "completed",
    "trigger": "schedule",
    "started_at": "2026-03-02T14:00:00Z",
    "finished_at": INSTANT,
    "duration_ms": 300000,
    "records": {"total": 420, "created": 12, "updated": 31, "unchanged": 377, "archived": 0, "failed": 0},
}
_ERROR = {"code": "auth_expired", "message": "La connexion a expiré. Une reconnexion est requise."}

SYNC_SCHEMA: Schema = {"$schema": DRAFT, **_object({"integration": _INTEGRATION_SCHEMA, "job": _JOB_SCHEMA})}
SYNC_FAILED_SCHEMA: Schema = {
    "$schema": DRAFT,
    **_object({"integration": _INTEGRATION_SCHEMA, "job": _JOB_SCHEMA, "error": _ERROR_FIELDS_SCHEMA}),
}
ERROR_SCHEMA: Schema = {
    "$schema": DRAFT,
    **_object({"integration": _INTEGRATION_SCHEMA, "error": _ERROR_FIELDS_SCHEMA, "occurred_at": _INSTANT}),
}
SYNC_COMPLETED: Schema = {"integration": _INTEGRATION, "job": _SYNC_JOB}
SYNC_FAILED: Schema = {
    "integration": _INTEGRATION,
    "job": {
        **_SYNC_JOB,
        "status": "failed",
        "records": {"total": 40, "created": 0, "updated": 2, "unchanged": 38, "archived": 0, "failed": 0},
    },
    "error": _ERROR,
}
INTEGRATION_ERROR: Schema = {"integration": _INTEGRATION, "error": _ERROR, "occurred_at": INSTANT}
