"""The resident loop that turns what providers told us into records: claim, look, write what became of it.

One batch of an integration at a time; integrations beside each other. An event is done only once its object is stored;
a process that dies leaves it to whoever looks when the lease has run out.
"""

from __future__ import annotations

import threading
import time
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from integrations.services import Look, Result, Seen, follow
from integrations.sync import order
from webhooks.following import checks, claims, results
from webhooks.following.claims import Batch
from webhooks.models import InboundEvent
from webhooks.sending.threads import Threads
from webhooks.sending.wake import INBOUND, Bell

log = structlog.get_logger(__name__)

PASS_SECONDS = 1.0
INTERNAL = Seen(
    Result.LATER,
    "internal",
    "Une erreur imprévue de la plateforme a empêché de lire l’objet. Si elle revient, transmettez l’événement au "
    "soutien.",
)


class Follower:
    """One follower of one process; `run_pass` is called again and again by one thread."""

    def __init__(self) -> None:
        self._threads = Threads(settings.WEBHOOK_FOLLOW_THREADS, connections.close_all)
        self.bell = Bell(INBOUND)
        self._busy: dict[UUID, str] = {}
        self._lock = threading.Lock()
        self._woken = True
        self._looked_at = self._sorted_at = self._renewed_at = float("-inf")

    def run_pass(self, seconds: float = PASS_SECONDS) -> None:
        """Work for about that long."""
        self.bell.listen()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._renew()
            due = time.monotonic() - self._looked_at >= self.bell.period
            if due or self._woken:
                self._woken = False
                self._looked_at = time.monotonic()
                self._sort_out()
                self._claim()
            pause = max(0.0, self._looked_at + self.bell.period - time.monotonic())
            self._woken |= self.bell.wait(min(left, pause))

    def _sort_out(self) -> None:
        if time.monotonic() - self._sorted_at >= settings.SWEEP_SECONDS:
            self._sorted_at = time.monotonic()
            claims.sort_out()

    def _renew(self) -> None:
        """Keep what is under way."""
        if time.monotonic() - self._renewed_at >= settings.LEASE_SECONDS / 4:
            self._renewed_at = time.monotonic()
            with self._lock:
                owners = set(self._busy.values())
            claims.renew(owners)

    def _claim(self) -> None:
        """Start what is due, as far as there are free threads."""
        with self._lock:
            busy = set(self._busy)
        room = settings.WEBHOOK_FOLLOW_THREADS - len(busy)
        batches = claims.claim(room, busy) if room > 0 else []
        for batch in batches:
            with self._lock:
                self._busy[batch.integration.pk] = batch.owner
            self._threads.run(lambda batch=batch: self._work(batch))  # type: ignore[misc]

    def _work(self, batch: Batch) -> None:
        """In a thread, which keeps its connection while all goes well: follow one batch. Whatever goes wrong, the lease
        of its events runs out."""
        try:
            close_old_connections()
            waits = follow_batch(batch)
            if waits:
                self.bell.ring_in(min(waits) + 0.01)
        except (DatabaseError, InterfaceError) as error:
            log.error("inbound.database_failed", error=str(error).partition("\n")[0])
            connections.close_all()  # it may be broken, or inside a failed transaction
        except Exception:
            log.exception("inbound.crashed", integration=str(batch.integration.pk))
            connections.close_all()
        finally:
            with self._lock:
                del self._busy[batch.integration.pk]
            self.bell.ring()

    def drain(self, seconds: float) -> None:
        """Claim nothing more, wait for what is under way."""
        end = time.monotonic() + seconds
        while self._busy and time.monotonic() < end:
            self._renew()
            self.bell.wait(min(0.1, max(0.0, end - time.monotonic())))

    def close(self) -> None:
        """Stop the threads once they are idle."""
        self.bell.close()
        self._threads.close()


def follow_batch(batch: Batch) -> list[float]:
    """Look at the objects of a batch and write what became of its events; returns the waits until the next tries."""
    looks: dict[tuple[str, str], Look] = {}
    for event in batch.events:
        if event.kind == InboundEvent.HANDSHAKE:
            continue
        before = looks.get((event.resource, event.remote_id))
        looks[event.resource, event.remote_id] = _look(event, before)
    try:
        seen = follow(batch.integration, looks.values()) if looks else {}
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        log.exception("inbound.look_failed", integration=str(batch.integration.pk))
        seen = dict.fromkeys(looks, INTERNAL)
    outcomes = {
        event.pk: results.outcome_of(event, seen[event.resource, event.remote_id], batch.integration)
        if event.kind != InboundEvent.HANDSHAKE
        else checks.outcome_of(event, batch.integration)
        for event in batch.events
    }
    results.write(batch, outcomes)
    return [outcome.wait for outcome in outcomes.values() if outcome.wait is not None]


def _look(event: InboundEvent, before: Look | None) -> Look:
    """One look for all hints about one object: at the version that was told last."""
    version = event.version
    if before is not None and before.version and (not version or order.compare(before.version, version) == 1):
        version = before.version
    return Look(
        event.resource,
        event.remote_id,
        version,
        deleted=event.deleted or (before is not None and before.deleted),
        tries=max(event.attempts, before.tries if before else 0),
        into=event.merged_into or (before.into if before else ""),
    )


_own = threading.local()


def work() -> None:
    """One pass of the worker's loop; each thread that calls it has a follower of its own."""
    if not hasattr(_own, "follower"):
        _own.follower = Follower()
    _own.follower.run_pass()


def finish() -> None:
    """The loop ends: wait for what is under way."""
    follower: Follower | None = getattr(_own, "follower", None)
    if follower is not None:
        follower.drain(settings.STOP_GRACE_SECONDS)
        follower.close()
