"""What the parts of one slice share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.base.connector import Connector
from integrations import queue
from integrations.models import Integration, SyncJob
from integrations.sync.gateway import ExchangeLog, open_connector
from integrations.sync.lease import Claim
from integrations.sync.progress import NOTHING
from integrations.sync.send_pool import SendPool


@dataclass
class Run:
    """One slice of a job: its claim, its connector and its deadline."""

    integration: Integration
    job: SyncJob
    claim: Claim
    connector: Connector
    pool: SendPool
    exchanges: ExchangeLog
    gate: Callable[[], None]
    """What every request of the slice must pass."""
    deadline: float
    retries_before: int
    readers: list[Connector] = field(default_factory=list)
    """Connectors beside the first one, for resources that are read at the same time."""
    parents_wanted: bool = False
    """Whether a write waits for another record to be written first: one more round is worth it."""

    def retries(self) -> int:
        """Requests that had to be sent again since the job began."""
        return self.retries_before + self.pool.retries + sum(each.retries for each in (self.connector, *self.readers))

    def reader(self) -> Connector:
        """One more connector, for a thread of its own."""
        self.readers.append(open_connector(self.integration, self.exchanges, gate=self.gate))
        return self.readers[-1]

    def close(self) -> None:
        """Close every connector and end the threads that send."""
        self.pool.close()
        for each in (self.connector, *self.readers):
            each.close()

    def read_again(self, resource: str, remote_id: str) -> dict[str, Any]:
        """Fetch one object beside the page that is on its way, with a connector of its own."""
        connector = open_connector(self.integration, self.exchanges, gate=self.gate)
        try:
            return connector.fetch(resource, remote_id)
        finally:
            connector.close()

    def out_of_time(self) -> bool:
        """Whether the slice is over, or the worker is about to stop."""
        return time.monotonic() >= self.deadline or queue.stopping()

    def count_push(
        self, resource: str, *, pushed: int = 0, push_failed: int = 0, more: Mapping[str, int] = NOTHING
    ) -> None:
        """Count a write, in the caller's transaction, where the claim still holds; raises otherwise. `more` is added to
        other counts of the resource."""
        of_resource = dict(self.job.by_resource.get(resource, {}))
        of_resource["pushed"] = of_resource.get("pushed", 0) + pushed
        of_resource["push_failed"] = of_resource.get("push_failed", 0) + push_failed
        for name, count in more.items():
            of_resource[name] = of_resource.get(name, 0) + count
        progress = {
            "pushed": self.job.pushed + pushed,
            "push_failed": self.job.push_failed + push_failed,
            "by_resource": {**self.job.by_resource, resource: of_resource},
            "attempt": 0,
        }
        if not self.claim.held().filter(cancel_requested=False).update(**progress):
            raise self.claim.why_not_held()
        for name, value in progress.items():
            setattr(self.job, name, value)
