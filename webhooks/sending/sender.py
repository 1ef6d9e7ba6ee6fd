"""The sender: claims what is due, lets threads send it, writes what came back, in batches.

One thread (the worker's loop) speaks with the database; the others only with the receivers. A killed sender loses
nothing: what it held is due again when its lease ends, and is sent again with the same id.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.db import DataError, IntegrityError

from webhooks import fanout
from webhooks.sending import claims, compose, policy, results
from webhooks.sending.claims import Claimed
from webhooks.sending.results import Outcome
from webhooks.sending.slots import Slots
from webhooks.sending.threads import Threads
from webhooks.sending.transport import Answer, Transport
from webhooks.sending.wake import Bell

log = structlog.get_logger(__name__)

PASS_SECONDS = 1.0
# Answers that come within this time are written together.
GATHER_SECONDS = 0.01
OVERLOADED = (429, 502, 503, 504)
NOT_SENT = "La livraison n’a pas pu être préparée. Remplacez le secret du point de terminaison, puis réessayez."


class Sender:
    """One sender of one process; `run_pass` is called again and again by one thread."""

    def __init__(self) -> None:
        self._threads = Threads(settings.WEBHOOK_THREADS)
        self._slots = Slots(settings.WEBHOOK_THREADS)
        self._transport = Transport()
        self.bell = Bell()
        # Whether there may be something to do that was not looked for yet.
        self._woken = True
        self._ended: deque[Outcome] = deque()
        self._busy = 0
        self._swept_at = float("-inf")

    def run_pass(self, seconds: float = PASS_SECONDS) -> None:
        """Work for about that long; returns early only by an error of the database, which loses no outcome."""
        self.bell.listen()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.flush()
            due = time.monotonic() - self._swept_at >= self.bell.period
            if due or self._woken:
                self._swept_at = time.monotonic()
                handed, started = self._hand_on(), self._claim()
                if handed or started:
                    continue
                self._woken = False
            self._woken |= self.bell.wait(min(left, max(0.0, self._swept_at + self.bell.period - time.monotonic())))
            if self._ended:
                time.sleep(GATHER_SECONDS)

    def _hand_on(self) -> int:
        return fanout.fan_out() + fanout.replay()

    def _claim(self) -> int:
        """Start what is due, as far as there are free threads; returns how many."""
        free = settings.WEBHOOK_THREADS - self._busy
        if free < min(8, settings.WEBHOOK_THREADS) and self._busy:
            return 0  # a few more will be free in a moment: one claim for all of them
        claimed = claims.claim(free, self._slots.full(), self._slots.room)
        for each in claimed:
            self._slots.take(each.endpoint.pk)
            self._busy += 1
            self._threads.run(lambda each=each: self._send(each))  # type: ignore[misc]
        return len(claimed)

    def _send(self, claimed: Claimed) -> None:
        """In a thread: one attempt. It touches no database."""
        started_at = datetime.now(UTC)
        endpoint, delivery = claimed.endpoint, claimed.delivery
        try:
            request = compose.request_of(endpoint, delivery.event, started_at)
            answer = self._transport.post(endpoint.url, request.body, request.headers, endpoint.timeout_seconds)
        except Exception:
            log.exception("webhook.not_sent", delivery=delivery.pk)
            answer = Answer(error=NOT_SENT)
        now = datetime.now(UTC)
        verdict = policy.judge(
            compose.schedule_of(endpoint),
            delivery.tries + 1,
            delivery.asked_at,
            code=answer.code,
            error=answer.error,
            retry_after=policy.retry_after(answer.headers, now),
            now=now,
        )
        self._ended.append(Outcome(claimed, answer, verdict, started_at))
        self.bell.ring()

    def flush(self) -> None:
        """Write every outcome there is; what the database refuses is kept and written at the next call."""
        outcomes = list(self._ended)
        if not outcomes:
            return
        try:
            results.write(outcomes)
        except (DataError, IntegrityError):
            # One that cannot be written (its delivery was purged meanwhile) must not hold the others up.
            for each in outcomes:
                self._write_alone(each)
        for each in outcomes:
            self._ended.popleft()
            self._busy -= 1
            self._settle(each)
        self._woken = True

    def _write_alone(self, outcome: Outcome) -> None:
        try:
            results.write([outcome])
        except (DataError, IntegrityError) as error:
            log.warning("webhook.outcome_lost", delivery=outcome.claimed.delivery.pk, error=type(error).__name__)

    def _settle(self, outcome: Outcome) -> None:
        code, wait = outcome.answer.code, outcome.verdict.delay
        healthy = code is not None and not outcome.answer.error and code < 500 and code not in OVERLOADED
        asked = policy.retry_after(outcome.answer.headers, outcome.started_at) if code in OVERLOADED else None
        pause = min(asked or 0.0, policy.LONGEST_RETRY_AFTER)
        self._slots.give_back(outcome.claimed.endpoint.pk, healthy=healthy, pause=pause)
        if outcome.verdict.status == "pending":
            self.bell.ring_in(wait + 0.01)

    def drain(self, seconds: float) -> None:
        """Claim nothing more, wait for what is under way, write it."""
        end = time.monotonic() + seconds
        while self._busy and time.monotonic() < end:
            self.bell.wait(min(0.1, max(0.0, end - time.monotonic())))
            self.flush()

    def close(self) -> None:
        """Stop the threads once they are idle."""
        self.bell.close()
        self._threads.close()


_own = threading.local()


def work() -> None:
    """One pass of the worker's loop; each thread that calls it has a sender of its own."""
    if not hasattr(_own, "sender"):
        _own.sender = Sender()
    _own.sender.run_pass()


def finish() -> None:
    """The loop ends: wait for what is under way, so that nobody gets it twice."""
    sender: Sender | None = getattr(_own, "sender", None)
    if sender is not None:
        sender.drain(settings.STOP_GRACE_SECONDS)
        sender.close()
