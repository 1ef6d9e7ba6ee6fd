"""The account's objects and what a write changes, refuses and leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.problems import Fault, not_found
from connectors.hubspot.simulator.schema import (
    FIRST_ID,
    LINKS,
    MODIFIED,
    PROPERTIES,
    SINGULAR,
    UNIQUE,
    checked,
    demand,
    place_deal,
)
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "hubspot"
KEPT = ("id", "updated_at", "deleted_at", "created_at", "links", "reference_id")
DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "deals": (
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline",
    ),
}  # fmt: skip
Body = dict[str, Any]


class Crm:
    """Objects by kind ("contacts"…) and id. now: the clock; setting: a switch of the fake."""

    def __init__(self, store: Store, now: Callable[[], datetime], setting: Callable[[str], Any]) -> None:
        self._store, self._now, self._setting = store, now, setting
        self.tell: Callable[..., None] = lambda entity, verb, object_id, **facts: None

    def every(self, entity: str, *, archived: bool = False) -> list[Body]:
        """All objects that are there, or all of the bin."""
        return self._store.select(SLUG, entity, f"deleted_at IS {'NOT ' if archived else ''}NULL")

    def get(self, entity: str, key: str, by: str = "", *, archived: bool = False) -> Body:
        """An object by its id or by a unique property; Fault when there is none."""
        found = self._by(entity, by, key) if by and by != "hs_object_id" else self._store.get(SLUG, entity, key)
        if found is None or bool(found["deleted_at"]) != archived:
            raise not_found()
        return found

    def create(self, entity: str, values: Mapping[str, Any], links: Any = ()) -> Body:
        """A new object."""
        kept = self._checked(entity, values, "")
        demand(entity, kept)
        body = {name: None for name in PROPERTIES[entity]} | kept  # noqa: C420 - what is kept comes after
        if entity == "deals":
            place_deal(body)
        number = str(FIRST_ID[entity] + self._store.next_number(SLUG, f"number:{entity}"))
        now = stamp(self._now())
        whole: Body = {**body, "id": number, "hs_object_id": number, "createdate": now, "created_at": now, "links": {}}
        self._save(entity, whole)
        self.tell(entity, "creation", number, changeFlag="NEW")
        for link in links or ():
            for kind in link.get("types") or []:
                self._link_by_type(entity, number, str((link.get("to") or {}).get("id")), kind.get("associationTypeId"))
        return self.get(entity, number)

    def update(self, entity: str, key: str, values: Mapping[str, Any], by: str = "") -> Body:
        """A change of some properties."""
        before = self.get(entity, key, by)
        body = {**before, **self._checked(entity, values, before["id"])}
        if entity == "deals":
            place_deal(body)
        return self._changed(entity, before, body)

    def upsert(self, entity: str, by: str, key: str, values: Mapping[str, Any]) -> tuple[Body, bool]:
        """Change the object that carries the unique value, else make it; whether it was made."""
        declared = PROPERTIES[entity].get(by)
        if declared is None or by in self._setting("hidden_properties") or not declared.unique:
            raise Fault(400, "VALIDATION_ERROR", f"Property {by} does not exist or does not have unique values")
        if self._by(entity, by, key):
            return self.update(entity, key, values, by), False
        return self.create(entity, {**values, by: key}), True

    def archive(self, entity: str, key: str) -> None:
        """Into the recycle bin; nothing more happens to what is there already."""
        found = self._store.get(SLUG, entity, key)
        if found is None:
            raise not_found()
        if not found["deleted_at"]:
            now = stamp(self._now())
            self._store.put(SLUG, entity, {**found, "updated_at": now, "deleted_at": now, "reference_id": None})
            self.tell(entity, "deletion", key, changeFlag="DELETED")

    def restore(self, entity: str, key: str) -> Body:
        """Out of the bin."""
        back = self._save(entity, {**self.get(entity, key, archived=True), "deleted_at": None})
        self.tell(entity, "restore", key, changeFlag="RESTORED")
        return back

    def merge(self, entity: str, primary: str, other: str) -> Body:
        """The second one goes and leaves its id only."""
        kept, lost = self.get(entity, primary), self.get(entity, other)
        self._store.execute(
            "DELETE FROM objects WHERE provider = ? AND kind = ? AND id = ?", (SLUG, entity, lost["id"])
        )
        ids = [one for one in (kept.get("hs_merged_object_ids") or "").split(";") if one]
        facts = {
            "primaryObjectId": int(kept["id"]),
            "mergedObjectIds": [int(lost["id"])],
            "newObjectId": int(kept["id"]),
        }
        self.tell(entity, "merge", kept["id"], **facts, numberOfPropertiesMoved=0)
        return self._save(entity, {**kept, "hs_merged_object_ids": ";".join([*ids, lost["id"]])})

    def edit(self, entity: str, key: str, values: Mapping[str, Any], remove: list[str]) -> Body:
        """A change as in the screens, unchecked; company_id ties to another company."""
        found = self._store.get(SLUG, entity, key)
        if found is None:
            raise KeyError(key)
        changed = {name: value for name, value in values.items() if name != "company_id"}
        body = self._changed(entity, found, {**found, **changed, **dict.fromkeys(remove)})
        if "company_id" in values:
            for old in list(body["links"].get("companies", {})):
                self.unlink(entity, key, "companies", old)
            self.link(entity, key, "companies", str(values["company_id"]))
        return self.get(entity, key)

    # Associations: body["links"] = {"companies": {"300012": [1, 279]}}, on both sides

    def link(self, entity: str, key: str, other: str, target: str) -> None:
        """The default association; the first company is the primary one."""
        self.get(entity, key)
        self.get(other, target)
        for one, mine, two, theirs in ((entity, key, other, target), (other, target, entity, key)):
            body = self._store.get(SLUG, one, mine)
            assert body is not None
            plain, primary = LINKS[one, two]
            links = body["links"].setdefault(two, {})
            first = "companies" in (one, two) and not any(primary in kinds for kinds in links.values())
            links[theirs] = sorted({*links.get(theirs, []), plain, *([primary] if first else [])})
            self._save(one, body)
            self._tell_link(one, mine, two, theirs, primary=primary in links[theirs], removed=False)

    def unlink(self, entity: str, key: str, other: str, target: str) -> None:
        """Take an association away; another company becomes the primary one."""
        for one, mine, two, theirs in ((entity, key, other, target), (other, target, entity, key)):
            body = self._store.get(SLUG, one, mine)
            if body is None:
                continue
            links = body["links"].get(two, {})
            primary = LINKS[one, two][1]
            was = primary in links.pop(theirs, [])
            self._tell_link(one, mine, two, theirs, primary=was, removed=True)
            if two == "companies" and links and not any(primary in kinds for kinds in links.values()):
                links[next(iter(links))] = sorted({primary, *next(iter(links.values()))})
            self._save(one, body)

    # Inside

    def _changed(self, entity: str, before: Body, after: Body) -> Body:
        for name in PROPERTIES[entity]:
            if before.get(name) != after.get(name):
                value = after.get(name)
                self.tell(entity, "propertyChange", after["id"], propertyName=name, propertyValue=value or "")
        return self._save(entity, after)

    def _tell_link(self, one: str, mine: str, two: str, theirs: str, *, primary: bool, removed: bool) -> None:
        names = f"{SINGULAR[one]}_TO_{SINGULAR[two]}".upper()
        ends = {"fromObjectId": int(mine), "toObjectId": int(theirs)}
        flags = {"associationRemoved": removed, "isPrimaryAssociation": primary}
        self.tell(one, "associationChange", mine, associationType=names, **ends, **flags)

    def _link_by_type(self, entity: str, key: str, target: str, kind: Any) -> None:
        for (one, other), kinds in LINKS.items():
            if one == entity and kind in kinds:
                self.link(entity, key, other, target)

    def _by(self, entity: str, name: str, value: str) -> Body | None:
        if name == UNIQUE:
            return self._store.by_reference(SLUG, entity, value)
        wanted = value.lower()
        return next((one for one in self.every(entity) if str(one.get(name) or "").lower() == wanted), None)

    def _checked(self, entity: str, values: Mapping[str, Any], own: str) -> dict[str, str | None]:
        kept = checked(entity, values, hidden=self._setting("hidden_properties"))
        for name, value in kept.items():
            if value and PROPERTIES[entity][name].unique:
                other = self._by(entity, name, value)
                if other is not None and other["id"] != own:
                    raise Fault(409, "CONFLICT", f"Contact already exists. Existing ID: {other['id']}")
        return kept

    def _save(self, entity: str, body: Body) -> Body:
        now = stamp(self._now())
        whole = {"deleted_at": None, **body, MODIFIED[entity]: now, "updated_at": now, "reference_id": body.get(UNIQUE)}
        self._store.put(SLUG, entity, whole)
        return whole


def shown(entity: str, body: Body, properties: list[str], associations: list[str] | None = None) -> Body:
    """An object as the API shows it: the properties that were asked for, and a few more."""
    names = [name for name in dict.fromkeys([*DEFAULTS[entity], *properties]) if name in PROPERTIES[entity]]
    found: Body = {
        "id": body["id"],
        "properties": {name: body.get(name) for name in names},
        "createdAt": body["created_at"],
        "updatedAt": body["updated_at"],
        "archived": bool(body["deleted_at"]),
    }
    if body["deleted_at"]:
        found["archivedAt"] = body["deleted_at"]
    tied = {other: _tied(entity, other, body) for other in associations or [] if body["links"].get(other)}
    return found | ({"associations": tied} if tied else {})


def _tied(entity: str, other: str, body: Body) -> Body:
    singular = {"contacts": "contact", "companies": "company", "deals": "deal"}
    label = f"{singular[entity]}_to_{singular[other]}"
    primary = LINKS[entity, other][1]
    return {
        "results": [
            {"id": key, "type": label if kind == primary else f"{label}_unlabeled"}
            for key, kinds in body["links"][other].items()
            for kind in kinds
        ]
    }
