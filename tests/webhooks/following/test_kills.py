"""Real followers, killed at the worst moments: no event that was acknowledged is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from integrations.models import Integration, RecordLink
from integrations.records.models import Property, RecordHistory
from tests.integrations.conftest import Synchronise
from tests.simulator import Control
from tests.webhooks.following.conftest import received
from tests.worker.running import until
from webhooks.models import InboundEvent, InboundStatus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
NUMBER = 12


@pytest.fixture
def start(child_environment: dict[str, str], simulator: Control) -> Iterator[Callable[..., Any]]:
    """start(moment): a follower in a process of its own that reaches the test's simulator."""
    children = []

    def begin(*arguments: str) -> Any:
        environment = child_environment | {"SIMULATOR_URL": simulator.url, "DEMO": "1"}
        command = [sys.executable, "-m", "tests.webhooks.following.follower_child", *arguments]
        children.append(subprocess.Popen(command, env=environment, cwd=django_settings.BASE_DIR))
        return children[-1]

    yield begin
    for child in children:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(10)


@pytest.fixture
def told(listening: Integration, simulator: Control, synchronise: Synchronise) -> Integration:
    """Properties that changed at the provider, each acknowledged as an event."""
    simulator.seed("properties", NUMBER)
    synchronise(listening)
    for link in RecordLink.objects.filter(resource="properties").order_by("remote_id")[:NUMBER]:
        simulator.edit("properties", link.remote_id, name=f"Changée {link.remote_id}")
        received(listening, "properties", link.remote_id)
    return listening


def all_done() -> bool:
    return not InboundEvent.objects.exclude(status=InboundStatus.DONE).exists()


def nothing_lost() -> None:
    """Every change is here, once."""
    links = RecordLink.objects.filter(resource="properties").order_by("remote_id")[:NUMBER]
    names = {link.remote_id: Property._base_manager.get(pk=link.record_id).name for link in links}
    assert names == {remote_id: f"Changée {remote_id}" for remote_id in names}
    for link in links:
        assert RecordHistory.objects.filter(record_id=link.record_id).count() == 2


@pytest.mark.parametrize("moment", ["claimed", "fetched", "stored", "written"])
def test_a_follower_killed_at_any_moment_loses_nothing(start: Any, told: Integration, moment: str) -> None:
    first = start(moment)
    assert first.wait(40) == -signal.SIGKILL
    start()
    until(all_done, "every event")
    nothing_lost()


@pytest.mark.postgres
def test_two_followers_share_the_work_and_one_may_die(start: Any, told: Integration) -> None:
    first, second = start(), start()
    until(lambda: InboundEvent.objects.filter(status=InboundStatus.DONE).exists() or all_done(), "a first one")
    os.kill(first.pid, signal.SIGKILL)
    until(all_done, "every event")
    assert second.poll() is None
    nothing_lost()
