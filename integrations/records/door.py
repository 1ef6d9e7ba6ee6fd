"""What one call of the door does between its lock and its signal. `services.apply` is the way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from integrations.core.ids import uuid7
from integrations.records.changes import Applied, Change, InvalidChanges, Origin, Outcome, StaleVersion
from integrations.records.children import ChildWrites, match_lines, show_rows
from integrations.records.kinds import BLANK, KINDS, Kind, clean, value_of
from integrations.records.models import Record, RecordHistory
from integrations.records.values import BadValue, to_json
from integrations.records.writing import new_instance, row_of, write_rows

Records = dict[tuple[str, UUID], Record]
Values = dict[str, Any]

ACTIONS = frozenset({"create", "update", "archive", "restore"})


def clean_changes(changes: Sequence[Change]) -> list[Values]:
    """Return the canonical values of each change, or raise InvalidChanges with everything that is wrong."""
    problems: dict[int, dict[str, str]] = {}
    cleaned: list[Values] = []
    for index, change in enumerate(changes):
        values, wrong = _clean_change(change)
        cleaned.append(values)
        if wrong:
            problems[index] = wrong
    if problems:
        raise InvalidChanges(problems)
    return cleaned


def _clean_change(change: Change) -> tuple[Values, dict[str, str]]:
    kind = KINDS.get(change.kind)
    if kind is None:
        return {}, {"kind": f"Type d’enregistrement inconnu : {change.kind}."}
    if change.action not in ACTIONS:
        return {}, {"action": f"Action inconnue : {change.action}."}
    wrong: dict[str, str] = {}
    if change.action != "create" and change.id is None:
        wrong["id"] = "L’identifiant de l’enregistrement manque."
    values: Values = {}
    for name, value in change.values.items():
        info = kind.fields.get(name)
        if info is None:
            wrong[name] = "Champ inconnu."
            continue
        try:
            values[name] = clean(info, value)
        except BadValue as error:
            wrong[name] = error.sentence
    if change.action == "create":
        for info in kind.scalars:
            if info.required and info.name not in change.values:
                wrong[info.name] = "Ce champ est obligatoire."
    return values, wrong


def check_versions(changes: Sequence[Change], records: Records) -> None:
    """Raise InvalidChanges for records that do not exist (or already do) and StaleVersion for those that moved on."""
    refused, stale = {}, []
    created: set[tuple[str, UUID]] = set()
    for index, change in enumerate(changes):
        if change.id is None:
            continue
        key = (change.kind, change.id)
        record = records.get(key)
        if change.action == "create":
            if key in created or record is not None:
                refused[index] = {"id": "Cet identifiant existe déjà."}
            created.add(key)
        elif key in created:
            continue
        elif record is None:
            refused[index] = {"id": "Cet enregistrement n’existe pas."}
        elif change.expected_version is not None and change.expected_version != record.version:
            stale.append(index)
    if refused:
        raise InvalidChanges(refused)
    if stale:
        raise StaleVersion(stale)


@dataclass(slots=True)
class Batch:
    """The changes of one call: merged into records in memory, then written in a constant number of statements."""

    origin: Origin
    records: Records
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    dirty: dict[str, dict[UUID, Record]] = field(default_factory=dict)
    children: ChildWrites = field(default_factory=ChildWrites)
    _stamps: dict[str, dict[str, str]] = field(default_factory=dict)

    def take(self, change: Change, values: Values) -> Applied:
        """Merge one change and return what became of it."""
        kind = KINDS[change.kind]
        if change.action == "create":
            return self._create(kind, change, values)
        record = self.records[change.kind, change.id]  # type: ignore[index]
        changed = self._merge(kind, record, values, change)
        outcome = self._archive(record, change, changed)
        if not changed:
            return Applied(kind.slug, record.pk, "unchanged", record.version, {}, record)
        record.version += 1
        record.updated_at = self.now
        self.dirty.setdefault(kind.slug, {})[record.pk] = record
        return Applied(kind.slug, record.pk, outcome, record.version, changed, record)

    def _create(self, kind: Kind, change: Change, values: Values) -> Applied:
        key = change.id or uuid7()
        given = {name: values[name] for name in values if not kind.fields[name].is_collection}
        changed = {name: (None, value) for name, value in {**kind.defaults, **given}.items() if value not in BLANK}
        held = kind.empty() | {kind.fields[name].attname: value for name, value in given.items()}
        held |= {"id": key, "version": 1, "created_at": self.now, "updated_at": self.now, "archived_at": None}
        record = new_instance(kind.model, held)
        for info in kind.collections:
            show_rows(record, info, [])
            if values.get(info.name):
                new = match_lines([], values[info.name]) if info.type == "lines" else values[info.name]
                self.children.replace(info, record, [], new)
                changed[info.name] = (None, new)
        record.provenance = {name: self._stamp(change, name) for name in changed if name in values}
        self.records[kind.slug, key] = record
        self.dirty.setdefault(kind.slug, {})[key] = record
        return Applied(kind.slug, key, "created", 1, changed, record)

    def _merge(self, kind: Kind, record: Record, values: Values, change: Change) -> dict[str, tuple[Any, Any]]:
        changed = {}
        for name, value in values.items():
            info = kind.fields[name]
            old = value_of(record, info)
            new = match_lines(old, value) if info.type == "lines" else value
            if old == new:
                continue
            if info.is_collection:
                self.children.replace(info, record, old, new)
            else:
                setattr(record, info.attname, new)
            record.provenance[name] = self._stamp(change, name)
            changed[name] = (old, new)
        return changed

    def _archive(self, record: Record, change: Change, changed: dict[str, tuple[Any, Any]]) -> Outcome:
        wanted = {"archive": self.now, "restore": None}.get(change.action, record.archived_at)
        if (wanted is None) == (record.archived_at is None):
            return "updated"
        changed["archived_at"] = (record.archived_at, wanted)
        record.archived_at = wanted
        return "restored" if wanted is None else "archived"

    def _stamp(self, change: Change, name: str) -> dict[str, str]:
        code = change.origins.get(name) or self.origin.code
        stamp = self._stamps.get(code)
        if stamp is None:
            stamp = self._stamps[code] = {"by": code, "at": to_json(self.now)}
        return stamp

    def write(self, applied: Sequence[Applied]) -> None:
        """Write records, child rows and history. Foreign keys are checked at commit, so kinds need no order."""
        self.children.write_gone()
        for slug, records in self.dirty.items():
            write_rows(KINDS[slug].model, [row_of(record) for record in records.values()], "newer")
        self.children.write_rows()
        write_rows(RecordHistory, [self._history_row(each) for each in applied])

    def _history_row(self, applied: Applied) -> list[Any]:
        return [
            applied.kind,
            applied.id,
            applied.version,
            applied.action,
            applied.changed,
            self.origin.code,
            self.origin.label,
            self.origin.job_id,
            self.now,
        ]


def ids_by_kind(changes: Sequence[Change], known: Mapping[tuple[str, UUID], Record]) -> dict[str, set[UUID]]:
    """Return the ids that must be read and locked, by kind slug."""
    wanted: dict[str, set[UUID]] = {}
    for change in changes:
        if change.action != "create" and change.id is not None and (change.kind, change.id) not in known:
            wanted.setdefault(change.kind, set()).add(change.id)
    return wanted
