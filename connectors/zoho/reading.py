"""Reading: what changed, oldest first, then what was deleted since.

Zoho's page tokens end after 24 hours and after 100,000 records. As a list is in order of change, it then starts again
at the last change seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import CursorExpired, Malformed, Misconfigured, RepeatedCursor
from connectors.base.resource import Resource
from connectors.base.rest import parse_instant
from connectors.zoho.quirks import complete, tombstone
from connectors.zoho.settings import Settings

Get = Callable[..., Answer]
OVERLAP = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: this pass wants what changed after this instant ("" = everything); mark: the provider's time when the pass
    began; stage, page: list and page to read next (a number, or a token); lower: changes after this instant are being
    listed (`since`, or further when the list had to start again); high: latest change seen.
    """

    since: str = ""
    mark: str = ""
    stage: Literal["changed", "deleted"] = "changed"
    page: str = ""
    lower: str = ""
    high: str = ""


@dataclass
class Reader:
    """Reads one resource. `get`: a GET below the API's address; size: objects per page; fields: names to ask for."""

    get: Get
    resource: Resource
    size: int
    fields: str
    settings: Settings

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass, one request each."""
        state = State(**cursor) if cursor else State()
        state.lower = state.lower or state.since
        seen: set[str] = set()
        while True:
            answer = self._changed(state) if state.stage == "changed" else self._deleted(state)
            state.mark = state.mark or _time(answer)
            rows = rows_of(answer)
            following = _following(answer, state.page)
            if state.stage == "changed":
                records = [complete(self.resource, raw, self.settings) for raw in rows]
                _note(state, rows)
            else:
                records = [tombstone(raw) for raw in rows]
            if following:
                _refuse_loop(seen, following)
                state.page = following
            elif state.stage == "changed" and state.since:
                # Of what was deleted before the first pass nobody knows here.
                state.stage, state.page = "deleted", ""
            else:
                yield Page(records, asdict(_next(state)), last=True)
                return
            yield Page(records, asdict(state), last=False)

    def _changed(self, state: State) -> Answer:
        try:
            return self._list(state)
        except CursorExpired:
            high = parse_instant(state.high)
            lower = instant(high - SECOND) if high else state.since
            if not state.page or (high and lower == state.lower):
                raise
            # Those of the last second are read again, as the list may have been cut among them.
            state.page, state.lower = "", lower
            return self._list(state)

    def _list(self, state: State) -> Answer:
        params = {"fields": self.fields, "sort_by": "Modified_Time", "sort_order": "asc"}
        return self._get(self.resource.path, params, state.page, state.lower)

    def _deleted(self, state: State) -> Answer:
        path, params = f"{self.resource.path}/deleted", {"type": "all"}
        try:
            return self._get(path, params, state.page, state.since)
        except CursorExpired:
            if not state.page:
                raise
            state.page = ""
            return self._get(path, params, "", state.since)

    def _get(self, path: str, params: Mapping[str, str], page: str, since: str) -> Answer:
        # Never both: a token says which page it is.
        place = {"page": page or "1"} if page.isdigit() or not page else {"page_token": page}
        headers = {"If-Modified-Since": since} if since else {}
        return self.get(path, {**params, **place, "per_page": str(self.size)}, headers)


def _following(answer: Answer, page: str) -> str:
    """Token of the page that follows, or its number where there is no token; empty after the last one."""
    info = answer.data.get("info") if isinstance(answer.data, Mapping) else None
    if not isinstance(info, Mapping) or info.get("more_records") is not True:
        return ""
    return str(info.get("next_page_token") or int(page if page.isdigit() else 1) + 1)


def _refuse_loop(seen: set[str], following: str) -> None:
    if following in seen:
        raise RepeatedCursor(
            "Zoho donne deux fois la même page : la lecture est arrêtée pour ne pas tourner en rond. Relancez plus "
            "tard; si cela se répète, signalez-le au fournisseur."
        )
    seen.add(following)


def _note(state: State, rows: list[dict[str, Any]]) -> None:
    moments = [moment for raw in rows if (moment := parse_instant(raw.get("Modified_Time")))]
    known = parse_instant(state.high)
    if moments:
        state.high = instant(max([*moments, known] if known else moments))


def _next(state: State) -> State:
    """Where the next pass starts: at the provider's time when this one began, else at the last change seen."""
    mark = parse_instant(state.mark) or parse_instant(state.high)
    return State(since=instant(mark - OVERLAP) if mark else state.since)


def instant(moment: datetime) -> str:
    """ISO with an offset and without a fraction, as Zoho wants it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _time(answer: Answer) -> str:
    """The provider's time, of its answer; empty when it does not say."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return ""
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The objects of a list; 204 (none) and 304 (none since) have no body."""
    if answer.data is None and answer.status in (204, 304):
        return []
    rows = answer.data.get("data") if isinstance(answer.data, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(raw, dict) for raw in rows):
        raise Malformed(
            "La liste reçue de Zoho n’a pas la forme prévue (« data » n’est pas une liste d’objets). Réessayez plus "
            "tard; si cela se répète, prévenez le fournisseur."
        )
    return rows


def refuse_filters(label: str, resource: Resource, filters: Mapping[str, str]) -> None:
    """Misconfigured when there are any: a list of Zoho takes none."""
    if filters:
        raise Misconfigured(
            f"{label} ne sait pas filtrer « {resource.label} » par {', '.join(sorted(filters))}. Corrigez les filtres "
            "de l’intégration.",
            code="bad_filter",
        )
