"""A new integration takes some records of each object first, and waits until a person has looked at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from connectors.base.connector import Page
from integrations.models import Integration, PushOperation, SyncJob
from integrations.sync.plan import Failure
from integrations.sync.progress import CUT, Checkpoint
from integrations.sync.push_plan import Write

CODE = "trial"
WAITING = (
    "Attend la libération de l’intégration : un objet semblable existe peut-être déjà parmi ceux qui restent à lire."
)
NO_LIMIT = 1_000_000_000


def left(integration: Integration, job: SyncJob, resource: str) -> int | None:
    """How many records of a resource this job may still take; None where nothing limits it."""
    if not integration.is_trial:
        return None
    return max(1, settings.TRIAL_RECORDS - int(job.by_resource.get(resource, {}).get("processed", 0)))


def cut(page: Page, room: int | None) -> tuple[list[Any], Checkpoint]:
    """What is taken of a page, and where that leaves the resource. One that is cut keeps no position: the whole pull
    that follows the release begins at its beginning."""
    if room is None or (page.last and len(page.records) <= room):
        return page.records, Checkpoint(page.cursor, page.last)
    if len(page.records) < room:
        return page.records, Checkpoint(page.cursor)
    return page.records[:room], Checkpoint(None, last=True, cut=True)


def worth_telling(integration: Integration, failures: list[Failure]) -> list[Failure]:
    """Without what refers to a record that is not among the first ones."""
    return [each for each in failures if each.code != "reference"] if integration.is_trial else failures


def room_to_send(integration: Integration, job: SyncJob, resource: str) -> int:
    """How many writes of a resource this job may still make."""
    if not integration.is_trial:
        return NO_LIMIT
    counts = job.by_resource.get(resource, {})
    return max(0, settings.TRIAL_RECORDS - int(counts.get("pushed", 0)) - int(counts.get("push_failed", 0)))


def wait_to_create(
    integration: Integration,
    job: SyncJob,
    resource: str,
    operations: Iterable[PushOperation],
    planned: Mapping[UUID, Write],
) -> set[UUID]:
    """Mark the creations that wait for the release, and return them: as long as not all of the provider's objects are
    read, one of them may be the record that would be created."""
    whole = resource in job.done and CUT not in job.by_resource.get(resource, {})
    if not integration.is_trial or not integration.receives or whole:
        return set()
    waiting = [each for each in operations if each.pk in planned and planned[each.pk].action == "create"]
    for operation in waiting:
        operation.code, operation.message = CODE, WAITING
    return {operation.pk for operation in waiting}
