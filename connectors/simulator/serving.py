"""How the simulator is served over HTTP."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

from werkzeug.serving import WSGIRequestHandler


class SimulatorHandler(WSGIRequestHandler):
    """Dates its answers by the simulated clock, as a provider does by its own."""

    def date_time_string(self, timestamp: Any = None) -> str:
        """The time of the answer's Date header."""
        if timestamp is not None:
            return super().date_time_string(timestamp)
        app: Any = self.server.app
        return format_datetime(app.extensions["simulator_clock"].now(), usegmt=True)
