"""The fake Voyager: one database behind two SOAP interfaces, and what happens to its objects."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import fromstring
from flask import Blueprint, Response, request

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store
from connectors.yardi.simulator import facade, operations, seed, wire
from connectors.yardi.simulator import seed_data as data
from connectors.yardi.simulator.operations import DEMO, LICENSES, Refused

SLUG = "yardi"
DEMO_KEY = " / ".join([DEMO["UserName"], DEMO["Password"], DEMO["ServerName"], DEMO["Database"],
                       DEMO["InterfaceEntity"], *LICENSES.values()])  # fmt: skip
LOCAL = ZoneInfo("America/Toronto")
MAX_BRIEF = 35
RECORDS = {"Property": "Code", "UnitInfo": "UnitID", "Customer": "Identification", "ServiceRequest": "ServiceRequestId"}


def create(store: Store, clock: Clock) -> Yardi:
    """The fake, as the kit finds it."""
    return Yardi(store, clock)


class Yardi(Provider):
    """Properties, units ("<property>:<unit>"), residents and work orders."""

    slug = SLUG
    settings = {"wrong_login": "text", "empty_search": "list", "answer_id": True, "dates": "request"}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.blueprint = Blueprint(SLUG, __name__)
        self.blueprint.add_url_rule("/webservices/<file>", "call", self._call, methods=["POST"])
        self.facade = facade.make(self)
        self.sender = self.facade.sender

    def live(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a kind."""
        return self.store.select(self.slug, kind, "deleted_at IS NULL")

    def local_time(self) -> str:
        """The server's own clock, without offset."""
        return self.clock.now().astimezone(LOCAL).replace(tzinfo=None).isoformat(timespec="seconds")

    def demand_property(self, code: str) -> None:
        """Refused when there is no such property."""
        if code not in {one["Code"] for one in self.live("properties")}:
            raise Refused(f"Could not find Property:{code}.")

    def save_work_order(self, given: dict[str, str]) -> dict[str, Any]:
        """Create, or edit the one whose ServiceRequestId is given; what an edit leaves out is emptied."""
        self._check(given)
        own_id = given.get("ServiceRequestId", "")
        if not own_id:
            return self._add_order(given)
        found = self.store.get(self.slug, "work_orders", own_id)
        if found is None or found["deleted_at"] or found["_property"] != given["PropertyCode"]:
            raise Refused(f"Could not find Service Request:{own_id}.")
        blank = {name: "" for name, value in operations.public(found).items() if isinstance(value, str)}
        fixed = {name: found[name] for name in ("CreatedBy", "UpdateDate", "UpdatedBy", "Origin")}
        return self._change("work_orders", {**found, **blank, **fixed, **given})

    # What the kit asks for

    def seed(self) -> None:
        """Six properties with their units, residents and work orders."""
        for kind, bodies in seed.demonstration().items():
            self.store.put(self.slug, kind, *bodies)
        self.store.set_value(self.slug, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more units of the first property."""
        if kind != "units":
            raise ValueError(f"cannot seed {kind}")
        batch, draw = self.store.next_number(self.slug, "bulk"), random.Random(7)  # noqa: S311
        code = self.live("properties")[0]["Code"]
        numbers = [f"{batch}-{index:05d}" for index in range(count)]
        made = [seed.kept(f"{code}:{number}", code, seed.unit_element(number, draw)) for number in numbers]
        self.store.put(self.slug, kind, *made)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an element's members; a dict replaces only its own ones."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        merged = {name: value for name, value in found.items() if name not in remove}
        for name, value in values.items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
        return self._change(kind, merged)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object; `place` in the values names the property of a unit or resident."""
        own, at = dict(values), self.clock.now()
        place = own.pop("place", "")
        if kind == "work_orders":
            return self._add_order(own)
        if kind == "properties":
            made = seed.kept(own["Code"], own["Code"], own, at)
        elif kind == "units":
            number = own["UnitID"]["#text"]
            made = seed.kept(f"{place}:{number}", place, own, at)
        elif kind == "residents":
            own_id = f"t9{self.store.next_number(self.slug, 'resident'):06d}"
            status = {"Status": "Current", "YardiStatus": "Current", "IDValue": own_id}
            made = seed.kept(own_id, place, {"Identification": status, **own}, at)
        else:
            raise KeyError(kind)
        self.store.put(self.slug, kind, made)
        facade.announce(self, kind, "created", made)
        return made

    def remove(self, kind: str, object_id: str) -> None:
        """Take an object away without a trace."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        now = stamp(self.clock.now())
        self.store.put(self.slug, kind, {**found, "updated_at": now, "deleted_at": now})

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """empty: take away all units, residents and work orders, and leave the properties."""
        if name != "empty":
            raise KeyError(name)
        for kind in ("units", "residents", "work_orders"):
            self.store.execute("DELETE FROM objects WHERE provider = ? AND kind = ?", (self.slug, kind))
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """A wrong access is told inside a success, a failure as a fault, anything else by its status."""
        if request.path.startswith(f"/{self.slug}/v1/"):
            return facade.Problem(status, "Refused").response()
        if status == 401:
            return wire.answer(self._asked(), operations.LOGIN_FAILED)
        if status == 500:
            return wire.fault("Server was unable to process request.")
        return Response("", status, headers, content_type="text/plain")

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """The first record without its id. An answer without such a record leaves the switch set."""
        wanted = {"Property"} if options.get("field") == "Code" else set(RECORDS) - {"Property"}
        text = response.get_data(as_text=True)
        envelope = fromstring(text)
        record = next((one for one in envelope.iter() if one.tag in wanted and len(one) > 1), None)
        if kind != "missing_field" or record is None:
            self.faults.add(kind, "/", times=1, **options)
            return response
        child = record.find(RECORDS[record.tag])
        assert child is not None
        name = child.tag
        begin = text.index(f"<{name}", text.index(f"<{record.tag}>"))
        end = text.index(f"</{name}>", begin) + len(name) + 3
        response.set_data(text[:begin] + text[end:])
        return response

    # Inside

    def _call(self, file: str) -> Response:
        passes, headers = self.buckets.take("database")
        if not passes:
            return self.refuse(429, {"Retry-After": headers["Retry-After"]})
        try:
            response = self._answer(self._asked())
        except (ValueError, KeyError) as error:
            response = wire.fault(f"System.Web.Services.Protocols.SoapException: {error}", "soap:Client")
        response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        return response

    def _answer(self, asked: wire.Asked) -> Response:
        try:
            with self.store.transaction():
                return wire.answer(asked, operations.run(self, asked))
        except Refused as error:
            return wire.answer(asked, operations.refused(asked, str(error)))

    def _asked(self) -> wire.Asked:
        file = request.path.rpartition("/")[2].lower()
        interface = next((name for name in LICENSES if f"{name}.asmx".lower() == file), "")
        return wire.read(interface, request.headers.get("SOAPAction", ""), request.get_data())

    def _check(self, given: dict[str, str]) -> None:
        code = given.get("PropertyCode", "")
        self.demand_property(code)
        brief = given.get("ServiceRequestBriefDescription", "")
        if not brief or len(brief) > MAX_BRIEF:
            raise Refused(f"Brief Description must have 1 to {MAX_BRIEF} characters.")
        if given.get("HasPermissionToEnter") not in ("true", "false"):
            raise Refused("Permission to Enter is required.")
        unit, person = given.get("UnitCode"), given.get("TenantCode")
        if unit and not self.store.get(self.slug, "units", f"{code}:{unit}"):
            raise Refused(f"Could not find Unit:{unit}.")
        if person and not self.store.get(self.slug, "residents", person):
            raise Refused(f"Could not find Tenant:{person}.")
        lists = {"Priority": data.PRIORITIES, "Category": data.CATEGORIES, "CurrentStatus": data.STATUSES}
        for name, allowed in lists.items():
            if given.get(name) and given[name] not in allowed:
                raise Refused(f"Invalid {name}:{given[name]}.")

    def _add_order(self, given: dict[str, Any]) -> dict[str, Any]:
        own_id, at = str(500000 + self.store.next_number(self.slug, "work_order")), self.local_time()
        status = given.get("CurrentStatus") or "Call"
        element = {
            "Origin": "WS", "UnitCode": "", "TenantCode": "", "ServiceRequestFullDescription": "", "Priority": "Med",
            "Category": "Other", "HasPermissionToEnter": "false", "TechnicianNotes": "", "TenantCaused": "false",
            "ServiceRequestDate": at[:10], "CreatedBy": "svc", "UpdatedBy": "svc",
            **{name: value for name, value in given.items() if value},
            "CurrentStatus": status, "ServiceRequestId": own_id, "UpdateDate": at,
            "StatusHistory": {"Status": [{"@Type": "", "@TimeStamp": at}, {"@Type": status, "@TimeStamp": at}]},
        }  # fmt: skip
        made = seed.kept(own_id, element["PropertyCode"], element, self.clock.now())
        self.store.put(self.slug, "work_orders", made)
        facade.announce(self, "work_orders", "created", made)
        return made

    def _change(self, kind: str, merged: dict[str, Any]) -> dict[str, Any]:
        now = self.clock.now()
        changed = {**merged, "updated_at": stamp(now)}
        if kind == "work_orders":
            # To the second, and never the same twice.
            later = datetime.fromisoformat(merged["UpdateDate"]) + timedelta(seconds=1)
            at = max(datetime.fromisoformat(self.local_time()), later).isoformat()
            steps = merged["StatusHistory"]["Status"]
            if steps[-1]["@Type"] != merged["CurrentStatus"]:
                steps = [*steps, {"@Type": merged["CurrentStatus"], "@TimeStamp": at}]
            changed |= {"UpdateDate": at, "StatusHistory": {"Status": steps}}
        self.store.put(self.slug, kind, changed)
        facade.announce(self, kind, "updated", changed)
        return changed
