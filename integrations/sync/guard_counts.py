"""How many risky changes there were before these: of a run on its job, of what webhooks tell in a sliding window."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import (
    Approval,
    GuardMark,
    GuardWindow,
    LinkState,
    RecordLink,
    RiskyAction,
    Side,
    SyncJob,
    Trigger,
)

LINKED = "linked"


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
    each object once. Whoever counts holds the window's row until its transaction ends, so that no two processes take
    the same room."""

    def note(self, name: str, keys: Collection[str], held: Collection[str]) -> None:
        """Count these, in one statement."""
        super().note(name, keys, held)
        now = timezone.now()
        GuardMark.objects.bulk_create(
            [GuardMark(window=self._window, name=name, remote_id=key, at=now, held=key in held) for key in keys],
            update_conflicts=True,
            unique_fields=["window", "name", "remote_id"],
            update_fields=["at", "held"],
        )

    def applied(self, name: str) -> int:
        """Of the run where there is one, else of the window."""
        return super().applied(name) if self.job is not None else self._marks(name).filter(held=False).count()

    @property
    def linked(self) -> int:
        """How many records are linked; counted once in a window's time."""
        window = self._window
        if window.linked_at is None or window.linked_at < timezone.now() - period():
            window.linked, window.linked_at = self._count_linked(), timezone.now()
            window.save(update_fields=["linked", "linked_at"])
        return window.linked

    @cached_property
    def _window(self) -> GuardWindow:
        """The window's row, held until the transaction ends."""
        mine = {"integration_id": self.integration_id, "resource": self.resource}
        rows = GuardWindow.objects.select_for_update().filter(**mine)
        found = rows.first()
        if found is None:
            GuardWindow.objects.bulk_create([GuardWindow(**mine)], ignore_conflicts=True)
            found = rows.get()
        return found

    def _met_before(self, name: str, keys: Collection[str]) -> int:
        return self._marks(name).exclude(remote_id__in=keys).count()

    def _marks(self, name: str) -> QuerySet[GuardMark]:
        return GuardMark.objects.filter(window=self._window, name=name, at__gt=timezone.now() - period())


def counts_of(integration_id: UUID, resource: str, job: SyncJob | None, side: Side) -> RunCounts:
    """How changes are counted: those that webhooks bring in by themselves, or by the run that they ask for, together
    over time; all others by their run."""
    told = job is None or job.trigger == Trigger.WEBHOOK
    kind = WindowCounts if told and side == Side.IN else RunCounts
    return kind(integration_id, resource, job)


def begin_anew(approval: Approval) -> None:
    """Count what webhooks change from now on, as a person approved what came before; one statement."""
    if approval.side == Side.IN and approval.action != RiskyAction.REVIVE:
        window = {"window__integration": approval.integration_id, "window__resource": approval.resource}
        GuardMark.objects.filter(**window, name=count_name(approval.side, approval.action)).delete()


def forget_old() -> int:
    """Drop the marks that no window counts any more; returns how many."""
    return GuardMark.objects.filter(at__lt=timezone.now() - period()).delete()[0]
