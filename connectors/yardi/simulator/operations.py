"""What each operation of the fake's interfaces answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from connectors.yardi.simulator import seed_data as data
from connectors.yardi.simulator.wire import Asked, fields, xml

if TYPE_CHECKING:
    from connectors.yardi.simulator.fake import Yardi

LOGIN_FAILED = "Login failed. Please check login credentials and try again."
KEPT = ("id", "updated_at", "deleted_at", "_property")
DEMO = {
    "UserName": "demo_lacoste",
    "Password": "yardi & <demo> lacoste",
    "ServerName": "SQL-DEMO01",
    "Database": "demo_lacoste_live",
    "Platform": "SQL Server",
    "InterfaceEntity": "Groupe Lacoste",
}
LICENSES = {"ItfServiceRequests": "LIC-SR-DEMO-2026", "ItfCommonData": "LIC-CD-DEMO-2026"}


class Refused(Exception):
    """An error in the words of the interface, inside a success."""


def run(fake: Yardi, asked: Asked) -> str:
    """The inside of the result element. KeyError when the interface has no such operation."""
    open_to_all = {"Ping": "Hello", "GetVersionNumber": "7S", "GetServerTime": fake.local_time()}
    if asked.operation in open_to_all:
        return open_to_all[asked.operation]
    work = _OPERATIONS[asked.interface][asked.operation]
    if any(asked.arguments.get(name) != value for name, value in DEMO.items()):
        return {"text": LOGIN_FAILED, "empty": ""}[fake.setting("wrong_login")]
    if asked.arguments.get("InterfaceLicense") != LICENSES[asked.interface]:
        return xml("Errors", {"ErrorMessages": {"Error": "Invalid InterfaceLicense for this interface entity."}})
    return work(fake, asked)


def _properties(fake: Yardi, asked: Asked) -> str:
    return xml("Properties", {"Property": [public(one) for one in fake.live("properties")]})


def _units(fake: Yardi, asked: Asked) -> str:
    code = _place(fake, asked)
    units = [public(one) for one in fake.live("units") if one["_property"] == code]
    return xml("UnitInformation", {"Property": {"PropertyID": code, "Units": {"UnitInfo": units}}})


def _residents(fake: Yardi, asked: Asked) -> str:
    code, given = _place(fake, asked), asked.arguments
    found = [one for one in fake.live("residents") if one["_property"] == code]
    if given.get("ResidentCode"):
        found = [one for one in found if one["id"] == given["ResidentCode"]]
    if given.get("UnitCode"):
        found = [one for one in found if one["Lease"]["Identification"]["IDValue"] == given["UnitCode"]]
    return _search(fake, found, "CustomerSearch", lambda rows: {"Response": {"Customers": {"Customer": rows}}})


def _work_orders(fake: Yardi, asked: Asked) -> str:
    code, given = _place(fake, asked), asked.arguments
    found = [one for one in fake.live("work_orders") if one["_property"] == code]
    for argument, name in (("UnitCode", "UnitCode"), ("ResidentCode", "TenantCode"), ("Status", "CurrentStatus")):
        if given.get(argument):
            found = [one for one in found if one.get(name) == given[argument]]
    if given.get("OpenOrClosed"):
        wanted = given["OpenOrClosed"] == "Closed"
        found = [one for one in found if (one["CurrentStatus"] in data.CLOSED) == wanted]
    name = "ServiceRequestDate" if fake.setting("dates") == "request" else "UpdateDate"
    if given.get("FromDate"):
        found = [one for one in found if one[name][:10] >= given["FromDate"]]
    if given.get("ToDate"):
        found = [one for one in found if one[name][:10] <= given["ToDate"]]
    # In no order that anybody promised.
    return _search(fake, found[::-1], "ServiceRequests", lambda rows: {"ServiceRequest": rows})


def _by_id(fake: Yardi, asked: Asked) -> str:
    code, wanted = _place(fake, asked), asked.arguments.get("ServiceRequestIdArray", "")
    found = [one for one in fake.live("work_orders") if one["_property"] == code and one["id"] == wanted]
    return _search(fake, found, "ServiceRequests", lambda rows: {"ServiceRequest": rows})


def _search(fake: Yardi, found: list[Any], name: str, around: Callable[[list[Any]], dict[str, Any]]) -> str:
    how = fake.setting("empty_search")
    if not found and how != "list":
        return "" if how == "nothing" else xml(name, {"ErrorMessages": {"Error": f"No {name} found."}})
    return xml(name, around([public(one) for one in found]))


def _custom_values(fake: Yardi, asked: Asked) -> str:
    return xml(
        "CustomValues",
        {
            "Categories": {"Category": [{"Name": one} for one in data.CATEGORIES]},
            "Priorities": {"Priority": [{"Name": one} for one in data.PRIORITIES]},
            "Statuses": {"Status": [{"Name": one} for one in data.STATUSES]},
        },
    )


def _write(fake: Yardi, asked: Asked) -> str:
    if asked.document is None:
        return xml("ServiceRequests", {"ErrorMessages": {"Error": "ServiceRequestXml is required."}})
    answers = []
    for element in asked.document:
        given = fields(element)
        try:
            made = fake.save_work_order(given)
        except Refused as error:
            code = {"PropertyCode": given.get("PropertyCode", "")}
            answers.append({**code, "ErrorMessages": {"Error": str(error)}})
        else:
            hidden = () if fake.setting("answer_id") else ("ServiceRequestId", "UpdateDate")
            answers.append({name: value for name, value in public(made).items() if name not in hidden})
    return xml("ServiceRequests", {"ServiceRequest": answers})


def _place(fake: Yardi, asked: Asked) -> str:
    code = asked.arguments.get("YardiPropertyId", "")
    fake.demand_property(code)
    return code


def public(body: dict[str, Any]) -> dict[str, Any]:
    """The element's content."""
    return {name: value for name, value in body.items() if name not in KEPT}


def refused(asked: Asked, words: str) -> str:
    """A refusal as the searches give it."""
    return f"<{asked.operation}><ErrorMessages><Error>{escape(words)}</Error></ErrorMessages></{asked.operation}>"


_OPERATIONS: dict[str, dict[str, Callable[[Yardi, Asked], str]]] = {
    "ItfServiceRequests": {
        "GetPropertyConfigurations": _properties,
        "GetResident_Search": _residents,
        "GetServiceRequest_Search": _work_orders,
        "GetServiceRequests": _by_id,
        "CreateOrEditServiceRequests": _write,
        "GetCustomValues": _custom_values,
    },
    "ItfCommonData": {"GetPropertyConfigurations": _properties, "GetUnitInformation": _units},
}
