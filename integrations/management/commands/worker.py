"""`manage.py worker`: run synchronisations, schedules and deliveries on this machine."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Runs synchronisations, schedules and resident loops until it is stopped; one per machine leads."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        # What the worker starts by itself: the processes that answer bells, which die with the process of this number.
        parser.add_argument("--cluster", type=int, metavar="PARENT", help=argparse.SUPPRESS)

    def handle(self, *args: Any, cluster: int | None, **options: Any) -> None:
        from integrations.worker import process

        process.rest_collector()
        if cluster is None:
            self.check()
            from integrations.worker.watchdog import Watchdog

            sys.exit(Watchdog().run())

        from integrations import queue

        process.die_with(cluster)
        process.chain_forks()
        process.show_role("main")
        sys.exit(0 if queue.run_cluster(process.name_next_fork) else 1)
