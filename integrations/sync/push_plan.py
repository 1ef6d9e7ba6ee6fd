"""What a record means for a provider: nothing, a creation, a change of some fields, or an act. Reads, never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from integrations.models import Conflict, ConflictState, Integration, LinkState, RecordLink
from integrations.records.kinds import value_of
from integrations.records.models import RecordHistory
from integrations.sync import lines
from integrations.sync.options import Options
from integrations.sync.outbound import OutboundResource, Outgoing
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


@dataclass
class PushPlanner:
    """Plans writes of one resource; small numbers of queries per record, none open across a call."""

    integration: Integration
    outbound: OutboundResource
    slots: Slots
    options: Options
    primary: bool = True
    """Whether new records of this kind go to this resource (the first of several that hold it)."""

    def plan(self, record: Any, link: RecordLink | None, *, needed: bool = False) -> Write | Wait | None:
        """What is to be written; None when nothing is. Raises FieldProblem."""
        if not self._in_period(record):
            return None
        if link is None:
            if record.archived_at is not None or not self._may_create(record, needed):
                return None
        elif link.state != LinkState.LIVE:
            return None
        elif act := self._act(record, link):
            return Write(f"act:{act}")
        self._demand_currency(record)
        changed = self.outbound.changed(record, link, self._held(link))
        if not changed:
            return None
        needs = self.outbound.needs({f.name: value_of(record, f.info) for f in self.outbound.fields})
        known = remote_ids(self.integration.pk, needs)
        if missing := needs - known.keys():
            return Wait(frozenset(missing))
        context = Outgoing(
            str(self.integration.pk),
            known,
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

    def _act(self, record: Any, link: RecordLink) -> str:
        """The act that the record's state asks for and that the provider does not show yet, empty when none."""
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

    def _held(self, link: RecordLink | None) -> set[str]:
        if link is None:
            return set()
        rows = Conflict.objects.filter(link=link, state=ConflictState.OPEN, code="field")
        return set(rows.values_list("field", flat=True))

    def _may_create(self, record: Any, needed: bool) -> bool:
        """New objects only where wanted: the record's division is sent, and it was born here or all are wanted."""
        if not self.primary or "create" not in self.outbound.resource.capabilities:
            return False
        if RecordLink.objects.filter(
            integration=self.integration,
            record_kind=self.outbound.kind.slug,
            record_id=record.pk,
            state__in=[LinkState.LIVE, LinkState.TOMBSTONE],
        ).exists():
            # It lives there under another resource, or was deleted there: never a second one.
            return False
        if needed:
            return True
        divisions = set(self.integration.push_divisions.values_list("pk", flat=True))
        if divisions and record.division_id not in divisions:
            return False
        if self.integration.create_missing:
            return True
        born = RecordHistory.objects.filter(kind=self.outbound.kind.slug, record_id=record.pk, version=1).first()
        return born is None or not born.origin.startswith("integration:")


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
