"""What a bell starts: entry points of a few lines. Services and the worker name them by string."""

from integrations.sync import runner
from integrations.worker import heartbeat

RUN_SYNC = "integrations.tasks.run_sync"
BEAT = "integrations.tasks.beat"


def run_sync(job_id: str) -> None:
    """Run one slice of a synchronisation."""
    runner.run_slice(job_id)


def beat(host: str) -> None:
    """Tell that the queue of this machine works."""
    heartbeat.record(host)
