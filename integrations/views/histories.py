"""What was changed, by whom, when and in which run, ready to be read: on a record's page and on a run's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.models import SentChange
from integrations.records import selectors as reading
from integrations.records.kinds import BLANK, KINDS, FieldInfo
from integrations.records.models import RecordHistory

ORIGINS = {"user": "Administration", "api": "API", "automation": "Automatisation", "system": "Système"}
SENT = {"create": "Création envoyée", "update": "Modification envoyée", "delete": "Suppression envoyée"}
Change = tuple[FieldInfo | None, str, Any, Any]
"""A field and its label, what it had and what it has."""


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
    changes: list[Change]
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


def _changes(kind: str, changes: Mapping[str, Any], field: str, *, created: bool) -> list[Change]:
    told = [(name, old, new) for name, (old, new) in changes.items() if field in ("", name)]
    return named(kind, (each for each in told if not (created and each[2] in BLANK)))


def named(kind: str, values: Iterable[tuple[str, Any, Any]]) -> list[Change]:
    """What fields of a kind had and have, under their labels: (name, old, new)."""
    fields = KINDS[kind].fields if kind in KINDS else {}
    return [(info := fields.get(name), info.label if info else name, old, new) for name, old, new in values]


def titles_of(changes: Iterable[Change]) -> dict[UUID, str]:
    """The full titles of the records that the values of changes refer to, by id."""
    return reading.titles_of((info, value) for info, _, *values in changes for value in values)
