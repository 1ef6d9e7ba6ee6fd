"""`manage.py simulator`: the fake providers of the demo, over HTTP."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Serve the simulated providers until interrupted; their state is kept in DATA_DIR."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("SIMULATOR_PORT", "8001")))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--state", default=str(settings.DATA_DIR / "simulator.sqlite3"), help="file of its state")

    def handle(self, *args: Any, port: int, host: str, state: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The simulator is for demo and test mode only: set DEMO=1.")
        # Imported late: production does not install the simulator's dependencies.
        from connectors.simulator.__main__ import serve

        self.stdout.write(f"Simulated providers on http://{host}:{port}")
        serve(host, port, state)
