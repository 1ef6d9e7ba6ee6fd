"""A follower in a process of its own: `python -m tests.webhooks.following.follower_child [moment]`.

With a moment ("claimed", "fetched", "stored", "written") it kills itself with SIGKILL right there, the first time.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django


def die_after(owner: Any, name: str) -> None:
    """Kill this process once the function has done its work."""
    real = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        answer = real(*args, **kwargs)
        if answer or answer is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, replaced)


def main() -> None:
    """Follow until killed."""
    django.setup()
    from connectors.rovida.connector import Rovida
    from integrations.sync.page import PageStore
    from webhooks.following import claims, follower, results

    moments = {
        "claimed": (claims, "claim"),
        "fetched": (Rovida, "fetch"),
        # Records, links and history are committed; the event is not done yet.
        "stored": (PageStore, "store_items"),
        "written": (results, "write"),
    }
    if sys.argv[1:]:
        die_after(*moments[sys.argv[1]])
    while True:
        follower.work()


if __name__ == "__main__":
    main()
