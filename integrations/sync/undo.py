"""What a run did to a batch of records, taken back where nobody did anything to it since.

Everything follows from the run's history and from what the records hold now, so that a second undoing finds nothing
left to do, and one that was interrupted goes on. No provider is called: what a provider has to hear goes through the
push engine, like any change of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from integrations.models import LinkState, RecordLink, SentChange, SyncJob
from integrations.records import selectors as reading
from integrations.records import services as records
from integrations.records.kinds import KINDS, FieldInfo, Kind, from_json, to_json, value_of
from integrations.records.models import RecordHistory
from integrations.records.values import BadValue
from integrations.sync.lines import canonical

Key = tuple[str, UUID]
ARCHIVED_AT = "archived_at"


@dataclass(frozen=True)
class Left:
    """Something of the run that stays as it is, and why. `name` is the field, empty for the record as a whole."""

    kind: str
    record_id: UUID
    name: str
    reason: str
    now: Any = None
    wanted: Any = None
    since: Mapping[str, str] = field(default_factory=dict)
    """Who changed the field since, and when: {"by": origin code, "at": ISO instant}."""


@dataclass
class Undone:
    """What an undoing did to a batch (or would do)."""

    applied: list[records.Applied] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def of(self, *actions: str) -> list[records.Applied]:
        """The records of which these became."""
        return [each for each in self.applied if each.action in actions]


@dataclass
class _Deeds:
    """What the run did to one record: its own values before and after, by field, as canonical JSON."""

    created: bool = False
    last_version: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    sent: list[SentChange] = field(default_factory=list)

    def take(self, row: RecordHistory) -> None:
        self.created = self.created or row.action == "created"
        self.last_version = row.version
        for name, (old, new) in row.changes.items():
            self.before.setdefault(name, old)
            self.after[name] = new


def undo_batch(job: SyncJob, kind: Kind, ids: Sequence[UUID], origin: records.Origin) -> Undone:
    """Take back what the run did to these records of one kind. Needs a transaction; a constant number of queries."""
    deeds = _deeds(job, kind, ids)
    locked = records.lock({kind.slug: ids})
    needed = reading.dependents(kind, [pk for pk, deed in deeds.items() if deed.created or ARCHIVED_AT in deed.after])
    mine = _created_later_in_turn(job, kind, needed)
    undone = Undone()
    changes: list[records.Change] = []
    for pk, deed in deeds.items():
        record = locked.get((kind.slug, pk))
        if record is None:
            continue
        others = [other for other in needed.get(pk, []) if other not in mine]
        change = _change(kind, record, deed, others, undone.left)
        if change is not None:
            changes.append(change)
    undone.applied += _apply(changes, origin, locked, undone.left)
    _set_aside(job, kind, [each.id for each in undone.applied if each.action == "archived"])
    return undone


def _deeds(job: SyncJob, kind: Kind, ids: Sequence[UUID]) -> dict[UUID, _Deeds]:
    deeds = {pk: _Deeds() for pk in ids}
    rows = RecordHistory.objects.filter(job_id=job.pk, kind=kind.slug, record_id__in=list(ids)).order_by("version")
    for row in rows:
        deeds[row.record_id].take(row)
    for sent in SentChange.objects.filter(job=job, record_kind=kind.slug, record_id__in=list(ids)).order_by("id"):
        deeds[sent.record_id].sent.append(sent)
    return deeds


def _created_later_in_turn(job: SyncJob, kind: Kind, needed: Mapping[UUID, Iterable[Key]]) -> set[Key]:
    """Of what refers to these records, what this run created and this undoing comes to only later: it goes as well.

    Kinds are undone from the last to the first, so that these are the kinds that stand before this one.
    """
    order = list(KINDS)
    later = [key for keys in needed.values() for key in keys if order.index(key[0]) < order.index(kind.slug)]
    if not later:
        return set()
    created = RecordHistory.objects.filter(job_id=job.pk, action="created", record_id__in=[pk for _, pk in later])
    return set(created.values_list("kind", "record_id"))


def _change(kind: Kind, record: Any, deed: _Deeds, others: Sequence[Key], left: list[Left]) -> records.Change | None:
    _tell_created_there(kind, record, deed, left)
    if deed.created:
        return _archive_created(kind, record, deed, others, left)
    values = _values(kind, record, deed, left)
    action = _archiving(kind, record, deed, others, left)
    if not values and action == "update":
        return None
    return records.Change(kind.slug, record.pk, action, values)


def _archive_created(
    kind: Kind, record: Any, deed: _Deeds, others: Sequence[Key], left: list[Left]
) -> records.Change | None:
    if record.archived_at is not None:
        return None
    if record.version != deed.last_version:
        left.append(Left(kind.slug, record.pk, "", "Créé par cette synchronisation, mais modifié depuis : il reste."))
        return None
    if others:
        left.append(Left(kind.slug, record.pk, "", _depends(others)))
        return None
    return records.Change(kind.slug, record.pk, "archive")


def _depends(others: Sequence[Key]) -> str:
    labels = dict.fromkeys(KINDS[slug].label.lower() for slug, _ in others)
    return f"D’autres enregistrements y renvoient ({', '.join(labels)}) : il reste."


def _archiving(kind: Kind, record: Any, deed: _Deeds, others: Sequence[Key], left: list[Left]) -> Any:
    """The door's action that takes back an archiving or a restoration: "restore", "archive", else "update"."""
    if ARCHIVED_AT not in deed.after or deed.before[ARCHIVED_AT] == deed.after[ARCHIVED_AT]:
        return "update"
    was, made, now = deed.before[ARCHIVED_AT], deed.after[ARCHIVED_AT], to_json(record.archived_at)
    if now != made:
        if (now is None) != (was is None):
            left.append(Left(kind.slug, record.pk, "", "Archivé ou restauré de nouveau depuis : son état reste."))
        return "update"
    if was is None:
        return "restore"
    if others:
        left.append(Left(kind.slug, record.pk, "", _depends(others)))
        return "update"
    return "archive"


def _values(kind: Kind, record: Any, deed: _Deeds, left: list[Left]) -> dict[str, Any]:
    """The values of before, of the fields that still hold what the run wrote, here or at its provider."""
    before, after = dict(deed.before), dict(deed.after)
    for sent in deed.sent:
        if sent.action == "update":
            for name, (old, new) in sent.changes.items():
                before.setdefault(name, old)
                after.setdefault(name, new)
    values: dict[str, Any] = {}
    for name, new in after.items():
        info = kind.fields.get(name)
        if info is None or _same(info, before[name], new):
            continue
        now = canonical(info, value_of(record, info))
        if _same(info, now, new):
            try:
                values[name] = _old_value(info, before[name])
            except BadValue as bad:
                reason = f"La valeur d’avant ne peut pas revenir. {bad.sentence}"
                left.append(Left(kind.slug, record.pk, name, reason, now, before[name]))
        elif not _same(info, now, before[name]):
            reason = "Modifié depuis cette synchronisation : la valeur d’aujourd’hui reste."
            since = record.provenance.get(name, {})
            left.append(Left(kind.slug, record.pk, name, reason, now, before[name], since))
    return values


def _old_value(info: FieldInfo, old: Any) -> Any:
    """The value of before, as the door takes it; BadValue when it would not."""
    if info.required and old in (None, ""):
        raise BadValue("Elle n’est pas connue, et ce champ est obligatoire.")
    return from_json(info, old)


def _same(info: FieldInfo, left: Any, right: Any) -> bool:
    """Whether two canonical JSON values mean the same; ids of lines do not count."""
    blank: tuple[Any, ...] = (None, "", [], {})
    if left in blank and right in blank:
        return True
    if info.type != "lines":
        return bool(left == right)
    return [_content(item) for item in left or []] == [_content(item) for item in right or []]


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("id", "remote_ids")}


def _tell_created_there(kind: Kind, record: Any, deed: _Deeds, left: list[Left]) -> None:
    """What the run made at its provider and cannot be unmade from here."""
    for sent in deed.sent:
        if sent.action == "update":
            continue
        what = "Créé" if sent.action == "create" else "Une opération y a été faite"
        reason = f"{what} chez le fournisseur ({sent.remote_id or 'sans identifiant'}) : cela se défait là-bas."
        left.append(Left(kind.slug, record.pk, "", reason))


def _apply(
    changes: list[records.Change], origin: records.Origin, locked: Mapping[Key, Any], left: list[Left]
) -> list[records.Applied]:
    """Through the door, all together; what it refuses is left out, and tried alone when the database refuses."""
    if not changes:
        return []
    try:
        with transaction.atomic():
            return records.apply(changes, origin, locked=locked)
    except records.InvalidChanges as invalid:
        for index, problems in invalid.problems.items():
            left.append(Left(changes[index].kind, _id(changes[index]), "", next(iter(problems.values()))))
        kept = [change for index, change in enumerate(changes) if index not in invalid.problems]
        return _apply(kept, origin, _again(kept), left)
    except (IntegrityError, DataError):
        if len(changes) == 1:
            reason = "La base de données refuse ces valeurs : l’une d’elles sert déjà ailleurs."
            left.append(Left(changes[0].kind, _id(changes[0]), "", reason))
            return []
        return [done for change in changes for done in _apply([change], origin, _again([change]), left)]


def _id(change: records.Change) -> UUID:
    assert change.id is not None
    return change.id


def _again(changes: Iterable[records.Change]) -> Mapping[Key, Any]:
    """The records anew: those in memory hold what was rolled back."""
    wanted: dict[str, list[UUID]] = {}
    for change in changes:
        wanted.setdefault(change.kind, []).append(_id(change))
    return records.lock(wanted)


def _set_aside(job: SyncJob, kind: Kind, archived: list[UUID]) -> None:
    """The provider's objects of records that came from there and are archived now: they are none of this undoing's
    business, so nothing is asked of them, and nothing comes from them until they change."""
    if archived:
        links = RecordLink.objects.filter(integration=job.integration_id, record_kind=kind.slug, record_id__in=archived)
        links.filter(state=LinkState.LIVE).update(state=LinkState.SET_ASIDE)
