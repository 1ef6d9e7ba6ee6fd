"""Reading: SOQL in order of change, page after page, then the list of deletions.

Both tell what was deleted. The query (of everything, the recycle bin too) tells more of it: into which object it was
merged, which the list does not. The list knows what is in no bin any more. It is asked up to the moment when the query
began, so that it never tells of a loser which the query did not name before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import CursorExpired, Malformed, Misconfigured
from connectors.base.paginators import NextLink
from connectors.base.resource import Resource
from connectors.base.rest import format_instant, parse_instant
from connectors.salesforce import errors
from connectors.salesforce.quirks import complete, id18, literal, server_time, tombstone

Get = Callable[..., Answer]
LIVING, EVERYTHING = "query", "queryAll"
SMALLEST_BATCH, LARGEST_BATCH = 200, 2000
# What the provider lists late. Its list of deletions also wants more than a minute between start and end.
OVERLAP = timedelta(minutes=5)


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this instant on ("" = everything); page: address of the next page; at: time of the last row
    read, from which the query starts again should its pages be forgotten; high: latest change seen; mark: the
    provider's time when the pass began; deleted: deletions from this instant on ("" = none are asked for).
    """

    phase: Literal["changes", "deletions"] = "changes"
    since: str = ""
    page: str = ""
    at: str = ""
    high: str = ""
    mark: str = ""
    deleted: str = ""


class Reader:
    """Reads one resource. `get`: a GET below the API's version; fields: what to select; size: records per page."""

    def __init__(
        self, get: Get, resource: Resource, fields: Callable[[], list[str]], size: int, filters: Mapping[str, str]
    ) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Salesforce ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._get, self._resource, self._fields, self._size = get, resource, fields, size
        self._dead: set[str] = set()
        self._period = [
            f"CloseDate {sign} {_day(filters[name])}"
            for name, sign in (("date_from", ">="), ("date_to", "<="))
            if filters.get(name)
        ]

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. Everything is read again when the provider's list of deletions does not reach back to
        the last pass."""
        state = State(**cursor) if cursor else State()
        try:
            yield from self._pass(state)
        except CursorExpired:
            if not state.deleted:
                raise
            yield from self._pass(State())

    def _pass(self, state: State) -> Iterator[Page]:
        if state.phase == "changes":
            yield from self._changes(state)
        if state.phase == "deletions":
            yield from self._deletions(state)

    def _changes(self, state: State) -> Iterator[Page]:
        links = NextLink("nextRecordsUrl")
        while True:
            answer = self._ask(state)
            if answer is None:
                # The pages of this query are forgotten: another query, from the last row that was read.
                state.page, links = "", NextLink("nextRecordsUrl")
                continue
            rows = records_of(answer.data)
            before = asdict(state)
            following = links.advance(state.page, answer, len(rows))
            self._advance(state, rows, answer)
            state.page = following
            yield from self._batches(rows, before, state)
            if not following:
                return
            errors.leave_the_rest(answer)

    def _ask(self, state: State) -> Answer | None:
        """The page that the state names; None when the provider has forgotten it."""
        options = {"Sforce-Query-Options": f"batchSize={max(SMALLEST_BATCH, min(self._size, LARGEST_BATCH))}"}
        if not state.page:
            return self._get(EVERYTHING, params={"q": self._soql(state)}, headers=options)
        try:
            return self._get(state.page, headers=options)
        except CursorExpired:
            return None

    def _batches(self, rows: list[dict[str, Any]], before: dict[str, Any], state: State) -> Iterator[Page]:
        """One answer as pages of at most the wanted size; until its last one, the cursor asks for it again."""
        last_answer = not state.page
        if last_answer and state.deleted:
            state.phase = "deletions"
        parts = [rows[at : at + self._size] for at in range(0, len(rows), self._size)] or [[]]
        for number, part in enumerate(parts, start=1):
            records = [complete(self._resource, raw) for raw in part]
            if number < len(parts):
                yield Page(records, before, last=False)
            elif last_answer and state.phase == "changes":
                yield Page(records, self._next(state), last=True)
            else:
                yield Page(records, asdict(state), last=False)

    def _advance(self, state: State, rows: list[dict[str, Any]], answer: Answer) -> None:
        if not state.mark and (now := server_time(answer.headers.get("Date"))):
            state.mark = format_instant(now)
        for raw in rows:
            if self._resource.is_deleted(raw):
                self._dead.add(id18(str(raw.get("Id") or "")))
            moment = parse_instant(raw.get(self._resource.modified_field))
            if moment:
                state.at = format_instant(moment)
                state.high = max(state.high, state.at, key=lambda text: parse_instant(text) or _never())

    def _soql(self, state: State) -> str:
        conditions = [*self._period]
        lower = parse_instant(state.at) or parse_instant(state.since)
        if lower:
            conditions.insert(0, f"SystemModstamp >= {literal(lower)}")
        return select(self._fields(), self._resource.path, conditions, "ORDER BY SystemModstamp ASC, Id ASC")

    def _deletions(self, state: State) -> Iterator[Page]:
        start = parse_instant(state.deleted) or _never()
        end = parse_instant(state.mark) or datetime.now(UTC)
        params = {"start": _offset_time(start), "end": _offset_time(end)}
        data = self._get(f"sobjects/{self._resource.path}/deleted/", params=params).data
        found = records_of(data, "deletedRecords")
        earliest, covered = (parse_instant(data.get(name)) for name in ("earliestDateAvailable", "latestDateCovered"))
        if earliest and earliest > start:
            raise CursorExpired("Salesforce ne se souvient plus de toutes les suppressions : tout est relu.")
        # What this pass has told already is left out; one that another process goes on with may tell it twice.
        records = [gone for one in found if (gone := tombstone(one)).get("Id") not in self._dead]
        parts = [records[at : at + self._size] for at in range(0, len(records), self._size)] or [[]]
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            yield Page(part, self._next(state, covered) if last else asdict(state), last=last)

    def _next(self, state: State, covered: datetime | None = None) -> dict[str, Any]:
        """The pass after this one."""
        mark = parse_instant(state.mark)
        # Never later than this pass began: what changed behind its back is seen by the next one.
        high = min(filter(None, (parse_instant(state.high), mark)), default=None)
        known = min(filter(None, (covered, mark)), default=None)
        return asdict(
            State(
                since=format_instant(high - OVERLAP) if high else state.since,
                high=state.high,
                deleted=format_instant(known - OVERLAP) if known else state.deleted,
            )
        )


def select(fields: list[str], entity: str, conditions: list[str], more: str = "") -> str:
    """A query; values in the conditions by quoted() or literal()."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # Not SQL: the provider's query language.
    return f"SELECT {', '.join(fields)} FROM {entity}{where} {more}".rstrip()  # noqa: S608


def conditions(resource: Resource, keys: Mapping[str, str]) -> list[str]:
    """What finds the objects that carry these values."""
    if not keys or set(keys) - set(resource.lookup_fields):
        raise Misconfigured(
            f"Salesforce ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    return [f"{name} = {quoted(value)}" for name, value in keys.items()]


def quoted(value: str) -> str:
    """A text as SOQL writes it."""
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def records_of(data: Any, name: str = "records") -> list[dict[str, Any]]:
    """The list in an answer; Malformed when there is none."""
    found = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Malformed(
            f"La réponse de Salesforce n’a pas la forme prévue (« {name} »). Réessayez plus tard; si cela se répète, "
            "prévenez le fournisseur."
        )
    return found


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Misconfigured(
            f"« {text} » n’est pas une date (AAAA-MM-JJ). Corrigez les filtres de l’intégration.", code="bad_filter"
        ) from None


def _offset_time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _never() -> datetime:
    return datetime.fromtimestamp(0, UTC)
