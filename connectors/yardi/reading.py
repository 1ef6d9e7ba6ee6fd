"""Reading: the list of properties, then one call per property and object. Voyager has no paging: pages are ours.

Rows are sorted by property and id, so that a pull resumes after the last one that was saved. Most of it cannot be asked
for by date: it is read whole, and rows that are the same as last time are not given on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from requests.structures import CaseInsensitiveDict

from connectors.base.connector import Page
from connectors.base.errors import Misconfigured, NotFound
from connectors.base.fingerprint import fingerprint
from connectors.base.resource import Resource
from connectors.yardi import soap
from connectors.yardi.quirks import Manners, complete, split

# Dates have no time of day.
OVERLAP = timedelta(days=1)
# A page without rows shows life after so many properties that had none.
HEARTBEAT = 20
AFTER_ALL = "\uffff"
Row = dict[str, Any]


@dataclass
class Found:
    """What an operation told: its document, and the headers around it."""

    document: dict[str, Any]
    headers: CaseInsensitiveDict[str]


Call = Callable[..., Found]
"""call(interface, operation, arguments): see Yardi.call."""


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this day on ("" = everything); began: day when the pass began, on the provider's clock; place,
    after: property and id of the last row given. Of the pass before and of this one: known and listed, the properties;
    digests and told, what was read of each property; open and opened, its open work orders.
    """

    since: str = ""
    began: str = ""
    place: str = ""
    after: str = ""
    known: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    digests: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    opened: dict[str, list[str]] = field(default_factory=dict)


class Reader:
    """Reads one resource. size: records per page."""

    def __init__(self, call: Call, resource: Resource, manners: Manners, size: int, filters: Mapping[str, str]) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Yardi ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._call, self._resource, self._manners, self._size = call, resource, manners, size
        self._only = filters.get("property_code", "")

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. A page holds rows of one or more properties."""
        state = State(**cursor) if cursor else State()
        pending: list[Row] = []
        silent = 0
        for place, row in self._stream(state):
            if row is None:
                silent += 1
                state.place, state.after = place, AFTER_ALL
            if (len(pending) == self._size and row is not None) or silent == HEARTBEAT:
                yield Page(pending, asdict(state), last=False)
                pending, silent = [], 0
            if row is not None:
                pending.append(row)
                state.place, state.after = place, _id(row)
        yield Page(pending, asdict(self._next(state)), last=True)

    def _stream(self, state: State) -> Iterator[tuple[str, Row | None]]:
        """Rows with the property that they are of, in the order of pages; None after each property."""
        found = properties(self._call)
        state.began = state.began or self._today(found.headers)
        listed = soap.every(found.document, "Property")
        codes = sorted({soap.text(one.get("Code")) for one in listed} - {""})
        if self._resource.name == "properties":
            yield from self._properties(state, listed, codes)
            return
        for code in [self._only] if self._only else codes:
            if code < state.place:
                continue
            after = state.after if code == state.place else ""
            yield from ((code, row) for row in self._changed(state, code, self._rows(state, code), after))
            yield code, None

    def _properties(self, state: State, listed: list[Row], codes: list[str]) -> Iterator[tuple[str, Row | None]]:
        rows = [complete("properties", one, "", self._manners) for one in listed]
        # Nothing is ever deleted: a property that left the list is told as a tombstone.
        rows += [{"Code": code, "_gone": True} for code in state.known if code not in codes]
        wanted = [row for row in rows if self._only in ("", row.get("Code"))]
        sorted_rows = sorted(({**row, "_id": soap.text(row.get("Code"))} for row in wanted), key=_id)
        state.listed = codes
        yield from (("", row) for row in self._changed(state, "", sorted_rows, state.after))

    def _changed(self, state: State, place: str, rows: list[Row], after: str) -> Iterator[Row]:
        """Rows that differ from the pass before; the digests count once all of them were given on."""
        known = set(state.digests.get(place, ()))
        digests = {_digest(row): row for row in rows}
        yield from (row for digest, row in digests.items() if digest not in known and (not after or _id(row) > after))
        state.told[place] = list(digests)

    def _rows(self, state: State, code: str) -> list[Row]:
        read = {"units": self._units, "residents": self._residents, "work_orders": self._work_orders}
        name = self._resource.name
        rows = [complete(name, raw, code, self._manners) for raw in read[name](state, code)]
        # Without an id it cannot be sorted; the engine tells the person.
        return sorted(({**row, "_id": row["_id"] or ""} for row in rows), key=_id)

    def _units(self, state: State, code: str) -> list[Row]:
        return self._every(soap.COMMON_DATA, "GetUnitInformation", code) if self._manners.units else []

    def _residents(self, state: State, code: str) -> list[Row]:
        return self._every(soap.SERVICE_REQUESTS, "GetResident_Search", code)

    def _work_orders(self, state: State, code: str) -> list[Row]:
        """Open ones always, closed ones by date, and those that are open no longer and were not told by either."""
        search = "GetServiceRequest_Search"
        dated = {"FromDate": state.since} if state.since else {}
        opened = self._every(soap.SERVICE_REQUESTS, search, code, OpenOrClosed="Open")
        closed = self._every(soap.SERVICE_REQUESTS, search, code, OpenOrClosed="Closed", **dated)
        rows = {soap.text(row.get("ServiceRequestId")): row for row in [*opened, *closed]}
        for own_id in state.open.get(code, []):
            if own_id not in rows:
                rows.update((own_id, row) for row in work_orders(self._call, code, own_id))
        state.opened[code] = [soap.text(row.get("ServiceRequestId")) for row in opened]
        return list(rows.values())

    def _every(self, interface: str, operation: str, code: str, **arguments: str) -> list[Row]:
        found = self._call(interface, operation, {"YardiPropertyId": code, **arguments})
        return soap.every(found.document, self._resource.path)

    def _next(self, state: State) -> State:
        """The pass after this one."""
        since = (date.fromisoformat(state.began) - OVERLAP).isoformat()
        return State(since=since, known=state.listed, digests=state.told, open=state.opened)

    def _today(self, headers: CaseInsensitiveDict[str]) -> str:
        """The provider's day, by the clock of its answer."""
        try:
            moment = parsedate_to_datetime(headers.get("Date", ""))
        except (TypeError, ValueError):
            moment = datetime.now(UTC)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(self._manners.zone).date().isoformat()


def properties(call: Call) -> Found:
    """The list of properties."""
    return call(soap.SERVICE_REQUESTS, "GetPropertyConfigurations", {})


def work_orders(call: Call, code: str, own_id: str) -> list[Row]:
    """The work order of that number: one, or none."""
    arguments = {"YardiPropertyId": code, "ServiceRequestIdArray": own_id}
    found = call(soap.SERVICE_REQUESTS, "GetServiceRequests", arguments).document
    return [row for row in soap.every(found, "ServiceRequest") if soap.text(row.get("ServiceRequestId")) == own_id]


def fetch(call: Call, resource: Resource, manners: Manners, remote_id: str) -> Row:
    """One object by its id; NotFound when there is none."""
    if resource.name == "properties":
        rows = [(remote_id, one) for one in soap.every(properties(call).document, "Property")]
        rows = [(code, one) for code, one in rows if soap.text(one.get("Code")) == remote_id]
    else:
        code, own_id = split(remote_id)
        if resource.name == "work_orders":
            rows = [(code, one) for one in work_orders(call, code, own_id)]
        else:
            rows = [(code, one) for one in _asked(call, resource.name, code, own_id)]
    for code, raw in rows:
        row = complete(resource.name, raw, code, manners)
        if resource.remote_id(row) == remote_id:
            return row
    raise NotFound(
        f"Yardi ne trouve pas cet élément de « {resource.label} » ({remote_id}). Relancez une synchronisation pour "
        "mettre "
        "les fiches à jour."
    )


def _asked(call: Call, name: str, code: str, own_id: str) -> list[Row]:
    if name == "residents":
        arguments = {"YardiPropertyId": code, "ResidentCode": own_id}
        return soap.every(call(soap.SERVICE_REQUESTS, "GetResident_Search", arguments).document, "Customer")
    return soap.every(call(soap.COMMON_DATA, "GetUnitInformation", {"YardiPropertyId": code}).document, "UnitInfo")


def _id(row: Row) -> str:
    return str(row["_id"])


def _digest(row: Row) -> str:
    """What tells a row from any other state of it."""
    return fingerprint(row, 6)
