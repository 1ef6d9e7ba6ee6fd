"""Counts of a run, kept in memory and written with each page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from integrations.models import SyncJob


@dataclass
class Tally:
    """What became of the records of a page, a resource or a run."""

    created: int = 0
    updated: int = 0
    archived: int = 0
    skipped: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def processed(self) -> int:
        """Every record that was looked at."""
        return self.created + self.updated + self.archived + self.skipped + self.failed

    def as_dict(self) -> dict[str, int]:
        """The counts by name, with the total."""
        return {"processed": self.processed, **asdict(self)}

    @classmethod
    def of_job(cls, job: SyncJob) -> Tally:
        """The counts that a job has so far."""
        return cls(**{f.name: getattr(job, f.name) for f in fields(cls)})

    @classmethod
    def of_dict(cls, counts: dict[str, int]) -> Tally:
        """The counts of a resource as kept on the job."""
        return cls(**{f.name: counts.get(f.name, 0) for f in fields(cls)})
