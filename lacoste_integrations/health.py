"""`/healthz`: the process answers; `/readyz`: database and worker do as well. Both are JSON and need no sign-in."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.models import JobStatus, SyncJob, WorkerHost

_seen_up_to_date: list[bool] = []


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process does; touches no database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and worker are well, else 503; the body says which is not.

    Ages are in seconds. `oldest_due_job_seconds` is for monitoring only: a long queue is no reason to refuse visitors.
    """
    checks: dict[str, Any] = {"database": True}
    try:
        checks["migrations"] = migrations_are_applied()
        if checks["migrations"]:
            now = timezone.now()
            age = beat_age(now)
            checks["worker"] = age is not None and age <= settings.BEAT_TIMEOUT_SECONDS
            checks["worker_beat_seconds"] = age
            checks["oldest_due_job_seconds"] = oldest_due_job_age(now)
    except Error:
        # The reason names hosts and users: it is in the log of the database, not for strangers.
        checks = {"database": False}
    ready = all(value is not False for value in checks.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503)


def migrations_are_applied() -> bool:
    """Whether the database has every migration of this code. A yes is remembered: a process never goes back."""
    if not _seen_up_to_date:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _seen_up_to_date.append(True)
    return True


def beat_age(now: datetime) -> float | None:
    """Seconds since a worker of any machine last gave a sign of life: a beat, or a lease renewed; None for never."""
    signs = [WorkerHost.objects.aggregate(last=Max("beat_at"))["last"]]
    running = SyncJob.objects.filter(status=JobStatus.RUNNING)
    lease = running.aggregate(last=Max("lease_until"))["last"]
    if lease is not None:
        signs.append(lease - timedelta(seconds=settings.LEASE_SECONDS))
    known = [sign for sign in signs if sign is not None]
    return round(max(0.0, (now - max(known)).total_seconds()), 1) if known else None


def oldest_due_job_age(now: datetime) -> float | None:
    """Seconds that the longest-waiting synchronisation has been due; None when nothing waits."""
    due = SyncJob.objects.filter(Q(not_before=None) | Q(not_before__lte=now), status=JobStatus.PENDING)
    since = (
        due.annotate(since=Coalesce(F("not_before"), F("created_at")))
        .order_by("since")
        .values_list("since", flat=True)
        .first()
    )
    return None if since is None else round((now - since).total_seconds(), 1)
