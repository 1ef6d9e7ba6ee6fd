"""A process of its own that asks for the tokens of an integration; what it is to do comes as JSON on its command line.

{"integration": id, "stale": access token or "", "threads": n, "at": epoch second at which all start together,
 "stop": "before" or "after" the commit of a new pair: say so on standard output and wait there to be killed}
It prints one JSON line: the access tokens that its threads got, or the error.
"""

import json
import sys
import threading
import time
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from connectors.base.errors import ConnectorError  # noqa: E402
from integrations.models import Integration  # noqa: E402
from integrations.oauth.tokens import DatabaseTokenStore  # noqa: E402


def wait_to_be_killed(when: str) -> None:
    print(when, flush=True)
    time.sleep(60)


def stop_at_commit(when: str) -> None:
    """Have the process stand still right before or right after the new pair is committed."""
    store = DatabaseTokenStore._store

    def slowed(self: DatabaseTokenStore, *args: Any) -> bool:
        if when == "before":
            wait_to_be_killed(when)
        done = store(self, *args)
        if when == "after":
            wait_to_be_killed(when)
        return done

    DatabaseTokenStore._store = slowed  # type: ignore[assignment, method-assign]


def main(task: dict[str, Any]) -> None:
    if task.get("stop"):
        stop_at_commit(task["stop"])
    got: list[str] = []

    def ask() -> None:
        store = DatabaseTokenStore(Integration.objects.get(pk=task["integration"]))
        time.sleep(max(0.0, task.get("at", 0) - time.time()))
        try:
            tokens = store.renew(task["stale"]) if task.get("stale") else store.current()
            got.append(tokens.access_token)
        except ConnectorError as error:
            got.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(task.get("threads", 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(got), flush=True)


main(json.loads(sys.argv[1]))
