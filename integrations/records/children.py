"""Child collections (lines, taxes, allocations, divisions): compared and written as one field of their owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from integrations.core.ids import uuid7
from integrations.records.kinds import FieldInfo
from integrations.records.models import Line, Record
from integrations.records.writing import delete_rows, new_instance, row_of, write_rows

Item = dict[str, Any]


def match_lines(old: Sequence[Item], new: Sequence[Item]) -> list[Item]:
    """Return the new items with the ids of the old ones that they continue.

    An item continues the old one with its id, else the one that shares a remote id, else the one at its place.
    Remote ids of the old item are kept. Ids that belong to no old item are replaced by fresh ones.
    """
    by_id = {item["id"]: item for item in old}
    by_remote = {pair: item for item in old for pair in item["remote_ids"].items()}
    found: list[Item | None] = []
    free = dict(by_id)
    for item in new:
        pairs = item["remote_ids"].items()
        candidates = [free.get(item.get("id")), *(by_remote[pair] for pair in pairs if pair in by_remote)]
        match = next((each for each in candidates if each is not None and each["id"] in free), None)
        found.append(match)
        if match is not None:
            del free[match["id"]]
    for place, (item, match) in enumerate(zip(new, found, strict=True)):
        if match is None and place < len(old) and old[place]["id"] in free and _may_continue(old[place], item):
            found[place] = free.pop(old[place]["id"])
    return [_continue(match, item) for match, item in zip(found, new, strict=True)]


def _may_continue(old: Item, new: Item) -> bool:
    """Say whether two items at one place may be the same: not when one provider knows them under two ids."""
    return not (old["remote_ids"].keys() & new["remote_ids"].keys())


def _continue(match: Item | None, item: Item) -> Item:
    if match is None:
        return {**item, "id": uuid7()}
    return {**item, "id": match["id"], "remote_ids": {**match["remote_ids"], **item["remote_ids"]}}


@dataclass(slots=True)
class ChildWrites:
    """The child rows that one call of the door writes, for all owners together, by id.

    A record may change several times in the call: what counts is the last state of each row.
    """

    rows: dict[type[Line], dict[UUID, Line]] = field(default_factory=dict)
    gone: dict[type[Line], set[UUID]] = field(default_factory=dict)

    def replace(self, info: FieldInfo, record: Record, old: Any, new: Any) -> None:
        """Plan the rows that turn `old` into `new`, and make `record` show them."""
        if info.type == "references":
            rows = self._replace_references(info, record, new)
        else:
            rows = self._replace_lines(info, record, old, new)
        show_rows(record, info, rows)

    def _replace_lines(self, info: FieldInfo, record: Record, old: list[Item], new: list[Item]) -> list[Line]:
        assert info.model is not None
        places = {item["id"]: (place, item) for place, item in enumerate(old)}
        rows = [_line(info, record, place, item) for place, item in enumerate(new)]
        changed = [
            row for place, (row, item) in enumerate(zip(rows, new, strict=True)) if places.get(row.pk) != (place, item)
        ]
        kept = {row.pk for row in rows}
        self._plan(info.model, changed, [key for key in places if key not in kept])
        return rows

    def _replace_references(self, info: FieldInfo, record: Record, new: list[UUID]) -> list[Line]:
        assert info.model is not None
        existing = {getattr(row, info.attname): row for row in getattr(record, info.name).all()}
        rows, fresh = [], []
        for target in new:
            row = existing.pop(target, None)
            if row is None:
                row = info.model(**{info.owner: record.pk, info.attname: target})
                fresh.append(row)
            rows.append(row)
        self._plan(info.model, fresh, [row.pk for row in existing.values()])
        return rows

    def _plan(self, model: type[Line], changed: list[Line], gone: list[UUID]) -> None:
        rows = self.rows.setdefault(model, {})
        for key in gone:
            rows.pop(key, None)
        rows.update((row.pk, row) for row in changed)
        self.gone.setdefault(model, set()).update(gone)

    def write_gone(self) -> None:
        """Delete what the new values no longer hold: one statement per child model."""
        for model, ids in self.gone.items():
            if ids:
                delete_rows(model, sorted(ids))

    def write_rows(self) -> None:
        """Write new and changed rows: one statement per child model."""
        for model, rows in self.rows.items():
            if rows:
                write_rows(model, [row_of(row) for row in rows.values()], "replace")


def _line(info: FieldInfo, record: Record, place: int, item: Item) -> Line:
    assert info.model is not None
    values = {sub.attname: item[sub.name] for sub in info.items}
    values |= {"id": item["id"], "position": place, "remote_ids": item["remote_ids"], info.owner: record.pk}
    return new_instance(info.model, values)


class LoadedRows:
    """Child rows that are here already, as `record.<collection>.all()` gives them; whatever narrows or sorts them asks
    the database. Building the true query set for each record would cost more than writing the record.
    """

    def __init__(self, model: type[Line], owner: dict[str, UUID], rows: Sequence[Line]) -> None:
        self.model, self._owner, self._rows = model, owner, list(rows)

    def all(self) -> LoadedRows:
        """The rows themselves."""
        return self

    def __iter__(self) -> Iterator[Line]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        return self._rows[place]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)  # what copying looks for before there are rows
        return getattr(self.model.objects.filter(**self._owner), name)


def show_rows(record: Record, info: FieldInfo, rows: Sequence[Line]) -> None:
    """Make `record.<collection>.all()` answer with `rows` without a query, as prefetch_related does."""
    assert info.model is not None
    # Django's own place for prefetched rows.
    shown = record.__dict__.setdefault("_prefetched_objects_cache", {})
    shown[info.name] = LoadedRows(info.model, {info.owner: record.pk}, rows)
