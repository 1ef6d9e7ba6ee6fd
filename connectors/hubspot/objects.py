"""The calls of one kind of objects, and their associations with companies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from connectors.base.classify import Answer
from connectors.base.errors import Conflict, ConnectorError, Malformed, Misconfigured, NotFound, Rejected
from connectors.base.resource import Resource, dig
from connectors.hubspot import errors, quirks
from connectors.hubspot.reading import batches, rows_of
from connectors.hubspot.resources import PROPERTIES, TYPE_IDS

Request = Callable[..., Answer]
_LINKS = "crm/v4"


class Objects:
    """One resource of one account. path: its collection; extra: further properties ("companies.secteur, …"); pause:
    waits for a search's turn; stages: those of the deals, read when first needed."""

    def __init__(
        self,
        request: Request,
        resource: Resource,
        *,
        path: str,
        extra: str,
        pause: Callable[[], None],
        stages: Callable[[], Mapping[str, quirks.Stage]],
    ) -> None:
        self._request, self._resource, self._path = request, resource, path
        self._pause, self._stages = pause, stages
        named = [one.strip().partition(".") for one in extra.split(",")]
        own = [name for owner, _, name in named if owner == resource.name and name]
        self.properties = list(dict.fromkeys([*PROPERTIES[resource.name], *own]))
        self._tied = resource.name in TYPE_IDS

    def page(self, **params: str) -> Answer:
        """A page of the objects, with their companies."""
        return self._request("GET", self._path, params={**self._wanted(), **params})

    def search(self, body: Mapping[str, Any]) -> Answer:
        """A page of a search."""
        self._pause()
        return self._request("POST", f"{self._path}/search", json=body, repeatable=True)

    def listed(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of the list, complete."""
        return self._complete(rows, {str(raw.get("id")): quirks.company_of_list(raw) for raw in rows})

    def found(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of a search, complete: it tells no associations."""
        companies = self.companies([str(raw["id"]) for raw in rows if raw.get("id")])
        return self._complete(rows, companies)

    def fetch(self, remote_id: str) -> dict[str, Any]:
        """One object, as a pull gives it."""
        raw = self._request("GET", f"{self._path}/{quote(remote_id, safe='')}", params=self._wanted()).data
        return self.listed([raw])[0]

    def fetch_many(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """Objects by their ids, as a pull gives them; those that are gone do not come."""
        found: list[dict[str, Any]] = []
        for some in batches(ids):
            body = {"inputs": [{"id": one} for one in some], "properties": self.properties}
            found += rows_of(self._request("POST", f"{self._path}/batch/read", json=body, repeatable=True).data)
        return {one["id"]: one for one in self.found(found)}

    def look(self, remote_id: str, version: str) -> dict[str, Any]:
        """One object before it is written, for HubSpot compares no versions; Conflict when it has another one."""
        found = self.fetch(remote_id)
        if problem := self.stale(found, version):
            raise problem
        return found

    @staticmethod
    def stale(found: Mapping[str, Any], version: str) -> Conflict | None:
        """The error of a write of another version of the object than it has now."""
        if not version or found.get("updatedAt") == version:
            return None
        return Conflict(
            "L’élément a changé chez HubSpot depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
            code="stale",
        )

    def lookup(self, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        """Live objects that carry these values."""
        if not keys or set(keys) - set(self._resource.lookup_fields):
            raise Misconfigured(
                f"HubSpot ne permet pas de chercher « {self._resource.label} » par "
                f"{', '.join(sorted(keys)) or 'rien'}.",
                code="no_lookup",
            )
        # Read by its unique property rather than searched for: search is fed with delay.
        [(name, value)] = keys.items()
        body = {"inputs": [{"id": value}], "idProperty": name.rpartition(".")[2], "properties": self.properties}
        answer = self._request("POST", f"{self._path}/batch/read", json=body, repeatable=True)
        return self.found(rows_of(answer.data))

    def company(self, remote_id: str) -> str | None:
        """The company that an object is tied to."""
        return self.companies([remote_id]).get(remote_id)

    def tie(self, remote_id: str, old: str | None, new: str) -> None:
        """Tie an object to another company, or to none; the new one first, so that it is never without."""
        if (old or "") == new:
            return
        start = f"{_LINKS}/objects/{self._resource.path}/{quote(remote_id, safe='')}/associations"
        if new:
            self._request("PUT", f"{start}/default/companies/{quote(new, safe='')}", repeatable=True)
        if old:
            self._request("DELETE", f"{start}/companies/{quote(old, safe='')}", repeatable=True)

    def tie_many(self, ties: list[tuple[str, str | None, str]]) -> dict[str, ConnectorError]:
        """Tie objects (id, company until now, new one), each as tie() does; the errors by id."""
        changes = [(remote_id, old, new) for remote_id, old, new in ties if (old or "") != new]
        tied: set[str] = set()
        for some in batches([one for one in changes if one[2]]):
            rows = [{"from": {"id": remote_id}, "to": {"id": new}} for remote_id, _, new in some]
            path = f"{_LINKS}/associations/{self._resource.path}/companies/batch/associate/default"
            with suppress(Rejected, Conflict, NotFound):  # as a whole: each is then told its own
                data = self._request("POST", path, json={"inputs": rows}, repeatable=True).data
                tied |= {str(dig(row, "from.id")) for row in rows_of(data)}
        failed: dict[str, ConnectorError] = {}
        for remote_id, old, new in changes:
            try:
                if old or remote_id not in tied:
                    self.tie(remote_id, old, new)
            except (Rejected, Conflict, NotFound) as error:
                failed[remote_id] = error
        return failed

    def _wanted(self) -> dict[str, str]:
        return {"properties": ",".join(self.properties)} | ({"associations": "companies"} if self._tied else {})

    def companies(self, ids: list[str]) -> dict[str, str | None]:
        """The company of each object; one that has none is told as an error of the batch, which it is not."""
        found: dict[str, str | None] = {}
        for some in batches(ids if self._tied else []):
            body = {"inputs": [{"id": one} for one in some]}
            path = f"{_LINKS}/associations/{self._resource.path}/companies/batch/read"
            for row in rows_of(self._request("POST", path, json=body, repeatable=True).data):
                found[str(dig(row, "from.id"))] = quirks.company_of_links(row.get("to") or [])
        return found

    def _complete(self, rows: list[dict[str, Any]], companies: Mapping[str, str | None]) -> list[dict[str, Any]]:
        stages = self._stages() if self._resource.record == "opportunity" else {}
        return [quirks.complete(self._resource, raw, companies.get(str(raw.get("id"))), stages) for raw in rows]


def only_row(label: str, method: str, data: Any) -> dict[str, Any]:
    """The object of a batch of one; raises the error of its row."""
    refused = [one for one in dig(data, "errors") or [] if isinstance(one, Mapping)]
    if refused:
        raise errors.of_row(label, method, refused[0])
    rows = rows_of(data)
    if len(rows) != 1 or not rows[0].get("id"):
        raise Malformed(
            f"{label} ne dit pas ce qu’il a fait de l’élément envoyé. Relancez une synchronisation avant un nouvel "
            "essai."
        )
    return rows[0]
