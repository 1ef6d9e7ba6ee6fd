"""Pipedrive's webhooks: made and removed by the API, one event in a call."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from flask import request

from connectors.pipedrive.simulator.crm import SLUG, instant
from connectors.pipedrive.simulator.problems import Problem
from connectors.simulator.clock import stamp
from connectors.simulator.sender import Schedule, Sender, Target, json_message, succeeded

if TYPE_CHECKING:
    from connectors.pipedrive.simulator.fake import Pipedrive

SCHEDULE = Schedule(delays=(3, 30, 150), timeout=10)
MOST = 40
BANS, BANNED_FOR, DROPPED_AFTER = 10, timedelta(minutes=30), timedelta(days=3)
ACTIONS = ("create", "change", "delete", "*")
ENTITIES = {"persons": "person", "organizations": "organization", "deals": "deal"}
OBJECTS = (*ENTITIES.values(), "lead", "activity", "note", "product", "pipeline", "stage", "user", "*")
KIND = "webhooks"
Body = dict[str, Any]


class Hooks:
    """The webhooks of both companies. Kept: what the API shows, and under "_" what it does not."""

    def __init__(self, fake: Pipedrive) -> None:
        self._fake = fake
        self.sender = Sender(fake.store, fake.clock, SLUG, self._target, schedule=SCHEDULE, ended=self._ended)

    # The API

    def listed(self, company: int) -> list[Body]:
        """Every webhook of a company."""
        self._drop_dead()
        return [_shown(one) for one in self._all() if one["company_id"] == company]

    def make(self, company: int, user: int, asked: Any) -> Body:
        """A new one; Problem when something is wrong with it."""
        given = asked if isinstance(asked, dict) else {}
        url, action, thing = (given.get(name) for name in ("subscription_url", "event_action", "event_object"))
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise Problem(400, "Validation failed: subscription_url: is not a URL")
        if action not in ACTIONS or thing not in OBJECTS:
            raise Problem(400, "Validation failed: event_action or event_object: is not allowed")
        if len([one for one in self._all() if one["user_id"] == user and one["company_id"] == company]) >= MOST:
            raise Problem(422, "Webhooks limit reached")
        made: Body = {
            "id": 1345146 + self._fake.store.next_number(SLUG, "webhook"),
            "company_id": company,
            "owner_id": user,
            "user_id": user,
            "event_action": action,
            "event_object": thing,
            "subscription_url": url,
            "is_active": 1,
            "version": str(given.get("version") or "2.0"),
            "type": "application" if request.headers.get("Authorization") else "general",
            "http_auth_user": given.get("http_auth_user"),
            "add_time": instant(self._fake.clock.now()),
            "remove_time": None,
            "last_delivery_time": None,
            "last_http_status": None,
            "admin_id": user,
            "name": given.get("name"),
            "_password": given.get("http_auth_password"),
            "_bans": 0,
            "_banned_until": "",
            "_good_at": stamp(self._fake.clock.now()),
        }
        self._keep(made)
        return _shown(made)

    def remove(self, company: int, number: int) -> None:
        """One less; Problem 404 when there is none."""
        found = self._find(str(number))
        if found is None or found["company_id"] != company:
            raise Problem(404, "Webhook not found")
        self._forget(found)

    # What is told

    def tell(self, company: int, kind: str, before: Body | None, after: Body | None, source: str, **merge: str) -> None:
        """An object was made (before: None), changed or deleted (after: None), in the screens ("app") or by the API
        ("api"). merge: merged_to_id or merged_from_id, where that is why."""
        entity, now = ENTITIES[kind], self._fake.clock.now()
        action = "create" if before is None else "delete" if after is None else "change"
        about = after or before or {}
        for hook in self._all():
            wanted = hook["event_object"] in ("*", entity) and hook["event_action"] in ("*", action)
            if not wanted or hook["company_id"] != company or hook["_banned_until"] > stamp(now):
                continue  # what happens while it is silenced is lost
            meta = {
                "action": action,
                "entity": entity,
                "company_id": str(company),
                "correlation_id": str(uuid.uuid4()),
                "entity_id": str(about["id"]),
                "id": str(uuid.uuid4()),
                "is_bulk_edit": False,
                "timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
                "type": hook["type"],
                "user_id": str(hook["user_id"]),
                "version": "2.0",
                "webhook_id": str(hook["id"]),
                "webhook_owner_id": str(hook["owner_id"]),
                "change_source": source,
                "attempt": 1,
                "host": f"{self._fake.companies()[company].domain}.pipedrive.com",
                "permitted_user_ids": [str(hook["user_id"])],
                **merge,
            }
            body = {"meta": meta, **_versions(kind, action, after, before)}
            self.sender.send(str(hook["id"]), json_message(body))

    # Inside

    def _target(self, number: str) -> Target | None:
        hook = self._find(number)
        if hook is None:
            return None

        def accepted(answer: requests.Response) -> bool:
            self._note(number, answer.status_code, good=succeeded(answer))
            return succeeded(answer)

        return Target(hook["subscription_url"], _basic(hook), self._with_attempt(number), accepted)

    def _with_attempt(self, number: str) -> Callable[[bytes, int], bytes]:
        def amend(body: bytes, attempt: int) -> bytes:
            if attempt == 1:
                self._ban(number)  # the first try has failed
            event = json.loads(body)
            event["meta"]["attempt"] = attempt + 1
            return json_message(event).body

        return amend

    def _ban(self, number: str) -> None:
        hook = self._find(number)
        if hook is None:
            return
        hook["_bans"] += 1
        if hook["_bans"] >= BANS:
            hook |= {"_bans": 0, "_banned_until": stamp(self._fake.clock.now() + BANNED_FOR)}
        self._keep(hook)

    def _note(self, number: str, status: int, *, good: bool) -> None:
        hook = self._find(number)
        if hook is not None:
            now = self._fake.clock.now()
            hook |= {"last_delivery_time": instant(now), "last_http_status": status}
            self._keep(hook | ({"_good_at": stamp(now)} if good else {}))

    def _ended(self, number: str, status: int | None) -> None:
        hook = self._find(number)
        if hook is not None:
            self._keep(hook | {"_failed": True})
        self._drop_dead()

    def _drop_dead(self) -> None:
        """Those that failed and had no success for three days."""
        limit = stamp(self._fake.clock.now() - DROPPED_AFTER)
        for hook in self._all():
            if hook.get("_failed") and hook["_good_at"] < limit:
                self._forget(hook)

    def _all(self) -> list[Body]:
        return [row["data"] for row in self._fake.store.select(SLUG, KIND, "deleted_at IS NULL")]

    def _find(self, number: str) -> Body | None:
        row = self._fake.store.get(SLUG, KIND, number)
        return row["data"] if row and not row["deleted_at"] else None

    def _keep(self, hook: Body) -> None:
        row = {"id": str(hook["id"]), "updated_at": stamp(self._fake.clock.now()), "deleted_at": None, "data": hook}
        self._fake.store.put(SLUG, KIND, row)

    def _forget(self, hook: Body) -> None:
        now = stamp(self._fake.clock.now())
        row = {"id": str(hook["id"]), "updated_at": now, "deleted_at": now, "data": hook}
        self._fake.store.put(SLUG, KIND, row)


def _shown(hook: Body) -> Body:
    return {name: value for name, value in hook.items() if not name.startswith("_")}


def _basic(hook: Body) -> Callable[[str, str, int, bytes], dict[str, str]]:
    if hook["http_auth_user"] is None and hook["_password"] is None:
        return lambda _url, _id, _at, _body: {}
    pair = f"{hook['http_auth_user'] or ''}:{hook['_password'] or ''}".encode()
    return lambda _url, _id, _at, _body: {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _versions(kind: str, action: str, after: Body | None, before: Body | None) -> Body:
    """`data` and `previous`: another form than the API's."""
    new, old = (_told(one) if one else None for one in (after, before))
    if action == "create":
        return {"data": {**(new or {}), **({"update_time": None} if kind == "deals" else {})}, "previous": None}
    if action == "delete":
        return {"data": None, "previous": old}
    changed = {name: value for name, value in (old or {}).items() if value != (new or {}).get(name)}
    return {"data": new, "previous": changed}


def _told(body: Body) -> Body:
    custom = body.get("custom_fields") or {}
    typed = {key: None if value is None else {"type": "varchar", "value": value} for key, value in custom.items()}
    kept = {name: value for name, value in body.items() if name != "is_deleted"}
    return {**kept, "visible_to": str(body.get("visible_to")), "custom_fields": typed}
