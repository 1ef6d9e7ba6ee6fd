"""ROVIDA's objects as its contract writes them, numbered."""

from typing import Any

Raw = dict[str, Any]
COMMON: Raw = {
    "reference_id": None,
    "metadata": {},
    "version": 1,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "deleted_at": None,
}


def property_(number: int, **fields: Any) -> Raw:
    """A property; every seventh has the same manager."""
    return {
        **COMMON,
        "id": f"prop_{number}",
        "object": "property",
        "name": f"Résidence {number}",
        "code": f"R{number}",
        "type": "rental",
        "status": "active",
        "address": {
            "line1": f"{number} rue Sherbrooke",
            "line2": None,
            "city": "Montréal",
            "province": "QC",
            "postal_code": "H3A 1H6",
            "country": "CA",
        },
        "unit_count": 12,
        "year_built": 1987,
        "manager_name": f"Gestionnaire {number % 7}",
        "manager_email": f"Gestion-{number % 7}@example.ca",
        "timezone": "America/Toronto",
        **fields,
    }


def tenant(number: int, **fields: Any) -> Raw:
    """A tenant of one of the first twenty properties."""
    return {
        **COMMON,
        "id": f"ten_{number}",
        "object": "tenant",
        "property_id": f"prop_{number % 20}",
        "unit_id": None,
        "given_name": "Zoé",
        "family_name": f"Exemple-{number}",
        "company_name": None,
        "email": f"zoe.{number}@example.ca",
        "phone": "+15145550100",
        "language": "fr",
        "status": "current",
        "move_in_date": "2025-07-01",
        "move_out_date": None,
        "balance": {"amount": 0, "currency": "CAD"},
        "lease": {
            "start_date": "2025-07-01",
            "end_date": "2026-06-30",
            "rent": {"amount": 165000 + number, "currency": "CAD"},
            "rent_period": "monthly",
            "status": "active",
        },
        **fields,
    }


def work_order(number: int, **fields: Any) -> Raw:
    """A work order at one of the first twenty properties."""
    return {
        **COMMON,
        "id": f"wo_{number}",
        "object": "work_order",
        "number": f"BT-{number}",
        "property_id": f"prop_{number % 20}",
        "unit_id": None,
        "tenant_id": None,
        "title": f"Chauffe-eau {number}",
        "description": "Fuite derrière le réservoir",
        "category": "plumbing",
        "priority": "high",
        "status": "open",
        "permission_to_enter": True,
        "assigned_to": "Tech 4",
        "requested_at": "2026-01-01T00:00:00Z",
        "scheduled_at": None,
        "due_at": None,
        "completed_at": None,
        "estimated_cost": {"amount": 45000 + number, "currency": "CAD"},
        "actual_cost": None,
        **fields,
    }
