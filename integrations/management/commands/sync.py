"""Run one synchronisation here and now, without the worker."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from integrations import services
from integrations.core.audit import Actor
from integrations.models import Integration, JobStatus, SyncJob, Trigger
from integrations.sync.runner import run_slice

WOULD = {
    "create": "à créer",
    "update": "à modifier",
    "archive": "à archiver",
    "act": "opérations",
    "hold": "en conflit",
    "fail": "refusés",
    "skip": "inchangés",
}


# Whoever types the command wants everything: nothing is held back for a look.
COMMAND_LINE = Actor("system", "Ligne de commande")


class Command(BaseCommand):
    help = "Synchronise one integration (by id or name) and print what happened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("integration", help="id or exact name")
        parser.add_argument("--resource", action="append", default=[], help="only this resource (repeatable)")
        parser.add_argument("--full", action="store_true", help="read everything again, not only what changed")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, print what would be done")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        integration = _find(options["integration"])
        known = {resource.name for resource in integration.connector.resources}
        if unknown := set(options["resource"]) - known:
            raise CommandError(f"Objet inconnu : {', '.join(unknown)}. Objets offerts : {', '.join(sorted(known))}.")
        services.release(integration, actor=COMMAND_LINE)
        try:
            job = services.request_sync(
                integration,
                trigger=Trigger.COMMAND,
                full=options["full"],
                dry_run=options["dry_run"],
                resources=options["resource"],
            )
        except services.Refused as refused:
            raise CommandError(refused.sentence) from None
        job = _run_to_its_end(job)
        self.stdout.write(json.dumps(_report(job)) if options["json"] else _sentence(job))
        if job.status == JobStatus.FAILED:
            raise CommandError(job.error_message)


def _find(name: str) -> Integration:
    live = Integration.objects.live()
    try:
        return live.get(pk=UUID(name))
    except (ValueError, Integration.DoesNotExist):
        pass
    try:
        return live.get(name=name)
    except Integration.DoesNotExist:
        raise CommandError(f"Aucune intégration ne s’appelle « {name} ».") from None
    except Integration.MultipleObjectsReturned:
        raise CommandError(f"Plusieurs intégrations s’appellent « {name} » : donnez son identifiant.") from None


def _run_to_its_end(job: SyncJob) -> SyncJob:
    while True:
        run_slice(job.pk)
        job.refresh_from_db()
        if not job.is_open:
            return job
        # Held by a worker, or waiting for the provider.
        time.sleep(0.5)


def _report(job: SyncJob) -> dict[str, Any]:
    names = ("processed", "created", "updated", "archived", "skipped", "failed", "retries", "pages", "by_resource")
    return {
        "job": str(job.pk),
        "status": job.status,
        "duration_ms": job.duration_ms,
        **{name: getattr(job, name) for name in names},
        "error": job.error_message,
        **({"report": job.report} if job.dry_run else {}),
    }


def _sentence(job: SyncJob) -> str:
    if job.dry_run and job.report:
        return "\n".join(["Aperçu : rien n’a été écrit.", *_would(job)])
    return (
        f"{job.get_status_display()} en {job.duration_ms} ms : {job.processed} traités, {job.created} créés, "
        f"{job.updated} modifiés, {job.archived} archivés, {job.skipped} inchangés, {job.failed} en erreur."
    )


def _would(job: SyncJob) -> Iterator[str]:
    """What would be done, a line for each object of each side."""
    labels = {resource.name: resource.label for resource in job.integration.connector.resources}
    for side, where in (("in", "sur la plateforme"), ("out", "chez le fournisseur")):
        for name, part in job.report.get(side, {}).items():
            counts = ", ".join(f"{part[count]} {word}" for count, word in WOULD.items() if part.get(count))
            yield f"{labels.get(name, name)} {where} : {counts or 'rien à changer'}."
