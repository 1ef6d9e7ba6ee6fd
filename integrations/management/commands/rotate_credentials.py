"""`manage.py rotate_credentials`: put every stored secret under the first key of `CREDENTIALS_KEYS`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.core import audit, keys, secrets


class Command(BaseCommand):
    help = (
        "Re-encrypts every secret that the first key of CREDENTIALS_KEYS did not write. "
        "Can be interrupted and run again at any time; the console may stay in use meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=secrets.BATCH, help="rows per transaction (%(default)s)")

    def handle(self, *args: Any, batch: int, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be at least 1")
        try:
            ring = keys.ring()
        except keys.KeyRingError as error:
            raise CommandError(f"CREDENTIALS_KEYS: {error}") from error
        outcomes = [self.rotate(model, field, batch) for model, field in list(secrets.secret_columns())]
        rewritten = sum(outcome.rewritten for outcome in outcomes)
        unreadable = sum(outcome.unreadable for outcome in outcomes)
        self.stdout.write(f"{rewritten} rewritten under {ring.writing_id}, {unreadable} unreadable.")
        if rewritten:
            counts = [{"colonne": each.column, "lignes": each.rewritten} for each in outcomes if each.rewritten]
            audit.record("credentials.rotated", after={"clé": ring.writing_id, "colonnes": counts})
        if unreadable:
            raise CommandError("Some rows need a key that CREDENTIALS_KEYS lacks, or were altered: see above.")

    def rotate(self, model: Any, field: Any, batch: int) -> secrets.Rotation:
        """Rotate one column and print its counts."""
        outcome = secrets.rotate(model, field, batch=batch)
        self.stdout.write(
            f"{outcome.column}: {outcome.rewritten} rewritten, {outcome.changed_meanwhile} changed meanwhile, "
            f"{outcome.unreadable} unreadable"
        )
        return outcome
