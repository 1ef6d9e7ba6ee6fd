"""The demonstration data: the same on every machine."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.simulator.clock import stamp
from connectors.yardi.simulator import seed_data as data

START = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
Objects = list[dict[str, Any]]


def demonstration() -> dict[str, Objects]:
    """Kind → objects: 6 properties, 60 units, 55 residents, 55 work orders."""
    draw = random.Random(2026)  # noqa: S311 - the same data everywhere
    found: dict[str, Objects] = {"properties": [], "units": [], "residents": [], "work_orders": []}
    for code, name, street, city, postal, units, residents, orders in data.PROPERTIES:
        found["properties"].append(kept(code, code, property_element(code, name, street, city, postal)))
        numbers = [f"{1 + index // 6}{1 + index % 6:02d}" for index in range(units)]
        found["units"] += [kept(f"{code}:{number}", code, unit_element(number, draw)) for number in numbers]
        people = [f"t{len(found['residents']) + 1 + index:07d}" for index in range(residents)]
        found["residents"] += [
            kept(person, code, _resident(person, number, draw)) for person, number in zip(people, numbers, strict=False)
        ]
        for index in range(orders):
            number = str(407001 + len(found["work_orders"]))
            found["work_orders"].append(kept(number, code, _order(number, code, numbers[index], people[index], draw)))
    return found


def kept(own_id: str, code: str, element: dict[str, Any], at: datetime = START) -> dict[str, Any]:
    """An element with what the fake keeps beside it."""
    return {"id": own_id, "updated_at": stamp(at), "deleted_at": None, "_property": code, **element}


def property_element(code: str, name: str, street: str, city: str, postal: str) -> dict[str, Any]:
    """A Property."""
    return {
        "Code": code,
        "MarketingName": name,
        "AddressLine1": street,
        "City": city,
        "State": "QC",
        "PostalCode": postal,
        "AccountsReceivable": "11/2026",
        "AccountsPayable": "11/2026",
    }


def unit_element(number: str, draw: random.Random) -> dict[str, Any]:
    """A UnitInfo."""
    feet = str(draw.randrange(520, 1180, 5))
    return {
        "UnitID": {"@UniqueID": str(draw.randrange(10000, 99999)), "#text": number},
        "Unit": {
            "UnitType": "4 ½",
            "UnitBedrooms": str(draw.choice((1, 2, 3))),
            "UnitBathrooms": "1.00",
            "MinSquareFeet": feet,
            "MaxSquareFeet": feet,
            "MarketRent": f"{draw.randrange(98000, 210000) / 100:.2f}",
            "FloorplanName": "Type A",
        },
    }


def _resident(own_id: str, unit: str, draw: random.Random) -> dict[str, Any]:
    given, family = draw.choice(data.GIVEN_NAMES), draw.choice(data.FAMILY_NAMES)
    status = draw.choice(("Current", "Current", "Current", "Notice", "Past", "Future"))
    return {
        "Identification": {"IDValue": own_id, "Status": status, "YardiStatus": status},
        "Name": {"FirstName": given, "MiddleName": "", "LastName": family},
        "Address": {"Email": f"resident.{own_id[-3:]}@courriel.example"},
        "Phone": {"OfficeNumber": "", "HomeNumber": "", "MobileNumber": f"514555{own_id[-4:]}"},
        "Lease": {
            "Identification": {"IDValue": unit},
            "UnitSqFt": "800",
            "LeaseFromDate": "2025-07-01",
            "LeaseToDate": "2026-06-30",
            "ActualMoveIn": "07/01/2025",
        },
    }


def _order(own_id: str, code: str, unit: str, person: str, draw: random.Random) -> dict[str, Any]:
    brief, full, category, priority = draw.choice(data.WORK)
    status = draw.choice(data.STATUSES)
    at = datetime.fromisoformat("2026-02-01T09:00:00") + timedelta(hours=7 * (int(own_id) - 407000))
    return {
        "ServiceRequestId": own_id,
        "Origin": "OL",
        "PropertyCode": code,
        "UnitCode": unit,
        "TenantCode": person,
        "ServiceRequestBriefDescription": brief,
        "ServiceRequestFullDescription": full,
        "Priority": priority,
        "Category": category,
        "HasPermissionToEnter": draw.choice(("true", "false")),
        "ProblemDescriptionNotes": full,
        "TechnicianNotes": "",
        "TenantCaused": "false",
        "ServiceRequestDate": at.date().isoformat(),
        "CreatedBy": "svc",
        "UpdateDate": (at + timedelta(hours=30)).isoformat(),
        "UpdatedBy": "svc",
        "CurrentStatus": status,
        "StatusHistory": {"Status": history(at, status)},
    }


def history(at: datetime, status: str) -> Objects:
    """The first, nameless entry, then the status of the day."""
    first = {"@Type": "", "@TimeStamp": at.isoformat()}
    return [first, {"@Type": status, "@TimeStamp": (at + timedelta(hours=30)).isoformat()}]
