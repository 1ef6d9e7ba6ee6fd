"""The three parts of a synchronisation, in their order: what was sent without an answer, the pull, the push."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations import routing
from integrations.models import FieldMapping, Integration, RemoteOption, SlotRule, Trigger
from integrations.sync import approved, push_guard, sweep
from integrations.sync.errors import ErrorBook
from integrations.sync.landing import Landing
from integrations.sync.mapping import CompiledResource, compile_resource
from integrations.sync.options import Options
from integrations.sync.outbound import compile_outbound
from integrations.sync.page import PageStore
from integrations.sync.pull import Pull
from integrations.sync.push import Pusher
from integrations.sync.push_plan import PushPlanner
from integrations.sync.run import Run

ROUNDS = 4
"""Rounds of pushing in one run: a document waits for its customer, a payment for its document."""


@dataclass
class Parts:
    """Everything that one slice may do, made ready: mappings are read once."""

    run: Run
    inbound: list[CompiledResource]
    pushers: list[Pusher]

    @classmethod
    def of_run(cls, run: Run) -> Parts:
        """The parts of a job, for the resources that it asks for."""
        rows = list(FieldMapping.objects.filter(integration=run.integration))
        inbound = compiled_resources(run.integration, run.job.resources, rows)
        pushers = _pushers(run, inbound, rows) if run.integration.sends else []
        return cls(run, inbound, pushers)

    def store_of(self, compiled: CompiledResource, deletion: str = "") -> PageStore:
        """A store for one resource that holds nothing back: for a preview, or what a person approved."""
        run = self.run
        book = ErrorBook(run.integration.pk, compiled.resource.name)
        return PageStore(
            run.integration,
            run.job,
            run.claim,
            compiled,
            book,
            run.exchanges,
            run.retries,
            guarded=False,
            deletion=deletion,
        )

    def finish_unknown(self) -> None:
        """Learn the outcome of what was sent last, before the pull can take it for a stranger."""
        for pusher in self.pushers:
            pusher.finish_unknown()

    def pull(self) -> bool:
        """Pull what is left; False when the slice ended first."""
        run = self.run
        if not run.integration.receives or not run.job.reads:
            return True
        left = [compiled for compiled in self.inbound if compiled.resource.name not in run.job.done]
        return approved.apply(self) and Pull(run, left).run_on() and sweep.sweep(self)

    def push(self) -> bool:
        """Push what waits, parents before those that refer to them; False when the slice ended first."""
        at_its_own_hours = self.run.integration.sends_apart and self.run.job.trigger == Trigger.SCHEDULE
        if not self.pushers or at_its_own_hours:
            push_guard.settle(self.run.integration)
            return True
        if self.run.integration.create_missing:
            routing.ask_missing(self.run.integration)
        for _ in range(ROUNDS):
            self.run.parents_wanted = False
            if not all(pusher.push_all() for pusher in self.pushers):
                return False
            if not self.run.parents_wanted:
                break
        push_guard.settle(self.run.integration)
        return True


def compiled_resources(
    integration: Integration, only: list[str], rows: list[FieldMapping] | None = None
) -> list[CompiledResource]:
    """The integration's resources with their mappings, in dependency order; `only` names a part (empty: all)."""
    if rows is None:
        rows = list(FieldMapping.objects.filter(integration=integration))
    kinds = _resource_of_kind(integration)
    resources = [r for r in integration.connector.resources if not only or r.name in only]
    if not integration.connector.option_kinds:
        return [compile_resource(r, rows, kinds) for r in resources]
    rules = list(SlotRule.objects.filter(integration=integration))
    options = Options.of_rows(RemoteOption.objects.filter(integration=integration))
    return [compile_resource(r, rows, kinds, rules, options) for r in resources]


def push_planners(
    integration: Integration, inbound: list[CompiledResource], rows: list[FieldMapping]
) -> list[tuple[CompiledResource, PushPlanner]]:
    """What plans the writes of each resource that the platform writes."""
    kinds = _resource_of_kind(integration)
    primary = {resource.record: resource.name for resource in reversed(routing.writable(integration))}
    names = {resource.name for resource in routing.writable(integration)}
    return [
        (
            compiled,
            PushPlanner(
                integration,
                compile_outbound(compiled.resource, rows, kinds),
                compiled.slots,
                compiled.options,
                primary=primary[compiled.resource.record] == compiled.resource.name,
            ),
        )
        for compiled in inbound
        if compiled.resource.name in names
    ]


def _pushers(run: Run, inbound: list[CompiledResource], rows: list[FieldMapping]) -> list[Pusher]:
    pushers = []
    for compiled, planner in push_planners(run.integration, inbound, rows):
        resource, outbound = compiled.resource, planner.outbound
        book = ErrorBook(run.integration.pk, resource.name)
        store = PageStore(run.integration, run.job, run.claim, compiled, book, run.exchanges, run.retries)
        pushers.append(Pusher(run, outbound, planner, Landing(run, outbound, store)))
    return pushers


def _resource_of_kind(integration: Integration) -> Mapping[str, str]:
    kinds: dict[str, str] = {}
    for resource in integration.connector.resources:
        kinds.setdefault(resource.record, resource.name)
    return kinds
