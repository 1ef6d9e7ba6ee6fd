"""The organization's data and its rules: what a write changes, refuses and leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.salesforce.simulator.problems import Fault
from connectors.salesforce.simulator.schema import ENTITIES, STAGES, checked, make_id, whole_id
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

SLUG = "salesforce"
KEPT = frozenset({"id", "updated_at", "deleted_at", "reference_id"})
Body = dict[str, Any]


def told(moment: datetime) -> str:
    """An instant as REST shows it: `2026-01-01T12:00:00.000+0000`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


class Org:
    """Objects by their ids. now: the clock; setting: a switch of the fake."""

    def __init__(self, store: Store, now: Callable[[], datetime], setting: Callable[[str], Any]) -> None:
        self._store, self._now, self._setting = store, now, setting
        self.note: Callable[[str, str], None] = lambda entity, object_id: None

    def every(self, entity: str, *, dead: bool = False) -> list[Body]:
        """All objects, those in the recycle bin too when asked."""
        kept = "json_extract(body, '$.purged') IS NULL"
        return self._store.select(SLUG, entity, kept if dead else "deleted_at IS NULL")

    def get(self, entity: str, object_id: str) -> Body:
        """A live object; Fault when there is none."""
        found = self._store.get(SLUG, entity, whole_id(object_id))
        if found is None:
            raise Fault("NOT_FOUND", "The requested resource does not exist", status=404)
        if found["deleted_at"]:
            raise Fault("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return found

    def by_external(self, entity: str, name: str, value: str) -> list[Body]:
        """Live objects that carry this external id; Fault when the field is none."""
        declared = ENTITIES[entity].fields.get(name)
        hidden = name in self._setting("hidden_fields")
        if declared is None or hidden or not (declared.external or name == "Id"):
            message = f"Provided external ID field does not exist or is not accessible: {name}"
            raise Fault("NOT_FOUND", message, status=404)
        found = self._store.by_reference(SLUG, entity, value)
        return [found] if found else []

    def create(self, entity: str, values: Mapping[str, Any]) -> Body:
        """A new object."""
        kept = self._checked(entity, values, creating=True)
        number = self._store.next_number(SLUG, f"number:{entity}")
        now = told(self._now())
        blank = dict.fromkeys(ENTITIES[entity].fields)
        body = {**blank, **kept, "Id": make_id(ENTITIES[entity].prefix, number), "CreatedDate": now, "IsDeleted": False}
        body["OwnerId"] = body.get("OwnerId") or make_id("005", 1)
        return self._save(entity, body, kept)

    def update(self, entity: str, object_id: str, values: Mapping[str, Any], condition: str = "") -> Body:
        """A change of some fields; condition: the If-Unmodified-Since header."""
        before = self.get(entity, object_id)
        self._unmodified(before, condition)
        kept = self._checked(entity, values, creating=False, own=before)
        return self._save(entity, {**before, **kept}, kept)

    def upsert(self, entity: str, name: str, value: str, values: Mapping[str, Any]) -> tuple[Body, bool]:
        """Change the object that carries the external id, else make it; whether it was made."""
        if name in values:
            raise Fault("INVALID_FIELD", f"The external id field {name} is already in the request URI")
        found = self.by_external(entity, name, value)
        if found:
            return self.update(entity, found[0]["Id"], values), False
        return self.create(entity, {**values, name: value}), True

    def delete(self, entity: str, object_id: str, condition: str = "") -> None:
        """Into the recycle bin; an account takes its contacts and opportunities with it."""
        body = self.get(entity, object_id)
        self._unmodified(body, condition)
        self._bin(entity, body)
        if entity == "Account":
            for child in ("Contact", "Opportunity"):
                for one in self.every(child):
                    if one.get("AccountId") == body["Id"]:
                        self.delete(child, one["Id"])

    def merge(self, entity: str, object_id: str, into: str) -> Body:
        """As a person does in the screens: one goes into the bin and names the other, which has what was its."""
        lost, kept = self.get(entity, object_id), self.get(entity, into)
        for child, declared in ENTITIES.items():
            for name in (name for name, one in declared.fields.items() if one.target == entity):
                for one in self.every(child):
                    if one.get(name) == lost["Id"]:
                        self._save(child, {**one, name: kept["Id"]}, {})
        self._bin(entity, {**lost, "MasterRecordId": kept["Id"]})
        return self._save(entity, self.get(entity, into), {})

    def empty_bin(self) -> None:
        """What was deleted is gone for good; only the list of deletions still tells it."""
        for entity in ENTITIES:
            for one in self._store.select(SLUG, entity, "deleted_at IS NOT NULL"):
                self._store.put(SLUG, entity, {**one, "purged": True})

    def edit(self, entity: str, object_id: str, values: Mapping[str, Any], remove: list[str]) -> Body:
        """A change as in the screens, unchecked; IsDeleted false takes an object out of the bin."""
        found = self._store.get(SLUG, entity, whole_id(object_id))
        if found is None:
            raise KeyError(object_id)
        body = {**found, **values, **dict.fromkeys(remove)}
        body["deleted_at"] = found["deleted_at"] if body["IsDeleted"] else None
        return self._save(entity, body, values)

    def deleted(self, entity: str, start: datetime, end: datetime) -> Iterator[Body]:
        """Tombstones of a period."""
        for body in self._store.select(
            SLUG, entity, "deleted_at IS NOT NULL AND deleted_at >= ? AND deleted_at <= ?", (stamp(start), stamp(end))
        ):
            yield {"id": body["Id"], "deletedDate": told(datetime.fromisoformat(body["deleted_at"]))}

    def follow(self, body: Body, name: str) -> Any:
        """The value of a field, across relations too."""
        first, _, rest = name.partition(".")
        if not rest:
            return body.get(name)
        for own, declared in ENTITIES[self.entity_of(body)].fields.items():
            if declared.relation == first:
                other = self._store.get(SLUG, declared.target, str(body.get(own) or ""))
                return self.follow(other, rest) if other else None
        return None

    @staticmethod
    def entity_of(body: Body) -> str:
        """The object's kind, by its prefix."""
        return next(name for name, one in ENTITIES.items() if body["Id"].startswith(one.prefix))

    # Inside

    def _checked(self, entity: str, values: Mapping[str, Any], *, creating: bool, own: Body | None = None) -> Body:
        for name in set(values) & set(self._setting("hidden_fields")):
            raise Fault("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")
        kept = checked(entity, values, creating=creating)
        for name, declared in ENTITIES[entity].fields.items():
            target = kept.get(name)
            if target and declared.target and self._missing(declared.target, target):
                raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[name])
            if (
                target
                and declared.external
                and any(one["Id"] != (own or {}).get("Id") for one in self.by_external(entity, name, target))
            ):
                raise Fault("DUPLICATE_VALUE", f"duplicate value found: {name} duplicates value on record")
        if entity == "Contact" and self._setting("duplicate_rule"):
            self._refuse_twin(kept, own)
        return kept

    def _missing(self, entity: str, object_id: str) -> bool:
        found = self._store.get(SLUG, entity, object_id)
        return found is None or bool(found["deleted_at"])

    def _refuse_twin(self, kept: Body, own: Body | None) -> None:
        email = str(kept.get("Email") or "").casefold()
        for one in self.every("Contact") if email else ():
            if one["Id"] != (own or {}).get("Id") and str(one.get("Email") or "").casefold() == email:
                record = {"attributes": {"type": "Contact"}, "Id": one["Id"]}
                match = {"entityType": "Contact", "matchRecords": [{"matchConfidence": 100.0, "record": record}]}
                rule = {"allowSave": False, "duplicateRule": "Standard_Contact_Duplicate_Rule", "matchResults": [match]}
                # The key is misspelt in the real answers too.
                raise Fault("DUPLICATES_DETECTED", "Use one of these records?", more={"duplicateResut": rule})

    @staticmethod
    def _unmodified(body: Body, condition: str) -> None:
        if not condition:
            return
        changed = datetime.fromisoformat(body["SystemModstamp"])
        if changed > parsedate_to_datetime(condition):
            raise Fault("PRECONDITION_FAILED", "The record has been modified", status=412)

    def _bin(self, entity: str, body: Body) -> None:
        now = self._now()
        gone = {"IsDeleted": True, "SystemModstamp": told(now), "updated_at": stamp(now), "deleted_at": stamp(now)}
        self._store.put(SLUG, entity, {**body, **gone})

    def _save(self, entity: str, body: Body, changed: Mapping[str, Any]) -> Body:
        now = self._now()
        body = {"deleted_at": None, **body}
        body |= {"LastModifiedDate": told(now), "SystemModstamp": told(now)}
        if entity == "Contact":
            body["Name"] = " ".join(str(body[name]) for name in ("FirstName", "LastName") if body.get(name))
        if entity == "Opportunity":
            _, closed, won, chance = next(
                (one for one in STAGES if one[0] == body["StageName"]), ("", False, False, body.get("Probability"))
            )
            body |= {"IsClosed": closed, "IsWon": won}
            if "StageName" in changed and changed.get("Probability") is None:
                body["Probability"] = chance
        whole = {**body, "id": body["Id"], "updated_at": stamp(now), "reference_id": body.get("Lacoste_Id__c")}
        self._store.put(SLUG, entity, whole)
        self.note(entity, body["Id"])
        return whole


def shown(body: Body, fields: list[str], follow: Callable[[Body, str], Any], version: str) -> Body:
    """The chosen fields of an object as the API shows it, relations as objects."""
    entity = Org.entity_of(body)
    about = {"type": entity, "url": f"/services/data/v{version}/sobjects/{entity}/{body['Id']}"}
    record: Body = {"attributes": about}
    for name in fields:
        relation, _, rest = name.partition(".")
        if rest:
            record.setdefault(relation, {"attributes": {"type": relation}})[rest] = follow(body, name)
        else:
            record[name] = body.get(name)
    return record
