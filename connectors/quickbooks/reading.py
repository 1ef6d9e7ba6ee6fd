"""Reading: first everything by query, then what changed by CDC, and by query again when CDC cannot tell it all."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource, dig
from connectors.base.rest import format_instant, parse_instant
from connectors.quickbooks.quirks import complete, is_deleted

Get = Callable[..., Answer]
MAX_RESULTS = 1000
CDC_MEMORY = timedelta(days=30)
CDC_MAXIMUM = 1000
# What the provider lists late, and what its servers' clocks differ by.
OVERLAP = timedelta(minutes=5)
NAME_LISTS = frozenset({"Customer", "Vendor", "Account", "Item", "TaxCode", "TaxRate", "PaymentMethod"})


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    mode: "query" or "changes"; since: changes from this instant on ("" = everything); position: row at which the next
    page of a query starts, among those changed since `since`; mark: the provider's time when the pass began, from which
    the next one will start.
    """

    mode: Literal["query", "changes"] = "query"
    since: str = ""
    position: int = 1
    mark: str = ""


class Reader:
    """Reads one resource. `get`: a GET below the company's address; size: records per page, as far as is allowed."""

    def __init__(self, get: Get, resource: Resource, size: int, filters: Mapping[str, str]) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"QuickBooks ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._get, self._resource, self._size = get, resource, max(1, min(size, resource.max_page_size))
        self._first, self._last = filters.get("date_from", ""), filters.get("date_to", "")

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. After a saved page only rows of its last second are read again."""
        state = State(**cursor) if cursor else State()
        if state.mode == "changes":
            if self._forgotten(state.since):
                # CDC no longer reaches back that far: read everything again.
                state = State()
            else:
                told_all = yield from self._changes(state)
                if told_all:
                    return
                state = State(since=state.since, mark=state.mark)
        yield from self._query(state)

    def _forgotten(self, since: str) -> bool:
        moment = parse_instant(since)
        return moment is None or moment < datetime.now(UTC) - CDC_MEMORY + timedelta(days=1)

    def _changes(self, state: State) -> Generator[Page, None, bool]:
        """Everything that CDC tells, in pages; whether it told it all.

        A full answer may lack something. The next one starts at its latest change, for deletions stand in no query; in
        which order a full answer was cut is not known, so that a query must follow for the rest.
        """
        since, told_all = state.since, True
        while True:
            data = self._get("cdc", entities=self._resource.path, changedSince=since).data
            state.mark = state.mark or _time(data)
            found = self._told(data)
            full = len(found) >= CDC_MAXIMUM
            told_all = told_all and not full
            records = self._mine(found)
            batches = [records[at : at + self._size] for at in range(0, len(records), self._size)] or [[]]
            for number, batch in enumerate(batches, start=1):
                last = told_all and number == len(batches)
                # Until the last page, the cursor asks for the same changes again: known ones cost next to nothing.
                yield Page(batch, self._next(state) if last else {**asdict(state), "mark": ""}, last=last)
            latest = self._latest(found)
            if not full or latest <= since:
                return told_all
            since = latest

    def _told(self, data: Any) -> list[Any]:
        answers = [one for part in _list(data, "CDCResponse") for one in _list(part, "QueryResponse")]
        return [raw for one in answers for raw in one.get(self._resource.path) or []]

    def _latest(self, found: list[Any]) -> str:
        times = (parse_instant(dig(raw, self._resource.modified_field)) for raw in found)
        return max((format_instant(moment) for moment in times if moment), default="")

    def _query(self, state: State) -> Iterator[Page]:
        while True:
            data = self._get("query", query=self._sql(state)).data
            state.mark = state.mark or _time(data)
            found = _rows(data, self._resource.path)
            last = len(found) < self._size
            if not last:
                self._advance(state, found)
            yield Page(self._mine(found), self._next(state) if last else asdict(state), last=last)
            if last:
                return

    def _sql(self, state: State) -> str:
        conditions = []
        if self._resource.path in NAME_LISTS:
            conditions.append("Active IN (true, false)")
        if state.since:
            conditions.append(f"MetaData.LastUpdatedTime >= {quoted(state.since)}")
        if self._first:
            conditions.append(f"TxnDate >= {quoted(self._first)}")
        if self._last:
            conditions.append(f"TxnDate <= {quoted(self._last)}")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        order = "orderby MetaData.LastUpdatedTime"
        return _select(self._resource.path, f"{where} {order}", state.position, self._size)

    def _advance(self, state: State, found: list[dict[str, Any]]) -> None:
        """The next page starts at the last row's time rather than at a position: rows that change meanwhile move to the
        end of the list, and positions would jump over as many others."""
        at = str(dig(found[-1], self._resource.modified_field) or "")
        if at and parse_instant(at) and parse_instant(at) != parse_instant(state.since):
            state.since, state.position = at, 1
        else:
            state.position += len(found)

    def _next(self, state: State) -> dict[str, Any]:
        """The pass after this one."""
        mark = parse_instant(state.mark) or datetime.now(UTC)
        return asdict(State(mode="changes", since=format_instant(mark - OVERLAP)))

    def _mine(self, found: list[Any]) -> list[dict[str, Any]]:
        return [complete(self._resource, raw) for raw in found if self._in_range(raw)]

    def _in_range(self, raw: Any) -> bool:
        date = raw.get("TxnDate") if isinstance(raw, dict) else None
        if not isinstance(date, str) or is_deleted(raw):
            return True
        return (not self._first or date >= self._first) and (not self._last or date <= self._last)


def lookup(get: Get, resource: Resource, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Objects that carry all these values."""
    if not keys or set(keys) - set(resource.lookup_fields):
        raise Misconfigured(
            f"QuickBooks ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    # An e-mail address is asked for by the field that holds it, not by its member.
    conditions = [f"{name.removesuffix('.Address')} = {quoted(value)}" for name, value in keys.items()]
    if resource.path in NAME_LISTS:
        conditions.insert(0, "Active IN (true, false)")
    sql = _select(resource.path, f" where {' and '.join(conditions)}", 1, 100)
    return [complete(resource, raw) for raw in _rows(get("query", query=sql).data, resource.path)]


def query_all(get: Get, entity: str) -> list[dict[str, Any]]:
    """A whole list, inactive elements too."""
    found: list[dict[str, Any]] = []
    while True:
        sql = _select(entity, " where Active IN (true, false)", len(found) + 1, MAX_RESULTS)
        rows = _rows(get("query", query=sql).data, entity)
        found += rows
        if len(rows) < MAX_RESULTS:
            return found


def _select(entity: str, clauses: str, position: int, size: int) -> str:
    # Not SQL: the provider's query language, values by quoted().
    return f"select * from {entity}{clauses} startposition {position} maxresults {size}"  # noqa: S608


def quoted(value: str) -> str:
    """A value as QuickBooks' query language writes it."""
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _rows(data: Any, entity: str) -> list[dict[str, Any]]:
    response = data.get("QueryResponse")
    # An empty answer has no member for the entity.
    rows = response.get(entity, []) if isinstance(response, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unexpected()
    return rows


def _list(data: Any, name: str) -> list[Any]:
    found = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise _unexpected()
    return found


def _time(data: Any) -> str:
    moment = parse_instant(data.get("time"))
    return format_instant(moment) if moment else ""


def _unexpected() -> Malformed:
    return Malformed(
        "La réponse de QuickBooks n’a pas la forme prévue (« QueryResponse »). Réessayez plus tard; si cela se répète, "
        "prévenez le fournisseur."
    )
