"""What is asked of the door and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from integrations.records.models import Record

Action = Literal["create", "update", "archive", "restore"]
Outcome = Literal["created", "updated", "archived", "restored", "unchanged"]


@dataclass(slots=True)
class Change:
    """One wanted change.

    `values`: field name → value; references as UUID or None, child collections as lists. `origins` names another
    origin for single fields (a value that the platform won is the platform's).
    """

    kind: str
    id: UUID | None = None
    action: Action = "update"
    values: dict[str, Any] = field(default_factory=dict)
    expected_version: int | None = None
    origins: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who changes records. `id` is the integration, user, token or automation; `job_id` the sync run."""

    kind: Literal["user", "integration", "api", "automation", "system"]
    id: str = ""
    label: str = ""
    job_id: UUID | None = None

    @property
    def code(self) -> str:
        """Return "integration:<id>", or the bare kind where there is no id."""
        return f"{self.kind}:{self.id}" if self.id else self.kind


@dataclass(slots=True)
class Applied:
    """What became of one change. `changed` is field → (old, new) in canonical Python values; `record` is up to date."""

    kind: str
    id: UUID
    action: Outcome
    version: int
    changed: dict[str, tuple[Any, Any]]
    record: Record


class InvalidChanges(ValueError):
    """Raised before any write. `problems`: index of the change → field → French sentence."""

    def __init__(self, problems: Mapping[int, Mapping[str, str]]) -> None:
        self.problems = {index: dict(fields) for index, fields in problems.items()}
        first = next(iter(self.problems.values()), {})
        super().__init__(f"{len(self.problems)} changement(s) refusé(s) : {first}")


class StaleVersion(ValueError):
    """Raised before any write when records changed since the caller read them. `indexes`: the changes concerned."""

    def __init__(self, indexes: Sequence[int]) -> None:
        self.indexes = list(indexes)
        super().__init__("L’enregistrement a été modifié entre-temps.")
