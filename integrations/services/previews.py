"""A preview, and what follows from it: nothing is written, here or there, before it is applied."""

from __future__ import annotations

from integrations.core.models import User
from integrations.models import Integration, JobStatus, SyncJob
from integrations.services.errors import Refused
from integrations.services.lifecycle import change_options
from integrations.services.syncing import request_sync


def request_preview(integration: Integration, direction: str, *, actor: User) -> SyncJob:
    """Look at what a synchronisation of this direction would do; the integration keeps its own until then."""
    return request_sync(integration, actor=actor, dry_run=True, direction=direction)


def apply_preview(preview: SyncJob, *, actor: User) -> SyncJob:
    """Give the integration the direction that was looked at, and synchronise; Refused when the preview is not over."""
    if not preview.dry_run or preview.status != JobStatus.COMPLETED:
        raise Refused("Cet aperçu n’est pas terminé. Attendez-le, ou refaites-le, avant de l’appliquer.")
    integration = preview.integration
    if preview.direction and preview.direction != integration.direction:
        change_options(integration, {"direction": preview.direction}, actor=actor)
    return request_sync(integration, actor=actor)
