"""A sender in a process of its own: `python -m tests.webhooks.sender_child [moment]`.

With a moment ("claimed", "answered", "fanned_out") it kills itself with SIGKILL exactly there. "write" and
"write-and-commit" are a writer that dies before or after its commit, "load" is one that never stops.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(module: Any, name: str) -> None:
    real = getattr(module, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        answer = real(*args, **kwargs)
        if answer or answer is None:
            die()
        return answer

    setattr(module, name, replaced)


def write(*, commit: bool) -> None:
    from django.db import transaction

    from tests.webhooks.conftest import make_customers

    with transaction.atomic():
        make_customers(3, prefix="Mort")
        if not commit:
            die()
    die()


def write_for_ever(url: str) -> None:
    """Add an endpoint, then customers one by one; says each id once its commit is known, whatever happens meanwhile."""
    from django.db import DatabaseError, InterfaceError, connections

    from tests.webhooks.conftest import make_customers, make_endpoint
    from webhooks import payload

    make_endpoint(url, timeout_seconds=1)
    while True:
        try:
            (event,) = make_customers()
        except (DatabaseError, InterfaceError):
            connections.close_all()
        else:
            print(payload.message_id(event.pk), flush=True)


def main() -> None:
    django.setup()
    from webhooks import fanout
    from webhooks.sending import claims, results, sender

    match sys.argv[1:]:
        case ["claimed"]:
            die_after(claims, "claim")
        case ["answered"]:
            results.write = die
        case ["fanned_out"]:
            # Inside the transaction: deliveries written, marks not deleted yet.
            die_after(fanout, "_write")
        case ["write"]:
            write(commit=False)
        case ["write-and-commit"]:
            write(commit=True)
        case ["load", url]:
            write_for_ever(url)
    print("ready", flush=True)
    while True:
        try:
            sender.work()
        except Exception as error:  # noqa: BLE001 - as the worker's loop does
            from django.db import connections

            print(f"failed: {error}", flush=True)
            connections.close_all()


if __name__ == "__main__":
    main()
