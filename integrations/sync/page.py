"""One page is one transaction: records, links, history, errors, exchanges, counters and cursor, or nothing.

The number of statements does not grow with the page (docs/architecture.md lists them).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from connectors.base.errors import NotFound, Transient
from integrations import routing
from integrations.models import DeletionPolicy, Integration, RecordLink, SyncJob
from integrations.records import services as records
from integrations.records.kinds import value_of
from integrations.records.writing import pipelined
from integrations.sync import absorb, cursors, links, match, merging, order, progress, refusals, seen_pages, trial
from integrations.sync import held as held_fields
from integrations.sync.announce import integration_origin
from integrations.sync.errors import ErrorBook
from integrations.sync.gateway import ExchangeLog
from integrations.sync.gateway import write as write_exchanges
from integrations.sync.guard import Guard, Sifted
from integrations.sync.lease import Claim
from integrations.sync.lines import canonical
from integrations.sync.links import LinkKey
from integrations.sync.mapping import CompiledResource, Incoming
from integrations.sync.plan import Failure, Item, Plan, Planner, Step, gone, read_items
from integrations.sync.policies import Policies
from integrations.sync.progress import Checkpoint
from integrations.sync.tally import Tally

DOOR_ACTIONS = {"created": "created", "updated": "updated", "restored": "updated", "archived": "archived"}


READINGS = 3
"""Readings of one object that somebody else keeps writing meanwhile, before the last one is taken as it is."""


MERGING = "Des enregistrements de la plateforme sont en cours de fusion. La suite reprendra d’elle-même."


@dataclass(frozen=True)
class Met:
    """A page as the platform knows it: links of all its objects, the objects that changed, the records of those that
    have a link (`held`) or are met for the first time (`matched`), all locked."""

    known: dict[LinkKey, RecordLink]
    unheard: bool
    """Whether no other integration sends, so that nobody need be asked who wants to hear of this page's changes."""
    changed: list[Item]
    held: list[UUID]
    matched: match.Matches
    locked: dict[tuple[str, UUID], Any]
    absorbing: absorb.Absorbing


class Overtaken(Exception):
    """Some objects of a page were written by somebody else after it was asked for: `ids` are to be read again."""

    def __init__(self, ids: set[str]) -> None:
        super().__init__(ids)
        self.ids = ids


@dataclass(frozen=True)
class Told:
    """What a write changed at the provider: field → [old, new] as canonical JSON."""

    remote_id: str = ""
    changes: Mapping[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """What the provider made of a write: the object as it now is (`raw`), the values that were `sent` as canonical JSON
    by field, and when."""

    record_id: UUID
    raw: dict[str, Any]
    sent: dict[str, Any]
    sent_at: datetime | None


@dataclass
class PageStore:
    """Stores the pages of one resource for one claimed job; without a job, what was asked for by a hint.

    read_again(resource, remote id): fetches an object of which somebody else stored a reading meanwhile.
    """

    integration: Integration
    job: SyncJob | None
    claim: Claim | None
    compiled: CompiledResource
    errors: ErrorBook
    exchanges: ExchangeLog
    retries: Callable[[], int]
    read_again: Callable[[str, str], dict[str, Any]] | None = None
    written: set[str] = field(default_factory=set)
    """Remote ids of what the last page changed on the platform."""
    set_aside: set[str] = field(default_factory=set)
    """Remote ids of what waits for a person instead of being stored."""
    guarded: bool = True
    """Whether mass changes and deletions wait for a person; not in a preview, nor once a person approved."""
    deletion: str = ""
    """What a deletion means, where it is not what the integration's settings say."""
    _sifted: Sifted = field(default_factory=Sifted)
    """What the last page may not do by itself."""

    def store(self, raw_records: list[Any], checkpoint: Checkpoint, read_at: datetime | None = None) -> None:
        """Store a page that was asked for at `read_at`. Raises LeaseLost or JobCancelled with nothing written."""
        self.store_items(*read_items(self.compiled, raw_records, read_at), checkpoint)

    def store_items(self, items: list[Item], failures: list[Failure], checkpoint: Checkpoint) -> None:
        """store() of objects that were read already."""
        self.written = set()
        for _ in range(READINGS):
            try:
                self._store(items, failures, checkpoint)
            except Overtaken as overtaken:
                items = [self._later(item) if item.remote_id in overtaken.ids else item for item in items]
            else:
                return
        self._store([replace(item, read_at=None) for item in items], failures, checkpoint)

    def _later(self, item: Item) -> Item:
        """The object as it is now."""
        assert self.read_again is not None
        now = timezone.now()
        try:
            raw = self.read_again(self.compiled.resource.name, item.remote_id)
        except NotFound:
            return replace(gone(self.compiled, item.remote_id, now), into=item.into)
        items, _ = read_items(self.compiled, [raw], now)
        if items and items[0].deleted:
            items[0].into = items[0].into or item.into
        return items[0] if items else item

    def _store(self, items: list[Item], failures: list[Failure], checkpoint: Checkpoint) -> None:
        try:
            self._commit(items, failures, checkpoint)
        except (IntegrityError, DataError):
            # One record that the database refuses must not stop the others: halve the page until it stands alone.
            if len(items) > 1:
                middle = len(items) // 2
                self._store(items[:middle], failures, Checkpoint(None))
                self._store(items[middle:], [], checkpoint)
            elif items:
                self._store_alone(items[0], failures, checkpoint)
            else:
                raise

    def _store_alone(self, item: Item, failures: list[Failure], checkpoint: Checkpoint) -> None:
        """Once more, as somebody else may have linked this very object at the same moment; then it is refused."""
        try:
            self._commit([item], failures, checkpoint)
        except (IntegrityError, DataError) as error:
            reason = refusals.explain(self.compiled, self.integration, item, error)
            self._store([], [*failures, reason], checkpoint)

    def _commit(self, items: list[Item], failures: list[Failure], checkpoint: Checkpoint) -> None:
        now = timezone.now()
        exchanges = self.exchanges.due(whole=checkpoint.last)
        with transaction.atomic(), pipelined():
            plan, applied = self.write(items, now)
            failed = trial.worth_telling(self.integration, [*failures, *plan.failures])
            page = _tally(plan, applied, len(failed))
            sifted = self._sifted
            still_open = self.errors.save(self.job, failed, {item.remote_id for item in items}, now)
            if checkpoint.last and checkpoint.cursor is not None:
                cursors.save(self.integration, self.compiled.resource.name, checkpoint.cursor, complete=True)
            write_exchanges(exchanges)
            written = self._save_progress(page, checkpoint, sifted.counts)
        # Only now that it is committed may the memory of this run follow.
        self.written |= _written(plan, applied)
        self.set_aside |= {row.remote_id for _, _, row in sifted.rows}
        self.errors.open = still_open
        self.exchanges.stored(len(exchanges))
        for name, value in written.items():
            setattr(self.job, name, value)

    def take_answers(self, kind: str, answers: list[Answered]) -> dict[UUID, Told]:
        """Take the provider's answers to writes: links, bases, and what the provider decides itself. Needs a
        transaction. Returns what each write changed there, by record."""
        if not answers:
            return {}
        locked = records.lock({kind: [each.record_id for each in answers]})
        read = [(each, item) for each in answers for item in read_items(self.compiled, [each.raw], each.sent_at)[0]]
        known = self._links_of(kind, [(each.record_id, item) for each, item in read])
        # An answer that somebody else's later reading overtook is in that reading already.
        items = order.judge([item for _, item in read], known, self.compiled.resource.name).taken
        taken = {id(item) for item in items}
        told: dict[UUID, Told] = {}
        for each, item in read:
            agreed = known[self.compiled.resource.name, item.remote_id].base_local
            changes = {name: [agreed.get(name), value] for name, value in each.sent.items()}
            told[each.record_id] = Told(item.remote_id, changes)
            if id(item) in taken:
                link = known[self.compiled.resource.name, item.remote_id]
                self._remember_sent(link, item, each.sent, locked[kind, each.record_id])
        self._take(items, known, locked)
        return told

    def _remember_sent(self, link: RecordLink, item: Item, sent: dict[str, Any], record: Any) -> None:
        fields = self.compiled.mapping.kind.fields
        link.base_local |= sent
        for name in sent.keys() & item.raw_values.keys():
            # Lines come back with their ids and names: they are taken as the provider has them now. For all else the
            # provider's form of the value (shortened, re-cased) is only remembered, so that nothing of ours is lost.
            info = fields[name]
            if info.type != "lines" or canonical(info, value_of(record, info)) != sent[name]:
                link.base_remote[name] = item.raw_values[name]

    def link_to(self, kind: str, record_id: UUID, found: dict[str, Any]) -> None:
        """Link a record to an object that was there already; bases follow from the merge. Needs a transaction."""
        items, _ = read_items(self.compiled, [found])
        known = self._links_of(kind, [(record_id, item) for item in items])
        self._take(items, known, records.lock({kind: [record_id]}))

    def store_one(self, raw: dict[str, Any]) -> None:
        """Store one object that was fetched by its id."""
        self.store([raw], Checkpoint(None))

    def _links_of(self, kind: str, pairs: list[tuple[UUID, Item]]) -> dict[LinkKey, RecordLink]:
        """The links of these objects, new ones where there are none yet; one query."""
        resource = self.compiled.resource.name
        known = links.load(self.integration.pk, {(resource, item.remote_id) for _, item in pairs})
        for record_id, item in pairs:
            known.setdefault(
                (resource, item.remote_id),
                RecordLink(
                    integration=self.integration,
                    resource=resource,
                    remote_id=item.remote_id,
                    record_kind=kind,
                    record_id=record_id,
                ),
            )
        return known

    def _take(self, items: list[Item], known: dict[LinkKey, RecordLink], locked: Any) -> None:
        """Merge objects whose links are known (their records are locked) and save everything, links included."""
        now = timezone.now()
        kind = self.compiled.mapping.kind.slug
        if moved := {link.record_id for link in known.values() if (kind, link.record_id) not in locked}:
            # Merged into another record while the write was under way.
            locked = {**locked, **records.lock({kind: moved})}
        for item in items:
            link = known[self.compiled.resource.name, item.remote_id]
            link.remote_version, link.synced_at = item.version, now
        planner = self._planner(items, known, {}, now)
        # What we wrote ourselves is no news of a life that goes on there.
        planner.deletion = DeletionPolicy.ARCHIVE
        plan = planner.run(items, locked)
        self._checked(plan, locked).write()
        # An answer that cannot be read whole is read again by the next pull: its hash is not kept.
        links.save([known[self.compiled.resource.name, item.remote_id] for item in items])
        held_fields.save(plan, held_fields.open_fields([link.record_id for link in known.values()]), now)

    def _planner(
        self, items: list[Item], known: dict[LinkKey, RecordLink], matches: dict[str, Any], now: Any
    ) -> Planner:
        division = self.integration.default_division_id
        return Planner(
            self.integration.pk,
            self.compiled,
            known,
            self._context(items),
            Policies.of_integration(self.integration, self.compiled.resource, self.exchanges.skew),
            now,
            self.integration.include_deleted,
            deletion=self.deletion or self.integration.deletion_policy_of(self.compiled.resource.name),
            matches=matches,
            new_record_values={"division": division} if division else {},
        )

    def write(self, items: list[Item], now: Any) -> tuple[Plan, list[records.Applied]]:
        """Plan these objects and write records, links and conflicts, in the caller's transaction."""
        kind = self.compiled.mapping.kind
        met = self._meet(items)
        known, changed, held, matched, locked = met.known, met.changed, met.held, met.matched, met.locked
        met.absorbing.carry_out(known, locked, integration_origin(self.integration, self.job))
        if held:
            changed = self._latest(changed, known)
        planner = self._planner(changed, known, matched.locked(kind.slug, locked), now)
        planner.plan.failures += matched.ambiguous
        refused = {failure.remote_id for failure in matched.ambiguous}
        plan = planner.run([item for item in changed if item.remote_id not in refused], locked)
        plan.skipped += len(items) - len(changed)
        guard = Guard(self.integration, self.compiled.resource.name, self.job)
        seen = {item.remote_id for item in items} | met.absorbing.pairs.keys()
        self._sifted = guard.sift(plan, locked, known, seen) if self.guarded else Sifted()
        guard.save(self._sifted)
        waiting = held_fields.open_fields(held) if held and planner.policies.two_way else set()
        # Links first, once it is known that their records will do: the database works on them meanwhile.
        checked = self._checked(plan, locked)
        saved = [*(step.link for step in plan.steps), *plan.touched]
        if saved:
            links.save(saved)
        with routing.unheard(met.unheard):
            applied = checked.write()
        held_fields.save(plan, waiting, now)
        routing.ask(self._owed(plan))
        routing.ask([self._wish(key) for key in plan.lost], needed=True)
        return plan, applied

    def _meet(self, items: list[Item]) -> Met:
        """The links of a page, and its records, locked. Read again when one of them was merged into another between
        the reading of its link and the lock: its link leads to the survivor now."""
        resource, kind = self.compiled.resource.name, self.compiled.mapping.kind.slug
        told = absorb.told(items)
        keys = self._link_keys(items, told)
        for _ in range(READINGS):
            found = links.look_up(self.integration.pk, keys)
            known = found.links
            absorbing = absorb.Absorbing.of(self.compiled.mapping.kind, resource, told, known)
            changed = _changed(items, known, resource)
            held = [link.record_id for i in changed if (link := known.get((resource, i.remote_id))) is not None]
            heirs = set(absorbing.pairs.values())
            strangers = [
                i for i in changed if not ((resource, i.remote_id) in known or i.deleted or i.remote_id in heirs)
            ]
            matched = match.find(self.integration, self.compiled, strangers) if strangers else match.Matches()
            mine = [*held, *matched.record_ids]
            wanted = absorbing.wanted(known)
            wanted[kind] = [*wanted.get(kind, []), *mine]
            locked = records.lock(wanted) if wanted[kind] else {}
            own = {(kind, pk): locked[kind, pk] for pk in mine if (kind, pk) in locked}
            if not merging.merged_among(own) and absorbing.still(self.integration.pk, known):
                return Met(known, not found.others_send, changed, held, matched, locked, absorbing)
        raise Transient(MERGING, retry_after=2.0, code="merging")

    @property
    def _has_rivals(self) -> bool:
        """Whether a run and webhooks may store the same objects at the same time."""
        return self.job is None or self.integration.webhooks_enabled

    def _latest(self, changed: list[Item], known: dict[LinkKey, RecordLink]) -> list[Item]:
        """Those of the changed objects that are still news. Where others may write the same links, whoever holds the
        locks of the records sees what they wrote, and takes nothing that was read before that."""
        resource = self.compiled.resource.name
        if not self._has_rivals:
            return order.news(changed, known, resource, self.job)
        known |= links.load(self.integration.pk, {(resource, i.remote_id) for i in changed} & known.keys())
        judged = order.judge(_changed(changed, known, resource), known, resource)
        if judged.doubtful and self.read_again and "fetch" in self.compiled.resource.capabilities:
            raise Overtaken({item.remote_id for item in judged.doubtful})
        return [*judged.taken, *judged.doubtful]

    def _owed(self, plan: Plan) -> list[routing.Wish]:
        return [self._wish(key) for key in plan.owed]

    def _wish(self, record_id: UUID) -> routing.Wish:
        resource = self.compiled.resource
        return routing.Wish(self.integration.pk, resource.name, resource.record, record_id)

    def _context(self, items: list[Item]) -> Incoming:
        """What the values of these items are read with; one query, none when they refer to nothing."""
        kinds = self.compiled.resource_of_kind
        keys: set[LinkKey] = set()
        for mapped in self.compiled.mapping.referring:
            for item in items:
                keys |= mapped.reference_keys(item.raw_values[mapped.name], kinds)
        return Incoming(
            links.targets(self.integration.pk, keys),
            str(self.integration.pk),
            kinds,
            self.compiled.options,
            self.compiled.slots.line_value,
        )

    def _checked(self, plan: Plan, locked: Any) -> records.Checked:
        """The plan's changes as the door accepts them; what it refuses becomes a failure."""
        origin = integration_origin(self.integration, self.job)
        try:
            return records.check([step.change for step in plan.steps], origin, locked=locked)
        except records.InvalidChanges as invalid:
            # The valid ones go on without the others.
            _set_aside(plan, {plan.steps[i].link.record_id: fields for i, fields in invalid.problems.items()})
            return self._checked(plan, locked)

    def _link_keys(self, items: list[Item], told: Mapping[str, str]) -> set[LinkKey]:
        name = self.compiled.resource.name
        keys = {(name, item.remote_id) for item in items}
        keys |= {(name, one) for pair in told.items() for one in pair}
        for embedded, _ in self.compiled.embedded:
            keys |= {(embedded.resource, key) for item in items if (key := embedded.remote_id(item.raw))}
        return keys

    def _save_progress(self, page: Tally, checkpoint: Checkpoint, more: Mapping[str, int]) -> dict[str, Any]:
        """Write counters and finished resources where the claim still holds; returns what was written."""
        if self.job is None or self.claim is None:
            return {}
        name = self.compiled.resource.name
        seen_pages.note(self.job, name, checkpoint)
        return progress.save(self.job, self.claim, name, page, checkpoint, retries=self.retries(), more=more)


def _changed(items: list[Item], known: dict[LinkKey, RecordLink], resource: str) -> list[Item]:
    """Those whose mapped values are not the ones that were stored."""
    return [i for i in items if (link := known.get((resource, i.remote_id))) is None or link.raw_hash != i.hash]


def _tally(plan: Plan, applied: list[records.Applied], failed: int) -> Tally:
    """Counts of a page: what the door did with the page's own objects; embedded records are not counted."""
    pairs = zip(plan.steps, applied, strict=True)
    became = Counter(DOOR_ACTIONS.get(done.action, "skipped") for step, done in pairs if step.item is not None)
    return Tally(**became) + Tally(skipped=plan.skipped, failed=failed)


def _written(plan: Plan, applied: list[records.Applied]) -> set[str]:
    changed = (step.item for step, done in zip(plan.steps, applied, strict=True) if done.action != "unchanged")
    return {item.remote_id for item in changed if item is not None}


def _set_aside(plan: Plan, problems: dict[Any, dict[str, str]]) -> None:
    """Turn the steps whose record the door refuses, and those that refer to such a record, into failures."""
    kept: list[Step] = []
    for step in plan.steps:
        refused = [
            i for i in (step.link.record_id, *step.change.values.values()) if isinstance(i, UUID) and i in problems
        ]
        if not refused:
            kept.append(step)
        elif step.item is not None:
            name, sentence = next(iter(problems[refused[0]].items()))
            plan.failures.append(step.item.failure("invalid", sentence, name))
    plan.steps = kept
