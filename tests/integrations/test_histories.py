"""Random histories of edits on both sides, with syncs, outages and lost answers in between.

Both sides converge, no edit is lost, and after quiet nothing is written any more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from integrations.models import Conflict, Integration, JobStatus, PushOperation, PushStatus, RecordLink
from integrations.records.models import Tenant
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import Synchronise

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.timeout(3000)]

USER = Origin("user", "1")
FIELDS = ("given_name", "family_name", "company_name")
PEOPLE = 6


@dataclass
class World:
    """Both sides, and what each field ought to be: the value agreed last, and the edits made since on each side."""

    integration: Integration
    simulator: Control
    dice: random.Random
    ids: dict[str, Any]
    agreed: dict[tuple[str, str], str] = field(default_factory=dict)
    here: dict[tuple[str, str], str] = field(default_factory=dict)
    there: dict[tuple[str, str], str] = field(default_factory=dict)

    def word(self) -> str:
        return "".join(self.dice.choices("abcdéèç ’-", k=self.dice.randint(1, 8))).strip() or "x"

    def edit_here(self) -> None:
        remote_id, name = self.dice.choice(list(self.ids)), self.dice.choice(FIELDS)
        value = self.word()
        apply([Change("tenant", self.ids[remote_id], values={name: value})], USER)
        self.here[remote_id, name] = value

    def edit_there(self) -> None:
        remote_id, name = self.dice.choice(list(self.ids)), self.dice.choice(FIELDS)
        value = self.word()
        self.simulator.edit("tenants", remote_id, remove=None, **{name: value})
        self.there[remote_id, name] = value

    def disturb(self) -> None:
        troubles: list[tuple[str, dict[str, Any]]] = [
            ("error", {}),
            ("rate_limit", {"retry_after": 0}),
            ("error", {"after": True}),
            ("unavailable", {}),
            ("truncated", {}),
        ]
        kind, options = self.dice.choice(troubles)
        method = self.dice.choice(["", "PATCH"])
        self.simulator.fault(kind, path="/v1/tenants", method=method, times=self.dice.randint(1, 2), **options)

    def settle(self) -> None:
        """What a completed synchronisation agrees on: one side's edit wins, of two the provider's."""
        self.agreed |= self.here
        self.agreed |= self.there
        self.here.clear()
        self.there.clear()

    def check(self) -> None:
        ours = {str(t.pk): t for t in Tenant.objects.filter(pk__in=self.ids.values())}
        theirs = {o["id"]: o for o in self.simulator.objects("tenants") if o["id"] in self.ids}
        for (remote_id, name), value in self.agreed.items():
            local = getattr(ours[str(self.ids[remote_id])], name)
            assert (local, theirs[remote_id][name]) == (value, value), (remote_id, name)


def play(seed: int, integration: Integration, synchronise: Synchronise, simulator: Control) -> None:
    dice = random.Random(seed)
    links = list(RecordLink.objects.filter(resource="tenants").order_by("remote_id"))
    world = World(integration, simulator, dice, {link.remote_id: link.record_id for link in dice.sample(links, PEOPLE)})
    for _ in range(dice.randint(4, 10)):
        step = dice.choices([world.edit_here, world.edit_there, world.disturb, None], weights=[4, 4, 1, 3])[0]
        if step is not None:
            step()
        elif synchronise(integration).status == JobStatus.COMPLETED:
            world.settle()
    simulator.clear_faults()
    job = synchronise(integration)
    assert job.status == JobStatus.COMPLETED, job.error_message
    world.settle()
    world.check()
    synchronise(integration)  # echoes of our own writes may still come in
    simulator.forget_requests()
    quiet = synchronise(integration)
    assert (quiet.succeeded, [r for r in simulator.requests() if r["method"] != "GET"]) == (0, [])
    assert not PushOperation.objects.exclude(status=PushStatus.DONE).exists()
    assert not Conflict.objects.exists()
    world.check()


def histories(
    count: int,
    integration: Integration,
    synchronise: Synchronise,
    simulator: Control,
    tell: Callable[[str], None],
) -> None:
    integration.direction, integration.conflict_policy = "both", "provider"
    integration.retry_delay_ms, integration.max_retries = 100, 8
    integration.save()
    synchronise(integration)
    first = int(os.environ.get("HISTORY_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nHISTORY_SEED={first}")
    for seed in range(first, first + count):
        try:
            play(seed, integration, synchronise, simulator)
        except AssertionError as error:
            raise AssertionError(f"history with HISTORY_SEED={seed}: {error}") from error
    tell(
        f"{count} random histories of edits, outages and lost answers, HISTORY_SEED={first} to {first + count - 1}: "
        "all converged, 0 edits lost, 0 writes after quiet"
    )


def test_random_histories_converge(
    rovida: Integration, synchronise: Synchronise, simulator: Control, tell: Callable[[str], None]
) -> None:
    histories(50, rovida, synchronise, simulator, tell)


@pytest.mark.soak
def test_a_thousand_random_histories_converge(
    rovida: Integration, synchronise: Synchronise, simulator: Control, tell: Callable[[str], None]
) -> None:
    histories(int(os.environ.get("HISTORIES", "1000")), rovida, synchronise, simulator, tell)
