"""Objects that a provider told us to look at: fetched as they are now and merged like a page of a pull.

Beside a run of the same integration this is safe: it holds no job and moves no position; it stores through the same
page store, which locks records and lets the later reading win (sync.order); and an object that one of our own writes
may just be making is left alone until that write is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils import timezone

from connectors.base.connector import Connector
from connectors.base.errors import AuthExpired, ConnectorError, NotFound, RateLimited, Transient
from integrations import stop
from integrations.models import Integration, LinkState, PushOperation, PushStatus, RecordLink, Status
from integrations.sync import links, order
from integrations.sync.breakage import broke
from integrations.sync.errors import ErrorBook
from integrations.sync.gateway import ExchangeLog, open_connector
from integrations.sync.links import LinkKey
from integrations.sync.mapping import CompiledResource, Incoming
from integrations.sync.options import NO_OPTIONS
from integrations.sync.page import PageStore
from integrations.sync.parts import compiled_resources
from integrations.sync.plan import Failure, Item, gone, read_items
from integrations.sync.problems import FieldProblem
from integrations.sync.progress import Checkpoint

LATE_TRIES = 3
"""Looks at an object that is not yet as it was announced (a replica lags), before it is believed."""
OWN_WRITE_WAIT = 0.5
STOPPED_WAIT = 2.0
MOST_GENERATIONS = 3
"""How far what an object refers to is fetched too: a payment, its invoice, its customer."""
Reading = tuple[dict[str, Any], datetime]
"""An object and when it was asked for."""
NO_CONTEXT = Incoming({}, "", {}, NO_OPTIONS, lambda *_: "")
NOT_YET = "L’objet n’est pas encore chez le fournisseur tel qu’il l’a annoncé. Il sera relu dans un instant."
ASKS = "Le changement est mis de côté : il se décide sous « À approuver », sur la page de l’intégration."
OWN_WRITE = "Un envoi de la plateforme vers cet objet n’a pas encore sa réponse. L’objet sera relu ensuite."


@dataclass(frozen=True)
class Look:
    """One object to look at, and what was told of it. `tries`: how often it was looked at in vain. `into`: id of the
    object that it was merged into; that it went is then no deletion."""

    resource: str
    remote_id: str
    version: str = ""
    deleted: bool = False
    tries: int = 0
    into: str = ""

    @property
    def key(self) -> LinkKey:
        """(resource, remote id)"""
        return self.resource, self.remote_id


class Result(StrEnum):
    """What became of a look."""

    STORED = "stored"
    KNOWN = "known"  # what was told is stored already: nothing was asked
    OUTSIDE = "outside"  # not synchronised by the integration's settings
    BY_SYNC = "by_sync"  # only a pull of that resource can tell
    LATER = "later"
    BROKEN = "broken"  # the integration must be reconnected first
    FAILED = "failed"


@dataclass(frozen=True)
class Seen:
    """What became of one look, and why it is not simply stored. LATER: after `wait` seconds where that is known;
    `counts`: whether it was a try that failed. STORED with a `code`: the record is refused and an error is open, or the
    change waits for an approval."""

    result: Result
    code: str = ""
    sentence: str = ""
    wait: float | None = None
    counts: bool = True


STORED = Seen(Result.STORED)
SET_ASIDE = Seen(Result.STORED, "approval", ASKS)


def seen_of(integration: Integration, error: ConnectorError | stop.EmergencyStopped) -> Seen:
    """What an error of the provider means for what was asked; a refused credential marks the integration."""
    if isinstance(error, stop.EmergencyStopped):
        return Seen(Result.LATER, "stopped", error.sentence, STOPPED_WAIT, counts=False)
    if isinstance(error, AuthExpired):
        broke(integration, Status.RECONNECT, code=error.code, sentence=error.sentence)
        return Seen(Result.BROKEN, error.code, error.sentence)
    if isinstance(error, Transient):
        waits = isinstance(error, RateLimited)
        return Seen(Result.LATER, error.code, error.sentence, error.retry_after, counts=not waits)
    return Seen(Result.FAILED, error.code, error.sentence)


def follow(integration: Integration, looks: Iterable[Look]) -> dict[LinkKey, Seen]:
    """Fetch and merge these objects, one request for each, parents first. A database error is raised; whatever the
    provider does is told for each object. A refused credential marks the integration."""
    following = _Following(integration)
    try:
        return following.run({look.key: look for look in looks})
    finally:
        following.close()


@dataclass
class _Following:
    integration: Integration
    seen: dict[LinkKey, Seen] = field(default_factory=dict)
    halt: Seen | None = None
    """Why nothing more is asked of the provider in this pass."""
    brought: set[LinkKey] = field(default_factory=set)
    only_if_gone: set[LinkKey] = field(default_factory=set)
    """Objects that a pull alone may take in; what it cannot tell is into which one they were merged."""
    answered_as: dict[LinkKey, LinkKey] = field(default_factory=dict)
    """Objects that answered under another id than the one that was asked for (merged with another one)."""

    def __post_init__(self) -> None:
        self.exchanges = ExchangeLog(self.integration.pk)

    @cached_property
    def compiled(self) -> dict[str, CompiledResource]:
        """By name, in the order of dependency."""
        return {each.resource.name: each for each in compiled_resources(self.integration, [])}

    @cached_property
    def connector(self) -> Connector:
        """Tries once: the wait after a failure is on the row that asks."""
        return open_connector(self.integration, self.exchanges, patient=False, gate=stop.Gate())

    def close(self) -> None:
        if "connector" in self.__dict__:
            self.connector.close()
        self.exchanges.store()

    def run(self, looks: dict[LinkKey, Look]) -> dict[LinkKey, Seen]:
        if self.integration.is_trial:
            # What is told meanwhile comes with the whole pull that follows the release.
            return {key: Seen(Result.OUTSIDE) for key in looks}
        for name, compiled in self.compiled.items():
            mine = [look for look in looks.values() if look.resource == name]
            if mine and self._cannot_be_judged(compiled, mine):
                self._look(compiled, self._merged_away(compiled, mine))
            elif mine:
                self._look(compiled, _with_survivors(mine, self._unknown(mine)))
        otherwise = self.halt or Seen(Result.OUTSIDE)
        return {key: self.seen.get(self.answered_as.get(key, key), otherwise) for key in looks}

    def _cannot_be_judged(self, compiled: CompiledResource, looks: list[Look]) -> bool:
        """Whether only a pull knows: an object does not come by its id, or a filter of the provider's decides."""
        resource, narrowed = compiled.resource, dict(self.integration.filters_of(compiled.resource))
        if resource.date_field in compiled.mapping.by_name:
            narrowed = {name: value for name, value in narrowed.items() if name not in ("date_from", "date_to")}
        if "fetch" in resource.capabilities and not narrowed:
            return False
        self.seen |= {look.key: Seen(Result.BY_SYNC) for look in looks}
        return True

    def _merged_away(self, compiled: CompiledResource, looks: list[Look]) -> list[Look]:
        """Of objects that only a pull can judge, those that became another one: no filter has a say in that."""
        merged = [look for look in looks if look.into and "fetch" in compiled.resource.capabilities]
        self.only_if_gone |= {look.key for look in merged}
        return merged

    def _unknown(self, looks: list[Look]) -> list[Look]:
        """Those that tell of more than is stored."""
        known = links.load(self.integration.pk, {look.key for look in looks if look.version})
        told = [look for look in looks if _is_stored(look, known.get(look.key))]
        self.seen |= {look.key: Seen(Result.KNOWN) for look in told}
        return [look for look in looks if look.key not in self.seen]

    def _look(self, compiled: CompiledResource, looks: list[Look], generation: int = 0) -> None:
        """Fetch these objects and what they refer to, then store them."""
        items: list[Item] = []
        failures: list[Failure] = []
        together = self._fetch_together(compiled, looks)
        for look in looks:
            if self.halt is not None:
                break
            found, refused = self._fetch(compiled, look, together.get(look.remote_id))
            items += found
            failures += refused
        # Two ids may answer as one object: the one that was merged, and the one that it became.
        items = list({item.remote_id: item for item in items}.values())
        if not items and not failures:
            return
        if generation < MOST_GENERATIONS and self.halt is None:
            self._bring_referred(compiled, items, generation)
        items = self._without_own(compiled, items)
        if items or failures:
            self._store(compiled, items, failures)

    def _fetch_together(self, compiled: CompiledResource, looks: list[Look]) -> dict[str, Reading]:
        """Many objects in one request, where the provider can. What does not come is asked for alone: an error is told
        where it is met again."""
        size, together = self.integration.connector.fetch_at_once, dict[str, Reading]()
        ids = list(dict.fromkeys(look.remote_id for look in looks))
        for start in range(0, len(ids) if size > 1 and len(ids) > 1 else 0, size):
            now = timezone.now()
            try:
                found = self.connector.fetch_many(compiled.resource.name, ids[start : start + size])
            except (ConnectorError, stop.EmergencyStopped):
                break
            together |= {remote_id: (raw, now) for remote_id, raw in found.items()}
        return together

    def _fetch(self, compiled: CompiledResource, look: Look, given: Reading | None) -> tuple[list[Item], list[Failure]]:
        now = timezone.now()
        try:
            raw, now = given or (self.connector.fetch(look.resource, look.remote_id), now)
        except NotFound:
            return [replace(gone(compiled, look.remote_id, now), into=look.into)], []
        except (ConnectorError, stop.EmergencyStopped) as error:
            self._on_error(look, error)
            return [], []
        items, failures = read_items(compiled, [raw], now)
        if not items:
            return [], [replace(failure, remote_id=look.remote_id) for failure in failures]
        if items[0].remote_id != look.remote_id:
            self.answered_as[look.key] = look.resource, items[0].remote_id
        elif items[0].deleted:
            items[0].into = items[0].into or look.into
        elif look.key in self.only_if_gone:
            return [], []
        if not self.integration.in_period(_day(compiled, items[0])) or self._is_left_out(compiled, items[0]):
            self.seen[look.key] = Seen(Result.OUTSIDE)
            return [], []
        if _is_late(look, items[0]):
            self.seen[look.key] = Seen(Result.LATER, "not_yet", NOT_YET)
            return [], []
        return items, []

    def _is_left_out(self, compiled: CompiledResource, item: Item) -> bool:
        """Whether it is nothing that the platform keeps, and never was."""
        left_out = compiled.resource.left_out
        if left_out is None or item.deleted or not left_out(item.raw):
            return False
        key = compiled.resource.name, item.remote_id
        return key not in links.load(self.integration.pk, {key})

    def _on_error(self, look: Look, error: ConnectorError | stop.EmergencyStopped) -> None:
        seen = seen_of(self.integration, error)
        if seen.result == Result.FAILED:
            self.seen[look.key] = seen
        else:
            self.halt = seen

    def _bring_referred(self, compiled: CompiledResource, items: list[Item], generation: int) -> None:
        """Fetch what these objects refer to and the platform does not know yet: its own call may still be under way."""
        keys: set[LinkKey] = set()
        for mapped in compiled.mapping.referring:
            for item in items:
                if not item.deleted:
                    keys |= mapped.reference_keys(item.raw_values[mapped.name], compiled.resource_of_kind)
        missing = keys - links.targets(self.integration.pk, keys).keys() - self.brought
        self.brought |= missing
        for name, parent in self.compiled.items():
            wanted = [Look(name, remote_id) for resource, remote_id in sorted(missing) if resource == name]
            if wanted and "fetch" in parent.resource.capabilities:
                before = dict(self.seen)
                self._look(parent, wanted, generation + 1)
                # Nobody asked for these: what is told of them is told where they were asked for.
                self.seen = before | {key: seen for key, seen in self.seen.items() if key in before}

    def _without_own(self, compiled: CompiledResource, items: list[Item]) -> list[Item]:
        """Without strangers while a creation of ours is on its way: one of them may be what it makes."""
        creating = PushOperation.objects.filter(
            integration=self.integration,
            resource=compiled.resource.name,
            status=PushStatus.SENDING,
            action="create",
        )
        if not creating.exists():
            return items
        name = compiled.resource.name
        known = links.load(self.integration.pk, {(name, item.remote_id) for item in items})
        strangers = {item.remote_id for item in items if (name, item.remote_id) not in known}
        later = Seen(Result.LATER, "own_write", OWN_WRITE, OWN_WRITE_WAIT, counts=False)
        self.seen |= {(name, remote_id): later for remote_id in strangers}
        return [item for item in items if item.remote_id not in strangers]

    def _store(self, compiled: CompiledResource, items: list[Item], failures: list[Failure]) -> None:
        name = compiled.resource.name
        ids = [*(item.remote_id for item in items), *(failure.remote_id for failure in failures)]
        book = ErrorBook(self.integration.pk, name, only=ids)
        store = PageStore(self.integration, None, None, compiled, book, self.exchanges, lambda: 0, self.connector.fetch)
        store.store_items(items, failures, Checkpoint(None))
        for remote_id in ids:
            error = book.open.get(remote_id)
            done = SET_ASIDE if remote_id in store.set_aside else STORED
            self.seen[name, remote_id] = Seen(Result.STORED, error.code, error.message) if error else done


def _with_survivors(told: list[Look], looks: list[Look]) -> list[Look]:
    """These looks, and one at each survivor that nobody told of: first what stays, then what became of it."""
    known = {look.remote_id for look in told}
    survivors = dict.fromkeys(look.into for look in looks if look.into and look.into not in known)
    added = [Look(told[0].resource, remote_id) for remote_id in survivors]
    return sorted([*added, *looks], key=lambda look: bool(look.into))


def _is_stored(look: Look, link: RecordLink | None) -> bool:
    if link is None or link.state != LinkState.LIVE or look.deleted or look.into:
        return False
    # Two changes may carry the same time: only a count tells that an equal version is the same state.
    compared = order.compare(look.version, link.remote_version)
    return compared == -1 or (compared == 0 and look.version.isdigit())


def _is_late(look: Look, item: Item) -> bool:
    """Whether the object is older than what was told of it."""
    if look.tries >= LATE_TRIES:
        return False
    went = look.deleted or (look.into and item.remote_id == look.remote_id)
    return order.compare(item.version, look.version) == -1 or bool(went and not item.deleted)


def _day(compiled: CompiledResource, item: Item) -> date | None:
    """The day of a document, None where it has none or cannot be read."""
    mapped = compiled.mapping.by_name.get(compiled.resource.date_field)
    if mapped is None or item.deleted:
        return None
    try:
        day = mapped.decode(item.raw_values[mapped.name], NO_CONTEXT)
    except FieldProblem:
        return None
    return day if isinstance(day, date) else None
