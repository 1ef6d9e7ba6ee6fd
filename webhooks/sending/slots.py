"""How many deliveries may be under way to one endpoint at a time.

It grows by one with each success and halves with each failure: a quick receiver gets most threads, one that hangs keeps
a single one, and the others never wait for it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

FIRST = 8


@dataclass
class Slot:
    """What is known of one endpoint in this process."""

    cap: float = FIRST
    busy: int = 0
    paused_until: float = 0.0


class Slots:
    """The slots of every endpoint; used by the sender's own thread only."""

    def __init__(self, threads: int) -> None:
        # No endpoint ever takes them all.
        self._highest = max(1, threads * 3 // 4)
        self._slots: defaultdict[UUID, Slot] = defaultdict(lambda: Slot(cap=min(FIRST, self._highest)))

    def room(self, endpoint_id: UUID) -> int:
        """How many more may start now."""
        slot = self._slots[endpoint_id]
        if slot.paused_until > time.monotonic():
            return 0
        return max(0, int(slot.cap) - slot.busy)

    def full(self) -> list[UUID]:
        """The endpoints that take nothing more now."""
        return [endpoint_id for endpoint_id in list(self._slots) if self.room(endpoint_id) <= 0]

    def take(self, endpoint_id: UUID) -> None:
        """One more is under way."""
        self._slots[endpoint_id].busy += 1

    def give_back(self, endpoint_id: UUID, *, healthy: bool, pause: float = 0.0) -> None:
        """One ended; `healthy` when the receiver answered in time and was not overloaded. `pause`: seconds to wait."""
        slot = self._slots[endpoint_id]
        slot.busy -= 1
        slot.cap = min(self._highest, slot.cap + 1) if healthy else max(1.0, slot.cap / 2)
        if pause:
            slot.paused_until = max(slot.paused_until, time.monotonic() + pause)
