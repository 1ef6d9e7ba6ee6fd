"""Reading: first what lives, page by page; then, at every further pass, what was deleted too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource
from connectors.base.rest import format_instant, parse_instant
from connectors.freshbooks.quirks import EASTERN, amount, complete, instant, is_deleted

Get = Callable[..., Answer]
# What is listed late, and what the servers' clocks differ by.
OVERLAP = timedelta(minutes=5)
PER_PAGE = 100
SORTS = {"clients": "updated_desc", "invoices": "invoice_date_asc"}
"""Orders in which a row that changes meanwhile makes none slip by: to the front, or by what rarely changes."""
DATE_FIELDS = {"invoices": "create_date", "payments": "date"}


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this instant on ("" = everything); deleted: whether the deleted ones are being read; page: the
    one to read next; total: rows at the last page; mark: the provider's time when the pass began, from which the next
    one will start.
    """

    since: str = ""
    deleted: bool = False
    page: int = 1
    total: int = 0
    mark: str = ""


class Reader:
    """Reads one resource. `get`: a GET below the account's address; size: records per page."""

    def __init__(self, get: Get, resource: Resource, size: int, filters: Mapping[str, str]) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"FreshBooks ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        self._get, self._resource, self._size = get, resource, size
        self._first, self._last = filters.get("date_from", ""), filters.get("date_to", "")

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. The provider filters by whole days: what is older than the last pass is left out."""
        state = State(**cursor) if cursor else State()
        while True:
            answer = self._get(self._resource.path, **self._params(state))
            rows, pages, total = rows_of(self._resource, answer.data)
            state.mark = state.mark or _time(answer)
            records = [complete(self._resource, raw) for raw in rows if self._wanted(raw, state)]
            shrunk = state.page > 1 and total < state.total
            done = state.page >= pages and not shrunk
            if done and (state.deleted or not state.since):
                yield Page(records, asdict(State(since=self._next(state))), last=True)
                return
            if done:
                state.deleted, state.page, state.total = True, 1, 0
            else:
                # Where rows were deleted meanwhile, later ones moved up onto the page that was read before.
                state.page += -1 if shrunk else 1
                state.total = total
            yield Page(records, asdict(state), last=False)

    def _params(self, state: State) -> dict[str, str]:
        params = {"page": str(state.page), "per_page": str(self._size)}
        if self._resource.name in SORTS:
            params["sort"] = SORTS[self._resource.name]
        if self._resource.name == "invoices":
            params["include[]"] = "lines"
        if state.since:
            day = datetime.fromisoformat(state.since).astimezone(EASTERN).date() - timedelta(days=1)
            params["search[updated_min]"] = day.isoformat()
        if state.deleted:
            params["search[vis_state]"] = "1"
        for name, value in (("date_min", self._first), ("date_max", self._last)):
            if value:
                params[f"search[{name}]"] = value
        return params

    def _wanted(self, raw: Mapping[str, Any], state: State) -> bool:
        """Filters that the provider does not know are ignored by it: look again."""
        moment = instant(raw.get("updated"))
        if state.since and moment and moment < datetime.fromisoformat(state.since):
            return False
        date = raw.get(DATE_FIELDS.get(self._resource.name, ""))
        if not isinstance(date, str) or is_deleted(raw):
            return True
        return (not self._first or date >= self._first) and (not self._last or date <= self._last)

    def _next(self, state: State) -> str:
        """From when the pass after this one reads."""
        return format_instant((parse_instant(state.mark) or datetime.now(UTC)) - OVERLAP)


def lookup(get: Get, resource: Resource, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Live objects that carry this value. FreshBooks ignores filters that it does not know and then gives everything:
    each row is compared on our side."""
    if len(keys) != 1 or not set(keys) <= set(resource.lookup_fields):
        raise Misconfigured(
            f"FreshBooks ne sait pas chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="bad_lookup",
        )
    [(field, value)] = keys.items()
    if field == "invoice_number":
        found = read_all(get, resource, **{"search[invoice_number]": value})
        return [raw for raw in found if raw.get("invoice_number") == value and not is_deleted(raw)]
    if "|" not in value:
        return []
    name, first = _FIRST[resource.name], value.partition("|")[0]
    if resource.name == "clients" and not first:
        # Without an address, by the organization.
        name, first = "organization_like", value.split("|")[1]
    if not first:
        return []
    found = read_all(get, resource, **{f"search[{name}]": first})
    return [raw for raw in found if twin_of(resource, raw) == value and not is_deleted(raw)]


# By what a twin is searched: the first part of its text.
_FIRST = {"clients": "email", "invoices": "customerid", "payments": "invoiceid"}


def twin_of(resource: Resource, raw: Mapping[str, Any]) -> str:
    """What tells an object from others where it has no number of its own."""
    if resource.name == "clients":
        parts = [raw.get("email"), raw.get("organization"), raw.get("fname"), raw.get("lname")]
    elif resource.name == "invoices":
        net = sum(amount(line.get("qty")) * amount(line.get("unit_cost")) for line in raw.get("lines") or [])
        parts = [raw.get("customerid"), raw.get("create_date"), f"{net:.2f}", raw.get("po_number")]
    else:
        parts = [raw.get("invoiceid"), raw.get("date"), f"{amount(raw.get('amount')):.2f}", raw.get("note")]
    return "|".join(str(part or "") for part in parts)


def read_all(get: Get, resource: Resource, **params: str) -> list[dict[str, Any]]:
    """Every row that a search lets through."""
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        lines = {"include[]": "lines"} if resource.name == "invoices" else {}
        data = get(resource.path, page=str(page), per_page=str(PER_PAGE), **lines, **params).data
        rows, pages, _ = rows_of(resource, data)
        found += [complete(resource, raw) for raw in rows]
        if page >= pages:
            return found
        page += 1


def rows_of(resource: Resource, data: Any) -> tuple[list[dict[str, Any]], int, int]:
    """Rows, number of pages and number of rows of a list."""
    return listed(data, resource.path.rpartition("/")[2])


def listed(data: Any, name: str) -> tuple[list[dict[str, Any]], int, int]:
    """The same of any list; Malformed when it is none."""
    result = result_of(data)
    rows = result.get(name)
    pages, total = result.get("pages", 1), result.get("total", 0)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unexpected(name)
    if not isinstance(pages, int) or not isinstance(total, int):
        raise _unexpected(name)
    return rows, pages, total


def result_of(data: Any) -> Mapping[str, Any]:
    """What stands in `response.result`."""
    response = data.get("response") if isinstance(data, Mapping) else None
    result = response.get("result") if isinstance(response, Mapping) else None
    if not isinstance(result, Mapping):
        raise _unexpected("response.result")
    return result


def _time(answer: Answer) -> str:
    """The provider's clock, by the Date header."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return ""
    return format_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _unexpected(name: str) -> Malformed:
    return Malformed(
        f"La réponse de FreshBooks n’a pas la forme prévue (« {name} »). Réessayez plus tard; si cela se répète, "
        "prévenez le fournisseur."
    )
