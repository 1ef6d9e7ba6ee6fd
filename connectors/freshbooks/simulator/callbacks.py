"""Callbacks: registered for an event or a noun, verified by a code, then told of every change."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from connectors.freshbooks.simulator import problems
from connectors.freshbooks.simulator.books import SLUG
from connectors.simulator.clock import stamp
from connectors.simulator.sender import Schedule, Sender, Target, form_message
from connectors.simulator.signing import hmac_base64

if TYPE_CHECKING:
    from connectors.freshbooks.simulator.fake import FreshBooks

KIND = "Callback"
NOUNS = ("client", "invoice", "payment", "tax", "item", "expense", "estimate")
VERBS = ("create", "update", "delete", "sendByEmail")
PATH = "/events/account/<account>/events/callbacks"
# Not documented: three more tries within an hour.
SCHEDULE = Schedule(delays=(60, 600, 3600), jitter=0.1, timeout=10)
Row = dict[str, Any]


class Callbacks:
    """The callbacks of every account, and what is sent to them."""

    def __init__(self, fake: FreshBooks) -> None:
        self._fake = fake
        self.sender = Sender(fake.store, fake.clock, SLUG, self._target, schedule=SCHEDULE)

    def announce(self, account: str, name: str, object_id: str) -> None:
        """Tell an event to whoever registered for it and was verified."""
        for one in self.every(account):
            if one["verified"] and one["event"] in (name, name.partition(".")[0]):
                self._post(one, name, object_id)

    def every(self, account: str) -> list[Row]:
        """The callbacks of an account."""
        where = "deleted_at IS NULL AND json_extract(body, '$._account') = ?"
        return self._fake.store.select(SLUG, KIND, where, (account,))

    def find(self, account: str, own_id: str) -> Row:
        """One of them; Missing when there is none."""
        found = self._fake.store.get(SLUG, KIND, own_id)
        if not found or found["deleted_at"] or found["_account"] != account:
            raise Missing
        return found

    def register(self, account: str, event: str, uri: str) -> Row:
        """A new one, to whose address a code is posted."""
        own_id = str(2000 + self._fake.store.next_number(SLUG, "callback"))
        code = secrets.token_urlsafe(16)
        made = self.put({"id": own_id, "event": event, "uri": uri, "verified": False, "deleted_at": None,
                         "_account": account, "_verifier": code})  # fmt: skip
        self.verify(made)
        return made

    def verify(self, callback: Row) -> None:
        """Post the code to its address."""
        self._post(callback, "callback.verify", callback["id"], ("verifier", callback["_verifier"]))

    def put(self, callback: Row) -> Row:
        """Keep one as it now is."""
        changed = {**callback, "updated_at": stamp(self._fake.clock.now())}
        self._fake.store.put(SLUG, KIND, changed)
        return changed

    def _post(self, callback: Row, name: str, object_id: str, *more: tuple[str, str]) -> None:
        business = 439000 + list(self._fake.businesses()).index(callback["_account"])
        fields = [("name", name), ("object_id", object_id), ("account_id", callback["_account"]),
                  ("business_id", str(business)), ("identity_id", "12345"), ("user_id", "1"), *more]  # fmt: skip
        self.sender.send(callback["id"], form_message(fields))

    def _target(self, own_id: str) -> Target | None:
        found = self._fake.store.get(SLUG, KIND, own_id)
        if not found or found["deleted_at"]:
            return None

        def sign(_url: str, _message_id: str, _at: int, body: bytes) -> dict[str, str]:
            text = json.dumps({key: str(value) for key, value in parse_qsl(body.decode(), keep_blank_values=True)})
            return {"X-FreshBooks-Hmac-SHA256": hmac_base64(found["_verifier"], text.encode())}

        return Target(found["uri"], sign)


class Missing(Exception):
    """There is no such callback."""


def add_routes(api: Blueprint, fake: FreshBooks) -> None:
    """Below /freshbooks/events."""

    @api.errorhandler(Missing)
    def _missing(_error: Missing) -> Response:
        return problems.answer(404, {"errno": 404, "message": "Requested resource could not be found.", "details": []})

    @api.get(PATH)
    def callbacks_list(account: str) -> Response:
        rows = fake.callbacks.every(account)
        size, page = min(int(request.args.get("per_page", 15)), 100), max(int(request.args.get("page", 1)), 1)
        figures = {"page": page, "pages": max(1, -(-len(rows) // size)), "per_page": size, "total": len(rows)}
        shown = [_public(row) for row in rows[(page - 1) * size : page * size]]
        return problems.answer(200, {"response": {"result": {"callbacks": shown, **figures}}})

    @api.post(PATH)
    def callbacks_register(account: str) -> Response:
        given = _given()
        event, uri = str(given.get("event") or ""), str(given.get("uri") or "")
        noun, dot, verb = event.partition(".")
        if noun not in NOUNS or (dot and verb not in VERBS):
            return _wrong("event: Value error, Unrecognized event.")
        if not uri.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            return _wrong("uri: Value error, Invalid URI.")
        with fake.store.transaction():
            return _one(fake.callbacks.register(account, event, uri))

    @api.put(f"{PATH}/<own_id>")
    def callbacks_change(account: str, own_id: str) -> Response:
        given = _given()
        with fake.store.transaction():
            found = fake.callbacks.find(account, own_id)
            if given.get("resend"):
                fake.callbacks.verify(found)
                return _one(found)
            if given.get("verifier") != found["_verifier"]:
                return _wrong("verifier: Value error, Verifier does not match.")
            return _one(fake.callbacks.put({**found, "verified": True}))

    @api.get(f"{PATH}/<own_id>")
    def callbacks_read(account: str, own_id: str) -> Response:
        return _one(fake.callbacks.find(account, own_id))

    @api.delete(f"{PATH}/<own_id>")
    def callbacks_remove(account: str, own_id: str) -> Response:
        with fake.store.transaction():
            found = fake.callbacks.find(account, own_id)
            fake.callbacks.put({**found, "deleted_at": stamp(fake.clock.now())})
        return Response(status=204)


def _given() -> Row:
    body = request.get_json(silent=True, force=True)
    given = body.get("callback") if isinstance(body, dict) else None
    return given if isinstance(given, dict) else {}


def _public(row: Row) -> Row:
    return {"callbackid": int(row["id"]), **{name: row[name] for name in ("event", "uri", "verified", "updated_at")}}


def _one(row: Row) -> Response:
    return problems.answer(200, {"response": {"result": {"callback": _public(row)}}})


def _wrong(detail: str) -> Response:
    message = "The request was well-formed but was unable to be followed due to semantic errors."
    return problems.answer(422, {"errno": 422, "message": message, "details": [detail]})
