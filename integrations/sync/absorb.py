"""Objects that a provider merged: the loser's id stands for the survivor's record, and the loser's record follows.

Nothing of it is a deletion: no policy and no guard is asked, and no value of the survivor changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from integrations.models import LinkState, RecordLink
from integrations.records import services as records
from integrations.records.kinds import Kind
from integrations.sync import links as linking
from integrations.sync import merging
from integrations.sync.links import LinkKey
from integrations.sync.plan import Item

SETTLED = frozenset({LinkState.ALIAS, LinkState.CUT})
"""States of a loser's link that a merge does not change any more."""
GONE = frozenset({LinkState.TOMBSTONE, LinkState.LOST, LinkState.CUT})
"""States of a survivor's link that absorbs nothing."""


def told(items: Iterable[Item]) -> dict[str, str]:
    """loser → last survivor (remote ids), as these objects tell. One that is there by itself lost to nobody."""
    into: dict[str, str] = {}
    alive: set[str] = set()
    for item in items:
        into |= dict.fromkeys(item.also, item.remote_id)
        if item.into:
            into[item.remote_id] = item.into
        elif not item.deleted:
            alive.add(item.remote_id)
    into = {loser: survivor for loser, survivor in into.items() if loser not in alive and loser != survivor}
    return {loser: _last(into, loser) for loser in into}


def _last(into: Mapping[str, str], loser: str) -> str:
    seen = {loser}
    while (following := into.get(loser)) is not None and following not in seen:
        seen.add(following)
        loser = following
    return loser


@dataclass
class Absorbing:
    """The merges of one page that are still to be done. Empty (`pairs`), it costs no query."""

    kind: Kind
    resource: str
    pairs: dict[str, str] = field(default_factory=dict)
    """loser → survivor"""
    references: merging.References = field(default_factory=merging.References)

    @classmethod
    def of(cls, kind: Kind, resource: str, merged: Mapping[str, str], known: Mapping[LinkKey, RecordLink]) -> Absorbing:
        """What was told (see `told`) and the links do not know yet; a query per referring field where there is any."""
        new = cls(kind, resource)
        for loser, survivor in merged.items():
            link, ahead = known.get((resource, loser)), known.get((resource, survivor))
            if link is not None and link.state not in SETTLED and (ahead is None or ahead.state not in GONE):
                new.pairs[loser] = survivor
        if new.pairs:
            new.references = merging.references(kind, new.losers(known))
        return new

    def losers(self, known: Mapping[LinkKey, RecordLink]) -> list[UUID]:
        """The losers' records."""
        return [known[self.resource, loser].record_id for loser in self.pairs]

    def wanted(self, known: Mapping[LinkKey, RecordLink]) -> dict[str, list[UUID]]:
        """The records to lock: both sides, and what refers to the losers."""
        found = self.references.by_kind if self.pairs else {}
        both = [link.record_id for link in self._links(known)]
        return found | {self.kind.slug: [*found.get(self.kind.slug, []), *both]}

    def still(self, integration_id: UUID, known: Mapping[LinkKey, RecordLink]) -> bool:
        """Whether the links are, now that the records are locked, what they were before; one query or none."""
        now = linking.load(integration_id, self._keys) if self._keys else {}
        before = {(link.resource, link.remote_id): _place(link) for link in self._links(known)}
        return {key: _place(link) for key, link in now.items()} == before

    @property
    def _keys(self) -> set[LinkKey]:
        return {(self.resource, one) for pair in self.pairs.items() for one in pair}

    def _links(self, known: Mapping[LinkKey, RecordLink]) -> list[RecordLink]:
        return [link for key in self._keys if (link := known.get(key)) is not None]

    def carry_out(self, known: dict[LinkKey, RecordLink], locked: dict[Any, Any], origin: records.Origin) -> None:
        """Make aliases of the losers' links and one of two records, in the caller's transaction; `known` follows."""
        if not self.pairs:
            return
        freed: list[RecordLink] = []
        after: list[RecordLink] = []
        into: dict[UUID, UUID] = {}
        # A live loser first: where the survivor is not known yet, it gives it its record.
        for loser in sorted(self.pairs, key=lambda each: known[self.resource, each].state != LinkState.LIVE):
            link, survivor = known[self.resource, loser], self.pairs[loser]
            ahead = known.get((self.resource, survivor))
            if ahead is None:
                after.append(self._hand_over(known, link, survivor))
            elif link.record_id == ahead.record_id:
                if link.state == LinkState.LIVE and ahead.state == LinkState.MERGED:
                    ahead.state = LinkState.LIVE
                    after.append(ahead)
                link.state = LinkState.ALIAS
            elif not self._become_alias(link, ahead, into, locked):
                continue
            freed.append(link)
        # What sets ids and places free goes before what takes them.
        for rows in (freed, after):
            if rows:
                linking.save(rows)
        if into:
            merging.carry_out(self.kind, into, self.references, locked, origin=origin, by=origin.label)

    def _hand_over(self, known: dict[LinkKey, RecordLink], link: RecordLink, survivor: str) -> RecordLink:
        """The link goes on with the survivor; returns the alias that stays in its place."""
        alias = RecordLink(
            integration_id=link.integration_id,
            resource=self.resource,
            remote_id=link.remote_id,
            record_kind=link.record_kind,
            record_id=link.record_id,
            raw_hash=link.raw_hash,
            remote_version=link.remote_version,
            state=LinkState.ALIAS,
            synced_at=link.synced_at,
        )
        known[self.resource, link.remote_id] = alias
        # The survivor's versions are its own, and it is to be read whatever it says.
        link.remote_id, link.raw_hash, link.remote_version = survivor, "", ""
        known[self.resource, survivor] = link
        return alias

    def _become_alias(self, link: RecordLink, ahead: RecordLink, into: dict[UUID, UUID], locked: Any) -> bool:
        """Whether the loser's link may stand for the survivor's record; its own record follows (`into`) where it had
        no other object there."""
        loser, survivor = (locked.get((self.kind.slug, each.record_id)) for each in (link, ahead))
        if loser is None or survivor is None or (survivor.archived_at and not loser.archived_at):
            # Somebody archived the survivor here: what is left is not to vanish in it.
            return False
        if survivor.pk in into or loser.pk in into.values():
            return False
        if link.state != LinkState.MERGED:
            into[loser.pk] = survivor.pk
        link.state, link.record_id = LinkState.ALIAS, survivor.pk
        return True


def _place(link: RecordLink) -> tuple[str, UUID]:
    return link.state, link.record_id
