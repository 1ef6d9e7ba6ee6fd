"""A simulator over real HTTP for tests: `with running_simulator(folder) as simulator`, or the `simulator` fixture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from connectors.simulator.app import create_app
from connectors.simulator.provider import Provider
from connectors.simulator.serving import SimulatorHandler

DEMO_KEY = "rov_test_demo_lacoste"
BURST = 20


class QuietHandler(SimulatorHandler):
    """Writes no access log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the simulator keeps its own log of requests."""


@dataclass
class Control:
    """What a test asks of the simulator, through its control API. `url`: where providers are served over HTTP.

    touched: whatever providers were asked for since they were new.
    """

    url: str
    app: Flask
    touched: set[str]

    def provider(self, slug: str = "rovida") -> Provider:
        """The fake itself, for what the control API does not offer."""
        self.touched.add(slug)
        fake: Provider = self.app.extensions["simulator"][slug]
        return fake

    def call(self, method: str, route: str, /, **json: Any) -> Any:
        """One control request, without the way over a socket; its JSON answer, or None."""
        answer = self.app.test_client().open(f"/_control{route}", base_url=self.url, method=method, json=json)
        assert answer.status_code < 400, answer.text
        return answer.json if answer.data else None

    def fault(self, kind: str, path: str = "", times: int | None = 1, slug: str = "rovida", **options: Any) -> None:
        """Set a fault switch, for one request unless told otherwise."""
        self.call("POST", f"/{slug}/faults", kind=kind, path=path, times=times, **options)

    def clear_faults(self, slug: str = "rovida") -> None:
        """Take all switches away."""
        self.call("DELETE", f"/{slug}/faults")

    def seed(self, kind: str, count: int, slug: str = "rovida") -> None:
        """Add `count` plain objects."""
        self.call("POST", f"/{slug}/seed", kind=kind, count=count)

    def objects(self, kind: str, slug: str = "rovida") -> list[dict[str, Any]]:
        """Every object of a kind, tombstones too."""
        found: list[dict[str, Any]] = self.call("GET", f"/{slug}/objects/{kind}?limit=-1")["data"]
        return found

    def create(self, kind: str, slug: str = "rovida", **values: Any) -> dict[str, Any]:
        """Add an object, as in the provider's own screens."""
        made: dict[str, Any] = self.call("POST", f"/{slug}/objects/{kind}", values=values)
        return made

    def edit(
        self, kind: str, object_id: str, *, remove: list[str] | None = None, slug: str = "rovida", **values: Any
    ) -> dict[str, Any]:
        """Change an object, as in the provider's own screens."""
        changed: dict[str, Any] = self.call(
            "PATCH", f"/{slug}/objects/{kind}/{object_id}", values=values, remove=remove or []
        )
        return changed

    def delete(self, kind: str, object_id: str, slug: str = "rovida") -> None:
        """Delete an object, as in the provider's own screens."""
        self.call("DELETE", f"/{slug}/objects/{kind}/{object_id}")

    def configure(self, slug: str, **values: Any) -> dict[str, Any]:
        """Set a fake's own switches."""
        switches: dict[str, Any] = self.call("PUT", f"/{slug}/settings", **values)
        return switches

    def act(self, slug: str, name: str, **values: Any) -> dict[str, Any]:
        """Have a fake do what only it does."""
        answer: dict[str, Any] = self.call("POST", f"/{slug}/acts/{name}", **values)
        return answer

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock forward, once what was to be sent before is sent."""
        for slug in self.app.extensions["simulator"].keys() & self.touched:
            self.settle(slug)
        self.call("POST", "/clock", advance=seconds)

    def settle(self, slug: str = "rovida", seconds: float = 5.0) -> None:
        """Wait until a provider has sent every webhook that it is to send now, and has noted the answers."""
        sender = self.provider(slug).sender
        deadline = time.monotonic() + seconds
        while sender and not sender.settled():
            assert time.monotonic() < deadline, "webhooks that are due are not sent"
            time.sleep(0.01)

    def requests(self, slug: str = "rovida") -> list[dict[str, Any]]:
        """The requests that the provider received."""
        made: list[dict[str, Any]] = self.call("GET", f"/{slug}/requests")["data"]
        return made

    def forget_requests(self, slug: str = "rovida") -> None:
        """Empty the log of requests."""
        self.call("DELETE", f"/{slug}/requests")

    def rate_limit(self, rate: float | None, burst: int = BURST, slug: str = "rovida") -> None:
        """Impose other limits; None imposes none."""
        self.call("PUT", f"/{slug}/rate_limit", rate=rate, burst=burst)

    def reset(self) -> None:
        """As new: the demonstration data, the real time, no faults, no rate limit. Who was not touched is as new."""
        fakes = self.app.extensions["simulator"]
        touched = [slug for slug in fakes if slug in self.touched]
        self.touched.clear()
        self.app.extensions["simulator_clock"].reset()
        for slug in touched:
            fakes[slug].reset()
            fakes[slug].limit(None, BURST)

    def empty(self, slug: str = "rovida") -> None:
        """Take every object of a provider away; no faults and no rate limit either."""
        fake = self.provider(slug)
        fake.clock.reset()
        fake.reset(seed=False)
        fake.limit(None, BURST)


def _noting(application: Any, touched: set[str]) -> Callable[..., Any]:
    """Note which provider a request is for, or which one the control API is to act on."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        first, *rest = environ["PATH_INFO"].strip("/").split("/")
        touched.add(rest[0] if first == "_control" and rest else first)
        return application(environ, start_response)

    return serve


@contextmanager
def running_simulator(state: Path | str, middleware: Callable[[Any], Any] | None = None) -> Iterator[Control]:
    """Serve a simulator on a free port, its state in the given file, without rate limits until a test asks for them."""
    app = create_app(str(state))
    control = Control("", app, set())
    served = _noting(app.wsgi_app, control.touched)
    app.wsgi_app = middleware(served) if middleware else served  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    control.url = f"http://127.0.0.1:{server.server_port}"
    for fake in app.extensions["simulator"].values():
        fake.limit(None, BURST)
    try:
        yield control
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def simulator_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """One simulator for the whole run; tests use `simulator`."""
    with running_simulator(tmp_path_factory.mktemp("simulator") / "state.sqlite3") as control:
        yield control


@pytest.fixture
def simulator(simulator_server: Control) -> Control:
    """The simulator with fresh demonstration data, no faults and no rate limit."""
    simulator_server.reset()
    return simulator_server
