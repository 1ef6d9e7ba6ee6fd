"""Yardi under the contract suite. Everything is read property by property, in as many calls as there are properties."""

import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.yardi.connector import Yardi
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

PROPERTIES = 6
PLACE = "gat-01"
KEY = {
    "user_name": "demo_lacoste",
    "password": "yardi & <demo> lacoste",
    "server_name": "SQL-DEMO01",
    "database": "demo_lacoste_live",
    "interface_entity": "Groupe Lacoste",
    "license": "LIC-SR-DEMO-2026",
    "license_common_data": "LIC-CD-DEMO-2026",
}
BRIEF = "Œuvre d’Anaïs « Çà » & fils 🏠"
NEVER = "Yardi never deletes anything but properties, which leave the list"


def place_said(desk: Desk) -> Said:
    values = {"Code": f"z-{desk.number():02d}", "MarketingName": ACCENTS, "City": "Trois-Rivières", "State": "QC"}
    return Said(values, {"property.name": ACCENTS})


def unit_said(desk: Desk) -> Said:
    number = f"Œ-{desk.number():03d}"
    unit = {"MarketRent": "1705.37", "UnitBedrooms": "2"}
    values = {"place": PLACE, "UnitID": {"@UniqueID": "77", "#text": number}, "Unit": unit}
    return Said(values, {"unit.number": number, "unit.market_rent": Decimal("1705.37")})


def resident_said(_desk: Desk) -> Said:
    values = {"place": PLACE, "Name": {"FirstName": "Zoé", "LastName": ACCENTS}, "Address": {"Email": "zoe@ex.example"}}
    return Said(values, {"tenant.family_name": ACCENTS, "tenant.email": "zoe@ex.example"})


def order_said(_desk: Desk) -> Said:
    values = {
        "PropertyCode": PLACE, "ServiceRequestBriefDescription": BRIEF, "ServiceRequestFullDescription": ACCENTS,
        "HasPermissionToEnter": "true", "Category": "Plumbing",
    }  # fmt: skip
    expect = {"job.title": BRIEF, "job.description": ACCENTS, "job.permission_to_enter": True}
    return Said(values, expect)


def twin(_memory: object) -> dict[str, str]:
    today = datetime.now(ZoneInfo("America/Toronto")).date().isoformat()
    return {"_twin": json.dumps({"place": PLACE, "unit": "", "brief": BRIEF, "tag": "", "day": today})}


def emptied(desk: Desk) -> None:
    """All but the properties, by which everything else is read."""
    desk.control.act("yardi", "empty")


ADAPTER = Adapter(
    connector=Yardi,
    accounts={"sql-demo01/demo_lacoste_live": "Yardi, base demo_lacoste_live"},
    key=KEY,
    bad_key={**KEY, "password": "mot de passe inconnu"},
    webhook_key={"facade_key": "yrd_demo_passerelle"},
    reads=("POST /webservices/",),
    silent_wait=60,
    empty=emptied,
    subjects={
        "properties": Subject(
            kind="properties",
            new=place_said,
            change=Said({"MarketingName": "Château"}, {"property.name": "Château"}),
            page_requests=0,
            pass_requests=1,
        ),
        "units": Subject(
            kind="units",
            new=unit_said,
            change=Said({"Unit": {"MarketRent": "0.05"}}, {"unit.market_rent": Decimal("0.05")}),
            page_requests=0,
            pass_requests=1 + PROPERTIES,
            object_id=lambda _resource, raw: str(raw["id"]),
            missing=f"{PLACE}:999",
        ),
        "residents": Subject(
            kind="residents",
            new=resident_said,
            change=Said({"Name": {"LastName": "Côté"}}, {"tenant.family_name": "Côté"}),
            page_requests=0,
            pass_requests=1 + PROPERTIES,
            object_id=lambda _resource, raw: f"{raw['_property']}:{raw['id']}",
            missing=f"{PLACE}:t999",
        ),
        "work_orders": Subject(
            kind="work_orders",
            new=order_said,
            change=Said({"ServiceRequestBriefDescription": "Évier"}, {"job.title": "Évier"}),
            create=order_said,
            update=Said({"CurrentStatus": "Scheduled", "Priority": "Emergency"},
                        {"job.status": "scheduled", "job.priority": "urgent"}),
            invalid=lambda desk: Said({**order_said(desk).values, "_unit": f"{PLACE}:9999"}, {"_unit": ""}),
            lookup=twin,
            acts={"cancel": {"job.status": "cancelled"}},
            page_requests=0,
            pass_requests=1 + 2 * PROPERTIES,
            object_id=lambda _resource, raw: f"{raw['_property']}:{raw['id']}",
            missing=f"{PLACE}:999999999",
        ),
    },
    exempt={
        "properties.page_edges": "units and residents are read by property, so that the demonstration's ones must stay",
        "units.delete_seen": NEVER,
        "residents.delete_seen": NEVER,
        "work_orders.delete_seen": NEVER,
        "work_orders.duplicate": "nothing in a work order may stand only once, and no reference of ours is kept",
    },
)  # fmt: skip
