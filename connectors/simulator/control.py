"""The control API: how a test, a demonstration or a person acts on the simulator from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from connectors.simulator.clock import Clock, stamp
from connectors.simulator.faults import KINDS
from connectors.simulator.provider import Provider

Answer = Response | tuple[Response, int] | tuple[str, int]
Named = Callable[[str], Provider]
Body = Callable[[], dict[str, Any]]


def control_blueprint(providers: dict[str, Provider], clock: Clock) -> Blueprint:
    """Routes below /_control."""
    api = Blueprint("control", __name__)

    def named(slug: str) -> Provider:
        if slug not in providers:
            abort(404, f"no simulator for {slug}; there are {', '.join(providers)}")
        return providers[slug]

    def body() -> dict[str, Any]:
        data = request.get_json(silent=True) if request.data else {}
        if not isinstance(data, dict):
            abort(400, "the body must be a JSON object")
        return data

    _whole_routes(api, providers, clock, body)

    @api.post("/<slug>/reset")
    def reset(slug: str) -> Answer:
        named(slug).reset(seed=body().get("seed", True))
        return "", 204

    @api.post("/<slug>/seed")
    def seed(slug: str) -> Answer:
        data = body()
        try:
            named(slug).seed_bulk(str(data.get("kind", "")), int(data.get("count", 0)))
        except ValueError as error:
            abort(400, str(error))
        return jsonify(named(slug).store.counts(slug))

    @api.put("/<slug>/rate_limit")
    def rate_limit(slug: str) -> Answer:
        data = body()
        rate = data.get("rate")
        named(slug).limit(None if rate is None else float(rate), int(data.get("burst", named(slug).burst)))
        return "", 204

    _switch_routes(api, named, body)
    _object_routes(api, named, body)
    _fault_routes(api, named, body)
    _log_routes(api, named)
    return api


def _whole_routes(api: Blueprint, providers: dict[str, Provider], clock: Clock, body: Body) -> None:
    @api.get("/")
    def overview() -> Answer:
        return jsonify(
            now=stamp(clock.now()),
            providers={
                slug: {
                    "counts": provider.store.counts(slug),
                    "faults": [asdict(fault) for fault in provider.faults.all()],
                    "rate_limit": {"rate": provider.buckets.rate, "burst": provider.buckets.burst},
                }
                for slug, provider in providers.items()
            },
        )

    @api.post("/reset")
    def reset_all() -> Answer:
        for provider in providers.values():
            provider.reset(seed=body().get("seed", True))
        clock.reset()
        return "", 204

    @api.post("/clock")
    def advance() -> Answer:
        clock.advance(float(body().get("advance", 0)))
        for provider in providers.values():
            if provider.sender:
                provider.sender.wake()
        return jsonify(now=stamp(clock.now()))


def _switch_routes(api: Blueprint, named: Named, body: Body) -> None:
    @api.route("/<slug>/settings", methods=["GET", "PUT"])
    def settings(slug: str) -> Answer:
        try:
            return jsonify(named(slug).configure(body()))
        except ValueError as error:
            abort(400, str(error))

    @api.post("/<slug>/acts/<name>")
    def act(slug: str, name: str) -> Answer:
        try:
            return jsonify(named(slug).perform(name, body()))
        except KeyError as error:
            abort(404, f"{slug} knows no {error}")


def _object_routes(api: Blueprint, named: Named, body: Body) -> None:
    @api.get("/<slug>/objects/<kind>")
    def objects(slug: str, kind: str) -> Answer:
        found = named(slug).store.select(slug, kind, limit=int(request.args.get("limit", 100)))
        return jsonify(data=found)

    @api.post("/<slug>/objects/<kind>")
    def create(slug: str, kind: str) -> Answer:
        try:
            return jsonify(named(slug).create(kind, body().get("values", {}))), 201
        except KeyError:
            abort(404)
        except ValueError as error:
            abort(400, str(error))

    @api.get("/<slug>/objects/<kind>/<object_id>")
    def read(slug: str, kind: str, object_id: str) -> Answer:
        found = named(slug).store.get(slug, kind, object_id)
        return jsonify(found) if found else abort(404)

    @api.patch("/<slug>/objects/<kind>/<object_id>")
    def edit(slug: str, kind: str, object_id: str) -> Answer:
        data = body()
        try:
            return jsonify(named(slug).edit(kind, object_id, data.get("values", {}), data.get("remove", [])))
        except KeyError:
            abort(404)
        except ValueError as error:
            abort(400, str(error))

    @api.delete("/<slug>/objects/<kind>/<object_id>")
    def remove(slug: str, kind: str, object_id: str) -> Answer:
        try:
            named(slug).remove(kind, object_id)
        except KeyError:
            abort(404)
        return "", 204


def _fault_routes(api: Blueprint, named: Named, body: Body) -> None:
    @api.get("/<slug>/faults")
    def faults(slug: str) -> Answer:
        return jsonify(data=[asdict(fault) for fault in named(slug).faults.all()], kinds=KINDS)

    @api.post("/<slug>/faults")
    def set_fault(slug: str) -> Answer:
        try:
            return jsonify(asdict(named(slug).faults.add(**body()))), 201
        except (TypeError, ValueError) as error:
            abort(400, str(error))

    @api.delete("/<slug>/faults")
    def clear_faults(slug: str) -> Answer:
        named(slug).faults.clear()
        return "", 204

    @api.delete("/<slug>/faults/<int:fault_id>")
    def clear_fault(slug: str, fault_id: int) -> Answer:
        named(slug).faults.clear(fault_id)
        return "", 204


def _log_routes(api: Blueprint, named: Named) -> None:
    @api.get("/<slug>/requests")
    def requests_made(slug: str) -> Answer:
        rows = named(slug).store.execute(
            "SELECT seq, at, method, path, query, status FROM requests WHERE provider = ? AND seq > ? ORDER BY seq",
            (slug, int(request.args.get("after", 0))),
        )
        counts: dict[str, int] = {}
        for row in rows:
            name = f"{row['method']} {row['path']}"
            counts[name] = counts.get(name, 0) + 1
        return jsonify(total=len(rows), counts=counts, data=[dict(row) for row in rows])

    @api.delete("/<slug>/requests")
    def forget_requests(slug: str) -> Answer:
        named(slug).forget_requests()
        return "", 204

    @api.get("/<slug>/deliveries")
    def deliveries(slug: str) -> Answer:
        sender = named(slug).sender
        return jsonify(data=sender.all() if sender else [])
