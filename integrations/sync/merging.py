"""One record becomes another: references, links, conflicts and writes that wait move from the losers to the survivor.

Everything here may be done again: what came in under the loser meanwhile (a page that had read its links before, the
answer to a write that was under way) is moved by the next pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Case, UUIDField, Value, When
from django.utils import timezone

from integrations import routing
from integrations.models import Conflict, ConflictState, LinkState, PushOperation, PushStatus, RecordLink, RecordMerge
from integrations.records import services as records
from integrations.records.kinds import KINDS, FieldInfo, Kind, value_of
from integrations.sync import links as linking
from integrations.sync.lines import canonical

Into = Mapping[UUID, UUID]
"""loser → survivor"""
Locked = Mapping[tuple[str, UUID], Any]


@dataclass
class References:
    """What refers to the losers: (kind, field) → ids."""

    found: dict[tuple[str, str], list[UUID]] = field(default_factory=dict)

    @property
    def by_kind(self) -> dict[str, list[UUID]]:
        """The records to lock."""
        wanted: dict[str, list[UUID]] = {}
        for (slug, _), ids in self.found.items():
            wanted.setdefault(slug, []).extend(ids)
        return wanted

    @property
    def total(self) -> int:
        """How many references there are."""
        return sum(map(len, self.found.values()))


def referring_fields(kind: Kind) -> list[tuple[Kind, FieldInfo]]:
    """The fields of all kinds that refer to this one."""
    return [
        (other, info)
        for other in KINDS.values()
        for info in other.scalars
        if info.type == "reference" and info.target == kind.slug
    ]


def references(kind: Kind, losers: Iterable[UUID]) -> References:
    """What refers to these records, archived ones too; a query per kind and field."""
    wanted, told = list(losers), References()
    for other, info in referring_fields(kind):
        rows = other.model.objects.filter(**{f"{info.attname}__in": wanted})
        if ids := list(rows.order_by().values_list("pk", flat=True)):
            told.found[other.slug, info.name] = ids
    return told


def repoint(kind: Kind, into: Into, told: References, locked: Locked) -> list[records.Change]:
    """The changes that make these locked records refer to the survivors."""
    changes = []
    for (slug, name), ids in told.found.items():
        info = KINDS[slug].fields[name]
        for pk in ids:
            record = locked.get((slug, pk))
            if record is not None and (survivor := into.get(getattr(record, info.attname))):
                changes.append(records.Change(slug, pk, values={name: survivor}))
    return changes


def move_links(kind: Kind, into: Into, survivors: Mapping[UUID, Any]) -> list[RecordLink]:
    """The losers' links become the survivors'. Returns those that are live.

    Of two live links to one resource the survivor's own stays the one that is written; the other is kept, so that what
    changes there still comes in, from now on. Needs a transaction and the survivors locked.
    """
    both = [*into, *set(into.values())]
    rows = RecordLink.objects.select_for_update().filter(record_kind=kind.slug, record_id__in=both)
    known = list(rows.exclude(state=LinkState.ARCHIVED).order_by("pk"))
    taken = {(link.record_id, link.integration_id, link.resource) for link in known if link.record_id not in into}
    moved: list[RecordLink] = []
    # Live links first: of several losers, the first gives the survivor its object at a provider.
    for link in sorted((each for each in known if each.record_id in into), key=lambda each: each.state != "live"):
        survivor = into[link.record_id]
        place = (survivor, link.integration_id, link.resource)
        link.record_id = survivor
        if place in taken:
            link.state = LinkState.MERGED
            link.base_local = _as_now(kind, survivors[survivor], link.base_local)
        taken.add(place)
        moved.append(link)
    if moved:
        linking.save(moved)
    _close_conflicts(kind, into, moved)
    return [link for link in moved if link.state == LinkState.LIVE]


def _as_now(kind: Kind, record: Any, base: Mapping[str, Any]) -> dict[str, Any]:
    """The survivor's values: what the other object says now was decided by whoever merged, and only news count."""
    return {
        name: canonical(kind.fields[name], value_of(record, kind.fields[name])) if name in kind.fields else value
        for name, value in base.items()
    }


def _close_conflicts(kind: Kind, into: Into, moved: Sequence[RecordLink]) -> None:
    survivor = Case(*(When(record_id=loser, then=Value(pk, UUIDField())) for loser, pk in into.items()))
    Conflict.objects.filter(record_kind=kind.slug, record_id__in=list(into)).update(record_id=survivor)
    merged = [link.pk for link in moved if link.state == LinkState.MERGED]
    Conflict.objects.filter(link__in=merged, state=ConflictState.OPEN).update(
        state=ConflictState.RESOLVED, resolution="platform", resolved_at=timezone.now()
    )


def rebase(changes: Sequence[records.Change], into: Into) -> None:
    """Let both sides of these re-pointed records agree on the survivor where they agreed on the loser: at a provider
    nothing is rewritten because two of our records became one. One query and one statement."""
    by_id = {change.id: change for change in changes}
    losers = {str(loser): str(survivor) for loser, survivor in into.items()}
    touched = []
    mine = RecordLink.objects.filter(record_kind__in={change.kind for change in changes}, record_id__in=list(by_id))
    for link in mine.select_for_update().order_by("pk"):
        names = [n for n in by_id[link.record_id].values if link.base_local.get(n) in losers]
        for name in names:
            link.base_local[name] = losers[link.base_local[name]]
        if names:
            touched.append(link)
    if touched:
        linking.save(touched)


def move_pushes(kind: Kind, into: Into, live: Iterable[RecordLink]) -> None:
    """What waits to be sent of the losers is asked of the survivors; what is under way ends on its own."""
    waiting = PushOperation.objects.filter(record_kind=kind.slug, record_id__in=list(into))
    waiting.exclude(status=PushStatus.SENDING).delete()
    routing.ask([routing.Wish(link.integration_id, link.resource, kind.slug, link.record_id) for link in live])


def move(kind: Kind, into: Into, survivors: Mapping[UUID, Any], repointed: Sequence[records.Change]) -> None:
    """Everything but the records themselves: links, bases, waiting writes."""
    live = move_links(kind, into, survivors)
    rebase(repointed, into)
    move_pushes(kind, into, live)


def joined(changes: Sequence[records.Change]) -> list[records.Change]:
    """One change per record and action: the survivor may refer to a loser itself."""
    found: dict[tuple[str, UUID | None, str], records.Change] = {}
    for change in changes:
        key = (change.kind, change.id, change.action)
        if key in found:
            found[key].values.update(change.values)
        else:
            found[key] = change
    return list(found.values())


def divisions_of_all(kind: Kind, into: Into, everyone: Mapping[UUID, Any]) -> list[records.Change]:
    """The changes that give the survivors the losers' divisions, for kinds that have some."""
    info = kind.fields.get("divisions")
    if info is None:
        return []
    every: dict[UUID, set[UUID]] = {pk: set(value_of(everyone[pk], info)) for pk in into.values()}
    for loser, survivor in into.items():
        every[survivor] |= set(value_of(everyone[loser], info))
    return [records.Change(kind.slug, pk, values={"divisions": sorted(found)}) for pk, found in every.items()]


def carry_out(
    kind: Kind,
    into: Into,
    told: References,
    locked: Locked,
    *,
    origin: records.Origin,
    by: str,
    more: Iterable[records.Change] = (),
) -> tuple[list[records.Applied], list[records.Change]]:
    """Make these locked records one, in the caller's transaction: what referred to the losers, divisions, links and
    waiting writes go to the survivors, the losers are archived and remembered.

    told: what refers to the losers; more: further changes of the same act. Returns what the door did, and the
    re-pointed records.
    """
    everyone = {pk: locked[kind.slug, pk] for pk in {*into, *into.values()}}
    repointed = repoint(kind, into, told, locked)
    changes = [
        *repointed,
        *more,
        *divisions_of_all(kind, into, everyone),
        *(records.Change(kind.slug, loser, "archive") for loser in into if everyone[loser].archived_at is None),
    ]
    applied = records.apply(joined(changes), origin, locked=locked)
    move(kind, into, {pk: everyone[pk] for pk in into.values()}, repointed)
    remember(kind, into, by)
    return applied, repointed


def remember(kind: Kind, into: Into, by: str) -> None:
    """Which record became which. One that was restored since an earlier merge is nobody's loser any more."""
    now = timezone.now()
    RecordMerge.objects.filter(kind=kind.slug, loser_id__in=[*into, *into.values()]).delete()
    RecordMerge.objects.bulk_create(
        RecordMerge(kind=kind.slug, loser_id=loser, survivor_id=survivor, merged_by=by[:254], merged_at=now)
        for loser, survivor in into.items()
    )


def merged_among(locked: Locked) -> bool:
    """Whether one of these locked records became another meanwhile; no query while none of them is archived."""
    archived = [key for key, record in locked.items() if record.archived_at is not None]
    kinds, ids = {kind for kind, _ in archived}, [pk for _, pk in archived]
    return bool(archived) and RecordMerge.objects.filter(kind__in=kinds, loser_id__in=ids).exists()


def resolved(merges: Iterable[RecordMerge]) -> dict[UUID, UUID]:
    """loser → last survivor, through survivors that were merged in their turn."""
    into = {merge.loser_id: merge.survivor_id for merge in merges}

    def last(pk: UUID) -> UUID:
        # A survivor is live when it wins, so that there is no way round in circles.
        return last(into[pk]) if pk in into else pk

    return {loser: last(loser) for loser in into}
