"""The demonstration data: the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.rovida.simulator import seed_data as data
from connectors.rovida.simulator.schema import KINDS, blank
from connectors.simulator.clock import stamp

START = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
TENANTS, WORK_ORDERS = 150, 60
Objects = list[dict[str, Any]]


def demonstration() -> dict[str, Objects]:
    """Collection → objects: 12 properties, 140 units, 150 tenants, 60 work orders."""
    draw = random.Random(2026)  # noqa: S311 - the same data everywhere
    times = _times()
    properties = [_property(index, next(times)) for index in range(len(data.PROPERTIES))]
    units = [unit for place in properties for unit in _units(place, draw, times)]
    tenants = _tenants(properties, units, draw, times)
    orders = _work_orders(units, tenants, draw, times)
    return {"properties": properties, "units": units, "tenants": tenants, "work_orders": orders}


def bulk(kind: str, count: int, batch: int, properties: list[str], now: datetime) -> Objects:
    """`count` plain objects of a kind, in the given properties, changed one second after the other until now."""
    if kind not in KINDS or kind == "webhook_endpoints" or (kind != "properties" and not properties):
        raise ValueError(f"cannot seed {kind}")
    draw = random.Random(batch)  # noqa: S311
    made = []
    for index in range(count):
        mark = f"{batch:02d}{index:06d}"
        at = now - timedelta(seconds=count - index)
        own = _plain(kind, mark, draw)
        if kind == "work_orders":
            own |= {"requested_at": stamp(at)}
        if kind != "properties":
            own |= {"property_id": properties[index % len(properties)]}
        made.append(_object(kind, mark, at, **own))
    return made


def _plain(kind: str, mark: str, draw: random.Random) -> dict[str, Any]:
    if kind == "properties":
        address = _address("Montréal", f"{int(mark[-4:]) + 1}, rue Ontario Est", "H2X 1H4")
        return {"name": f"Immeuble {mark}", "type": "rental", "address": address}
    if kind == "units":
        return {"number": mark, "type": "apartment"}
    if kind == "work_orders":
        return {"number": f"BT-{mark}", "title": f"Visite {mark}"}
    return {
        "given_name": draw.choice(data.GIVEN_NAMES),
        "family_name": draw.choice(data.FAMILY_NAMES),
        "email": f"locataire.{mark}@courriel.example",
        "phone": f"+1514555{mark[-4:]}",
        "balance": _money(draw.randrange(0, 250000)),
    }


def _times() -> Iterator[datetime]:
    moment = START
    while True:
        yield moment
        moment += timedelta(minutes=37)


def _object(kind: str, mark: str, at: datetime, **own: Any) -> dict[str, Any]:
    spec = KINDS[kind]
    return {
        "id": f"{spec.prefix}01DEMO{mark}",
        "object": spec.object,
        **blank(spec),
        **own,
        "version": 1,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "deleted_at": None,
    }


def _money(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "CAD"}


def _address(city: str, street: str, postal_code: str) -> dict[str, Any]:
    return {"line1": street, "line2": None, "city": city, "province": "QC", "postal_code": postal_code, "country": "CA"}


def _property(index: int, at: datetime) -> dict[str, Any]:
    name, code, kind, street, city, postal_code, year, count, manager = data.PROPERTIES[index]
    who = data.MANAGERS[manager][index % 2] if manager is not None else (None, None)
    return _object(
        "properties",
        f"{index + 1:04d}",
        at,
        name=name,
        code=code,
        type=kind,
        address=_address(city, street, postal_code),
        unit_count=count,
        year_built=year,
        manager_name=who[0],
        manager_email=who[1],
    )


def _units(place: dict[str, Any], draw: random.Random, times: Iterator[datetime]) -> Iterator[dict[str, Any]]:
    number = int(place["id"][-4:])
    kinds = {"condominium": "condo", "commercial": "commercial"}
    for index in range(place["unit_count"]):
        floor, door = index // 4 + 1, index % 4 + 1
        kind = kinds.get(place["type"], "apartment")
        if place["type"] == "mixed" and floor == 1:
            kind = "commercial"
        rooms = None if kind == "commercial" else draw.choice((1, 2, 2, 3))
        yield _object(
            "units",
            f"{number:02d}{floor:02d}{door:02d}",
            next(times),
            property_id=place["id"],
            number=f"{floor}{door:02d}",
            floor=floor,
            type=kind,
            status="occupied" if draw.random() < 0.93 else draw.choice(("vacant", "under_renovation")),
            bedrooms=rooms,
            bathrooms=1 if rooms in (None, 1) else draw.choice((1, 1.5, 2)),
            area_sqft=draw.randrange(480, 1450, 10),
            market_rent=_money(
                data.RENTS[place["address"]["city"]] + draw.randrange(0, 90000, 500) + (rooms or 4) * 15000
            ),
        )


def _tenants(properties: Objects, units: Objects, draw: random.Random, times: Iterator[datetime]) -> Objects:
    let = [unit for unit in units if unit["status"] == "occupied"]
    # One tenant for each let unit, then second tenants of the same units, then people who left or have yet to come.
    homes = let + let[:8]
    made = []
    for index in range(TENANTS):
        home = homes[index] if index < len(homes) else None
        place_id = home["property_id"] if home else properties[index % len(properties)]["id"]
        place = next(place for place in properties if place["id"] == place_id)
        made.append(_object("tenants", f"{index + 1:04d}", next(times), **_tenant(index, place, home, draw)))
        if home and made[-1]["status"] == "notice":
            home["status"] = "notice_given"
    return made


def _tenant(index: int, place: dict[str, Any], home: dict[str, Any] | None, draw: random.Random) -> dict[str, Any]:
    commercial = home is not None and home["type"] == "commercial"
    status = draw.choice(("past", "prospect")) if home is None else "notice" if index % 19 == 7 else "current"
    codes = data.AREA_CODES[place["address"]["city"]]
    moved_in = date(2021 + draw.randrange(5), draw.choice((5, 7, 7, 7, 9)), 1)
    return {
        "property_id": place["id"],
        "unit_id": home["id"] if home else None,
        "given_name": data.GIVEN_NAMES[index % len(data.GIVEN_NAMES)],
        "family_name": draw.choice(data.FAMILY_NAMES),
        "company_name": draw.choice(data.COMPANIES) if commercial else None,
        "email": None if index % 31 == 30 else f"locataire{index + 1:03d}@courriel.example",
        "phone": f"+1{codes[index % len(codes)]}555{index + 100:04d}",
        "language": "en" if index % 9 == 4 else "fr",
        "status": status,
        "move_in_date": None if status == "prospect" else moved_in.isoformat(),
        "move_out_date": "2026-06-30" if status == "past" else None,
        "balance": _money(draw.choice((0, 0, 0, 0, 4550, 98765, 145000))),
        "lease": _lease(home, status, moved_in),
    }


def _lease(home: dict[str, Any] | None, status: str, moved_in: date) -> dict[str, Any] | None:
    if home is None:
        return None
    return {
        "start_date": f"2026-{moved_in:%m-%d}",
        "end_date": f"2027-{moved_in.month - 1:02d}-30",
        "rent": home["market_rent"],
        "rent_period": "monthly",
        "status": "notice_given" if status == "notice" else "active",
    }


def _work_orders(units: Objects, tenants: Objects, draw: random.Random, times: Iterator[datetime]) -> Objects:
    homes = {unit["id"]: unit for unit in units}
    housed = [tenant for tenant in tenants if tenant["unit_id"]]
    statuses = ("open", "open", "scheduled", "in_progress", "pending_parts", "completed", "completed", "cancelled")
    made = []
    for index in range(WORK_ORDERS):
        tenant = draw.choice(housed)
        title, description, category, priority = data.WORK[index % len(data.WORK)]
        status = statuses[index % len(statuses)]
        asked = next(times)
        planned = asked + timedelta(days=2, hours=draw.randrange(6))
        made.append(
            _object(
                "work_orders",
                f"{index + 1:04d}",
                asked,
                number=f"BT-2026-{index + 1:04d}",
                property_id=homes[tenant["unit_id"]]["property_id"],
                unit_id=tenant["unit_id"],
                tenant_id=tenant["id"],
                title=title,
                description=description,
                category=category,
                priority=priority,
                status=status,
                permission_to_enter=draw.choice((True, False, None)),
                assigned_to=draw.choice(data.TECHNICIANS),
                requested_at=stamp(asked),
                scheduled_at=None if status in ("open", "cancelled") else stamp(planned),
                due_at=stamp(asked + timedelta(days=7)),
                completed_at=stamp(planned + timedelta(hours=3)) if status == "completed" else None,
                estimated_cost=_money(draw.randrange(8000, 90000, 250)),
                actual_cost=_money(draw.randrange(8000, 95000)) if status == "completed" else None,
            )
        )
    return made
