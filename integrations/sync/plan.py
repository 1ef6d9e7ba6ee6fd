"""What a page of remote objects means for the platform: which records to make, change or archive. No writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from connectors.base.errors import ConnectorError
from integrations.core.ids import uuid7
from integrations.models import DeletionPolicy, LinkState, RecordLink
from integrations.records.kinds import BLANK, KINDS, FieldInfo, value_of
from integrations.records.services import Change
from integrations.records.writing import new_instance
from integrations.sync.conflicts import MISSING, Outcome, Sides, merge, next_bases
from integrations.sync.lines import canonical
from integrations.sync.links import LinkKey
from integrations.sync.mapping import CompiledResource, Incoming, ResourceMapping
from integrations.sync.order import compare
from integrations.sync.policies import Policies
from integrations.sync.problems import FieldProblem

ONE_CENT = Decimal("0.01")
ENDED = frozenset({LinkState.TOMBSTONE, LinkState.LOST, LinkState.ALIAS, LinkState.CUT})
"""States of a link whose object is gone already, or says no more."""


@dataclass
class Failure:
    """A remote object that cannot be taken in, and why."""

    remote_id: str
    raw: Any
    code: str
    sentence: str
    field: str = ""


@dataclass
class Item:
    """One remote object of a page, read but not decoded. `read_at`: when it was asked for, None when nobody minds."""

    raw: dict[str, Any]
    remote_id: str
    version: str
    deleted: bool
    raw_values: dict[str, Any]
    hash: str
    read_at: datetime | None = None
    also: tuple[str, ...] = ()
    """Ids of objects that the provider merged into this one."""
    into: str = ""
    """Id of the object that the provider merged this one into."""
    confirm: bool = False
    """Whether the object is only believed to be gone, as a whole reading did not see it."""

    def failure(self, code: str, sentence: str, field: str = "") -> Failure:
        """This object as one that cannot be taken in."""
        return Failure(self.remote_id, self.raw, code, sentence, field)


@dataclass
class Step:
    """One change of a record with the link that will remember it."""

    change: Change
    link: RecordLink
    item: Item | None = None
    revives: bool = False
    """Whether the object was changed there although the record had been archived here."""


@dataclass
class Held:
    """A field that both sides changed and that waits for a person."""

    link: RecordLink
    info: FieldInfo
    sides: Sides


@dataclass
class Plan:
    """Everything that one page asks for."""

    steps: list[Step] = field(default_factory=list)
    touched: list[RecordLink] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    settled: set[tuple[UUID, str]] = field(default_factory=set)
    overruled: list[Held] = field(default_factory=list)
    """Amounts that the platform computed and the provider computed otherwise: its own counts, a person is told."""
    owed: set[UUID] = field(default_factory=set)
    """Records of which the provider does not have the platform's value yet."""
    failures: list[Failure] = field(default_factory=list)
    skipped: int = 0
    lost: set[UUID] = field(default_factory=set)
    """Records that are gone at the provider and are to be made there again."""


def read_items(
    compiled: CompiledResource, records: Iterable[Any], read_at: datetime | None = None
) -> tuple[list[Item], list[Failure]]:
    """Split a page into readable objects (of those that come twice the later version) and unreadable ones."""
    items: dict[str, Item] = {}
    failures: list[Failure] = []
    for raw in records:
        try:
            item = _read(compiled, raw)
        except ConnectorError as error:
            failures.append(Failure("", raw, error.code, error.sentence))
        else:
            item.read_at = read_at
            known = items.get(item.remote_id)
            if known is None or compare(item.version, known.version) != -1:
                items[item.remote_id] = item
    return list(items.values()), failures


def gone(compiled: CompiledResource, remote_id: str, read_at: datetime | None = None) -> Item:
    """An object that the provider no longer has."""
    raw_values = compiled.mapping.raw_values({})
    digest = compiled.mapping.hash(raw_values, deleted=True)
    return Item({}, remote_id, "", True, raw_values, digest, read_at)


def _read(compiled: CompiledResource, raw: Any) -> Item:
    remote_id = compiled.resource.remote_id(raw)
    deleted = compiled.resource.is_deleted(raw)
    raw_values = compiled.mapping.raw_values(raw)
    for embedded, _ in compiled.embedded:
        raw_values[embedded_field(embedded.into)] = embedded.remote_id(raw) or None
    return Item(
        raw=raw,
        remote_id=remote_id,
        version=compiled.resource.version(raw),
        deleted=deleted,
        raw_values=raw_values,
        hash=compiled.mapping.hash(raw_values, deleted=deleted),
        also=merged_from(raw) if (merged_from := compiled.resource.merged_from) else (),
        into=merged_into(raw) if (merged_into := compiled.resource.merged_into) else "",
    )


def embedded_field(into: str) -> str:
    """The owner's field that refers to an embedded record: "property.manager" → "manager"."""
    return into.split(".", 1)[1]


@dataclass
class Planner:
    """Plans one page: links and references are given, records come locked.

    matches: remote id → record of the platform that a new remote object turned out to be.
    """

    integration_id: UUID
    compiled: CompiledResource
    links: dict[LinkKey, RecordLink]
    context: Incoming
    policies: Policies
    now: Any
    follow_deletions: bool = True
    deletion: str = DeletionPolicy.ARCHIVE
    matches: Mapping[str, Any] = field(default_factory=dict)
    new_record_values: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)

    def run(self, items: list[Item], locked: Mapping[tuple[str, UUID], Any]) -> Plan:
        """Plan every item that is not unchanged."""
        for item in items:
            link = self.links.get((self.compiled.resource.name, item.remote_id))
            try:
                if item.deleted:
                    self._archive(item, link)
                else:
                    self._take(item, link, locked)
            except FieldProblem as problem:
                self.plan.failures.append(item.failure(problem.code, problem.sentence, problem.field))
        return self.plan

    def _archive(self, item: Item, link: RecordLink | None) -> None:
        if link is None or link.state in ENDED or not self.follow_deletions:
            # Deleted before it was ever seen, a tombstone seen again, or deletions are not wanted here.
            self.plan.skipped += 1
            return
        if link.state == LinkState.MERGED:
            # The survivor has an object of its own: it outlives this one.
            self._keep(item, link)
            return
        link.state, link.raw_hash = LinkState.TOMBSTONE, item.hash
        self._stamp(link, item)
        keeps = self.deletion in (DeletionPolicy.UNLINK, DeletionPolicy.RESTORE)
        if self.deletion == DeletionPolicy.RESTORE and self.policies.two_way and self._can_be_made_again():
            link.state = LinkState.LOST
            self.plan.lost.add(link.record_id)
        change = Change(link.record_kind, link.record_id, "update" if keeps else "archive")
        self.plan.steps.append(Step(change, link, item))

    def _can_be_made_again(self) -> bool:
        return "create" in self.compiled.resource.capabilities

    def _take(self, item: Item, link: RecordLink | None, locked: Mapping[tuple[str, UUID], Any]) -> None:
        if link is not None and link.state in (LinkState.ALIAS, LinkState.CUT):
            # What another object absorbed is that object: it speaks for both. A link that was cut says no more.
            self.plan.skipped += 1
            return
        mapping = self.compiled.mapping
        record = locked[link.record_kind, link.record_id] if link else self.matches.get(item.remote_id)
        incoming = mapping.decode(item.raw_values, self.context, record)
        made = [self._embedded(embedded, sub, item.raw) for embedded, sub in self.compiled.embedded]
        for (embedded, _), (record_id, step) in zip(self.compiled.embedded, made, strict=True):
            incoming[embedded_field(embedded.into)] = record_id
            if step is not None:
                self.plan.steps.append(step)
                self.links[embedded.resource, step.link.remote_id] = step.link
        if record is None:
            self._create(item, incoming)
        else:
            self._update(item, link or self._match_link(item, record), incoming, record)

    def _create(self, item: Item, incoming: dict[str, Any]) -> None:
        kind = self.compiled.mapping.kind
        values = {name: value for name, value in self.new_record_values.items() if name in kind.fields} | incoming
        link = self._new_link(self.compiled.resource.name, item.remote_id, kind.slug, incoming, item.raw_values)
        link.raw_hash = item.hash
        self._stamp(link, item)
        self.plan.steps.append(Step(Change(kind.slug, link.record_id, "create", values), link, item))

    def _match_link(self, item: Item, record: Any) -> RecordLink:
        """A link without bases: both sides had a life before they met."""
        kind = self.compiled.mapping.kind.slug
        link = self._new_link(self.compiled.resource.name, item.remote_id, kind, {}, {})
        link.record_id = record.pk
        return link

    def _update(self, item: Item, link: RecordLink, incoming: dict[str, Any], record: Any) -> None:
        if link.state == LinkState.SET_ASIDE and _as_agreed(item, link):
            self._keep(item, link)
            return
        kind = self.compiled.mapping.kind
        values = {
            name: value
            for name, value in incoming.items()
            if self._merge(item, link, name, value, record) is Outcome.PULL
            or self._only_ids_differ(kind.fields[name], value, record)
        }
        if values and link.state == LinkState.MERGED:
            # The survivor's own object at this provider has not heard of it.
            self.plan.owed.add(link.record_id)
        revives = self._archived_here(link, record)
        restored = link.state in (LinkState.TOMBSTONE, LinkState.SET_ASIDE, LinkState.LOST) or (
            revives and self.deletion in (DeletionPolicy.RESTORE, DeletionPolicy.ASK)
        )
        link.state = LinkState.MERGED if link.state == LinkState.MERGED else LinkState.LIVE
        link.raw_hash = item.hash
        if revives and self.deletion == DeletionPolicy.UNLINK:
            link.state = LinkState.CUT
            self.plan.touched.append(link)
            self.plan.skipped += 1
            return
        self._stamp(link, item)
        if restored or values:
            change = Change(kind.slug, link.record_id, "restore" if restored else "update", values)
            self.plan.steps.append(Step(change, link, item, revives))
        else:
            self.plan.skipped += 1
            self.plan.touched.append(link)

    def _keep(self, item: Item, link: RecordLink) -> None:
        """Remember what was read, and change nothing."""
        link.raw_hash = item.hash
        self._stamp(link, item)
        self.plan.skipped += 1
        self.plan.touched.append(link)

    def _archived_here(self, link: RecordLink, record: Any) -> bool:
        """Whether somebody archived the record here, of an object that lives on and has changed since. Where an
        archive of ours is told to the provider by an act, that act is the change."""
        told = any(act.when and act.when[0] == "archived" for act in self.compiled.resource.acts)
        return record.archived_at is not None and link.state == LinkState.LIVE and bool(link.raw_hash) and not told

    def _merge(self, item: Item, link: RecordLink, name: str, value: Any, record: Any) -> Outcome:
        """Merge one field into the link's bases."""
        info = self.compiled.mapping.kind.fields[name]
        mapped = self.compiled.mapping.by_name.get(name)
        if mapped is not None and mapped.create_only and name in link.base_local:
            return Outcome.KEEP
        sides = Sides(
            local=canonical(info, value_of(record, info)),
            incoming=canonical(info, value),
            remote=item.raw_values[name],
            base_local=link.base_local.get(name, MISSING),
            base_remote=link.base_remote.get(name, MISSING),
        )
        closed = self.policies.closed(mapped)
        outcome = Outcome.KEEP if closed else merge(sides, self.policies.of(mapped, record, item.raw))
        if outcome is Outcome.HOLD:
            self.plan.held.append(Held(link, info, sides))
        else:
            self.plan.settled.add((link.pk, name))
            if outcome is Outcome.PULL and name in self.compiled.resource.owned_amounts and _ours_differs(sides):
                self.plan.overruled.append(Held(link, info, sides))
            link.base_local[name], link.base_remote[name] = next_bases(sides, outcome)
            if outcome is Outcome.KEEP and self.policies.sends(mapped) and sides.local != link.base_local[name]:
                self.plan.owed.add(link.record_id)
        return outcome

    @staticmethod
    def _only_ids_differ(info: FieldInfo, value: Any, record: Any) -> bool:
        """Whether lines mean the same on both sides: those just sent have got their ids at the provider since."""
        return (
            info.type == "lines" and bool(value) and canonical(info, value) == canonical(info, value_of(record, info))
        )

    def _embedded(
        self, embedded: Any, mapping: ResourceMapping, raw: dict[str, Any]
    ) -> tuple[UUID | None, Step | None]:
        """The record embedded in this object, and how to make it when it is new; (None, None) when there is none."""
        key = embedded.remote_id(raw)
        if not key:
            return None, None
        known = self.links.get((embedded.resource, key))
        if known is not None:
            return known.record_id, None
        raw_values = mapping.raw_values(raw)
        incoming = mapping.decode(raw_values, self.context)
        link = self._new_link(embedded.resource, key, mapping.kind.slug, incoming, raw_values)
        link.raw_hash = mapping.hash(raw_values, deleted=False)
        link.synced_at = self.now
        return link.record_id, Step(Change(mapping.kind.slug, link.record_id, "create", incoming), link)

    def _new_link(
        self, resource: str, remote_id: str, kind: str, incoming: Mapping[str, Any], raw_values: Mapping[str, Any]
    ) -> RecordLink:
        fields = KINDS[kind].fields
        values = {
            "id": uuid7(),
            "integration_id": self.integration_id,
            "resource": resource,
            "remote_id": remote_id,
            "record_kind": kind,
            "record_id": uuid7(),
            "base_local": {name: canonical(fields[name], value) for name, value in incoming.items()},
            "base_remote": dict(raw_values),
            "raw_hash": "",
            "remote_version": "",
            "state": LinkState.LIVE,
            "synced_at": None,
        }
        return new_instance(RecordLink, values)

    def _stamp(self, link: RecordLink, item: Item) -> None:
        link.remote_version = item.version or link.remote_version
        link.synced_at = self.now


def _as_agreed(item: Item, link: RecordLink) -> bool:
    """Whether the provider still has what it had when both sides last agreed."""
    return all(link.base_remote.get(name) == value for name, value in item.raw_values.items())


def _ours_differs(sides: Sides) -> bool:
    """Whether the platform had computed another amount than the provider's, by more than a cent."""
    if sides.local in BLANK or sides.local == sides.base_local or not Decimal(sides.local):
        return False
    return abs(Decimal(sides.local) - Decimal(sides.incoming or 0)) > ONE_CENT
