"""The fake ROVIDA: its objects and what happens to them. HTTP is in api.py."""

from __future__ import annotations

import base64
import json
import secrets
import time
from datetime import timedelta
from typing import Any

from flask import Response, request

from connectors.rovida.simulator import seed
from connectors.rovida.simulator.api import DEMO_KEY as DEMO_KEY  # noqa: PLC0414  (the kit shows it)
from connectors.rovida.simulator.api import rovida_blueprint
from connectors.rovida.simulator.listing import cursor_after
from connectors.rovida.simulator.problems import Problem, invalid
from connectors.rovida.simulator.schema import KINDS, LEASE, Errors, blank, check
from connectors.simulator.clock import Clock, stamp
from connectors.simulator.provider import Provider
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.simulator.signing import standard_webhook_headers
from connectors.simulator.store import Store

ROTATION = timedelta(hours=24)
SCHEDULE = Schedule(
    delays=(5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400), jitter=0.1, timeout=15, final=(410,)
)
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def create(store: Store, clock: Clock) -> Rovida:
    """The fake, as the kit finds it."""
    return Rovida(store, clock)


class Rovida(Provider):
    """Properties, units, tenants, work orders and webhook endpoints of one account."""

    slug = "rovida"
    rate = 10
    burst = 20

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.blueprint = rovida_blueprint(self)
        self.sender = Sender(store, clock, self.slug, self._target, schedule=SCHEDULE, ended=self._disable)

    # What the API does

    def find(self, kind: str, object_id: str) -> dict[str, Any]:
        """A live object; Problem 404 otherwise."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None or found.get("deleted_at"):
            raise Problem(404, "No such object")
        return found

    def exists(self, kind: str, object_id: str) -> bool:
        """Whether there is such a live object."""
        found = self.store.get(self.slug, kind, object_id)
        return found is not None and not found.get("deleted_at")

    def add(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create from a checked or unchecked body, and announce it."""
        now = stamp(self.clock.now())
        spec = KINDS[kind]
        made: dict[str, Any] = {"id": self._new_id(spec.prefix), "object": spec.object, **blank(spec)}
        if kind == "work_orders":
            made |= {"number": self._number(now[:4]), "requested_at": now}
        if kind == "webhook_endpoints":
            made["_secrets"] = [{"secret": _new_secret(), "until": None}]
        made |= body
        made |= {"version": 1, "created_at": now, "updated_at": now, "deleted_at": None}
        self.store.put(self.slug, kind, made)
        self._announce(kind, "created", made)
        return made

    def create_checked(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST."""
        self._refuse_wrong(kind, body, "create")
        self._refuse_taken(kind, body.get("reference_id"))
        return self.add(kind, body)

    def patch(self, kind: str, object_id: str, body: dict[str, Any], version: str) -> dict[str, Any]:
        """PATCH: a merge patch, for the version given in If-Match."""
        found = self.find(kind, object_id)
        _refuse_stale(found, version)
        self._refuse_wrong(kind, body, "update")
        merged = _merge(found, body)
        lease = merged.get("lease")
        if lease is not None:
            errors = check(LEASE, lease, "create", self.exists, "lease.")
            if errors:
                raise invalid(errors)
        self._refuse_taken(kind, merged.get("reference_id"), object_id)
        return self._change(kind, found, merged)

    def replace(self, kind: str, reference: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """PUT by reference: the object, and whether it is new. What the body leaves out goes back to its default."""
        self._refuse_wrong(kind, body, "create")
        if body.get("reference_id") not in (None, reference):
            raise invalid({"reference_id": ("conflict", "differs from the path")})
        found = self.store.by_reference(self.slug, kind, reference)
        if found is None:
            return self.add(kind, {**body, "reference_id": reference}), True
        spec = KINDS[kind]
        fixed = {name for name, field in spec.fields.items() if field.on == ("create",)}
        moved: Errors = {name: ("immutable", "cannot change") for name in fixed if body[name] != found[name]}
        if moved:
            raise invalid(moved)
        kept = {name: found[name] for name, field in spec.fields.items() if "create" not in field.on}
        if kind == "work_orders":
            kept["requested_at"] = found["requested_at"]
        return self._change(kind, found, {**found, **blank(spec), **kept, **body, "reference_id": reference}), False

    def delete(self, kind: str, object_id: str, version: str) -> None:
        """DELETE: a tombstone stays."""
        found = self.find(kind, object_id)
        _refuse_stale(found, version)
        for other, field in KINDS[kind].referrers:
            where = f"deleted_at IS NULL AND json_extract(body, '$.{field}') = ?"
            if self.store.select(self.slug, other, where, (object_id,), limit=1):
                raise Problem(409, f"Live {other} still refer to this object")
        self._bury(kind, found)

    def rotate(self, endpoint_id: str) -> dict[str, Any]:
        """A new secret; the one before goes on signing for 24 hours."""
        found = self.find("webhook_endpoints", endpoint_id)
        until = stamp(self.clock.now() + ROTATION)
        old = {"secret": found["_secrets"][0]["secret"], "until": until}
        return self._change(
            "webhook_endpoints", found, {**found, "_secrets": [{"secret": _new_secret(), "until": None}, old]}
        )

    def ping(self, endpoint_id: str) -> dict[str, Any]:
        """Send a test event to one endpoint."""
        found = self.find("webhook_endpoints", endpoint_id)
        self._emit(endpoint_id, "ping", {"endpoint_id": endpoint_id})
        return found

    # What the kit asks for

    def seed(self) -> None:
        """12 properties, 140 units, 150 tenants, 60 work orders."""
        for kind, bodies in seed.demonstration().items():
            self.store.put(self.slug, kind, *bodies)
        self.store.set_value(self.slug, "work_order_number", len(self.store.select(self.slug, "work_orders")))
        self.store.set_value(self.slug, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more tenants, or others, spread over what is there."""
        start = self.store.next_number(self.slug, f"bulk_{kind}")
        properties = [body["id"] for body in self.store.select(self.slug, "properties", "deleted_at IS NULL")]
        self.store.put(self.slug, kind, *seed.bulk(kind, count, start, properties, self.clock.now()))

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object unchecked."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        merged = {name: value for name, value in _merge(found, values).items() if name not in remove}
        return self._change(kind, found, merged)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object unchecked."""
        return self.add(kind, values)

    def remove(self, kind: str, object_id: str) -> None:
        """Delete an object, whatever refers to it."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        self._bury(kind, found)

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """A problem without particulars."""
        return Problem(status, headers={**self.buckets.idle_headers(), **headers}).response()

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A list (or an object) with something wrong in it."""
        collection = request.path.split("/")[3]
        body = json.loads(response.get_data())
        records = body.get("data", [body])
        if kind == "repeated_cursor":
            again = request.args.get("cursor") or body["next_cursor"]
            again = again or cursor_after(self, collection, request.args, records)
            body |= {"has_more": True, "next_cursor": again}
        elif records and collection in KINDS:
            record = records[int(options.get("record", 0))]
            name = options.get("field") or KINDS[collection].breakable.get(kind)
            if kind == "missing_field":
                record.pop(name, None)
            elif name:
                record[name] = options.get("value", "inconnu" if kind == "unknown_value" else "prop_INCONNU")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _refuse_wrong(self, kind: str, body: dict[str, Any], mode: str) -> None:
        errors = check(KINDS[kind].fields, body, mode, self.exists)
        if errors:
            raise invalid(errors)

    def _refuse_taken(self, kind: str, reference: str | None, own_id: str = "") -> None:
        taken = self.store.by_reference(self.slug, kind, reference) if reference else None
        if taken and taken["id"] != own_id:
            raise Problem(
                409, "reference_id is already in use", errors={"reference_id": ("conflict", "is already in use")}
            )

    def _change(self, kind: str, found: dict[str, Any], merged: dict[str, Any]) -> dict[str, Any]:
        if merged == found:
            return found
        changed = {**merged, "version": found["version"] + 1, "updated_at": stamp(self.clock.now())}
        self.store.put(self.slug, kind, changed)
        self._announce(kind, "updated", changed)
        return changed

    def _bury(self, kind: str, found: dict[str, Any]) -> None:
        now = stamp(self.clock.now())
        buried = {**found, "version": found["version"] + 1, "updated_at": now, "deleted_at": now}
        self.store.put(self.slug, kind, buried)
        self._announce(kind, "deleted", buried)

    def _announce(self, kind: str, act: str, body: dict[str, Any]) -> None:
        if kind == "webhook_endpoints":
            return
        event = f"{KINDS[kind].object}.{act}"
        for endpoint in self.store.select(self.slug, "webhook_endpoints", "deleted_at IS NULL"):
            if endpoint["enabled"] and {"*", event} & set(endpoint["event_types"]):
                self._emit(endpoint["id"], event, body)

    def _emit(self, endpoint_id: str, event: str, data: dict[str, Any]) -> None:
        assert self.sender
        event_body = {"type": event, "timestamp": stamp(self.clock.now()), "data": data}
        self.sender.send(endpoint_id, json_message(event_body))

    def _target(self, endpoint_id: str) -> Target | None:
        endpoint = self.store.get(self.slug, "webhook_endpoints", endpoint_id)
        if not endpoint or endpoint["deleted_at"] or not endpoint["enabled"]:
            return None
        now = stamp(self.clock.now())
        live = [one["secret"] for one in endpoint["_secrets"] if one["until"] is None or one["until"] > now]
        return Target(
            endpoint["url"], lambda _url, message_id, at, body: standard_webhook_headers(live, message_id, at, body)
        )

    def _disable(self, endpoint_id: str, status: int | None) -> None:
        if status == 410:
            self.edit("webhook_endpoints", endpoint_id, {"enabled": False}, [])

    def _number(self, year: str) -> str:
        return f"BT-{year}-{self.store.next_number(self.slug, 'work_order_number'):04d}"

    def _new_id(self, prefix: str) -> str:
        millis, text = time.time_ns() // 1_000_000, ""
        for _ in range(10):
            millis, digit = divmod(millis, 32)
            text = _BASE32[digit] + text
        return prefix + text + "".join(secrets.choice(_BASE32) for _ in range(16))


def _merge(found: Any, patch: Any) -> Any:
    """RFC 7386, except that null clears a field instead of taking it away (metadata and lease members apart)."""
    merged = dict(found)
    for name, value in patch.items():
        if name == "metadata" and isinstance(value, dict):
            both = {**(found.get(name) or {}), **value}
            merged[name] = {key: text for key, text in both.items() if text is not None}
        elif name == "lease" and isinstance(value, dict):
            merged[name] = {**(found.get(name) or {}), **value}
        else:
            merged[name] = value
    return merged


def _refuse_stale(found: dict[str, Any], version: str) -> None:
    if version and version.strip().strip('"') != str(found["version"]):
        raise Problem(412, f"The current version is {found['version']}")


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
