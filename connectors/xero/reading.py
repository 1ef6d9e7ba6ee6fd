"""Reading: pages in order of change, from the last change that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base.classify import Answer
from connectors.base.connector import Page
from connectors.base.errors import Malformed, Misconfigured
from connectors.base.resource import Resource
from connectors.base.rest import parse_instant
from connectors.xero.lines import ID
from connectors.xero.quirks import TYPES, Rates, amount, complete, day, instant, is_of

Get = Callable[..., Answer]
# What is listed late, and what the servers' clocks differ by.
OVERLAP = timedelta(minutes=5)
WHERE = {
    **{name: f'Type=="{kind}"' for name, kind in TYPES.items()},
    "payments": 'PaymentType=="ACCRECPAYMENT"',
}


@dataclass
class State:
    """How far a resource has been read; saved as JSON with each page.

    since: changes from this instant on ("" = everything); page: which page of those; mark: the provider's time when the
    pass began, from which the next one will start.
    """

    since: str = ""
    page: int = 1
    mark: str = ""


class Reader:
    """Reads one resource. `get`: a GET below the API's address; rates: asked for once, at the first page."""

    def __init__(
        self, get: Get, resource: Resource, size: int, filters: Mapping[str, str], rates: Callable[[], Rates]
    ) -> None:
        unknown = set(filters) - set(resource.filters)
        if unknown:
            raise Misconfigured(
                f"Xero ne sait pas filtrer « {resource.label} » par {', '.join(sorted(unknown))}. Corrigez les filtres "
                "de l’intégration.",
                code="bad_filter",
            )
        self._get, self._resource, self._size, self._rates = get, resource, size, rates
        self._where = where(resource.name, filters)

    def pages(self, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """The pages of this pass. Rows of the second at which a page ended may come twice."""
        state = State(**cursor) if cursor else State()
        rates: Rates | None = None
        while True:
            data = self._answer(state)
            rows = rows_of(data, self._resource.path)
            rates = self._rates() if rates is None else rates
            state.mark = state.mark or _time(data)
            left_out = self._resource.left_out or (lambda raw: False)
            records = [complete(self._resource, raw, rates) for raw in rows if not left_out(raw)]
            last = len(rows) < self._size or state.page >= _page_count(data)
            if last:
                yield Page(records, self._next(state), last=True)
                return
            self._advance(state, rows)
            yield Page(records, asdict(state), last=False)

    def _answer(self, state: State) -> Any:
        params = {"page": str(state.page), "pageSize": str(self._size), "order": "UpdatedDateUTC ASC"}
        if self._where:
            params["where"] = self._where
        if self._resource.name == "contacts":
            params["includeArchived"] = "true"
        elif self._resource.path == "Invoices":
            params["unitdp"] = "4"
        headers = {"If-Modified-Since": state.since} if state.since else {}
        return self._get(self._resource.path, headers=headers, **params).data

    def _advance(self, state: State, rows: list[dict[str, Any]]) -> None:
        """The next page starts at the last row's time rather than at a page number: rows that change meanwhile move to
        the end of the list, and a page number would jump over as many others."""
        latest = instant(rows[-1].get("UpdatedDateUTC"))
        since = _header(latest - timedelta(seconds=1)) if latest else ""
        if since > state.since:
            state.since, state.page = since, 1
        else:
            state.page += 1

    def _next(self, state: State) -> dict[str, Any]:
        """The pass after this one."""
        mark = parse_instant(state.mark) or datetime.now(UTC)
        return asdict(State(since=_header(mark - OVERLAP)))


def where(name: str, filters: Mapping[str, str]) -> str:
    """The filter of a list: what the resource is, and the dates that are wanted."""
    conditions = [WHERE[name]] if name in WHERE else []
    for key, operator in (("date_from", ">="), ("date_to", "<=")):
        if filters.get(key):
            wanted = day(filters[key])
            conditions.append(f"Date{operator}DateTime({wanted:%Y,%m,%d})")
    return " AND ".join(conditions)


def lookup(get: Get, resource: Resource, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Live objects that carry this value, compared once more on our side; raw, as Xero gives them."""
    if len(keys) != 1 or not set(keys) <= set(resource.lookup_fields):
        raise Misconfigured(
            f"Xero ne sait pas chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="bad_lookup",
        )
    [(field, value)] = keys.items()
    if resource.name == "contacts":
        return _contacts(get, field, value)
    if resource.name == "payments":
        return _payments(get, value)
    contact, _, number = value.rpartition("|") if field == "_twin" else ("", "", value)
    params = {"InvoiceNumbers": number, "page": "1", **({"ContactIDs": contact} if contact else {})}
    return [
        raw
        for raw in rows_of(get("Invoices", **params).data, "Invoices")
        if is_of(resource, raw)
        and raw.get("Status") not in ("DELETED", "VOIDED")
        and str(raw.get("InvoiceNumber") or "") == number
        and contact in ("", str((raw.get("Contact") or {}).get("ContactID")))
    ]


def payment_twin(invoice: Any, date: Any, paid: Any, reference: Any) -> str:
    """What tells a payment from others: the invoice, the date, the amount and the reference."""
    return f"{invoice}|{day(date)}|{amount(paid):.2f}|{reference or ''}"


def _contacts(get: Get, field: str, value: str) -> list[dict[str, Any]]:
    if '"' in value:
        # How a quotation mark is written inside a filter is not documented: search by words instead.
        params = {"searchTerm": value.replace('"', " ")}
    else:
        params = {"where": f'{field}=="{value}"'}
    found = rows_of(get("Contacts", page="1", **params).data, "Contacts")
    wanted = value.strip().casefold()
    return [
        raw
        for raw in found
        if raw.get("ContactStatus") == "ACTIVE" and str(raw.get(field) or "").strip().casefold() == wanted
    ]


def _payments(get: Get, twin: str) -> list[dict[str, Any]]:
    invoice = twin.partition("|")[0]
    if not ID.fullmatch(invoice):
        return []
    guid = f'Invoice.InvoiceID==Guid("{invoice}")'
    found = rows_of(get("Payments", page="1", where=guid).data, "Payments")
    return [
        raw
        for raw in found
        if raw.get("Status") == "AUTHORISED"
        and twin == payment_twin(
            (raw.get("Invoice") or {}).get("InvoiceID"), raw.get("Date"), raw.get("Amount"), raw.get("Reference")
        )
    ]  # fmt: skip


def rows_of(data: Any, name: str) -> list[dict[str, Any]]:
    """The rows of an answer; Malformed when there are none of that name."""
    rows = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Malformed(
            f"La réponse de Xero n’a pas la forme prévue (« {name} » n’est pas une liste d’objets). Réessayez plus "
            "tard; si cela se répète, prévenez le fournisseur."
        )
    return rows


def _page_count(data: Mapping[str, Any]) -> int:
    """How many pages there are; without a word on it, one more as long as pages are full."""
    pagination = data.get("pagination")
    count = pagination.get("pageCount") if isinstance(pagination, Mapping) else None
    return count if isinstance(count, int) else 10**9


def _time(data: Mapping[str, Any]) -> str:
    moment = instant(data.get("DateTimeUTC"))
    return _header(moment) if moment else ""


def _header(moment: datetime) -> str:
    """As If-Modified-Since wants it: whole seconds in UTC."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
