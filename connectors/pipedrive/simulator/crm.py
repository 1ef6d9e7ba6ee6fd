"""The companies' objects and what may be done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.pipedrive.simulator.problems import Problem
from connectors.pipedrive.simulator.schema import KINDS, check_body
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "pipedrive"
KEPT = timedelta(days=30)
Body = dict[str, Any]


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC without a fraction."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Crm:
    """Objects by company. `now`: the moment; `setting`: the fake's switches; `custom`: keys of the custom fields."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        setting: Callable[[str], Any],
        custom: Callable[[str], frozenset[str]],
    ) -> None:
        self._store, self._now, self._setting, self._custom = store, now, setting, custom
        self.tell: Callable[..., None] = lambda *_, **merge: None

    # Reading

    def every(self, company: int, kind: str) -> list[Body]:
        """All objects of a kind, deleted ones of the last 30 days too."""
        rows = self._store.select(SLUG, kind, "id >= ? AND id < ?", (f"{company}:", f"{company};"))
        return [row["data"] for row in rows if not self._is_gone(row)]

    def find(self, company: int, kind: str, object_id: Any) -> Body | None:
        """An object by its id, deleted or not."""
        row = self._store.get(SLUG, kind, f"{company}:{object_id}")
        return row["data"] if row and not self._is_gone(row) else None

    def get(self, company: int, kind: str, object_id: Any) -> Body:
        """An object as a caller may see it; Problem 404."""
        found = self.find(company, kind, object_id)
        if found is None or (found["is_deleted"] and not self._setting("deleted_can_be_read")):
            raise Problem(404, f"{kind.rstrip('s').capitalize()} not found")
        return found

    def _is_gone(self, row: Body) -> bool:
        return bool(row["deleted_at"]) and row["deleted_at"] <= stamp(self._now() - KEPT)

    # Writing

    def create(self, company: int, kind: str, body: Any, *, owner: int, checked: bool = True) -> Body:
        """A new object. checked: as the API does it, else as a person would in Pipedrive."""
        spec = KINDS[kind]
        given = dict(self._check(company, kind, body) if checked else body)
        if not str(given.get(spec.title) or "").strip():
            raise Problem(400, f"Validation failed: {spec.title}: is required")
        now = instant(self._now())
        made: Body = {
            "id": self._store.next_number(SLUG, f"id:{company}:{kind}"),
            **{name: list(value) if isinstance(value, list) else value for name, value in spec.defaults.items()},
            "owner_id": owner,
            "label_ids": [],
            "visible_to": 3,
            "is_deleted": False,
            "custom_fields": dict.fromkeys(sorted(self._custom(kind))),
            "add_time": now,
        }
        custom = {**made["custom_fields"], **given.pop("custom_fields", {})}
        made |= {**given, "custom_fields": custom}
        if kind == "deals":
            made.setdefault("currency", "CAD")
        self._settle(company, kind, made, None)
        made["update_time"] = now if self._setting("update_time_at_creation") else None
        self.tell(company, kind, None, made, "api" if checked else "app")
        return self._save(company, kind, made)

    def update(self, company: int, kind: str, object_id: Any, body: Any, *, checked: bool = True) -> Body:
        """Change some fields; lists and addresses are replaced whole."""
        before = self.find(company, kind, object_id)
        if before is None or before["is_deleted"]:
            raise Problem(404, f"{kind.rstrip('s').capitalize()} not found")
        given = dict(self._check(company, kind, body) if checked else body)
        custom = {**before["custom_fields"], **given.pop("custom_fields", {})}
        after = {**before, **given, "custom_fields": custom}
        if not str(after.get(KINDS[kind].title) or "").strip():
            raise Problem(400, f"Validation failed: {KINDS[kind].title}: must not be empty")
        self._settle(company, kind, after, before)
        after["update_time"] = self._later(before)
        self.tell(company, kind, before, after, "api" if checked else "app")
        return self._save(company, kind, after)

    def delete(self, company: int, kind: str, object_id: Any, *, source: str = "api") -> Body:
        """Soft; gone for good after 30 days."""
        before = self.find(company, kind, object_id)
        if before is None or before["is_deleted"]:
            raise Problem(404, f"{kind.rstrip('s').capitalize()} not found")
        after = {**before, "is_deleted": True, "update_time": instant(self._now())}
        if kind == "deals":
            after["status"] = "deleted"
        self.tell(company, kind, before, None, source)
        return self._save(company, kind, after)

    def merge(self, company: int, kind: str, object_id: Any, into: Any) -> Body:
        """As a person does in the screens: one goes, the other stays, and what belonged to the first is its own. Two
        events, the deletion first."""
        lost, kept = (self.find(company, kind, one) for one in (object_id, into))
        if lost is None or kept is None or lost == kept or lost["is_deleted"] or kept["is_deleted"]:
            raise Problem(404, f"{kind.rstrip('s').capitalize()} not found")
        for child, spec in KINDS.items():
            for name in (name for name, target in spec.refs.items() if target == kind):
                for one in self.every(company, child):
                    if one.get(name) == lost["id"] and not one["is_deleted"]:
                        self.update(company, child, one["id"], {name: kept["id"]}, checked=False)
        gone = {**lost, "is_deleted": True, "update_time": instant(self._now())}
        self.tell(company, kind, lost, None, "app", merged_to_id=str(kept["id"]))
        self._save(company, kind, gone)
        after = {**kept, "update_time": self._later(kept)}
        self.tell(company, kind, kept, after, "app", merged_from_id=str(lost["id"]))
        return self._save(company, kind, after)

    # Inside

    def _later(self, before: Body) -> str:
        """The time of a change: another one than that of the change before, as times have whole seconds."""
        last = datetime.fromisoformat(before["update_time"] or before["add_time"]) + timedelta(seconds=1)
        return instant(max(self._now(), last))

    def _check(self, company: int, kind: str, body: Any) -> Body:
        given = check_body(kind, body, self._custom(kind), contact_sync=bool(self._setting("contact_sync")))
        for name, target in KINDS[kind].refs.items():
            if given.get(name) is not None:
                found = self.find(company, target, given[name])
                if found is None or found["is_deleted"]:
                    raise Problem(400, f"Validation failed: {name}: {given[name]} does not exist")
        if given.get("stage_id") is not None and self._stage(company, given["stage_id"]) is None:
            raise Problem(400, f"Validation failed: stage_id: {given['stage_id']} does not exist")
        return given

    def _stage(self, company: int, stage_id: Any) -> Body | None:
        row = self._store.get(SLUG, "stages", f"{company}:{stage_id}")
        return row["data"] if row else None

    def _settle(self, company: int, kind: str, after: Body, before: Body | None) -> None:
        """What follows from the values."""
        if kind == "persons":
            first, _, last = after["name"].strip().partition(" ")
            after |= {"first_name": first, "last_name": last or None}
            for name in ("emails", "phones"):
                after[name] = _with_primary(after[name])
        if kind == "deals":
            self._settle_deal(company, after, before)

    def _settle_deal(self, company: int, after: Body, before: Body | None) -> None:
        now = instant(self._now())
        if after.get("stage_id") is None:
            wanted = after.get("pipeline_id")
            rows = self._store.select(SLUG, "stages", "id >= ? AND id < ?", (f"{company}:", f"{company};"))
            stages = sorted((row["data"] for row in rows), key=lambda one: (one["pipeline_id"], one["order_nr"]))
            after["stage_id"] = next(one["id"] for one in stages if wanted in (None, one["pipeline_id"]))
        stage = self._stage(company, after["stage_id"])
        after["pipeline_id"] = stage["pipeline_id"] if stage else after.get("pipeline_id")
        if before and before["stage_id"] != after["stage_id"]:
            after["stage_change_time"] = now
        was = before["status"] if before else "open"
        if after["status"] != was:
            closed = after["status"] in ("won", "lost")
            after |= {"close_time": now if closed else None}
            after |= {f"{name}_time": now if after["status"] == name else None for name in ("won", "lost")}
        if after["status"] != "lost":
            after["lost_reason"] = None

    def _save(self, company: int, kind: str, data: Body) -> Body:
        now = self._now()
        row = {
            "id": f"{company}:{data['id']}",
            "updated_at": stamp(now),
            "deleted_at": stamp(now) if data["is_deleted"] else None,
            "data": data,
        }
        self._store.put(SLUG, kind, row)
        return data


def _with_primary(entries: list[Body]) -> list[Body]:
    """Where nobody says which entry is the primary one, the first is."""
    untold = not any("primary" in one for one in entries)
    return [
        {
            "value": one["value"],
            "primary": place == 0 if untold else bool(one.get("primary")),
            "label": one.get("label", "work"),
        }
        for place, one in enumerate(entries)
    ]
