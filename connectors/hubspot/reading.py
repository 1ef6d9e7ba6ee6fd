"""Reading: everything from the list, then what changed by search, then the recycle bin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Protocol, TypeVar

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.paginators import CursorPage
from connectors.base.resource import Resource, dig
from connectors.base.rest import format_instant, parse_instant
from connectors.hubspot.quirks import merged, tombstone
from connectors.hubspot.resources import MODIFIED

LIST_LIMIT, SEARCH_LIMIT = 100, 200
T = TypeVar("T")
SEARCH_CAP = 10_000
"""A search shows no result beyond this one."""
# Search is fed with delay, and servers' clocks differ.
OVERLAP = timedelta(minutes=5)


class Api(Protocol):
    """What a reader asks of the connector."""

    properties: list[str]

    def page(self, **params: str) -> Answer:
        """A page of the objects."""

    def search(self, body: Mapping[str, Any]) -> Answer:
        """A page of a search."""

    def listed(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of the list, complete."""

    def found(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of a search, complete."""


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    phase: list (everything), search (what changed) or bin. page: token of the next page of list and bin. since: search
    from this instant on; offset: how many of its results were read; beyond: instead, all of this very instant whose id
    is greater. high: latest change seen; mark: the provider's time when the pass began; binned: of the bin, what came
    into it since.
    """

    phase: Literal["list", "search", "bin"] = "list"
    page: str = ""
    since: str = ""
    offset: int = 0
    beyond: str = ""
    high: str = ""
    mark: str = ""
    binned: str = ""


class Reader:
    """Reads one resource; size: records per page."""

    def __init__(self, api: Api, resource: Resource, size: int, filters: Mapping[str, str]) -> None:
        if filters:
            raise Misconfigured(
                f"HubSpot ne sait pas filtrer « {resource.label} » par {', '.join(sorted(filters))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._api, self._resource, self._size = api, resource, size
        self._modified = MODIFIED[resource.name]

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass."""
        state = State(**cursor) if cursor else State()
        if state.phase == "list":
            yield from self._walk(state, archived=False)
            return
        if state.phase == "search":
            yield from self._search(state)
        yield from self._walk(state, archived=True)

    # The list, and the bin, which is one too

    def _walk(self, state: State, *, archived: bool) -> Iterator[Page]:
        paginator = CursorPage("after", "paging.next.after")
        while True:
            params = {"limit": str(min(self._size, LIST_LIMIT)), "archived": str(archived).lower()}
            answer = self._api.page(**params, **paginator.params(state.page))
            self._note_time(state, answer)
            rows = rows_of(answer.data)
            following = paginator.advance(state.page, answer, len(rows))
            if archived:
                records = [tombstone(raw) for raw in rows if self._is_news(raw, state)]
            else:
                self._note_changes(state, rows)
                records = self._api.listed(rows)
            state.page = following
            yield Page(records, asdict(state) if following else self._next(state), last=not following)
            if not following:
                return

    def _is_news(self, raw: Mapping[str, Any], state: State) -> bool:
        """The bin cannot be asked for a period; what has no time counts as new."""
        moment, since = parse_instant(raw.get("archivedAt")), parse_instant(state.binned)
        return moment is None or since is None or moment >= since

    # Search

    def _search(self, state: State) -> Iterator[Page]:
        while state.phase == "search":
            answer = self._api.search(self._question(state))
            self._note_time(state, answer)
            rows = rows_of(answer.data)
            self._note_changes(state, rows)
            self._advance(state, rows, more=bool(dig(answer.data, "paging.next.after")))
            records = [*self._api.found(rows), *(gone for raw in rows for gone in merged(raw))]
            yield Page(records, asdict(state), last=False)

    def _question(self, state: State) -> dict[str, Any]:
        moment = _millis(state.since)
        if state.beyond:
            filters = [_filter(self._modified, "EQ", moment), _filter("hs_object_id", "GT", state.beyond)]
        else:
            filters = [_filter(self._modified, "GTE", moment)]
        order = "hs_object_id" if state.beyond else self._modified
        return {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
            "properties": self._api.properties,
            "limit": min(self._size, SEARCH_LIMIT),
            "after": str(state.offset),
        }

    def _advance(self, state: State, rows: list[dict[str, Any]], *, more: bool) -> None:
        """The next page starts at the last row's time rather than at a position: rows that change meanwhile move to the
        end, positions would jump over as many others, and a search shows 10,000 results only. Where as many share one
        instant, they are walked by id."""
        if state.beyond:
            self._advance_by_id(state, rows, more=more)
            return
        last = self._changed_at(rows[-1]) if rows else None
        if not more:
            state.phase, state.offset = "bin", 0
        elif last and last > _instant(state.since):
            state.since, state.offset = format_instant(last), 0
        elif state.offset + len(rows) + min(self._size, SEARCH_LIMIT) > SEARCH_CAP:
            state.beyond, state.offset = "0", 0
        else:
            state.offset += len(rows)

    def _advance_by_id(self, state: State, rows: list[dict[str, Any]], *, more: bool) -> None:
        if more and rows:
            state.beyond = str(rows[-1].get("id"))
        else:
            # The next instant that HubSpot can tell from this one.
            state.since = format_instant(_instant(state.since) + timedelta(milliseconds=1))
            state.beyond = ""

    # Watermarks

    def _changed_at(self, raw: Mapping[str, Any]) -> datetime | None:
        found = parse_instant(dig(raw, f"properties.{self._modified}")) or parse_instant(raw.get("updatedAt"))
        return found.replace(microsecond=found.microsecond // 1000 * 1000) if found else None

    def _note_time(self, state: State, answer: Answer) -> None:
        if not state.mark and (now := _server_time(answer.headers.get("Date"))):
            state.mark = format_instant(now)

    def _note_changes(self, state: State, rows: list[dict[str, Any]]) -> None:
        for moment in filter(None, (self._changed_at(raw) for raw in rows)):
            state.high = format_instant(max(moment, _instant(state.high)))

    def _next(self, state: State) -> dict[str, Any]:
        """The pass after this one; never later than this one began: what changed behind its back is seen then."""
        mark = parse_instant(state.mark) or datetime.now(UTC)
        high = min(parse_instant(state.high) or mark, mark)
        following = State(
            phase="search",
            since=format_instant(high - OVERLAP),
            high=state.high,
            binned=format_instant(mark - OVERLAP),
        )
        return asdict(following)


def rows_of(data: Any) -> list[dict[str, Any]]:
    """The list in an answer; Malformed when there is none."""
    found = data.get("results") if isinstance(data, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Malformed(
            "La réponse de HubSpot n’a pas la forme prévue (« results »). Réessayez plus tard; si cela se répète, "
            "prévenez le fournisseur."
        )
    return found


def batches(ids: list[T], size: int = LIST_LIMIT) -> Iterator[list[T]]:
    """The ids, at most so many at once."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def every(ask: Callable[..., Answer]) -> list[dict[str, Any]]:
    """All elements of a list that is asked for by pages."""
    found: list[dict[str, Any]] = []
    paginator, token = CursorPage("after", "paging.next.after"), ""
    while True:
        answer = ask(**paginator.params(token))
        rows = rows_of(answer.data)
        found += rows
        token = paginator.advance(token, answer, len(rows))
        if not token:
            return found


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _millis(text: str) -> str:
    return str(round(_instant(text).timestamp() * 1000))


def _instant(text: str) -> datetime:
    return parse_instant(text) or datetime.fromtimestamp(0, UTC)


def _server_time(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
