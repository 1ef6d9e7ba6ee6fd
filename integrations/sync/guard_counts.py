"""How many risky changes there were before these: of a run on its job, of what webhooks tell in a sliding window."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import (
    Approval,
    GuardMark,
    LinkState,
    RecordLink,
    RiskyAction,
    Side,
    SyncJob,
    Trigger,
)
from integrations.records.writing import row_of, write_rows

LINKED = "linked"
_linked: dict[tuple[UUID, str], tuple[float, int]] = {}
"""(integration, resource) → when this process counted its links, and how many there were."""


def count_name(side: str, action: str) -> str:
    """How changes of this sort are counted."""
    return f"risky_{side}_{action}"


def held_name(name: str) -> str:
    """How those of them are counted that were set aside."""
    return name.replace("risky", "held", 1)


def limit_of(linked: int) -> int:
    """How many changes of one sort pass without a person, of an object with so many links."""
    return max(settings.GUARD_MINIMUM, int(linked * settings.GUARD_SHARE))


def period() -> timedelta:
    """The time within which what webhooks change counts together."""
    return timedelta(minutes=settings.GUARD_WINDOW_MINUTES)


@dataclass
class RunCounts:
    """The counts of one resource on its job: the slices of a run share them. `added`: what is new, for whoever saves
    the job."""

    integration_id: UUID
    resource: str
    job: SyncJob | None
    added: dict[str, int] = field(default_factory=dict)

    def passes(self, name: str, keys: Collection[str]) -> bool:
        """Whether the changes of these objects may follow those of the sort `name` that were met already."""
        total = self._met_before(name, keys) + len(keys)
        return total <= settings.GUARD_MINIMUM or total <= limit_of(self.linked)

    def note(self, name: str, keys: Collection[str], held: Collection[str]) -> None:
        """Count the changes of these objects; those of `held` were set aside. Needs a transaction."""
        self._add(name, len(keys))
        self._add(held_name(name), len(held))

    def applied(self, name: str) -> int:
        """How many of the sort were made, these included."""
        return self._of(name) - self._of(held_name(name))

    @property
    def linked(self) -> int:
        """How many records are linked; counted once in a run."""
        if LINKED not in self._saved and LINKED not in self.added:
            self.added[LINKED] = self._count_linked()
        return self._of(LINKED)

    def _met_before(self, name: str, keys: Collection[str]) -> int:
        return self._of(name)

    def _of(self, name: str) -> int:
        return int(self._saved.get(name, 0)) + self.added.get(name, 0)

    def _add(self, name: str, more: int) -> None:
        if more:
            self.added[name] = self.added.get(name, 0) + more

    @property
    def _saved(self) -> dict[str, int]:
        found: dict[str, int] = self.job.by_resource.get(self.resource, {}) if self.job is not None else {}
        return found

    def _count_linked(self) -> int:
        live = {"integration": self.integration_id, "resource": self.resource, "state": LinkState.LIVE}
        return RecordLink.objects.filter(**live).count()


@dataclass
class WindowCounts(RunCounts):
    """What webhooks ask for comes one object at a time and in short runs: counted over the last GUARD_WINDOW_MINUTES,
    each object once. Whoever counts holds a row until its transaction ends, so that no two processes take the same
    room. Within `pipelined` only the count waits for the database."""

    _holds: bool = False

    def note(self, name: str, keys: Collection[str], held: Collection[str]) -> None:
        """Count these, in one statement."""
        super().note(name, keys, held)
        self._write([self._mark(name, key, key in held) for key in dict.fromkeys(keys)])

    def applied(self, name: str) -> int:
        """Of the run where there is one, else of the window."""
        return super().applied(name) if self.job is not None else self._marks(name).filter(held=False).count()

    @property
    def linked(self) -> int:
        """How many records are linked; each process counts once in a window's time."""
        place, now = (self.integration_id, self.resource), time.monotonic()
        counted_at, linked = _linked.get(place, (float("-inf"), 0))
        if counted_at < now - period().total_seconds():
            linked = self._count_linked()
            _linked[place] = now, linked
        return linked

    def _met_before(self, name: str, keys: Collection[str]) -> int:
        if not self._holds:
            self._write([self._mark("", "", held=False)])
            self._holds = True
        return self._marks(name).exclude(remote_id__in=keys).count()

    def _marks(self, name: str) -> QuerySet[GuardMark]:
        mine = {"integration": self.integration_id, "resource": self.resource, "name": name}
        return GuardMark.objects.filter(**mine, at__gt=timezone.now() - period())

    def _mark(self, name: str, key: str, held: bool) -> GuardMark:
        return GuardMark(
            id=uuid5(self.integration_id, f"{self.resource}\n{name}\n{key}"),
            integration_id=self.integration_id,
            resource=self.resource,
            name=name,
            remote_id=key,
            at=timezone.now(),
            held=held,
        )

    @staticmethod
    def _write(marks: list[GuardMark]) -> None:
        write_rows(GuardMark, [row_of(mark) for mark in marks], "replace")


def counts_of(integration_id: UUID, resource: str, job: SyncJob | None, side: Side) -> RunCounts:
    """How changes are counted: those that webhooks bring in by themselves, or by the run that they ask for, together
    over time; all others by their run."""
    told = job is None or job.trigger == Trigger.WEBHOOK
    kind = WindowCounts if told and side == Side.IN else RunCounts
    return kind(integration_id, resource, job)


def begin_anew(approval: Approval) -> None:
    """Count what webhooks change from now on, as a person approved what came before; one statement."""
    if approval.side == Side.IN and approval.action != RiskyAction.REVIVE:
        mine = {"integration": approval.integration_id, "resource": approval.resource}
        GuardMark.objects.filter(**mine, name=count_name(approval.side, approval.action)).delete()


def forget_old() -> int:
    """Drop the marks that no window counts any more; returns how many."""
    return GuardMark.objects.filter(at__lt=timezone.now() - period()).delete()[0]
