"""The simulator's WSGI application: every provider's fake below /<slug>, the control API below /_control."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connectors.simulator import faults
from connectors.simulator.clock import Clock, stamp
from connectors.simulator.control import control_blueprint
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store


def create_app(state_path: str) -> Flask:
    """The application, with its state in the given SQLite file; a new file gets the demonstration data."""
    app = Flask("connectors.simulator", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    store = Store(state_path)
    clock = Clock(store)
    providers = {provider.slug: provider for provider in _providers(store, clock)}
    for provider in providers.values():
        app.register_blueprint(provider.blueprint, url_prefix=f"/{provider.slug}")
        if not store.get_value(provider.slug, "seeded"):
            provider.reset()
    app.register_blueprint(control_blueprint(providers, clock), url_prefix="/_control")
    _watch(app, providers, store, clock)
    app.extensions["simulator"] = providers
    app.extensions["simulator_clock"] = clock
    return app


def demo_keys() -> dict[str, str]:
    """By slug, the key that a person gives the console to connect it to that fake; fakes without keys are left out."""
    return {slug: fake.DEMO_KEY for slug, fake in _fakes().items() if hasattr(fake, "DEMO_KEY")}


def demo_apps() -> dict[str, tuple[str, str]]:
    """By slug, client id and secret of the application that a fake's authorization server knows."""
    return {slug: fake.DEMO_APP for slug, fake in _fakes().items() if hasattr(fake, "DEMO_APP")}


def _providers(store: Store, clock: Clock) -> list[Provider]:
    return [fake.create(store, clock) for fake in _fakes().values()]


def _fakes() -> dict[str, ModuleType]:
    """By slug, whatever package has a simulator/fake.py with a `create(store, clock)`."""
    folder = Path(__file__).parents[1]
    slugs = sorted(path.parts[-3] for path in folder.glob("*/simulator/fake.py"))
    return {slug: import_module(f"connectors.{slug}.simulator.fake") for slug in slugs}


def _watch(app: Flask, providers: dict[str, Provider], store: Store, clock: Clock) -> None:
    """Put the fault switches before and after each provider's work, and log every request."""

    def current() -> tuple[Provider | None, str]:
        slug, _, rest = request.path.lstrip("/").partition("/")
        return providers.get(slug), f"/{rest}"

    @app.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> Response | HTTPException:
        provider, _ = current()
        return provider.refuse(error.code or 500, {}) if provider else error

    @app.before_request
    def _before() -> Response | None:
        provider, path = current()
        g.log_number = provider.log_number if provider else 0
        g.fault = provider.faults.take(request.method, path) if provider else None
        if provider is None or g.fault is None:
            return None
        resets = provider.resets
        answer = faults.before(g.fault, provider.refuse)
        # What a fault held back over a reset belongs to what is gone.
        return answer if provider.resets == resets else provider.refuse(503, {})

    @app.after_request
    def _after(response: Response) -> Response:
        provider, path = current()
        if provider is None:
            return response
        if g.fault:
            if g.fault.kind in faults.DAMAGES and response.status_code == 200:
                response = provider.damage(g.fault.kind, g.fault.options, response)
            response = faults.after(g.fault, response, provider.refuse)
            response.headers["X-Simulator-Fault"] = g.fault.kind
        if g.log_number != provider.log_number:
            return response
        store.execute(
            "INSERT INTO requests (provider, at, method, path, query, status) VALUES (?, ?, ?, ?, ?, ?)",
            (
                provider.slug,
                stamp(clock.now()),
                request.method,
                path,
                request.query_string.decode("latin-1"),
                response.status_code,
            ),
        )
        return response
