"""Questions in SOQL about the objects of one organization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from connectors.base.classify import Answer
from connectors.base.resource import Resource
from connectors.salesforce import options, reading
from connectors.salesforce.quirks import complete


class Asking:
    """get: a GET below the API's version; extra: the fields that the administrator names besides ours."""

    def __init__(self, get: Callable[..., Answer], extra: str) -> None:
        self._get, self._extra = get, extra
        self._fields: dict[str, list[str]] = {}

    def query(self, fields: list[str], entity: str, conditions: list[str], path: str = reading.LIVING) -> Any:
        """The first page of what fulfils the conditions."""
        return self._get(path, params={"q": reading.select(fields, entity, conditions)}).data

    def select(self, declared: Resource, conditions: list[str], path: str = reading.LIVING) -> list[dict[str, Any]]:
        """Objects as a pull gives them."""
        rows = reading.records_of(self.query(self.readable(declared), declared.path, conditions, path))
        return [complete(declared, raw) for raw in rows]

    def by_id(self, declared: Resource, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Up to 200 objects by their ids, as a pull gives them: a page holds as many. Those that are gone do not
        come."""
        found = self.select(declared, [_one_of(ids)]) if ids else []
        return {one["Id"]: one for one in found}

    def changed_at(self, declared: Resource, ids: Sequence[str]) -> dict[str, str]:
        """When each of up to 200 objects was changed last."""
        rows = reading.records_of(self.query(["Id", "SystemModstamp"], declared.path, [_one_of(ids)]))
        found = [complete(declared, raw) for raw in rows]
        return {one["Id"]: str(one["SystemModstamp"]) for one in found}

    def readable(self, declared: Resource) -> list[str]:
        """The fields that are read of an object, asked for once."""
        if declared.name not in self._fields:
            self._fields[declared.name] = options.readable(self._get, declared, self._extra)
        return self._fields[declared.name]


def _one_of(ids: Sequence[str]) -> str:
    return f"Id IN ({', '.join(reading.quoted(one) for one in ids)})"
