"""The life of a synchronisation: claim, one slice of work, then the next slice, a pause, or the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from connectors.base.errors import AuthExpired, ConnectorError, Throttled, Transient
from integrations import queue, stop
from integrations.models import Integration, JobStatus, Status, SyncJob
from integrations.sync import cursors, locks, option_lists, preview, seen_pages
from integrations.sync.announce import announce_end
from integrations.sync.breakage import broke
from integrations.sync.gateway import ExchangeLog, open_connector
from integrations.sync.lease import Claim, JobCancelled, LeaseKeeper, LeaseLost, claim
from integrations.sync.parts import Parts
from integrations.sync.run import Run
from integrations.sync.send_pool import SendPool

log = structlog.get_logger(__name__)

RUN_SYNC = "integrations.tasks.run_sync"
LONGEST_PAUSE = 3600.0
INTERNAL_ERROR = (
    "Une erreur imprévue de la plateforme a arrêté la synchronisation. Rien de ce qui était déjà reçu n’est perdu. "
    "Relancez-la; si l’erreur revient, transmettez l’identifiant de cette synchronisation au soutien."
)
LOST_TOO_OFTEN = (
    "La synchronisation a été interrompue plusieurs fois de suite au même endroit, sans avancer. Réduisez le nombre "
    "d’enregistrements par page, puis relancez-la."
)


def run_slice(job_id: UUID | str) -> JobStatus | None:
    """Work on a job for at most one slice; returns its status then, or None when it was not to be had.

    Whatever happens, the row says what comes next: done, failed, or pending with its time. A database that goes away
    raises; the lease then runs out and another slice takes over from the last page.
    """
    held = claim(job_id)
    if held is None:
        return None
    job = SyncJob.objects.select_related("integration__credential").get(pk=job_id)
    exchanges = ExchangeLog(job.integration_id, job.pk)
    with LeaseKeeper(held, lambda: _end_cancelled(held)):
        return _Slice(job, held, exchanges).run()


def _end_cancelled(held: Claim) -> None:
    """End a cancelled job whose own thread still waits for the provider. A write on its way keeps its request: its
    outcome is unknown, and the next run asks for it first."""
    job = SyncJob.objects.select_related("integration").get(pk=held.job_id)
    _Slice(job, held, ExchangeLog(job.integration_id, job.pk)).end_cancelled()


@dataclass
class _Slice:
    job: SyncJob
    claim: Claim
    exchanges: ExchangeLog

    @property
    def integration(self) -> Integration:
        return self.job.integration

    def run(self) -> JobStatus | None:
        try:
            if self.job.cancel_requested:
                return self._end(JobStatus.CANCELLED)
            if self.job.attempt > self.integration.max_retries + 1:
                return self._fail("lost", LOST_TOO_OFTEN)
            return self._finish() if self._work() else self._pause(seconds=0)
        except LeaseLost:
            log.warning("sync.lease_lost", job=str(self.job.pk))
            return None
        except (JobCancelled, stop.EmergencyStopped) as asked:
            return self._break_off(asked)
        except Transient as error:
            return self._wait_or_fail(error)
        except ConnectorError as error:
            return self._fail(error.code, error.sentence, Status.RECONNECT if isinstance(error, AuthExpired) else None)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("sync.crashed", job=str(self.job.pk))
            return self._fail("internal", INTERNAL_ERROR)

    def end_cancelled(self) -> None:
        """End the job as cancelled."""
        self._end(JobStatus.CANCELLED)

    def _work(self) -> bool:
        """Do what is left of the job; False when the slice ended first."""
        stopped = stop.Gate()

        def gate() -> None:
            """Let no request through for a job that was cancelled or lost, whichever thread asks."""
            self.claim.check()
            stopped()

        connector = open_connector(self.integration, self.exchanges, gate=gate)
        pool = SendPool(
            lambda: open_connector(self.integration, self.exchanges, gate=gate),
            connector.writes_at_once,
        )
        run = Run(
            self.integration,
            self.job,
            self.claim,
            connector,
            pool,
            self.exchanges,
            gate=gate,
            deadline=time.monotonic() + settings.SLICE_SECONDS,
            retries_before=self.job.retries,
        )
        try:
            if self.job.dry_run:
                preview.write_report(run)
                return True
            option_lists.refresh_if_old(self.integration, connector)
            locks.refresh_if_old(self.integration, connector)
            parts = Parts.of_run(run)
            parts.finish_unknown()
            return parts.pull() and parts.push()
        finally:
            self.job.retries = run.retries()
            run.close()

    def _break_off(self, asked: Exception) -> JobStatus | None:
        """End or, in an emergency, wait as it is: nobody may claim the job until everything resumes."""
        if isinstance(asked, JobCancelled):
            return self._end(JobStatus.CANCELLED)
        return self._pause(seconds=0, error_message=stop.EmergencyStopped.sentence)

    def _wait_or_fail(self, error: Transient) -> JobStatus | None:
        """Store the wait on the job while tries are left; the worker is free meanwhile."""
        if isinstance(error, Throttled):
            seconds = min(error.retry_after or 1.0, LONGEST_PAUSE)
            return self._pause(seconds=seconds, error_message=error.sentence)
        attempt = self.job.attempt + 1
        if attempt > self.integration.max_retries:
            return self._fail(error.code, error.sentence)
        seconds = min(self.integration.retry_wait(attempt - 1, error.retry_after), LONGEST_PAUSE)
        return self._pause(seconds=seconds, attempt=attempt, retries=self.job.retries + 1, error_message=error.sentence)

    def _pause(self, *, seconds: float, **fields: object) -> JobStatus | None:
        """Give the job back, to go on after `seconds`."""
        written = {
            "status": JobStatus.PENDING,
            "lease_owner": "",
            "lease_until": None,
            "not_before": Now() + timedelta(seconds=seconds) if seconds else None,
            "rung_at": None,
            **fields,
        }
        with transaction.atomic():
            if not self.claim.held().filter(cancel_requested=False).update(**written):
                # Cancelled at the last moment: a job that waits would not hear of it. Or lost.
                return self._end(JobStatus.CANCELLED)
            if not seconds:
                queue.ring(RUN_SYNC, str(self.job.pk))
        self.exchanges.store()
        return JobStatus.PENDING

    def _finish(self) -> JobStatus | None:
        return self._end(JobStatus.PARTIAL if self.job.failed or self.job.push_failed else JobStatus.COMPLETED)

    def _fail(self, code: str, sentence: str, status: Status | None = None) -> JobStatus | None:
        return self._end(JobStatus.FAILED, code=code, sentence=sentence, broken=status or Status.ERROR)

    def _end(
        self, status: JobStatus, *, code: str = "", sentence: str = "", broken: Status | None = None
    ) -> JobStatus | None:
        """Close the job and tell the integration, in one transaction; None when the lease was lost meanwhile."""
        now = timezone.now()
        with transaction.atomic():
            ended = self.claim.held().update(
                status=status,
                finished_at=now,
                lease_owner="",
                lease_until=None,
                retries=self.job.retries,
                error_code=code,
                error_message=sentence,
            )
            if not ended:
                return None
            self.job.status, self.job.finished_at = status, now
            self.job.error_code, self.job.error_message = code, sentence
            self.exchanges.store()
            cursors.hand_on(self.job)
            seen_pages.forget(self.job)
            if broken is not None:
                broke(self.integration, broken, code=code, sentence=sentence, job_id=self.job.pk)
            elif status in (JobStatus.COMPLETED, JobStatus.PARTIAL) and not self.job.dry_run:
                # A run that ends must not bring back an integration that was deactivated or deleted meanwhile.
                Integration.objects.runnable().filter(pk=self.integration.pk).update(
                    last_sync_at=now, status=Status.ACTIVE, status_message=""
                )
            if not self.job.dry_run:
                announce_end(self.job)
        return status
