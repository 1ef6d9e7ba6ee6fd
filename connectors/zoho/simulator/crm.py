"""The organisations' records and what may be done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.simulator.clock import stamp
from connectors.simulator.store import Store
from connectors.zoho.simulator.problems import Problem
from connectors.zoho.simulator.schema import MODULES, REFERENCE, check_row, invalid

SLUG = "zoho"
FIRST_ID = 554023000000100000
LISTED = timedelta(days=120)
RECYCLED = timedelta(days=60)
Row = dict[str, Any]


class Crm:
    """Records by organisation. `now`: the moment; `setting`: the fake's switches; `zone`: time zone of an org;
    `announce`: gets every change (org, module, operation, record)."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        setting: Callable[[str], Any],
        zone: Callable[[str], str],
    ) -> None:
        self._store, self.now, self._setting, self._zone = store, now, setting, zone
        self.announce: Callable[[str, str, str, Row], None] = lambda org, module, operation, row: None

    # Reading

    def every(self, org: str, module: str) -> list[Row]:
        """Live records, in order of change then id."""
        where = "id >= ? AND id < ? AND deleted_at IS NULL"
        rows = self._store.select(SLUG, module, where, (f"{org}:", f"{org};"))
        return [self._shown(org, module, row) for row in rows]

    def deleted(self, org: str, module: str) -> list[Row]:
        """What was deleted in the last 120 days, in order of deletion."""
        where = "id >= ? AND id < ? AND deleted_at > ?"
        rows = self._store.select(SLUG, module, where, (f"{org}:", f"{org};", stamp(self.now() - LISTED)))
        return sorted((self._tombstone(org, row, module) for row in rows), key=lambda one: one["deleted_time"])

    def find(self, org: str, module: str, record_id: Any) -> Row | None:
        """A live record by its id."""
        row = self._store.get(SLUG, module, f"{org}:{record_id}")
        return self._shown(org, module, row) if row and not row["deleted_at"] else None

    def by_value(self, org: str, module: str, name: str, value: Any) -> Row | None:
        """A live record that has this value, without regard to case."""
        wanted = str(value).casefold()
        return next((one for one in self.every(org, module) if str(one.get(name) or "").casefold() == wanted), None)

    def local(self, org: str, moment: str) -> str:
        """A stored instant as this organisation shows it."""
        at = datetime.fromisoformat(moment).astimezone(ZoneInfo(self._zone(org)))
        return at.isoformat(timespec="seconds")

    def _shown(self, org: str, module: str, row: Row) -> Row:
        data = dict(row["data"])
        for name, target in MODULES[module].lookups.items():
            if data.get(name):
                data[name] = {"name": self._title(org, target, data[name]["id"]), "id": data[name]["id"]}
        changed = self.local(org, row["updated_at"])
        return {**data, "Created_Time": self.local(org, row["created_at"]), "Modified_Time": changed}

    def _title(self, org: str, module: str, record_id: str) -> str:
        row = self._store.get(SLUG, module, f"{org}:{record_id}")
        return str(row["data"].get(MODULES[module].title) or "") if row else ""

    def _tombstone(self, org: str, row: Row, module: str) -> Row:
        by = {"name": "Geneviève Bélanger", "id": "554023000000235011"}
        recycled = row["deleted_at"] > stamp(self.now() - RECYCLED)
        return {
            "deleted_by": by,
            "id": row["data"]["id"],
            "display_name": str(row["data"].get(MODULES[module].title) or ""),
            "type": "recycle" if recycled else "permanent",
            "created_by": by,
            "deleted_time": self.local(org, row["deleted_at"]),
        }

    # Writing

    def create(self, org: str, module: str, row: Any, index: int = 0, *, checked: bool = True) -> Row:
        """A new record. checked: as the API does it, else as a person would in Zoho."""
        given = self._checked(org, module, row, index) if checked else dict(row)
        given.pop("id", None)
        for name in MODULES[module].required:
            if given.get(name) in (None, ""):
                details = {"api_name": name, "json_path": f"$.data[{index}].{name}"}
                raise Problem("MANDATORY_NOT_FOUND", "required field not found", details=details)
        number = self._store.next_number(SLUG, f"id:{org}")
        made: Row = {"id": str(FIRST_ID + number), **dict.fromkeys(MODULES[module].fields), **given}
        made["Owner"] = self._setting("owner")
        self._refuse_duplicate(org, module, made, index)
        return self._save(org, module, made, stamp(self.now()))

    def update(self, org: str, module: str, row: Any, index: int = 0, *, checked: bool = True) -> Row:
        """Change some fields of the record that the row names."""
        given = self._checked(org, module, row, index) if checked else dict(row)
        stored = self._store.get(SLUG, module, f"{org}:{given.get('id')}")
        if stored is None or stored["deleted_at"]:
            raise invalid("id", index, "the id given seems to be invalid")
        after = {**stored["data"], **given}
        for name in MODULES[module].required:
            if after.get(name) in (None, ""):
                raise invalid(name, index)
        self._refuse_duplicate(org, module, after, index)
        return self._save(org, module, after, stored["created_at"], stored["updated_at"])

    def upsert(self, org: str, module: str, row: Any, checks: list[str], index: int = 0) -> tuple[Row, str, str]:
        """The record, "insert" or "update", and the field by which it was known."""
        for name in checks or [MODULES[module].duplicate_check]:
            value = row.get(name) if isinstance(row, dict) else None
            found = self.by_value(org, module, name, value) if value else None
            if found:
                return self.update(org, module, {**row, "id": found["id"]}, index), "update", name
        return self.create(org, module, row, index), "insert", ""

    def delete(self, org: str, module: str, record_id: str) -> None:
        """Into the recycle bin."""
        stored = self._store.get(SLUG, module, f"{org}:{record_id}")
        if stored is None or stored["deleted_at"]:
            raise Problem("INVALID_DATA", "the id given seems to be invalid", details={"api_name": "id"})
        self._store.put(SLUG, module, {**stored, "deleted_at": stamp(self._second())})
        self.announce(org, module, "delete", stored["data"])

    def demand_unmodified(self, org: str, module: str, record_id: str, header: str) -> None:
        """Problem 412 when the record was modified after the header's time."""
        found = self.find(org, module, record_id)
        if header and found and datetime.fromisoformat(found["Modified_Time"]) > datetime.fromisoformat(header):
            raise Problem("ALREADY_MODIFIED", "the record has been modified already", status=412)

    # Inside

    def _checked(self, org: str, module: str, row: Any, index: int) -> Row:
        given = dict(check_row(module, row, index))
        for name, target in MODULES[module].lookups.items():
            if given.get(name) and self.find(org, target, given[name]["id"]) is None:
                raise invalid(name, index)
        return given

    def _refuse_duplicate(self, org: str, module: str, data: Row, index: int) -> None:
        for name in (REFERENCE, *self._setting("unique_fields").get(module, [])):
            found = self.by_value(org, module, name, data[name]) if data.get(name) else None
            if found and found["id"] != data["id"]:
                record = {"id": found["id"], "Owner": found["Owner"], "module": {"api_name": module, "id": "1"}}
                path = f"$.data[{index}].{name}"
                details = {"api_name": name, "duplicate_record": record, "json_path": path, "more_records": False}
                raise Problem("DUPLICATE_DATA", "duplicate data", details=details)

    def _save(self, org: str, module: str, data: Row, created_at: str, before: str = "") -> Row:
        if module == "Contacts":
            data["Full_Name"] = " ".join(part for part in (data.get("First_Name"), data.get("Last_Name")) if part)
        row = {
            "id": f"{org}:{data['id']}",
            "updated_at": stamp(self._later(before)),
            "created_at": created_at,
            "deleted_at": None,
            "data": data,
        }
        self._store.put(SLUG, module, row)
        self.announce(org, module, "update" if before else "insert", data)
        return self._shown(org, module, row)

    def _later(self, before: str) -> datetime:
        """The time of a change: another one than that of the change before, as times have whole seconds."""
        last = datetime.fromisoformat(before) + timedelta(seconds=1) if before else self._second()
        return max(self._second(), last)

    def _second(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)
