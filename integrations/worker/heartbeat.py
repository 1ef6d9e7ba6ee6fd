"""The sign of life of a machine's queue: a task that went all the way through it."""

from django.db.models.functions import Now

from integrations.models import WorkerHost

BEAT = "integrations.tasks.beat"


def record(host: str) -> None:
    """Note that the queue of this machine has just run a task."""
    WorkerHost.objects.filter(host=host).update(beat_at=Now())
