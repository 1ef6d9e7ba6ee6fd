"""A wire to the simulator on which answers come twice, stale, out of order or late, and that tells who calls."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

MOST_REMEMBERED = 400


class Wire:
    """WSGI middleware between the connectors and the fakes. Quiet until a switch is set."""

    def __init__(self) -> None:
        self.app: Callable[..., Iterable[bytes]] | None = None
        self.dice = random.Random(0)
        self.jumbled = False
        """Lists of changes come shuffled, some objects twice, some also as they were before."""
        self.late = 0.0
        """Each answer to a write waits up to so many seconds: they overtake each other."""
        self.read, self.wrote = threading.Event(), threading.Event()
        self._before: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def wrap(self, app: Callable[..., Iterable[bytes]]) -> Wire:
        """Stand before this application."""
        self.app = app
        return self

    def quiet(self) -> None:
        """As an ordinary wire again."""
        self.jumbled, self.late = False, 0.0
        self.read.clear()
        self.wrote.clear()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert self.app is not None
        if "/v3/company/" not in environ["PATH_INFO"] or environ["PATH_INFO"].startswith("/_control"):
            return self.app(environ, start_response)
        reads = environ["REQUEST_METHOD"] == "GET"
        (self.read if reads else self.wrote).set()
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        response = Response(b"".join(body), status=status, headers=headers)
        if reads and response.status_code == 200:
            self._jumble(response)
        elif self.late:
            with self._lock:
                wait = self.dice.uniform(0, self.late)
            time.sleep(wait)
        return response(environ, start_response)

    def _jumble(self, response: Response) -> None:
        try:
            data = json.loads(response.get_data())
        except ValueError:
            return  # a fault that damaged the answer
        with self._lock:
            lists = [one for part in data.get("CDCResponse", []) for one in part.get("QueryResponse", [])]
            for found in (rows for one in lists for rows in one.values() if isinstance(rows, list)):
                self._mix(found)
        if self.jumbled and lists:
            response.set_data(json.dumps(data))

    def _mix(self, rows: list[dict[str, Any]]) -> None:
        now = [row for row in rows if "SyncToken" in row]
        if self.jumbled:
            rows += [deepcopy(row) for row in now if self.dice.random() < 0.4]
            stale = [self._before[row["Id"]] for row in now if row["Id"] in self._before]
            rows += [deepcopy(row) for row in stale if self.dice.random() < 0.6]
            self.dice.shuffle(rows)
        for row in now:
            if len(self._before) < MOST_REMEMBERED or row["Id"] in self._before:
                self._before[row["Id"]] = deepcopy(row)
