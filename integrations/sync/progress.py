"""What a page adds to its job: counters, position, finished resources; written where the claim still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.models import SyncJob
from integrations.sync.lease import Claim
from integrations.sync.tally import Tally


@dataclass(frozen=True)
class Checkpoint:
    """Where the next page starts. cursor None: nothing new was read (errors tried again)."""

    cursor: dict[str, Any] | None
    last: bool = False


def save(
    job: SyncJob, claim: Claim, resource: str, page: Tally, checkpoint: Checkpoint, *, retries: int
) -> dict[str, Any]:
    """Write the job's row and return what was written; LeaseLost or JobCancelled when the claim is gone."""
    total = Tally.of_job(job) + page
    of_resource = Tally.of_dict(job.by_resource.get(resource, {})) + page
    progress: dict[str, Any] = {
        **total.as_dict(),
        "by_resource": {**job.by_resource, resource: of_resource.as_dict()},
        "done": [*job.done, resource] if checkpoint.last else job.done,
        "positions": _positions(job, resource, checkpoint),
        "pages": job.pages + (checkpoint.cursor is not None),
        "retries": retries,
        "attempt": 0,
    }
    if not claim.held().filter(cancel_requested=False).update(**progress):
        raise claim.why_not_held()
    return progress


def _positions(job: SyncJob, resource: str, checkpoint: Checkpoint) -> dict[str, Any]:
    positions = dict(job.positions)
    if checkpoint.last:
        positions.pop(resource, None)
    elif checkpoint.cursor is not None:
        positions[resource] = checkpoint.cursor
    return positions
