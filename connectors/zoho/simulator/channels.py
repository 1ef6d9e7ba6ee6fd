"""Notifications ("watch"): channels of an organisation, and what is sent to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, g, request

from connectors.simulator.clock import stamp
from connectors.simulator.sender import Schedule, Sender, Target, json_message
from connectors.zoho.simulator.schema import MODULES

if TYPE_CHECKING:
    from connectors.zoho.simulator.fake import Zoho

KIND = "Channel"
PATH = "/dc/<centre>/crm/v8/actions/watch"
LONGEST, USUAL = timedelta(days=7), timedelta(hours=1)
EVENTS = {"insert": "create", "update": "edit", "delete": "delete"}
# Not documented: two more tries.
SCHEDULE = Schedule(delays=(60, 600), jitter=0.1, timeout=10)
Row = dict[str, Any]


class Refused(Exception):
    """What a channel is refused for: code and details."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.answer = {"code": code, "details": details, "message": message, "status": "error"}


class Channels:
    """Tells every change to the channels that watch it, as long as they live."""

    def __init__(self, fake: Zoho) -> None:
        self._fake = fake
        self.sender = Sender(fake.store, fake.clock, fake.slug, self._target, schedule=SCHEDULE)

    def live(self, org: str) -> list[Row]:
        """Those of an organisation that have not ended."""
        where = "id >= ? AND id < ? AND deleted_at IS NULL"
        found = self._fake.store.select(self._fake.slug, KIND, where, (f"{org}:", f"{org};"))
        return [one for one in found if datetime.fromisoformat(one["until"]) > self._fake.clock.now()]

    def find(self, org: str, channel: str) -> Row:
        """One that lives."""
        found = next((one for one in self.live(org) if one["channel_id"] == channel), None)
        if found is None:
            raise Refused("NOT_SUBSCRIBED", "the channel is not subscribed for notifications")
        return found

    def keep(self, org: str, watch: Row) -> Row:
        """A channel as it now is; its end is at most a week away."""
        events = watch.get("events")
        for name in ("channel_id", "events", "notify_url"):
            if not watch.get(name):
                raise Refused("MANDATORY_NOT_FOUND", "required field not found", api_name=name)
        if not str(watch["channel_id"]).isdigit():
            raise Refused("INVALID_DATA", "invalid data", api_name="channel_id")
        if not isinstance(events, list) or any(not _known(one) for one in events):
            raise Refused("INVALID_DATA", "invalid data", api_name="events")
        if len(str(watch.get("token") or "")) >= 50:
            raise Refused("INVALID_DATA", "token must be less than 50 characters", api_name="token")
        now = self._fake.clock.now()
        asked = watch.get("channel_expiry")
        until = datetime.fromisoformat(asked) if asked else now
        if not now < until <= now + LONGEST:
            until = now + USUAL
        kept = {**watch, "channel_id": str(watch["channel_id"]), "until": until.astimezone(UTC).isoformat()}
        return self._put({**kept, "id": f"{org}:{kept['channel_id']}", "deleted_at": None})

    def end(self, org: str, channel: str) -> Row:
        """Stop one."""
        return self._put({**self.find(org, channel), "deleted_at": stamp(self._fake.clock.now())})

    def announce(self, org: str, module: str, operation: str, row: Row) -> None:
        """Tell a change."""
        if self._fake.seeding:
            return
        for one in self.live(org):
            if {f"{module}.all", f"{module}.{EVENTS[operation]}"} & set(one["events"]):
                self.sender.send(one["id"], json_message(self._told(one, module, operation, row)))

    def _told(self, channel: Row, module: str, operation: str, row: Row) -> Row:
        told = {
            "server_time": int(self._fake.clock.now().timestamp() * 1000),
            "query_params": dict(parse_qsl(urlsplit(channel["notify_url"]).query)),
            "module": module,
            "resource_uri": f"https://www.zohoapis.ca/crm/v2/{module}",
            "ids": [row["id"]],
            "affected_fields": [],
            "operation": operation,
            "channel_id": channel["channel_id"],
            "token": channel.get("token"),
        }
        if operation == "update" and channel.get("return_affected_field_values"):
            told["affected_values"] = [{"record_id": row["id"], "values": {}}]
        return told

    def _put(self, row: Row) -> Row:
        changed = {**row, "updated_at": stamp(self._fake.clock.now())}
        self._fake.store.put(self._fake.slug, KIND, changed)
        return changed

    def _target(self, own_id: str) -> Target | None:
        found = self._fake.store.get(self._fake.slug, KIND, own_id)
        return Target(found["notify_url"]) if found and not found["deleted_at"] else None


def add_routes(api: Blueprint, fake: Zoho, need: Callable[[str], None], body: Callable[[], Row]) -> None:
    """…/actions/watch. `need`: refuses a grant without a scope; `body`: the JSON sent."""

    @api.route(PATH, methods=["POST", "PUT", "PATCH"])
    def watch_write(centre: str) -> Response:
        need("ZohoCRM.notifications")
        answers = []
        with fake.store.transaction():
            for given in body().get("watch") or []:
                try:
                    answers.append(_subscribed(_written(fake, given)))
                except Refused as refused:
                    answers.append(refused.answer)
        failed = [one["status"] == "error" for one in answers]
        # A refusal is a success to HTTP.
        status = (202 if all(failed) else 207) if any(failed) else (201 if request.method == "POST" else 200)
        return _json({"watch": answers}, status)

    @api.get(PATH)
    def watch_list(centre: str) -> Response:
        need("ZohoCRM.notifications")
        wanted = request.args.get("channel_id")
        found = [one for one in fake.channels.live(g.org) if wanted in (None, one["channel_id"])]
        if not found:
            return Response(status=204)
        shown = [event for one in found for event in _events(one)]
        return _json({"watch": shown, "info": {"per_page": 200, "count": len(shown), "page": 1, "more_records": False}})

    @api.delete(PATH)
    def watch_end(centre: str) -> Response:
        need("ZohoCRM.notifications")
        answers = []
        with fake.store.transaction():
            for channel in request.args.get("channel_ids", "").split(","):
                try:
                    answers.append(_subscribed(fake.channels.end(g.org, channel), "Successfully un-subscribed"))
                except Refused as refused:
                    answers.append(refused.answer)
        return _json({"watch": answers}, 202 if all(one["status"] == "error" for one in answers) else 200)


def _written(fake: Zoho, given: Any) -> Row:
    watch = given if isinstance(given, dict) else {}
    if request.method != "POST":
        before = fake.channels.find(g.org, str(watch.get("channel_id") or ""))
        watch = {**before, **watch} if request.method == "PATCH" else watch
    return fake.channels.keep(g.org, watch)


def _subscribed(channel: Row, words: str = "Successfully subscribed for actions-watch of the given module") -> Row:
    return {"code": "SUCCESS", "details": {"events": _events(channel)}, "message": words, "status": "success"}


def _events(channel: Row) -> list[Row]:
    modules = dict.fromkeys(event.partition(".")[0] for event in channel["events"])
    return [
        {
            "channel_expiry": channel["until"],
            "resource_uri": f"https://www.zohoapis.ca/crm/v2/{module}",
            "resource_id": "554023000000000129",
            "resource_name": module,
            "channel_id": channel["channel_id"],
        }
        for module in modules
    ]


def _known(event: Any) -> bool:
    module, _, kind = str(event).partition(".")
    return module in MODULES and kind in ("all", *EVENTS.values())


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json;charset=UTF-8")
