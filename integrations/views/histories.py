"""What was changed, by whom, when and in which run, ready to be read: on a record's page and on a run's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.models import SentChange
from integrations.records.kinds import KINDS, FieldInfo
from integrations.records.models import RecordHistory

ORIGINS = {"user": "Administration", "api": "API", "automation": "Automatisation", "system": "Système"}
SENT = {"create": "Création envoyée", "update": "Modification envoyée", "delete": "Suppression envoyée"}
BLANK: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Entry:
    """One change of one record, on one side. `version` is None for what was written at a provider."""

    action: str
    created: bool
    who: str
    at: datetime
    job_id: UUID | None
    version: int | None
    kind: str
    record_id: UUID
    changes: list[tuple[FieldInfo | None, str, Any, Any]]
    folded: bool = False

    @property
    def sent(self) -> bool:
        """Whether it was written at a provider."""
        return self.version is None


def who_of(origin: str, names: Mapping[str, str]) -> str:
    """A person's words for an origin code such as "integration:<id>"; `names`: integrations by id."""
    kind, _, ident = origin.partition(":")
    return names.get(ident, "Intégration supprimée") if kind == "integration" else ORIGINS.get(kind, "")


def here(row: RecordHistory, names: Mapping[str, str], field: str = "") -> Entry:
    """A change of the platform's record; `field` keeps that field only."""
    return Entry(
        action=row.get_action_display(),
        created=row.action == "created",
        who=row.origin_label or who_of(row.origin, names),
        at=row.at,
        job_id=row.job_id,
        version=row.version,
        kind=row.kind,
        record_id=row.record_id,
        changes=_changes(row.kind, row.changes, field, created=row.action == "created"),
        folded=row.action != "updated",
    )


def there(row: SentChange, names: Mapping[str, str], field: str = "") -> Entry:
    """A write at a provider; `field` keeps that field only."""
    created = row.action == "create"
    return Entry(
        action=SENT.get(row.action) or "Opération envoyée",
        created=created,
        who=names.get(str(row.integration_id), "Intégration supprimée"),
        at=row.at,
        job_id=row.job_id,
        version=None,
        kind=row.record_kind,
        record_id=row.record_id,
        changes=_changes(row.record_kind, row.changes, field, created=created),
        folded=created,
    )


def _changes(
    kind: str, changes: Mapping[str, Any], field: str, *, created: bool
) -> list[tuple[FieldInfo | None, str, Any, Any]]:
    fields = KINDS[kind].fields if kind in KINDS else {}
    told = []
    for name, (old, new) in changes.items():
        if (field and name != field) or (created and new in BLANK):
            continue
        info = fields.get(name)
        told.append((info, info.label if info else name, old, new))
    return told


def mentioned(entries: Iterable[Entry]) -> dict[str, set[UUID]]:
    """The records that the entries' values refer to, by kind."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        for info, _, old, new in entry.changes:
            if info is not None and info.type == "reference" and info.target:
                wanted[info.target].update(UUID(value) for value in (old, new) if value)
    return wanted
