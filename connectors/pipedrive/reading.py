"""Reading: what changed, and from time to time every id, as deletions of persons and organisations are not listed.

A pass has stages, each a list: changed objects, then (on the first pass, and again after `sweep_hours`) all of them.
The first pass is a sweep that knows nothing yet. A later sweep takes in only what is new to it, and tells which of the
known ids are gone. The next pass starts at the provider's time when this one began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured, Rejected
from connectors.base.paginators import CursorPage
from connectors.base.resource import Resource
from connectors.base.rest import parse_instant
from connectors.pipedrive import ids
from connectors.pipedrive.quirks import complete, is_deleted

Get = Callable[..., Answer]
OVERLAP = timedelta(minutes=2)
# A deleted deal is listed for 30 days.
DELETED_LISTED = timedelta(days=29)
MANY_IDS = 100
ARCHIVED = ("deals",)


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: this pass wants changes from this instant on ("" = everything); mark: the provider's time when the pass
    began; sweep: whether it reads all ids too; stage, page: list and cursor of the page to read next; known: ids that
    live at the provider (packed); seen: those that this sweep has met; swept_at: when the last sweep began.
    """

    since: str = ""
    mark: str = ""
    sweep: bool = False
    stage: int = 0
    page: str = ""
    known: str = ""
    seen: str = ""
    swept_at: str = ""


@dataclass(frozen=True)
class Stage:
    """One list of a pass. whole: it lists everything that lives there, so that what is missing is gone."""

    path: str
    params: Mapping[str, str]
    whole: bool


@dataclass
class Reader:
    """Reads one resource. `get`: a GET below the API's address; size: objects per page."""

    get: Get
    resource: Resource
    size: int
    sweep_every: timedelta
    reference_field: str = ""

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass, one request each."""
        state = State(**cursor) if cursor else State()
        if not state.mark:
            state.sweep = self._is_sweep_due(state)
        stages = self._stages(state)
        paginator = CursorPage("cursor", "additional_data.next_cursor")
        while True:
            stage = stages[state.stage]
            answer = self._list(stage, state, paginator)
            state.mark = state.mark or _time(answer) or state.since
            read = rows(answer.data)
            following = paginator.advance(state.page, answer, len(read))
            records = self._take(state, stage, read)
            if following:
                state.page = following
            elif state.stage + 1 < len(stages):
                state.stage, state.page = state.stage + 1, ""
                paginator = CursorPage("cursor", "additional_data.next_cursor")
            else:
                records += self._gone(state) if state.sweep else []
                yield Page(records, asdict(_next(state)), last=True)
                return
            yield Page(records, asdict(state), last=False)

    def _is_sweep_due(self, state: State) -> bool:
        since, swept = parse_instant(state.since), parse_instant(state.swept_at)
        now = datetime.now(UTC)
        return not since or not swept or now - swept >= self.sweep_every or now - since >= DELETED_LISTED

    def _stages(self, state: State) -> list[Stage]:
        paths = self._paths()
        changed = {"updated_since": state.since, "sort_by": "update_time", "sort_direction": "asc"}
        whole = {"sort_by": "id", "sort_direction": "asc"}
        stages = []
        if state.since:
            # Deleted deals are left out unless they are asked for.
            status = {"status": "open,won,lost,deleted"} if self.resource.name in ARCHIVED else {}
            stages += [Stage(one, {**changed, **status}, whole=False) for one in paths]
        return stages + ([Stage(one, whole, whole=True) for one in paths] if state.sweep else [])

    def _paths(self) -> list[str]:
        """Archived deals are a list of their own."""
        path = self.resource.path
        return [path, f"{path}/archived"] if self.resource.name in ARCHIVED else [path]

    def _list(self, stage: Stage, state: State, paginator: CursorPage) -> Answer:
        params = {"limit": str(self.size), **stage.params}
        try:
            return self.get(stage.path, **params, **paginator.params(state.page))
        except Rejected:
            if not state.page:
                raise
            # A cursor that is no longer accepted: this list starts again, once.
            state.page = ""
            return self.get(stage.path, **params)

    def _take(self, state: State, stage: Stage, read: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The objects of a page that are worth storing; notes which ids live."""
        known = ids.unpack(state.known)
        alive = {_id(raw) for raw in read if not is_deleted(raw)}
        dead = {_id(raw) for raw in read if is_deleted(raw)}
        if stage.whole:
            state.seen = ids.pack(ids.unpack(state.seen) | alive)
            read = [raw for raw in read if _id(raw) not in known]
        else:
            state.known = ids.pack((known | alive) - dead)
        return [complete(self.resource, raw, self.reference_field) for raw in read]

    def _gone(self, state: State) -> list[dict[str, Any]]:
        """Tombstones of the known ids that no list showed; each is asked for by its id first."""
        known, seen = ids.unpack(state.known), ids.unpack(state.seen)
        doubtful = sorted(known - seen)
        found: list[dict[str, Any]] = []
        for start in range(0, len(doubtful), MANY_IDS):
            some = ",".join(map(str, doubtful[start : start + MANY_IDS]))
            for path in self._paths():
                found += rows(self.get(path, ids=some, limit=str(MANY_IDS)).data)
        alive = {_id(raw): raw for raw in found if not is_deleted(raw)}
        state.seen = ids.pack(seen | alive.keys())
        records = [complete(self.resource, raw, self.reference_field) for raw in alive.values()]
        return records + [{"id": one, "is_deleted": True} for one in doubtful if one not in alive]


def refuse_filters(label: str, resource: Resource, filters: Mapping[str, str]) -> None:
    """Misconfigured when there are any: a saved filter of Pipedrive would switch the others off."""
    if filters:
        raise Misconfigured(
            f"{label} ne sait pas filtrer « {resource.label} » par {', '.join(sorted(filters))}. Corrigez les filtres "
            "de l’intégration.",
            code="bad_filter",
        )


def _next(state: State) -> State:
    """Where the next pass starts."""
    mark = parse_instant(state.mark)
    since = instant(mark - OVERLAP) if mark else state.since
    if not state.sweep:
        return replace(state, since=since, mark="", stage=0, page="")
    return State(since=since, known=state.seen, swept_at=state.mark or instant(datetime.now(UTC)))


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC without a fraction, as Pipedrive wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(answer: Answer) -> str:
    """The provider's time, of its answer; empty when it does not say."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return ""
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def rows(data: Any) -> list[dict[str, Any]]:
    """The objects of a list; `null` is an empty one."""
    listed = data.get("data", []) if isinstance(data, Mapping) else None
    listed = [] if listed is None and isinstance(data, Mapping) else listed
    if not isinstance(listed, list) or not all(isinstance(raw, dict) for raw in listed):
        raise Malformed(
            "La liste reçue de Pipedrive n’a pas la forme prévue (« data » n’est pas une liste d’objets). Réessayez "
            "plus tard; si cela se répète, prévenez le fournisseur."
        )
    return listed


def _id(raw: Mapping[str, Any]) -> int:
    """The id, 0 when there is none: the object itself is then refused where it is read."""
    found = raw.get("id")
    return found if isinstance(found, int) else 0


def sweep_period(config: Mapping[str, str]) -> timedelta:
    """How often all ids are read; Misconfigured when the setting is no number of hours."""
    text = config.get("sweep_hours", "").strip() or "24"
    if not (text.isascii() and text.isdigit()):
        raise Misconfigured(
            "« Recherche des suppressions » doit être un nombre d’heures. Corrigez-le dans les options avancées.",
            code="bad_setting",
        )
    return timedelta(hours=int(text))
