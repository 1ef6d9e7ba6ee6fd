"""Records that could not be taken in: one row each, kept with its payload until it passes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from copy import copy
from datetime import datetime
from uuid import UUID

from integrations.models import SyncError, SyncJob
from integrations.sync.plan import Failure

RETRIED_PER_RUN = 500


class ErrorBook:
    """The open errors of one resource of one integration."""

    def __init__(self, integration_id: UUID, resource: str, only: Iterable[str] | None = None) -> None:
        """only: the remote ids that will be met, when they are known."""
        self._integration_id = integration_id
        self._resource = resource
        rows = SyncError.objects.filter(integration_id=integration_id, resource=resource, resolved_at=None)
        if only is not None:
            rows = rows.filter(remote_id__in=list(only))
        self.open: dict[str, SyncError] = {row.remote_id: row for row in rows}

    def left_by_others(self, job: SyncJob) -> list[SyncError]:
        """The errors that `job` did not meet, oldest first."""
        earlier = [row for row in self.open.values() if row.job_id != job.pk]
        return sorted(earlier, key=lambda row: row.updated_at)[:RETRIED_PER_RUN]

    def save(
        self, job: SyncJob | None, failures: Iterable[Failure], seen: set[str], now: datetime
    ) -> dict[str, SyncError]:
        """Open or refresh the errors of a page and resolve those that passed; one statement, none when all is well.

        Returns what is open then: keep it as `open` once the transaction is committed.
        """
        failed = {self._key(failure): failure for failure in failures}
        rows = [self._row(job, key, failure, now) for key, failure in failed.items()]
        for key in (seen & self.open.keys()) - failed.keys():
            passed = copy(self.open[key])
            passed.resolved_at = passed.updated_at = now
            rows.append(passed)
        if rows:
            SyncError.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["integration", "resource", "remote_id"],
                update_fields=["job", "code", "field", "message", "payload", "attempts", "updated_at", "resolved_at"],
            )
        now_known = self.open | {row.remote_id: row for row in rows}
        return {key: row for key, row in now_known.items() if row.resolved_at is None}

    def _key(self, failure: Failure) -> str:
        if failure.remote_id:
            return failure.remote_id
        # An object without an id is known by its content, so that it opens one error only.
        content = json.dumps(failure.raw, sort_keys=True, default=str)
        return f"?{hashlib.blake2b(content.encode(), digest_size=8).hexdigest()}"

    def _row(self, job: SyncJob | None, key: str, failure: Failure, now: datetime) -> SyncError:
        before = self.open.get(key)
        return SyncError(
            integration_id=self._integration_id,
            job=job,
            resource=self._resource,
            remote_id=key,
            code=failure.code,
            field=failure.field,
            message=failure.sentence,
            payload=failure.raw,
            attempts=before.attempts + 1 if before else 1,
            created_at=before.created_at if before else now,
            updated_at=now,
            resolved_at=None,
        )
