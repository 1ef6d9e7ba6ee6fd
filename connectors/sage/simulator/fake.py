"""The fake Sage Intacct: one company, its books behind the REST API, and the token call."""

from __future__ import annotations

import json
import random
import secrets
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, request

from connectors.sage.simulator import query, seed, tokens
from connectors.sage.simulator.books import PATHS, SLUG, Books
from connectors.sage.simulator.problems import Refused, refusal
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_KEY = " / ".join([*tokens.CLIENT, "LacosteQC", "wsuser"])
ROOT = "/ia/api/v1"
META = {"totalCount": 1, "totalSuccess": 1, "totalError": 0}


def create(store: Store, clock: Clock) -> Sage:
    """The fake, as the kit finds it."""
    return Sage(store, clock)


class Sage(Provider):
    """Objects are known to the control API by their kind (customer, invoice…) and key; theirs is under `object`."""

    slug = SLUG
    settings = {"token_seconds": 3600, "bad_token_status": 401}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._moment: datetime | None = None
        self.books = Books(store, lambda: self._moment or self.clock.now())
        self.blueprint = Blueprint(SLUG, __name__)
        self._routes()

    # What the kit asks for

    def seed(self) -> None:
        """The company's lists, 40 customers and 60 invoices."""
        try:
            seed.write(self.books, self._at)
        finally:
            self._moment = None
        self.store.set_value(self.slug, "seeded", True)

    def reset(self, *, seed: bool = True) -> None:
        """As new; the company's lists stay even when everything else goes."""
        super().reset(seed=seed)
        if not seed:
            self._keep_lists()

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more customers."""
        if kind != "customer":
            raise ValueError(f"cannot seed {kind}")
        draw = random.Random(7)  # noqa: S311
        for index in range(count):
            key = str(self.store.next_number(self.slug, "key") + 100)
            now = self.clock.now().replace(microsecond=0, tzinfo=None).isoformat() + "Z"
            own = {"key": key, "id": f"C-{key}", "status": "active", "audit": {"modifiedDateTime": now}}
            self.books.keep(kind, {**seed.customer(1000 + index, draw), **own})

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Intacct."""
        try:
            with self.store.transaction():
                self.books.update(kind, object_id, values, checked=False)
        except Refused as refused:
            raise (KeyError if refused.status == 404 else ValueError)(refused.message) from refused
        return self._row(kind, object_id)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object in the same way."""
        try:
            with self.store.transaction():
                made = self.books.create(kind, values)
        except Refused as refused:
            raise (KeyError if refused.status == 405 else ValueError)(refused.message) from refused
        return self._row(kind, made["key"])

    def remove(self, kind: str, object_id: str) -> None:
        """Make a customer inactive, take anything else away."""
        if kind == "customer":
            self.edit(kind, object_id, {"status": "inactive"}, [])
            return
        try:
            self.books.delete(kind, object_id)
        except Refused as refused:
            raise KeyError(object_id) from refused

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """expire_tokens: all are over. reverse {key}: as a person does it. purge {kind, key}: without a trace."""
        if name == "expire_tokens":
            tokens.expire(self)
            return {}
        if name == "reverse":
            return self.books.reverse(str(values["key"]))
        if name != "purge":
            raise KeyError(name)
        self.books.delete(str(values["kind"]), str(values["key"]))
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return refusal(Refused(status, "The request was refused"), headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A query's answer with something wrong in one of its rows."""
        body = json.loads(response.get_data())
        rows = body["ia::result"]
        if isinstance(rows, list) and rows:
            row, name = rows[int(options.get("record", 0))], str(options.get("field") or "key")
            if kind == "missing_field":
                row.pop(name, None)
            else:
                row[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # HTTP

    def _routes(self) -> None:
        api = self.blueprint
        api.before_request(self._enter)
        api.register_error_handler(Refused, refusal)
        api.after_request(self._leave)
        api.add_url_rule(f"{ROOT}/oauth2/token", "token", self._token, methods=["POST"])
        api.add_url_rule(f"{ROOT}/services/core/session/id", "session", self._session, methods=["GET"])
        api.add_url_rule(f"{ROOT}/services/core/query", "query", self._query, methods=["POST"])
        api.add_url_rule(f"{ROOT}/workflows/accounts-receivable/invoice/reverse", "reverse", self._reverse,
                         methods=["POST"])  # fmt: skip
        objects = f"{ROOT}/objects/<area>/<name>"
        api.add_url_rule(objects, "create", self._create, methods=["POST"])
        api.add_url_rule(f"{objects}/<key>", "one", self._one, methods=["GET", "PATCH", "DELETE"])

    def _enter(self) -> Response | None:
        if request.path.endswith("/oauth2/token"):
            return None
        passes, headers = self.buckets.take("company")
        if not passes:
            wait = {"X-IA-Minute-Rate-Limit-Retry-After": headers["Retry-After"]}
            return refusal(Refused(429, "Too many concurrent requests"), wait)
        if not tokens.serves(self, request.headers.get("Authorization", "").removeprefix("Bearer ")):
            refused = refusal(Refused(401, "Token is not valid"))
            refused.status_code = int(self.setting("bad_token_status"))
            return refused
        return None

    def _leave(self, response: Response) -> Response:
        response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        return response

    def _token(self) -> Response:
        given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        issued = tokens.issue(self, given or {})
        if issued is None:
            raise Refused(401, "Invalid client or user")
        return _json(issued)

    def _session(self) -> Response:
        return _json({"ia::result": {"sessionId": secrets.token_hex(16)}, "ia::meta": META})

    def _query(self) -> Response:
        body = _body()
        kind = PATHS.get(str(body.get("object")))
        if kind is None:
            raise Refused(400, f"There is no object {body.get('object')}")
        return _json(query.run(body, self.books.every(kind)))

    def _reverse(self) -> Response:
        body = _body()
        if not body.get("reversedDate"):
            raise Refused(422, "reversedDate is required", ("AR-0311", "reversedDate is required", "reversedDate"))
        with self.store.transaction():
            found = self.books.reverse(str(body.get("key")))
        return _json({"ia::result": {"key": found["key"], "state": found["state"]}, "ia::meta": META})

    def _create(self, area: str, name: str) -> Response:
        kind = self._kind(area, name)
        with self.store.transaction():
            made = self.books.create(kind, _body())
        return _json(_short(area, name, made), 201)

    def _one(self, area: str, name: str, key: str) -> Response:
        kind = self._kind(area, name)
        if request.method == "GET":
            return _json({"ia::result": self.books.get(kind, key), "ia::meta": META})
        with self.store.transaction():
            if request.method == "DELETE":
                self.books.delete(kind, key)
                return Response(status=204)
            return _json(_short(area, name, self.books.update(kind, key, _body())))

    # Inside

    def _kind(self, area: str, name: str) -> str:
        kind = PATHS.get(f"{area}/{name}")
        if kind is None:
            raise Refused(404, f"There is no object {area}/{name}")
        return kind

    def _row(self, kind: str, key: str) -> dict[str, Any]:
        found = self.store.get(self.slug, kind, key)
        assert found is not None
        return found

    def _at(self, moment: datetime) -> None:
        self._moment = moment

    def _keep_lists(self) -> None:
        for kind, rows in seed.LISTS.items():
            for row in rows:
                self.books.keep(kind, dict(row))


def _short(area: str, name: str, whole: dict[str, Any]) -> dict[str, Any]:
    href = f"/objects/{area}/{name}/{whole['key']}"
    return {"ia::result": {"key": whole["key"], "id": whole["id"], "href": href}, "ia::meta": META}


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict) or not body:
        raise Refused(400, "A POST request requires a payload")
    return body


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
