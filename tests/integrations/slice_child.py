"""A process that works on one job until it is killed: `python -m tests.integrations.slice_child <job id>`.

Says "ready" once it is warm, and starts when it reads a line.
"""

import sys

import django

django.setup()

from integrations.models import SyncJob  # noqa: E402
from integrations.sync.runner import run_slice  # noqa: E402


def main(job_id: str) -> None:
    """Run slices until the job ends."""
    SyncJob.objects.exists()
    print("ready", flush=True)
    sys.stdin.readline()
    while SyncJob.objects.get(pk=job_id).is_open:
        run_slice(job_id)


if __name__ == "__main__":
    main(sys.argv[1])
