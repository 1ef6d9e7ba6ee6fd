"""Reading by the query service: headers in order of change, then each changed invoice by its key, for its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured, NotFound
from connectors.base.resource import Resource, dig
from connectors.base.rest import format_instant, parse_instant
from connectors.sage.quirks import complete, nested, numbers, ranges

Send = Callable[..., Answer]
QUERY = "services/core/query"
MAXIMUM = 4000
# Pages are worked out afresh at each call, and clocks differ.
OVERLAP = timedelta(minutes=5)
SWEEP_EVERY = timedelta(days=7)
MODIFIED = "audit.modifiedDateTime"
FIELDS: Mapping[str, tuple[str, ...]] = {
    "customers": (
        "key", "id", "name", "status", "taxId", "totalDue", "contacts.default.email1", "contacts.default.phone1",
        "contacts.default.companyName", "contacts.default.mailingAddress.addressLine1",
        "contacts.default.mailingAddress.addressLine2", "contacts.default.mailingAddress.city",
        "contacts.default.mailingAddress.state", "contacts.default.mailingAddress.postCode",
        "contacts.default.mailingAddress.country", MODIFIED,
    ),
    "invoices": ("key", "id", "invoiceNumber", MODIFIED),
}  # fmt: skip


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this instant on ("" = everything); start: row at which the next page starts, among those; mark:
    the provider's time when the pass began. known: keys that were seen, swept: when they were last compared with those
    that are there, which shows hard deletions.
    """

    since: str = ""
    start: int = 1
    mark: str = ""
    known: str = ""
    swept: str = ""


class Reader:
    """Reads one resource. size: records per page."""

    def __init__(self, send: Send, resource: Resource, size: int, filters: Mapping[str, str]) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Sage ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de "
                "l’intégration.",
                code="bad_filter",
            )
        self._send, self._resource, self._size, self._filters = send, resource, size, filters

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass."""
        state = State(**cursor) if cursor else State()
        while True:
            answer = self._query(state)
            state.mark = state.mark or format_instant(_clock(answer))
            rows, following = _rows(answer.data), dig(answer.data, "ia::meta.next")
            records = [record for row in rows if (record := self._whole(row)) is not None]
            state.known = ranges(numbers(state.known) | _keys(rows))
            if following in (None, ""):
                gone = self._sweep(state)
                yield Page(records + gone, self._next(state), last=True)
                return
            self._advance(state, rows)
            yield Page(records, asdict(state), last=False)

    def _query(self, state: State) -> Answer:
        conditions: list[dict[str, Any]] = [{"$gte": {MODIFIED: state.since}}] if state.since else []
        for name, operator in (("date_from", "$gte"), ("date_to", "$lte")):
            if self._filters.get(name):
                conditions.append({operator: {"invoiceDate": self._filters[name]}})
        order = [{MODIFIED: "asc"}, {"key": "asc"}]
        return query(self._send, self._resource, conditions, state.start, self._size, order=order)

    def _whole(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row as an object; None when it went away since the query."""
        if self._resource.name != "invoices" or not row.get("key"):
            return complete(self._resource.name, nested(row))
        try:
            return fetch(self._send, self._resource, str(row["key"]))
        except NotFound:
            return None

    def _advance(self, state: State, rows: list[dict[str, Any]]) -> None:
        """The next page starts at the last row's time rather than at a position: rows that change meanwhile move to the
        end, and positions would jump over as many others."""
        at = str(rows[-1].get(MODIFIED) or "") if rows else ""
        if parse_instant(at) and parse_instant(at) != parse_instant(state.since):
            state.since, state.start = at, 1
        else:
            state.start += len(rows)

    def _sweep(self, state: State) -> list[dict[str, Any]]:
        """Tombstones of what is no longer there, once a week: no list of deletions is known."""
        swept, mark = parse_instant(state.swept), parse_instant(state.mark)
        assert mark is not None
        if swept is None:
            state.swept = state.mark
        if self._filters or swept is None or mark - swept < SWEEP_EVERY:
            return []
        there: set[int] = set()
        start = 1
        while True:
            answer = query(self._send, self._resource, [], start, MAXIMUM, fields=("key",), order=[{"key": "asc"}])
            rows = _rows(answer.data)
            there |= _keys(rows)
            start += len(rows)
            if not rows or dig(answer.data, "ia::meta.next") in (None, ""):
                break
        gone = numbers(state.known) - there
        state.known, state.swept = ranges(there), state.mark
        return [{"key": str(key), "_gone": True} for key in sorted(gone)]

    def _next(self, state: State) -> dict[str, Any]:
        """The pass after this one."""
        mark = parse_instant(state.mark)
        assert mark is not None
        return asdict(State(since=format_instant(mark - OVERLAP), known=state.known, swept=state.swept))


def query(
    send: Send,
    resource: Resource,
    conditions: list[dict[str, Any]],
    start: int,
    size: int,
    *,
    fields: tuple[str, ...] = (),
    order: list[dict[str, str]] | None = None,
) -> Answer:
    """One page of a query; all conditions must hold."""
    named = fields or FIELDS[resource.name]
    body: dict[str, Any] = {"object": resource.path, "fields": list(named)}
    if conditions:
        body["filters"] = conditions
    return send("POST", QUERY, json={**body, "orderBy": order or [{"key": "asc"}], "start": start, "size": size})


def fetch(send: Send, resource: Resource, key: str) -> dict[str, Any]:
    """One object by its key; NotFound when it is gone."""
    found = dig(send("GET", f"objects/{resource.path}/{key}").data, "ia::result")
    if not isinstance(found, dict):
        raise _unexpected()
    return complete(resource.name, found)


def lookup(send: Send, resource: Resource, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Objects that carry all these values."""
    if not keys or set(keys) - set(resource.lookup_fields):
        raise Misconfigured(
            f"Sage ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    conditions = [{"$eq": {name: value}} for name, value in keys.items()]
    rows = _rows(query(send, resource, conditions, 1, 100).data)
    return [fetch(send, resource, str(row["key"])) for row in rows]


def listed(send: Send, name: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """A whole list of the company, by its object's name."""
    found: list[dict[str, Any]] = []
    while True:
        body = {"object": name, "fields": list(fields), "orderBy": [{"key": "asc"}], "size": MAXIMUM}
        answer = send("POST", QUERY, json={**body, "start": len(found) + 1})
        rows = _rows(answer.data)
        found += rows
        if not rows or dig(answer.data, "ia::meta.next") in (None, ""):
            return found


def _rows(data: Any) -> list[dict[str, Any]]:
    rows = dig(data, "ia::result")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unexpected()
    return rows


def _keys(rows: list[dict[str, Any]]) -> set[int]:
    return {int(row["key"]) for row in rows if str(row.get("key") or "").isdecimal()}


def _clock(answer: Answer) -> datetime:
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unexpected() -> Malformed:
    return Malformed(
        "La réponse de Sage n’a pas la forme prévue (« ia::result »). Réessayez plus tard; si cela se répète, "
        "prévenez le "
        "fournisseur."
    )
