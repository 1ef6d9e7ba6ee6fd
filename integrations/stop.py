"""The emergency stop: one row that every run and every call to a provider looks at."""

from __future__ import annotations

import threading
import time

from django.db.models import Exists, Q

from integrations.models import EmergencyStop

LOOK_EVERY = 0.5
"""Seconds for which the threads of one process trust what one of them read: a call costs no query of its own."""


class EmergencyStopped(Exception):
    """Everything is stopped: nothing may be asked of a provider until somebody resumes."""

    sentence = (
        "L’arrêt d’urgence est actif : rien n’est demandé ni envoyé aux fournisseurs. Choisissez « Reprendre » dans la "
        "bannière rouge pour continuer."
    )


def current() -> EmergencyStop | None:
    """The stop that is in force, None when everything runs; one query."""
    return EmergencyStop.objects.filter(stopped_at__isnull=False).first()


def in_force() -> Q:
    """The condition "everything is stopped", for queries that must decide in their own statement."""
    return Q(Exists(EmergencyStop.objects.filter(stopped_at__isnull=False)))


class Gate:
    """Raises EmergencyStopped at a call to a provider while everything is stopped; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._stopped = False

    def __call__(self) -> None:
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_EVERY:
                self._stopped = current() is not None
                self._looked_at = time.monotonic()
            stopped = self._stopped
        if stopped:
            raise EmergencyStopped()
