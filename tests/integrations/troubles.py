"""A wire to the simulator on which answers come twice, stale, out of order, late or not at all, and that tells who
calls, what was written and who did not wait."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

Body = dict[str, Any]
Written = tuple[str, str, str, str]
"""Entity, id, field and value as JSON."""
MOST_REMEMBERED = 400
HELD_AT_MOST = 20.0
"""Seconds after which a held answer comes by itself."""
LONGER_THAN_THEY_WAIT = 1.3
BARELY = 0.5
"""Seconds for which a request that was leaving already may still come after "wait"."""
ABOUT = frozenset({"Id", "SyncToken", "sparse", "domain", "GlobalTaxCalculation"})


class Wire:
    """WSGI middleware between the connectors and the fakes. Quiet until a switch is set."""

    def __init__(self) -> None:
        self.app: Callable[..., Iterable[bytes]] | None = None
        self.dice = random.Random(0)
        self.jumbled = False
        """Lists of changes come shuffled, some objects twice, some also as they were before."""
        self.unlisted = False
        """Lists of changes lack some that were made lately."""
        self.late = 0.0
        """Each answer to a write waits up to so many seconds: they overtake each other."""
        self.meanwhile: Callable[[str, str, Body, bool], None] | None = None
        """Called with method, entity, what is sent and whether it is carried out: before and after each request."""
        self.read, self.wrote = threading.Event(), threading.Event()
        self.held, self.release = threading.Event(), threading.Event()
        self.keys: dict[Written, set[str]] = defaultdict(set)
        """What was written with success, and the idempotency keys under which it was."""
        self.hasty = 0
        """Requests that came although the provider had asked to wait."""
        self.lost: dict[int, str] = {}
        """Writes by number that are carried out and of which nobody hears: a "time-out", or the answer is "later"."""
        self._writes = 0
        self._hold: dict[bool, int] = {}
        self._wait_from, self._wait_until = 0.0, 0.0
        self._now: dict[tuple[str, str], Body] = {}
        self._before: dict[tuple[str, str], Body] = {}
        self._lock = threading.Lock()

    def wrap(self, app: Callable[..., Iterable[bytes]]) -> Wire:
        """Stand before this application."""
        self.app = app
        return self

    def quiet(self) -> None:
        """As an ordinary wire again."""
        self.jumbled, self.unlisted, self.late, self.meanwhile = False, False, 0.0, None
        self._hold.clear()
        self.lost.clear()
        self._writes = 0
        for event in (self.read, self.wrote, self.held, self.release):
            event.clear()

    def hold(self, number: int, *, reading: bool) -> None:
        """Carry the request with this number out, but keep its answer back: `held` tells, `release` lets it go."""
        self._hold = {reading: number}

    def twice(self) -> list[Written]:
        """What was written again although the provider had it already, under another key."""
        return [what for what, keys in self.keys.items() if len(keys) > 1]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert self.app is not None
        if "/v3/company/" not in environ["PATH_INFO"] or environ["PATH_INFO"].startswith("/_control"):
            return self.app(environ, start_response)
        self._watch_haste()
        reads = environ["REQUEST_METHOD"] == "GET"
        (self.read if reads else self.wrote).set()
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(sent)
        asked = list(_asked(environ, sent))
        self._tell(environ, asked, done=False)
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        response = Response(b"".join(body), status=status, headers=headers)
        if response.status_code == 200:
            self._carried_out(environ, asked, response, reads=reads)
        elif response.status_code == 429:
            self._wait_from = time.monotonic() + BARELY
            self._wait_until = time.monotonic() + float(response.headers.get("Retry-After", 0))
        if not reads:
            response = self._lose(response)
        self._keep_back(reads=reads)
        return response(environ, start_response)

    def _lose(self, response: Response) -> Response:
        with self._lock:
            self._writes += 1
            how = self.lost.pop(self._writes, "")
        if how == "time-out":
            time.sleep(LONGER_THAN_THEY_WAIT)
        # Longer than a request waits by itself: the slice ends, and the next one begins with an unknown outcome.
        return Response(status=503, headers={"Retry-After": "3"}) if how == "later" else response

    def _carried_out(
        self, environ: dict[str, Any], asked: list[tuple[str, Body]], response: Response, *, reads: bool
    ) -> None:
        if reads:
            self._jumble(response)
        else:
            self._note(environ, asked, response)
        self._tell(environ, asked, done=True)

    def _tell(self, environ: dict[str, Any], asked: list[tuple[str, Body]], *, done: bool) -> None:
        if self.meanwhile:
            for entity, sent in asked:
                self.meanwhile(environ["REQUEST_METHOD"], entity, sent, done)

    def _keep_back(self, *, reads: bool) -> None:
        with self._lock:
            number = self._hold.get(reads, 0)
            if number:
                self._hold[reads] = number - 1
            wait = 0.0 if reads or not self.late else self.dice.uniform(0, self.late)
        if number == 1:
            self.held.set()
            self.release.wait(HELD_AT_MOST)
        time.sleep(wait)

    def _watch_haste(self) -> None:
        self.hasty += self._wait_from < time.monotonic() < self._wait_until - 0.05

    # --- Writes ---
    def _note(self, environ: dict[str, Any], asked: list[tuple[str, Body]], response: Response) -> None:
        """Remember under which key each value was written."""
        key = parse_qs(environ["QUERY_STRING"]).get("requestid", ["without a key"])[0]
        try:
            answer = json.loads(response.get_data())
        except ValueError:
            return  # a fault that damaged the answer
        answers = answer.get("BatchItemResponse") or [answer]
        made = {entity: one[entity] for one in answers for entity, _ in asked if entity in one}
        with self._lock:
            for entity, sent in asked:
                if len(asked) > 1 or entity not in made:
                    continue  # a batch answers in its own order: its objects are counted by the checks at the end
                self._remember(entity, [made[entity]])
                for name, value in sent.items():
                    if name not in ABOUT:
                        self.keys[entity, made[entity]["Id"], name, json.dumps(value)].add(key)

    # --- Lists of changes ---
    def _jumble(self, response: Response) -> None:
        try:
            data = json.loads(response.get_data())
        except ValueError:
            return  # a fault that damaged the answer
        lists = [one for part in data.get("CDCResponse", []) for one in part.get("QueryResponse", [])]
        with self._lock:
            for entity, rows in _rows(*lists):
                self._mix(entity, rows)
            for entity, rows in _rows(data.get("QueryResponse", {})):
                self._remember(entity, rows)
        if (self.jumbled or self.unlisted) and lists:
            response.set_data(json.dumps(data))

    def _mix(self, entity: str, rows: list[Body]) -> None:
        if self.unlisted:
            rows[:] = [row for row in rows if self._is_known(entity, row) or self.dice.random() < 0.5]
        now = [row for row in rows if "SyncToken" in row]
        self._remember(entity, now)
        if self.jumbled:
            rows += [deepcopy(row) for row in now if self.dice.random() < 0.4]
            self.dice.shuffle(rows)
            # What a slow copy of the provider's database still shows comes before, among or after the news.
            stale = [self._before[entity, row["Id"]] for row in now if (entity, row["Id"]) in self._before]
            for row in (deepcopy(row) for row in stale if self.dice.random() < 0.9):
                after_its_news = max(at for at, each in enumerate(rows) if each.get("Id") == row["Id"]) + 1
                places = [after_its_news, after_its_news, len(rows), self.dice.randint(0, len(rows))]
                rows.insert(self.dice.choice(places), row)

    def _is_known(self, entity: str, row: Body) -> bool:
        known = self._now.get((entity, row["Id"]), {})
        return "SyncToken" in row and known.get("SyncToken") == row["SyncToken"]

    def _remember(self, entity: str, rows: Iterable[Body]) -> None:
        for row in (row for row in rows if "SyncToken" in row):
            key = entity, row["Id"]
            known = self._now.get(key)
            if known is not None and known["SyncToken"] != row["SyncToken"]:
                self._before[key] = known
            if known is not None or len(self._now) < MOST_REMEMBERED:
                self._now[key] = deepcopy(row)


def _rows(*lists: Body) -> Iterator[tuple[str, list[Body]]]:
    """Each list of objects in these parts of an answer, and the entity that it is of."""
    for one in lists:
        yield from ((name, rows) for name, rows in one.items() if isinstance(rows, list))


def _asked(environ: dict[str, Any], sent: bytes) -> Iterator[tuple[str, Body]]:
    """What a request is about: the entity that is read, or each object that is written."""
    if environ["REQUEST_METHOD"] == "GET":
        yield parse_qs(environ["QUERY_STRING"]).get("entities", [""])[0], {}
        return
    body = json.loads(sent or b"{}")
    if "BatchItemRequest" not in body:
        yield environ["PATH_INFO"].rsplit("/", 1)[-1].capitalize(), body
    for item in body.get("BatchItemRequest", []):
        for entity, values in item.items():
            if isinstance(values, dict):
                yield entity, values
