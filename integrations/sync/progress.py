"""What a page adds to its job: counters, position, finished resources; written where the claim still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from integrations.models import SyncJob
from integrations.sync.lease import Claim
from integrations.sync.tally import Tally

CUT = "cut"
"""The count of a job that says that a resource was not read whole."""
NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Checkpoint:
    """Where the next page starts. cursor None: nothing new was read (errors tried again), or nothing to go on from."""

    cursor: dict[str, Any] | None
    last: bool = False
    cut: bool = False
    """Whether there is more than was taken, as the integration waits for its release."""
    seen: frozenset[str] | None = None
    """The ids that a page of a whole reading saw; None for any other page."""
    read_at: datetime | None = None
    """When that page was asked for."""


def save(
    job: SyncJob,
    claim: Claim,
    resource: str,
    page: Tally,
    checkpoint: Checkpoint,
    *,
    retries: int,
    more: Mapping[str, int] = NOTHING,
) -> dict[str, Any]:
    """Write the job's row and return what was written; LeaseLost or JobCancelled when the claim is gone. `more` is
    added to other counts of the resource."""
    total = Tally.of_job(job) + page
    before = job.by_resource.get(resource, {})
    of_resource = Tally.of_dict(before) + page
    counts = before | of_resource.as_dict() | {name: before.get(name, 0) + count for name, count in more.items()}
    if checkpoint.cut:
        counts[CUT] = 1
    progress: dict[str, Any] = {
        **total.as_dict(),
        "by_resource": {**job.by_resource, resource: counts},
        "done": [*job.done, resource] if checkpoint.last else job.done,
        "positions": _positions(job, resource, checkpoint),
        "pages": job.pages + (checkpoint.cursor is not None),
        "retries": retries,
        "attempt": 0,
    }
    if not claim.write(progress):
        raise claim.why_not_held()
    return progress


def _positions(job: SyncJob, resource: str, checkpoint: Checkpoint) -> dict[str, Any]:
    positions = dict(job.positions)
    if checkpoint.last:
        positions.pop(resource, None)
    elif checkpoint.cursor is not None:
        positions[resource] = checkpoint.cursor
    return positions
