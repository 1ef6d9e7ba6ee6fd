"""What follows from a Voyager element and does not stand in it. Names begin with an underscore."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import dig
from connectors.yardi import soap

COMPLETED = frozenset({"work completed", "completed", "closed"})
"""Current statuses, in lower case, whose last time stamp is the end of the work."""

_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")


@dataclass(frozen=True)
class Manners:
    """How one client's Voyager is to be read. units: whether units are read at all, so that they can be referred to."""

    zone: tzinfo
    units: bool


def zone_of(name: str) -> tzinfo:
    """The time zone of that name; Misconfigured when there is none."""
    try:
        return ZoneInfo(name.strip() or "America/Toronto")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Misconfigured(
            f"« {name} » n’est pas un fuseau horaire connu. Inscrivez par exemple America/Toronto dans les options "
            "avancées.",
            code="bad_zone",
        ) from error


def complete(resource: str, raw: Mapping[str, Any], code: str, manners: Manners) -> dict[str, Any]:
    """The element with what follows from it. `code`: the property that it was asked for."""
    derive = {"properties": _property, "units": _unit, "residents": _resident, "work_orders": _work_order}[resource]
    return {**raw, **derive(raw, code, manners)}


def joined(code: Any, own: Any) -> str | None:
    """An id that says in which property to look: "rue1001:407001". None when there is nothing to join."""
    return f"{code}:{soap.text(own)}" if soap.text(own) else None


def split(remote_id: str) -> tuple[str, str]:
    """Property code and own id of such an id; Malformed when it is none."""
    code, _, own = remote_id.partition(":")
    if not code or not own:
        raise Malformed(f"« {remote_id} » n’est pas un identifiant Yardi de la forme « immeuble:numéro ».")
    return code, own


def day(value: Any) -> date | None:
    """A date as Voyager may write it: ISO, with or without a time, or month/day/year; ValueError for anything else."""
    written = soap.text(value).strip()
    if not written:
        return None
    american = _AMERICAN.fullmatch(written)
    if american:
        month, number, year = (int(part) for part in american.groups())
        return date(year, month, number)
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise ValueError(f"« {written} » n’est pas une date que l’on sait lire.") from error


def instant(value: Any, zone: tzinfo) -> str | None:
    """A local time without offset as RFC 3339 in UTC; None when it is nothing or cannot be read."""
    try:
        moment = datetime.fromisoformat(soap.text(value).strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _property(raw: Mapping[str, Any], code: str, manners: Manners) -> dict[str, Any]:
    lines = [soap.text(raw.get(f"AddressLine{number}")).strip() for number in (1, 2, 3)]
    address = {
        "line1": lines[0],
        "line2": ", ".join(line for line in lines[1:] if line),
        "city": soap.text(raw.get("City")),
        "province": soap.text(raw.get("State")),
        "postal_code": soap.text(raw.get("PostalCode")),
        "country": "CA",
    }
    return {"_address": address, "_status": "active"}


def _unit(raw: Mapping[str, Any], code: str, manners: Manners) -> dict[str, Any]:
    number = soap.text(raw.get("UnitID"))
    return {"_id": joined(code, number), "_property": code, "_number": number}


def _resident(raw: Mapping[str, Any], code: str, manners: Manners) -> dict[str, Any]:
    phones = (soap.text(dig(raw, f"Phone.{name}Number")) for name in ("Mobile", "Home", "Office"))
    return {
        "_id": joined(code, dig(raw, "Identification.IDValue")),
        "_property": code,
        "_unit": joined(code, dig(raw, "Lease.Identification.IDValue")) if manners.units else None,
        "_phone": next((phone for phone in phones if phone), ""),
        "_status": soap.text(dig(raw, "Identification.YardiStatus") or dig(raw, "Identification.Status")),
    }


def _work_order(raw: Mapping[str, Any], code: str, manners: Manners) -> dict[str, Any]:
    place = soap.text(raw.get("PropertyCode")) or code
    history = [one for one in soap.as_list(dig(raw, "StatusHistory.Status")) if isinstance(one, dict)]
    stamps = [at for one in history if (at := instant(one.get("@TimeStamp"), manners.zone))]
    done = soap.text(raw.get("CurrentStatus")).strip().lower() in COMPLETED
    return {
        "PropertyCode": place,
        "_id": joined(place, raw.get("ServiceRequestId")),
        "_unit": joined(place, raw.get("UnitCode")) if manners.units else None,
        "_tenant": joined(place, raw.get("TenantCode")),
        # There is no time of creation; the first entry of the history stands for it.
        "_requested_at": stamps[0] if stamps else None,
        "_completed_at": stamps[-1] if stamps and done else None,
    }
