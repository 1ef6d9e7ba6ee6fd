"""Reading: first everything by list, newest first, then what changed by the feed of events, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import CursorExpired, Malformed, Misconfigured, NotFound, RepeatedCursor
from connectors.base.resource import Resource, dig
from connectors.stripe.money import first_second, last_second
from connectors.stripe.quirks import complete, is_payment, lines_of, reference_id

Get = Callable[..., Answer]
MEMORY = timedelta(days=29)
"""How far back the feed surely reaches; Stripe says 30 days."""
OVERLAP = 300
MOST_EVENTS = 50
"""Events of one page: each changed object is one more request."""
MOST_SEEN = 500

EVENTS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer.created", "customer.updated", "customer.deleted"),
    "invoices": (
        "invoice.created", "invoice.finalized", "invoice.sent", "invoice.updated", "invoice.paid",
        "invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible", "invoice.deleted",
    ),
    "payments": (
        "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled",
        "payment_intent.processing", "charge.succeeded", "charge.failed", "charge.refunded", "charge.refund.updated",
        "refund.created", "refund.updated",
    ),
    "refunds": ("refund.created", "refund.updated", "charge.refund.updated", "charge.refunded"),
}  # fmt: skip
EXPAND: Mapping[str, tuple[str, ...]] = {"payments": ("latest_charge.balance_transaction",)}
OBJECTS = {"customers": "customer", "invoices": "invoice", "payments": "payment_intent", "refunds": "refund"}


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    mode: "list" or "events"; after: id of the last object of the list, or of the last event done in this pass; since:
    Unix seconds from which events are asked for; mark: the provider's time when the pass began, from which the next one
    will start; seen: events of the overlap that are done.
    """

    mode: Literal["list", "events"] = "list"
    after: str = ""
    since: int = 0
    mark: int = 0
    seen: list[str] = field(default_factory=list)


class Reader:
    """Reads one resource. `get`: a GET below /v1; judge: looks at the mode of every object; size: records per page."""

    def __init__(
        self, get: Get, resource: Resource, size: int, filters: Mapping[str, str], judge: Callable[[Any], None]
    ) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Stripe ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._get, self._resource, self._size, self._judge = get, resource, size, judge
        try:
            self._first = first_second(filters["date_from"]) if filters.get("date_from") else None
            self._last = last_second(filters["date_to"]) if filters.get("date_to") else None
        except ValueError:
            raise Misconfigured("La période à synchroniser n’est pas faite de dates.", code="bad_filter") from None

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. The pass starts again, once, when the place that it had come to is gone."""
        state = State(**cursor) if cursor else State()
        if state.mode == "events" and self._forgotten(state.since):
            state = State()
        walk = self._events if state.mode == "events" else self._list
        try:
            yield from walk(state)
        except CursorExpired:
            if not state.after:
                raise
            state.after = ""
            yield from walk(state)

    def _forgotten(self, since: int) -> bool:
        return datetime.fromtimestamp(since, UTC) < datetime.now(UTC) - MEMORY

    # --- Everything -----------------------------------------------------------------------------------------------

    def _list(self, state: State) -> Iterator[Page]:
        params = {"limit": str(self._size), **self._period()}
        for place, path in enumerate(EXPAND.get(self._resource.name, ())):
            params[f"expand[{place}]"] = f"data.{path}"
        while True:
            answer = self._get(
                self._resource.path, **params, **({"starting_after": state.after} if state.after else {})
            )
            state.mark = state.mark or server_time(answer)
            found, more = listed(answer)
            if more:
                state.after = _advanced(state.after, found)
            records = [record for raw in found if (record := self._record(raw))]
            yield Page(records, asdict(state) if more else self._next(state.mark), last=not more)
            if not more:
                return

    def _period(self) -> dict[str, str]:
        bounds = {"created[gte]": self._first, "created[lte]": self._last}
        return {name: str(value) for name, value in bounds.items() if value is not None}

    def _record(self, raw: dict[str, Any]) -> dict[str, Any] | None:
        """The object as it is kept, None when it is none of ours."""
        self._judge(raw.get("livemode"))
        if self._resource.name == "payments" and not is_payment(raw):
            return None
        return complete(self._resource, all_lines(self._get, raw) if self._resource.name == "invoices" else raw)

    # --- What changed ---------------------------------------------------------------------------------------------

    def _events(self, state: State) -> Iterator[Page]:
        """Oldest first. The feed is newest first: when it does not fit in one page its oldest event is looked for, and
        pages are then walked from there."""
        found, more = self._feed(state, state.after)
        if not state.after and more:
            state.after = self._oldest(state)
            found, more = [*self._feed_of(state.after), *self._feed(state, state.after)[0]], True
        while True:
            events = [event for event in found if event["id"] not in state.seen]
            records = [record for one in self._changed(events) for record in self._read(one)]
            if found:
                state.after = str(found[-1]["id"])
            state.seen = [*state.seen, *(str(event["id"]) for event in events)]
            if not more:
                yield Page(records, self._next(state.mark, state.seen), last=True)
                return
            state.seen = state.seen[-MOST_SEEN:]
            yield Page(records, asdict(state), last=False)
            found, more = self._feed(state, state.after)

    def _feed(self, state: State, after: str, **params: str) -> tuple[list[dict[str, Any]], bool]:
        """A page of events, oldest first: just newer than `after`, else the newest; and whether more follow."""
        size = min(self._size, MOST_EVENTS)
        asked = {"limit": str(size), "created[gte]": str(state.since), **params}
        for place, kind in enumerate(EVENTS[self._resource.name]):
            asked[f"types[{place}]"] = kind
        answer = self._get("events", **asked, **({"ending_before": after} if after else {}))
        state.mark = state.mark or server_time(answer)
        found, more = listed(answer)
        return found[::-1], more

    def _feed_of(self, event_id: str) -> list[dict[str, Any]]:
        return [self._get(f"events/{event_id}").data]

    def _oldest(self, state: State) -> str:
        """The oldest event since `state.since`."""
        last, more = "", True
        seen: set[str] = set()
        while more:
            found, more = self._feed(state, "", limit="100", **({"starting_after": last} if last else {}))
            if not found:
                break
            last = str(found[0]["id"])
            if last in seen:
                raise _repeated()
            seen.add(last)
        return last

    def _changed(self, events: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """(kind, id) of what the events are about, each once, at the place of its last event."""
        found: dict[tuple[str, str], None] = {}
        for event in events:
            key = self._target(dig(event, "data.object"))
            if key:
                found.pop(key, None)
                found[key] = None
        return list(found)

    def _target(self, told: Any) -> tuple[str, str] | None:
        kind, own = dig(told, "object"), OBJECTS[self._resource.name]
        if kind == own:
            return own, str(told["id"])
        if own == "payment_intent" and (intent := reference_id(dig(told, "payment_intent"))):
            return own, str(intent)
        if own == "refund" and kind == "charge":
            return "charge", str(told["id"])
        return None

    def _read(self, target: tuple[str, str]) -> list[dict[str, Any]]:
        """The present state of what an event was about: an event's own copy may be old, and in another version."""
        kind, remote_id = target
        if kind == "charge":
            found, _ = listed(self._get("refunds", charge=remote_id, limit="100"))
        else:
            found = [self._present(kind, remote_id)]
        return [record for raw in found if self._in_period(raw) and (record := self._record(raw))]

    def _present(self, kind: str, remote_id: str) -> dict[str, Any]:
        try:
            return fetch(self._get, self._resource, remote_id)
        except NotFound:
            return {"id": remote_id, "object": kind, "deleted": True}

    def _in_period(self, raw: Mapping[str, Any]) -> bool:
        created = raw.get("created")
        if not isinstance(created, int):
            return True
        return (self._first is None or created >= self._first) and (self._last is None or created <= self._last)

    def _next(self, mark: int, seen: list[str] | None = None) -> dict[str, Any]:
        """The pass after this one: it starts a little before this one began, and knows what is done since then."""
        since = max((mark or int(datetime.now(UTC).timestamp())) - OVERLAP, 0)
        return asdict(State(mode="events", since=since, seen=(seen or [])[-MOST_SEEN:]))


def listed(answer: Answer) -> tuple[list[dict[str, Any]], bool]:
    """The objects of a list, and whether there are more."""
    data = dig(answer.data, "data")
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise Malformed(
            "La liste reçue de Stripe n’a pas la forme prévue (« data » n’est pas une liste d’objets). Réessayez plus "
            "tard; si cela se répète, prévenez le fournisseur.",
            status=answer.status,
        )
    more = bool(dig(answer.data, "has_more"))
    return data, more and bool(data)


def fetch(get: Get, resource: Resource, remote_id: str) -> dict[str, Any]:
    """One object by its id, not completed; that of a deleted customer says so."""
    params = {f"expand[{place}]": path for place, path in enumerate(EXPAND.get(resource.name, ()))}
    data: dict[str, Any] = get(f"{resource.path}/{remote_id}", **params).data
    return data


def all_lines(get: Get, invoice: dict[str, Any]) -> dict[str, Any]:
    """The invoice with all its lines: an object carries the first ones only."""
    lines = lines_of(invoice)
    more = bool(dig(invoice, "lines.has_more"))
    while more and lines:
        after = str(lines[-1]["id"])
        found, more = listed(get(f"invoices/{invoice['id']}/lines", limit="100", starting_after=after))
        if any(one["id"] == after for one in found):
            raise _repeated()
        lines = [*lines, *found]
    whole = {**(invoice.get("lines") or {}), "data": lines, "has_more": False}
    return {**invoice, "lines": whole} if lines else invoice


def server_time(answer: Answer) -> int:
    """The provider's own time, Unix seconds; ours when it does not say."""
    try:
        told = parsedate_to_datetime(answer.headers["Date"])
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
    except (KeyError, TypeError, ValueError):
        return int(datetime.now(UTC).timestamp())


def _advanced(after: str, found: list[dict[str, Any]]) -> str:
    last = str(found[-1].get("id") or "")
    if last in ("", after):
        raise _repeated()
    return last


def _repeated() -> RepeatedCursor:
    return RepeatedCursor(
        "Stripe donne deux fois la même page : la lecture est arrêtée pour ne pas tourner en rond. Les pages déjà lues "
        "sont conservées. Relancez plus tard; si cela se répète, signalez-le au fournisseur."
    )
