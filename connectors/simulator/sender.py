"""Sends a provider's webhooks, signed, with its retry schedule."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.faults import Faults
from connectors.simulator.store import Store

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "text/xml; charset=UTF-8"


@dataclass(frozen=True)
class Message:
    """The bytes of one webhook and what they are."""

    body: bytes
    content_type: str = JSON


def json_message(value: Any) -> Message:
    """Compact JSON in UTF-8."""
    return Message(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def form_message(fields: Iterable[tuple[str, str]]) -> Message:
    """A form's fields, in their order."""
    return Message(urlencode(list(fields)).encode(), FORM)


def xml_message(body: str) -> Message:
    """An XML document."""
    return Message(body.encode(), XML)


def unsigned(url: str, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """No header at all."""
    return {}


def succeeded(answer: requests.Response) -> bool:
    """Any 2xx."""
    return 200 <= answer.status_code < 300


@dataclass(frozen=True)
class Target:
    """Where a delivery goes at the time of an attempt.

    `sign`: the headers for (address, message id, Unix seconds, body). `amend`: the body of an attempt, 0 being the
    first, where the provider counts them in it. `accepted`: whether the answer is the one that the provider wants.
    """

    url: str
    sign: Callable[[str, str, int, bytes], dict[str, str]] = unsigned
    amend: Callable[[bytes, int], bytes] | None = None
    accepted: Callable[[requests.Response], bool] = succeeded


@dataclass(frozen=True)
class Schedule:
    """How a provider tries again. `delays`: seconds after the attempt before, one for each further attempt; `jitter`:
    the largest part that is added to them; `timeout`: how long an answer may take; `final`: statuses that end it;
    `in_order`: what comes later waits behind one that failed."""

    delays: tuple[float, ...] = ()
    jitter: float = 0.0
    timeout: float = 15.0
    final: tuple[int, ...] = ()
    in_order: bool = False


class Sender:
    """A queue in the state file and one thread that empties it.

    `target(endpoint id)` is asked at each attempt, None when the endpoint is gone; `ended(endpoint id, status)` is
    called when a delivery is over without success (status None: no answer).
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        provider: str,
        target: Callable[[str], Target | None],
        *,
        schedule: Schedule = Schedule(),
        ended: Callable[[str, int | None], None] | None = None,
    ) -> None:
        self._store, self._clock, self._provider = store, clock, provider
        self._target, self._schedule, self._ended = target, schedule, ended
        self._faults = Faults(store, provider)
        self._held: dict[str, str] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def send(self, endpoint: str, message: Message, message_id: str = "") -> str:
        """Queue one delivery; answers its message id, the same on every retry. A set webhook fault bears on it."""
        message_id = message_id or f"msg_{uuid.uuid4().hex}"
        now = self._clock.now()
        fault = self._faults.take_webhook(endpoint)
        late = fault is not None and fault.kind == "reordered_webhook"
        wait = float(fault.options.get("seconds", 5)) if fault and late else 0.0
        self._queue(message_id, endpoint, message, now + timedelta(seconds=wait))
        held = self._held.pop(endpoint, None)
        if held:
            # The one that was held back comes right after this one.
            self._store.execute(
                "UPDATE deliveries SET next_at = ? WHERE id = ? AND attempts = 0",
                (stamp(now + timedelta(milliseconds=1)), held),
            )
        if late:
            self._held[endpoint] = message_id
        if fault and fault.kind == "duplicate_webhook":
            self._queue(f"{message_id}#2", endpoint, message, now)
        self.wake()
        return message_id

    def wake(self) -> None:
        """Look at the queue now (a delivery was added, or the clock advanced)."""
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"{self._provider}-webhooks", daemon=True)
                self._thread.start()
        self._wake.set()

    def all(self) -> list[dict[str, Any]]:
        """Every delivery with its attempts and last status; next_at is None when nothing more will be tried."""
        rows = self._store.execute("SELECT * FROM deliveries WHERE provider = ? ORDER BY rowid", (self._provider,))
        return [{**dict(row), "body": row["body"].decode()} for row in rows]

    def settled(self) -> bool:
        """Whether nothing is to be sent now, and the outcome of what was sent is noted."""
        return next(self._due(), None) is None

    def _queue(self, row_id: str, endpoint: str, message: Message, at: datetime) -> None:
        self._store.execute(
            "INSERT INTO deliveries (id, provider, endpoint, body, content_type, attempts, next_at) "
            "VALUES (?, ?, ?, ?, ?, 0, ?)",
            (row_id, self._provider, endpoint, message.body, message.content_type, stamp(at)),
        )

    def _run(self) -> None:
        while True:
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            for row in self._due():
                message = Message(row["body"], row["content_type"] or JSON)
                self._attempt(row["id"], row["endpoint"], message, row["attempts"])

    def _due(self) -> Iterator[sqlite3.Row]:
        """What is to be sent now. Whether one waits behind another is looked at when its turn comes."""
        order = "rowid" if self._schedule.in_order else "next_at, rowid"
        due = self._store.execute(
            f"SELECT rowid, * FROM deliveries WHERE provider = ? AND next_at <= ? ORDER BY {order}",  # noqa: S608
            (self._provider, stamp(self._clock.now())),
        )
        for row in due:
            if not (self._schedule.in_order and self._is_behind(row["endpoint"], row["rowid"])):
                yield row

    def _is_behind(self, endpoint: str, place: int) -> bool:
        """Whether an earlier delivery to that endpoint failed and will be tried again."""
        failed = "provider = ? AND endpoint = ? AND rowid < ? AND attempts > 0 AND next_at IS NOT NULL"
        found = self._store.execute(
            f"SELECT 1 FROM deliveries WHERE {failed} LIMIT 1",  # noqa: S608 - our own words
            (self._provider, endpoint, place),
        )
        return bool(found)

    def _attempt(self, row_id: str, endpoint: str, message: Message, attempts: int) -> None:
        target, began = self._target(endpoint), self._clock.now()
        status, good = self._post(target, row_id.partition("#")[0], message, attempts) if target else (None, True)
        next_at: datetime | None = None
        if not good:
            if attempts < len(self._schedule.delays) and status not in self._schedule.final:
                spread = random.uniform(1, 1 + self._schedule.jitter)  # noqa: S311 - not for secrets
                # From its beginning: whoever moves the clock on after a call that came need not wait for its end.
                next_at = began + timedelta(seconds=self._schedule.delays[attempts] * spread)
            elif self._ended:
                self._ended(endpoint, status)
        self._store.execute(
            "UPDATE deliveries SET attempts = attempts + 1, status = ?, next_at = ? WHERE id = ?",
            (status, stamp(next_at) if next_at else None, row_id),
        )

    def _post(self, target: Target, message_id: str, message: Message, attempts: int) -> tuple[int | None, bool]:
        """The status of the answer, and whether it is what the provider wants."""
        body = target.amend(message.body, attempts) if target.amend else message.body
        at = int(self._clock.now().timestamp())
        headers = {"Content-Type": message.content_type, **target.sign(target.url, message_id, at, body)}
        timeout = self._schedule.timeout
        try:
            answer = requests.post(target.url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
        except requests.RequestException:
            return None, False
        return answer.status_code, target.accepted(answer)
