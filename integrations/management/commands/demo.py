"""`manage.py demo`: people and records to try the console with."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

import connectors
from integrations.core import roles
from integrations.models import Environment, ProviderApp
from integrations.records.seed import seed_records

ADMINISTRATOR = "admin@lacoste.example"
SUPPORT = "soutien@lacoste.example"


class Command(BaseCommand):
    help = "Seed the demo: an administrator, a support user and believable records. Can be run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo data are for demo mode only: set DEMO=1.")
        # Imported late: production does not install the simulator's dependencies.
        from connectors.simulator.app import demo_apps, demo_keys

        password, fresh = self.password()
        ours = self.ensure_person(ADMINISTRATOR, roles.ADMINISTRATOR, password, fresh)
        self.ensure_person(SUPPORT, roles.SUPPORT, password, fresh)
        seed_records()
        self.ensure_apps(demo_apps())
        lines = {
            "Address": f"{settings.SITE_URL}/integrations",
            "E-mail": f"{ADMINISTRATOR}   (support staff: {SUPPORT})",
            "Password": password if ours else "the one chosen since",
        }
        for slug, key in demo_keys().items():
            lines[f"{connectors.get(slug).label} key"] = f"{key}   (accepted by the simulator, worth nothing elsewhere)"
        self.stdout.writelines(f"  {name:<14} {value}\n" for name, value in lines.items())

    def password(self) -> tuple[str, bool]:
        """The demo password, kept in the data folder for its owner's eyes only, and whether it was made just now."""
        path = Path(settings.DATA_DIR) / "demo-password"
        fresh = not path.exists()
        if fresh:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(12))
        return path.read_text().strip(), fresh

    def ensure_apps(self, apps: Mapping[str, tuple[str, str]]) -> None:
        """Register the applications that the simulator knows, where none is."""
        for slug, (client_id, client_secret) in apps.items():
            ProviderApp.objects.get_or_create(
                provider=slug,
                environment=Environment.SIMULATOR,
                defaults={"client_id": client_id, "client_secret": client_secret},
            )

    def ensure_person(self, email: str, role: str, password: str, fresh: bool) -> bool:
        """Create the person when absent, renew the password when it is fresh; return whether it opens the account."""
        people = get_user_model().objects
        person = people.filter(email=email).first()
        if person is None:
            person = people.create_user(email=email, password=password, role=role)
        elif fresh:
            person.set_password(password)
            person.save(update_fields=["password"])
        return bool(person.check_password(password))
