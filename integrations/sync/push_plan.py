"""What a record means for a provider: nothing, a creation, a change of some fields, or an act. Reads, never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from integrations.models import Conflict, ConflictState, Integration, LinkState, RecordLink
from integrations.records.kinds import value_of
from integrations.records.models import RecordHistory
from integrations.sync import lines, locks
from integrations.sync.options import Options
from integrations.sync.outbound import OutboundResource, Outgoing, RemoteIds
from integrations.sync.problems import FieldProblem
from integrations.sync.slots import Case, Slots


@dataclass(frozen=True)
class Write:
    """A write to be made: provider's top-level `values`, or an act."""

    action: str
    fields: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)
    """Canonical JSON of the local fields that the write covers."""


@dataclass(frozen=True)
class Wait:
    """Parents that must be written first."""

    missing: frozenset[tuple[str, UUID]]


@dataclass(frozen=True)
class Facts:
    """What planning needs to know of a batch beside records and links, read in a constant number of queries."""

    held: Mapping[UUID, set[str]]
    """Fields that wait for a person, by link."""
    remote_ids: RemoteIds
    elsewhere: frozenset[UUID]
    """Records that are, or were, at the provider under any resource."""
    foreign: frozenset[UUID]
    """Records that were born in another system."""
    divisions: frozenset[UUID]
    """Divisions whose records are sent; empty: all."""


@dataclass
class PushPlanner:
    """Plans writes of one resource, a batch at a time."""

    integration: Integration
    outbound: OutboundResource
    slots: Slots
    options: Options
    primary: bool = True
    """Whether new records of this kind go to this resource (the first of several that hold it)."""

    def gather(self, pairs: Sequence[tuple[Any, RecordLink | None]]) -> Facts:
        """Read what the plans of these (record, link) need; at most six queries."""
        if "job" in self.outbound.kind.fields:
            prefetch_related_objects([record for record, _ in pairs], "job")
        links = [link.pk for _, link in pairs if link is not None]
        new = [record.pk for record, link in pairs if link is None]
        needs = {need for record, _ in pairs for need in self._needs(record)}
        return Facts(
            held=_held_fields(links),
            remote_ids=remote_ids(self.integration.pk, needs),
            elsewhere=self._linked(new),
            foreign=frozenset() if self.integration.create_missing else self._born_elsewhere(new),
            divisions=frozenset(self.integration.push_divisions.values_list("pk", flat=True)),
        )

    def plan(
        self, record: Any, link: RecordLink | None, *, needed: bool = False, facts: Facts | None = None
    ) -> Write | Wait | None:
        """What is to be written; None when nothing is. Raises FieldProblem, also for what lies in closed books.

        No query when the facts are given.
        """
        planned = self._plan(record, link, needed=needed, facts=facts)
        if planned is not None:
            locks.demand_open(self.integration, self.outbound, record, link)
        return planned

    def _plan(
        self, record: Any, link: RecordLink | None, *, needed: bool = False, facts: Facts | None = None
    ) -> Write | Wait | None:
        if facts is None:
            facts = self.gather([(record, link)])
        if not self._in_period(record):
            return None
        if not self._concerns(record, link, needed, facts):
            return None
        if link is not None and (act := self._act(record, link)):
            return Write(f"act:{act}")
        if link is not None and link.state == LinkState.LOST:
            link = None  # made anew; the old link stays, as what was lost
        self._demand_currency(record)
        changed = self.outbound.changed(record, link, facts.held.get(link.pk, set()) if link else set())
        if not changed:
            return None
        if missing := self._needs(record) - facts.remote_ids.keys():
            return Wait(frozenset(missing))
        context = Outgoing(
            str(self.integration.pk),
            facts.remote_ids,
            self.slots,
            self.options,
            Case(record.division_id, _job_type(record)),
            link.base_remote if link else {},
        )
        values = self.outbound.values(changed, record, context, new=link is None)
        infos = self.outbound.kind.fields
        return Write(
            "create" if link is None else "update",
            tuple(changed),
            values,
            {name: lines.canonical(infos[name], value) for name, value in changed.items()},
        )

    def _concerns(self, record: Any, link: RecordLink | None, needed: bool, facts: Facts) -> bool:
        """Whether anything of this record may be written at all."""
        if link is None:
            return record.archived_at is None and self._may_create(record, needed, facts)
        if link.state == LinkState.LOST:
            return record.archived_at is None
        outside = facts.divisions and record.division_id and record.division_id not in facts.divisions
        return link.state == LinkState.LIVE and not outside

    def _needs(self, record: Any) -> set[tuple[str, UUID]]:
        return self.outbound.needs({f.name: value_of(record, f.info) for f in self.outbound.fields})

    def _act(self, record: Any, link: RecordLink) -> str:
        """The act that the record's state asks for and that the provider does not show yet, empty when none."""
        if link.state == LinkState.LOST:
            return next((act.name for act in self.outbound.resource.acts if act.restores), "")
        for act in self.outbound.resource.acts:
            if act.when is None:
                continue
            name, value = act.when
            state = record.archived_at is not None if name == "archived" else getattr(record, name)
            if state == value and link.base_local.get(name) != value:
                return act.name
        return ""

    def _in_period(self, record: Any) -> bool:
        day = self.outbound.resource.date_field
        return not day or self.integration.in_period(getattr(record, day))

    def _demand_currency(self, record: Any) -> None:
        """FieldProblem for a document in a currency that the account does not hold: nothing is converted."""
        held = self.integration.connector.currencies
        currency = getattr(record, "currency", "")
        if "lines" in self.outbound.kind.fields and currency and currency not in held:
            raise FieldProblem(
                "currency",
                "currency",
                f"Ce document est en {currency}, mais le compte ne tient que {', '.join(held)}. Rien n’est converti : "
                "changez la devise du document, ou saisissez-le chez le fournisseur.",
            )

    def _may_create(self, record: Any, needed: bool, facts: Facts) -> bool:
        """New objects only where wanted: the record's division is sent, and it was born here or all are wanted."""
        if not self.primary or "create" not in self.outbound.resource.capabilities:
            return False
        if record.pk in facts.elsewhere:
            # It lives there under another resource, or was deleted there: never a second one.
            return False
        if needed:
            return True
        if facts.divisions and record.division_id not in facts.divisions:
            return False
        return self.integration.create_missing or record.pk not in facts.foreign

    def _linked(self, record_ids: list[UUID]) -> frozenset[UUID]:
        if not record_ids:
            return frozenset()
        rows = RecordLink.objects.filter(
            integration=self.integration,
            record_kind=self.outbound.kind.slug,
            record_id__in=record_ids,
        ).exclude(state=LinkState.ARCHIVED)
        return frozenset(rows.values_list("record_id", flat=True))

    def _born_elsewhere(self, record_ids: list[UUID]) -> frozenset[UUID]:
        if not record_ids:
            return frozenset()
        first = RecordHistory.objects.filter(kind=self.outbound.kind.slug, record_id__in=record_ids, version=1)
        return frozenset(first.filter(origin__startswith="integration:").values_list("record_id", flat=True))


def _held_fields(links: list[UUID]) -> dict[UUID, set[str]]:
    held: dict[UUID, set[str]] = {}
    if links:
        rows = Conflict.objects.filter(link__in=links, state=ConflictState.OPEN, code="field")
        for link, name in rows.values_list("link_id", "field"):
            held.setdefault(link, set()).add(name)
    return held


def _job_type(record: Any) -> str:
    job = getattr(record, "job", None)
    return job.category if job is not None else ""


def remote_ids(integration_id: UUID, keys: Iterable[tuple[str, UUID]]) -> dict[tuple[str, UUID], str]:
    """(resource, record id) → remote id of those that are at the provider; one query, none for nothing.

    An object that lives in another resource of the same kind counts under the resource that was asked for.
    """
    wanted = set(keys)
    if not wanted:
        return {}
    rows = RecordLink.objects.filter(
        integration_id=integration_id, record_id__in={key for _, key in wanted}, state=LinkState.LIVE
    ).values_list("resource", "record_id", "remote_id")
    return {(resource, key): remote for resource, key, remote in rows if (resource, key) in wanted}
