"""Providers whose objects are collections under a path: pull and fetch follow from the declarations."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from connectors.base.connector import NOTHING, Connector, Page
from connectors.base.errors import CursorExpired, Malformed, Misconfigured
from connectors.base.paginators import Paginator
from connectors.base.resource import Resource, dig


@dataclass
class Pass:
    """How far a pull has come; saved as JSON with each page.

    updated_since: what this pass asked for ("" = everything); page: token of the page to read next; high_water: latest
    change seen, on the provider's clock. It becomes the next updated_since only after the last page.
    """

    updated_since: str = ""
    page: str = ""
    high_water: str = ""

    def saw(self, changed_at: Any) -> None:
        """Raise the high-water mark; a time that cannot be read does not count (the record is judged elsewhere)."""
        moment = parse_instant(changed_at)
        if moment and (not self.high_water or moment > datetime.fromisoformat(self.high_water)):
            self.high_water = format_instant(moment)

    def next_pass(self, overlap: timedelta) -> Pass:
        """The pass that follows this finished one: it reads the last minutes again, as changes may be listed late."""
        if not self.high_water:
            return Pass(updated_since=self.updated_since)
        since = datetime.fromisoformat(self.high_water) - overlap
        return Pass(updated_since=format_instant(since), high_water=self.high_water)


def parse_instant(value: Any) -> datetime | None:
    """An RFC 3339 text as an aware UTC datetime, None when it is anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def format_instant(moment: datetime) -> str:
    """RFC 3339 in UTC, `Z` at the end."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class RestConnector(Connector):
    """Adds `pull` and `fetch`; a provider declares how a page is asked for and read."""

    records_path: ClassVar[str] = "data"
    overlap: ClassVar[timedelta] = timedelta(minutes=2)

    @abstractmethod
    def path(self, resource: Resource, remote_id: str = "") -> str:
        """Path of the collection, or of one object in it."""

    @abstractmethod
    def paginator(self, page_size: int) -> Paginator:
        """A fresh paginator for one pass."""

    @abstractmethod
    def list_params(self, page_size: int, updated_since: str) -> dict[str, str]:
        """Query parameters of a list that stay the same for the whole pass."""

    def pull(
        self, resource: str, cursor: Mapping[str, Any] | None, *, page_size: int, filters: Mapping[str, str] = NOTHING
    ) -> Iterator[Page]:
        """What changed since the cursor (None: everything), one request per page.

        When the provider no longer accepts the page cursor, the pass starts again, once, from its updated_since.
        """
        declared = self.resource(resource)
        unknown = set(filters) - set(declared.filters)
        if unknown:
            raise Misconfigured(
                f"{self.label} ne sait pas filtrer « {declared.label} » par {', '.join(sorted(unknown))}. Corrigez les "
                "filtres de l’intégration.",
                code="bad_filter",
            )
        state = Pass(**cursor) if cursor else Pass()
        try:
            yield from self._pages(declared, state, page_size, filters)
        except CursorExpired:
            if not state.page:
                raise
            state.page = ""
            yield from self._pages(declared, state, page_size, filters)

    def _pages(self, resource: Resource, state: Pass, page_size: int, filters: Mapping[str, str]) -> Iterator[Page]:
        size = max(1, min(page_size, resource.max_page_size))
        constant = {**self.list_params(size, state.updated_since), **filters}
        paginator = self.paginator(size)
        while True:
            url = paginator.url(state.page) or self.path(resource)
            answer = self.client.request("GET", url, params={**constant, **paginator.params(state.page)})
            records = self._records(answer.data)
            following = paginator.advance(state.page, answer, len(records))
            for record in records:
                state.saw(dig(record, resource.modified_field) if resource.modified_field else None)
            if not following:
                yield Page(records, asdict(state.next_pass(self.overlap)), last=True)
                return
            state.page = following
            yield Page(records, asdict(state), last=False)

    def _records(self, data: Any) -> list[dict[str, Any]]:
        records = dig(data, self.records_path)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise Malformed(
                f"La liste reçue de {self.label} n’a pas la forme prévue (« {self.records_path} » n’est pas une liste "
                "d’objets). Vérifiez l’adresse de base, puis la version du contrat avec le fournisseur."
            )
        return records

    def fetch(self, resource: str, remote_id: str) -> dict[str, Any]:
        """One object by its id; NotFound when it is gone."""
        declared = self.resource(resource)
        data: dict[str, Any] = self.client.request("GET", self.path(declared, quote(remote_id, safe=""))).data
        return data
