"""Reading: what changed since an instant, oldest change first where Square can sort by it.

Square's page cursors live for minutes only: within one pass they are used, between two slices of work the pass goes on
from the time of the last record read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import CursorExpired, Malformed, Misconfigured, RepeatedCursor
from connectors.base.resource import Resource, dig
from connectors.base.rest import format_instant, parse_instant
from connectors.square.codecs import TORONTO
from connectors.square.quirks import SINGULAR, complete, tombstone

Request = Callable[..., Answer]
# What Square lists late: usually half a minute, sometimes a minute or more.
OVERLAP = timedelta(minutes=5)
# Before Square was: without a beginning, a list of payments starts a year ago.
EPOCH = "2009-01-01T00:00:00Z"
EVENTS_MEMORY = timedelta(days=27)
MOST = 100


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this instant on ("" = everything); mark: the provider's time when the pass began, from which the
    next one will start; location: the one that is being read; at: time of the last record read there.
    """

    since: str = ""
    mark: str = ""
    location: str = ""
    at: str = ""


class Reader:
    """Reads one resource. events: whether deletions are looked for among the events."""

    def __init__(
        self, request: Request, resource: Resource, size: int, filters: Mapping[str, str], *, events: bool = False
    ) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Square ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._request, self._resource, self._size, self._events = request, resource, size, events
        try:
            self._first = _midnight(filters["date_from"]) if filters.get("date_from") else ""
            self._last = _midnight(filters["date_to"], 1) if filters.get("date_to") else ""
        except ValueError:
            raise Misconfigured("La période à synchroniser n’est pas faite de dates.", code="bad_filter") from None

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass; it goes on, once, from the last record when Square forgot the page."""
        state = State(**cursor) if cursor else State()
        walks = {"customers": self._customers, "invoices": self._invoices}
        walk = walks.get(self._resource.name, self._by_location)
        try:
            yield from walk(state)
        except CursorExpired:
            yield from walk(state)

    # --- Walks ----------------------------------------------------------------------------------------------------

    def _customers(self, state: State) -> Iterator[Page]:
        """By search in order of creation, as Square cannot sort customers by change; then who was deleted."""
        for found, _, more in self._walk(state, self._ask_customers):
            records = [complete(self._resource, raw) for raw in found]
            if more:
                state.at = _time_of(found, "created_at") or state.at
                yield Page(records, asdict(state), last=False)
            elif not (self._events and state.since):
                yield Page(records, self._next(state), last=True)
            else:
                yield Page(records, asdict(state), last=False)
                gone = [tombstone(one, into) for one, into in deleted(self._request, state.since).items()]
                yield Page(gone, self._next(state), last=True)

    def _ask_customers(self, state: State, token: str) -> Answer:
        narrow = {"updated_at": state.since, "created_at": state.at}
        chosen = {name: {"start_at": since} for name, since in narrow.items() if since}
        query: dict[str, Any] = {"sort": {"field": "CREATED_AT", "order": "ASC"}}
        if chosen:
            query["filter"] = chosen
        body = {"limit": self._size, "query": query, **({"cursor": token} if token else {})}
        return self._request("POST", "v2/customers/search", json=body, repeatable=True)

    def _by_location(self, state: State) -> Iterator[Page]:
        """Payments by location, as without one the list holds the main location only; refunds of all at once."""
        places = locations(self._request) if self._resource.name == "payments" else [""]
        for place in places[places.index(state.location) if state.location in places else 0 :]:
            if place != state.location:
                state.location, state.at = place, ""
            for found, _, more in self._walk(state, self._ask_changed):
                records = [complete(self._resource, raw) for raw in found]
                last = not more and place == places[-1]
                state.at = _time_of(found, "updated_at") or state.at
                yield Page(records, self._next(state) if last else asdict(state), last=last)

    def _ask_changed(self, state: State, token: str) -> Answer:
        params = {
            "updated_at_begin_time": state.at or state.since or EPOCH,
            "begin_time": self._first or EPOCH,
            "sort_field": "UPDATED_AT",
            "sort_order": "ASC",
            "limit": str(self._size),
        }
        more = {"end_time": self._last, "location_id": state.location, "cursor": token}
        params |= {name: value for name, value in more.items() if value}
        return self._request("GET", self._resource.path, params=params)

    def _invoices(self, state: State) -> Iterator[Page]:
        """All of them, as Square has no filter of change; those that did not change are left aside."""
        places = locations(self._request)
        for place in places[places.index(state.location) if state.location in places else 0 :]:
            state.location = place
            for found, _, more in self._walk(state, self._ask_invoices):
                changed = [raw for raw in found if not state.since or str(raw.get("updated_at") or "") >= state.since]
                records = [complete(self._resource, raw) for raw in with_orders(self._request, changed)]
                last = not more and place == places[-1]
                yield Page(records, self._next(state) if last else asdict(state), last=last)

    def _ask_invoices(self, state: State, token: str) -> Answer:
        params = {"location_id": state.location, "limit": str(self._size), **({"cursor": token} if token else {})}
        return self._request("GET", "v2/invoices", params=params)

    def _walk(
        self, state: State, ask: Callable[[State, str], Answer]
    ) -> Iterator[tuple[list[dict[str, Any]], str, bool]]:
        """(records, cursor of the next page, whether there is one), page after page."""
        token, seen = "", {""}
        # A cursor belongs to the very question that it came with, which stays the same for the whole walk.
        asked = State(**asdict(state))
        while True:
            answer = ask(asked, token)
            state.mark = state.mark or server_time(answer)
            found = listed(answer, SINGULAR[self._resource.name] + "s")
            token = str(dig(answer.data, "cursor") or "")
            if token and token in seen:
                raise RepeatedCursor(
                    "Square donne deux fois la même page : la lecture est arrêtée pour ne pas tourner en rond. Les "
                    "pages déjà lues sont conservées. Relancez plus tard; si cela se répète, signalez-le au "
                    "fournisseur."
                )
            seen.add(token)
            yield found, token, bool(token)
            if not token:
                return

    def _next(self, state: State) -> dict[str, Any]:
        """The pass after this one."""
        mark = parse_instant(state.mark) or datetime.now(UTC)
        return asdict(State(since=format_instant(mark - OVERLAP)))


def listed(answer: Answer, name: str) -> list[dict[str, Any]]:
    """The objects of a list; an empty one may come without its member."""
    found = answer.data.get(name, []) if isinstance(answer.data, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Malformed(
            f"La liste reçue de Square n’a pas la forme prévue (« {name} » n’est pas une liste d’objets). Réessayez "
            "plus tard; si cela se répète, prévenez le fournisseur.",
            status=answer.status,
        )
    return found


def fetch(request: Request, resource: Resource, remote_id: str) -> dict[str, Any]:
    """One object by its id, complete; NotFound when it is gone."""
    raw = request("GET", f"{resource.path}/{remote_id}").data.get(SINGULAR[resource.name])
    if resource.name == "invoices" and isinstance(raw, dict):
        [raw] = with_orders(request, [raw])
    return complete(resource, raw)


def with_orders(request: Request, invoices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The invoices with their orders, in one request."""
    wanted = sorted({str(raw["order_id"]) for raw in invoices if raw.get("order_id")})
    if not wanted:
        return invoices
    answer = request("POST", "v2/orders/batch-retrieve", json={"order_ids": wanted}, repeatable=True)
    orders = {str(one.get("id")): one for one in listed(answer, "orders")}
    return [{**raw, "_order": orders.get(str(raw.get("order_id")), {})} for raw in invoices]


def locations(request: Request) -> list[str]:
    """Ids of all locations, closed ones too; Misconfigured when there is none."""
    found = sorted(str(one.get("id")) for one in listed(request("GET", "v2/locations"), "locations"))
    if not found:
        raise Misconfigured("Ce compte Square n’a aucun établissement. Créez-en un chez Square.", code="no_location")
    return found


def deleted(request: Request, since: str) -> dict[str, str]:
    """The customers that were deleted since an instant: id → the one that it was merged into, empty for none."""
    oldest = datetime.now(UTC) - EVENTS_MEMORY
    start = max(parse_instant(since) or oldest, oldest)
    chosen = {"event_types": ["customer.deleted"], "created_at": {"start_at": format_instant(start)}}
    gone: dict[str, str] = {}
    token, seen = "", {""}
    while True:
        body = {"limit": MOST, "query": {"filter": chosen}, **({"cursor": token} if token else {})}
        answer = request("POST", "v2/events", json=body, repeatable=True)
        for event in listed(answer, "events"):
            merge = dig(event, "data.object.event_context.merge") or {}
            ids = [str(one) for one in (dig(event, "data.id"), *(merge.get("from_customer_ids") or [])) if one]
            gone |= dict.fromkeys(ids, str(merge.get("to_customer_id") or ""))
        token = str(dig(answer.data, "cursor") or "")
        if not token or token in seen:
            return gone
        seen.add(token)


def server_time(answer: Answer) -> str:
    """The provider's own time; ours when it does not say."""
    try:
        told = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, TypeError, ValueError):
        told = datetime.now(UTC)
    return format_instant(told if told.tzinfo else told.replace(tzinfo=UTC))


def _time_of(found: list[dict[str, Any]], name: str) -> str:
    return str(found[-1].get(name) or "") if found else ""


def _midnight(text: str, later: int = 0) -> str:
    day = date.fromisoformat(text) + timedelta(days=later)
    return format_instant(datetime.combine(day, time.min, TORONTO))
