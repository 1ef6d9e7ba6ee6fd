"""Sends a provider's webhooks, signed, with its retry schedule."""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.store import Store

TIMEOUT = 15
# Seconds after the attempt before; ten attempts in all.
DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


@dataclass
class Target:
    """Where a delivery goes and how it is signed at the time of the attempt; None instead when it is gone."""

    url: str
    sign: Callable[[str, int, bytes], dict[str, str]]


class Sender:
    """A queue in the state file and one thread that empties it.

    `target(endpoint id)` is asked at each attempt; `gone(endpoint id)` is called when the receiver answers 410.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        provider: str,
        target: Callable[[str], Target | None],
        gone: Callable[[str], None],
    ) -> None:
        self._store, self._clock, self._provider = store, clock, provider
        self._target, self._gone = target, gone
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def send(self, endpoint: str, event: dict[str, Any]) -> str:
        """Queue one delivery; answers its message id, the same on every retry."""
        message_id = f"msg_{uuid.uuid4().hex}"
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        self._store.execute(
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, 0, ?, NULL)",
            (message_id, self._provider, endpoint, body, stamp(self._clock.now())),
        )
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

    def _run(self) -> None:
        while True:
            self._wake.wait(timeout=1)
            self._wake.clear()
            due = self._store.execute(
                "SELECT * FROM deliveries WHERE provider = ? AND next_at <= ? ORDER BY next_at, rowid",
                (self._provider, stamp(self._clock.now())),
            )
            for row in due:
                self._attempt(row["id"], row["endpoint"], row["body"], row["attempts"])

    def _attempt(self, message_id: str, endpoint: str, body: bytes, attempts: int) -> None:
        target = self._target(endpoint)
        status = None
        next_at: datetime | None = None
        if target:
            status = self._post(target, message_id, body)
            if status == 410:
                self._gone(endpoint)
            elif not (status and 200 <= status < 300) and attempts < len(DELAYS):
                delay = DELAYS[attempts] * random.uniform(1, 1.1)  # noqa: S311 - not for secrets
                next_at = self._clock.now() + timedelta(seconds=delay)
        self._store.execute(
            "UPDATE deliveries SET attempts = attempts + 1, status = ?, next_at = ? WHERE id = ?",
            (status, stamp(next_at) if next_at else None, message_id),
        )

    def _post(self, target: Target, message_id: str, body: bytes) -> int | None:
        now = int(self._clock.now().timestamp())
        headers = {"Content-Type": "application/json", **target.sign(message_id, now, body)}
        try:
            answer = requests.post(target.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return None
        return answer.status_code
