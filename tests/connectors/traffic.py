"""What went over the wire between a connector and its simulator, for a judge to read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulator import Control, running_simulator


@dataclass
class Traffic:
    """One request and its answer, as they went over the wire; the path without the simulator's own prefix."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""


class Recorder:
    """WSGI middleware that keeps the traffic of one provider, or of what lies below `part` of it."""

    def __init__(self, application: Any, kept: list[Traffic], slug: str, part: str = "/") -> None:
        self.application, self.kept, self.slug, self.part = application, kept, slug, part

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if not environ["PATH_INFO"].startswith(f"/{self.slug}{self.part}"):
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        path = environ["REQUEST_URI"].partition("?")[0].removeprefix(f"/{self.slug}")
        seen = Traffic(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, body)

        def start(status: str, answer_headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            seen.status, seen.answer_headers = int(status[:3]), dict(answer_headers)
            return start_response(status, answer_headers, exc_info)

        seen.answer = b"".join(self.application(environ, start))
        self.kept.append(seen)
        return [seen.answer]


@pytest.fixture(scope="session")
def recorded() -> list[Traffic]:
    """All traffic since the current test began."""
    return []


def recording(slug: str, part: str = "/") -> Any:
    """The fixture `simulator_server` of tests that judge what went over the wire: as everywhere, with the recorder of
    that provider in front."""

    @pytest.fixture(scope="session")
    def simulator_server(tmp_path_factory: pytest.TempPathFactory, recorded: list[Traffic]) -> Iterator[Control]:
        state = tmp_path_factory.mktemp(slug) / "state.sqlite3"
        with running_simulator(state, lambda application: Recorder(application, recorded, slug, part)) as control:
            yield control

    return simulator_server


def different(recorded: Iterable[Traffic]) -> Iterator[Traffic]:
    """The same answer to the same request need not be judged twice."""
    known = set()
    for seen in recorded:
        if (mark := (seen.method, seen.path, seen.query, seen.body, seen.status, seen.answer)) not in known:
            known.add(mark)
            yield seen
