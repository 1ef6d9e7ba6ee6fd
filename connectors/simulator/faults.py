"""Fault switches: what may go wrong at a provider, on demand, for some paths and some times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flask import Response

from connectors.simulator.store import Store

REFUSALS = {"rate_limit": 429, "error": 500, "unavailable": 503, "revoked_key": 401, "forbidden": 403}
DELAYS = {"timeout": 3600.0, "slow": 1.0}
DAMAGES = ("repeated_cursor", "missing_field", "unknown_reference", "unknown_value")
WEBHOOKS = ("duplicate_webhook", "reordered_webhook")
KINDS = (*REFUSALS, *DELAYS, "html", "truncated", *DAMAGES, *WEBHOOKS)

HTML = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Service en maintenance</h1></body></html>"


@dataclass
class Fault:
    """One switch. Options: `status` (error), `retry_after` in seconds (rate_limit, unavailable), `as_date` (its
    Retry-After as an HTTP date), `seconds` (timeout, slow), `after` (the request is carried out, then the answer is
    lost), `field`, `record` (index), `value` (record damages). Webhook faults bear on what is sent, their `path` on the
    endpoint's id: `duplicate_webhook` sends it twice, `reordered_webhook` after the next one of that endpoint, at the
    latest after `seconds` (5)."""

    id: int
    path: str
    method: str
    kind: str
    remaining: int | None
    options: dict[str, Any]


class Faults:
    """The switches of one provider, kept in the state file."""

    def __init__(self, store: Store, provider: str) -> None:
        self._store, self._provider = store, provider

    def add(self, kind: str, path: str = "", method: str = "", times: int | None = None, **options: Any) -> Fault:
        """Set a switch for the paths that start with `path`; `times` None = until it is cleared. ValueError when the
        kind is unknown."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; one of {', '.join(KINDS)}")
        self._store.execute(
            "INSERT INTO faults (provider, path, method, kind, remaining, options) VALUES (?, ?, ?, ?, ?, ?)",
            (self._provider, path, method.upper(), kind, times, json.dumps(options)),
        )
        return self.all()[-1]

    def all(self) -> list[Fault]:
        """The switches that are set, oldest first."""
        rows = self._store.execute("SELECT * FROM faults WHERE provider = ? ORDER BY id", (self._provider,))
        return [
            Fault(row["id"], row["path"], row["method"], row["kind"], row["remaining"], json.loads(row["options"]))
            for row in rows
        ]

    def clear(self, fault_id: int | None = None) -> None:
        """Take one switch away, or all."""
        self._store.execute(
            "DELETE FROM faults WHERE provider = ? AND (? IS NULL OR id = ?)", (self._provider, fault_id, fault_id)
        )

    def take(self, method: str, path: str) -> Fault | None:
        """The oldest switch that bears on this request; it counts as used once."""
        return self._use(
            fault
            for fault in self.all()
            if fault.kind not in WEBHOOKS and path.startswith(fault.path) and fault.method in ("", method)
        )

    def take_webhook(self, endpoint: str) -> Fault | None:
        """The oldest switch that bears on a webhook to that endpoint; it counts as used once."""
        return self._use(f for f in self.all() if f.kind in WEBHOOKS and endpoint.startswith(f.path))

    def _use(self, found: Iterator[Fault]) -> Fault | None:
        fault = next(found, None)
        if fault and fault.remaining is not None:
            self._store.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault.id,))
            self._store.execute("DELETE FROM faults WHERE id = ? AND remaining <= 0", (fault.id,))
        return fault


def before(fault: Fault, refuse: Callable[[int, dict[str, str]], Response]) -> Response | None:
    """The answer that takes the place of the request's work, if the fault has one. `refuse`: the provider's own error
    body for a status and headers."""
    if fault.options.get("after"):
        return None
    if fault.kind in DELAYS:
        time.sleep(float(fault.options.get("seconds", DELAYS[fault.kind])))
        return refuse(503, {}) if fault.kind == "timeout" else None
    if fault.kind in REFUSALS:
        return _refusal(fault, refuse)
    return Response(HTML, 200, content_type="text/html; charset=utf-8") if fault.kind == "html" else None


def after(fault: Fault, response: Response, refuse: Callable[[int, dict[str, str]], Response]) -> Response:
    """The answer as the fault leaves it."""
    if fault.options.get("after"):
        if fault.kind in DELAYS:
            time.sleep(float(fault.options.get("seconds", DELAYS[fault.kind])))
        elif fault.kind in REFUSALS:
            return _refusal(fault, refuse)
    if fault.kind == "truncated" and response.status_code == 200:
        response.set_data(response.get_data()[: len(response.get_data()) // 2])
    return response


def _refusal(fault: Fault, refuse: Callable[[int, dict[str, str]], Response]) -> Response:
    headers = {}
    wait = fault.options.get("retry_after")
    if wait is not None:
        at = datetime.now(UTC) + timedelta(seconds=wait)
        headers["Retry-After"] = format_datetime(at, usegmt=True) if fault.options.get("as_date") else str(wait)
    return refuse(int(fault.options.get("status", REFUSALS[fault.kind])), headers)
