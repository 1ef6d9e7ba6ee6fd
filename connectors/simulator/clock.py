"""The simulator's time: the real one, plus what the control API has added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.simulator.store import Store


class Clock:
    """A clock that can be advanced; how far is kept in the state file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.get_value("clock", "offset", 0.0))

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def advance(self, seconds: float) -> None:
        """Move time forward."""
        self._offset += seconds
        self._store.set_value("clock", "offset", self._offset)

    def reset(self) -> None:
        """Back to the real time."""
        self.advance(-self._offset)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, always as long, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
